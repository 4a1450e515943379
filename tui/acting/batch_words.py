"""What the form of a batch says of its lines: each with its number, how many there are, what is wrong with them, and
what `enter` would do."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from fleet.actions.preview import Line
from fleet.views.view import Cell, Tone
from tui.acting.batch_draft import BatchDraft
from tui.acting.batch_lines import faulty
from tui.alerts.acts import count_of
from tui.ink import Ink

_FAULTS = 6
_LINE_CHARS = 200


def numbered(draft: BatchDraft) -> Iterator[Line]:
    """The lines with their numbers, the one under the cursor and the wrong ones marked."""
    wrong = faulty(draft.faults)
    for number, text in draft.lines:
        mark = "▸" if number == draft.marked else "✖" if number in wrong else " "
        yield Line(f"{mark}{number:,}", text[:_LINE_CHARS], bad=number in wrong)


def summary_lines(draft: BatchDraft, ink: Ink, *, typed: bool) -> list[Text]:
    """Under the lines: how many, what comes next, and the first faults, that of the line under the cursor before all;
    `typed`: the input is not empty."""
    faults = sorted(draft.faults, key=lambda fault: draft.marked not in faulty([fault]))
    said = [ink.cell(_count(draft, typed=typed)), *_faults(faults, ink)]
    for line in said:
        line.no_wrap = False
    return said


def enter_word(draft: BatchDraft, *, typed: bool) -> str:
    """What `enter` does in the input."""
    if typed:
        return "add" if draft.changing is None else "put it back"
    return "plan" if draft.marked is None else "change"


def _count(draft: BatchDraft, *, typed: bool) -> Cell:
    if draft.marked is not None:
        return Cell(f"line {draft.marked:,}: enter changes it, del removes it", Tone.ACCENT)
    if draft.changing is not None and typed:
        words = f"line {draft.changing:,} is being changed: enter puts it back, empty it is gone"
        return Cell(words, Tone.ACCENT)
    if not draft.lines:
        hint = "type a line an item, paste lines or JSONL, or name a file; enter in an empty line plans"
        return Cell(hint, Tone.MUTED)
    lines = count_of(len(draft.lines), "line")
    if draft.reading:
        return Cell(f"{lines}, being read …", Tone.MUTED)
    if draft.faults:
        return Cell(f"{lines}, not all of which can be read; ↑ goes to a line", Tone.DOWN)
    items = count_of(len(draft.items), "item")
    return Cell(f"{items}; enter in an empty line plans them, ↑ goes to a line", Tone.TITLE)


def _faults(faults: Sequence[str], ink: Ink) -> Iterator[Text]:
    yield from (ink.write(f"✖ {fault}", Tone.DOWN) for fault in faults[:_FAULTS])
    if len(faults) > _FAULTS:
        yield ink.write(f"and {len(faults) - _FAULTS:,} more", Tone.DOWN)
