"""A ladder as lines of a terminal, each step a block. All text may come from outside."""

from collections.abc import Iterator

from msgspec import Struct
from rich.console import Console
from rich.text import Text

from fleet.views.view import Tone
from fleet.why.model import Asked, Ladder, Mark, Row, Step
from fleet.why.text import GLYPHS, read_text
from tui.ink import Ink, between, joined

TONES = {
    Mark.BAD: Tone.DOWN,
    Mark.WARN: Tone.DEGRADED,
    Mark.GOOD: Tone.UP,
    Mark.TOLD: Tone.ACCENT,
    Mark.UNKNOWN: Tone.UNKNOWN,
}
_INDENT = 4
_LABELS = 26
_LEAST = 20


class Opens(Struct, frozen=True):
    """What a row opens: the page of an agent, or of an alert by its id. `place` tells two rows of the same apart."""

    agent: str
    alert: str
    place: int


class Line(Struct, frozen=True):
    """A line, and what `enter` opens there; None where nothing."""

    text: Text
    link: Opens | None = None


def lines_of(ladder: Ladder, ink: Ink, console: Console, width: int, cursor: Opens | None) -> list[Line]:
    """The whole ladder, no line wider than `width`."""
    writer = _Writer(ink, console, max(_LEAST, width), cursor)
    return [*writer.ladder(ladder)]


class _Writer:
    def __init__(self, ink: Ink, console: Console, width: int, cursor: Opens | None) -> None:
        self._ink = ink
        self._console = console
        self._width = width
        self._cursor = cursor
        self._places: dict[tuple[str, str], int] = {}

    def ladder(self, ladder: Ladder) -> Iterator[Line]:
        """Every step, then how it ends."""
        for place, step in enumerate(ladder.steps, 1):
            yield from self._step(place, step)
            yield Line(Text(""))
        if ladder.end:
            yield from self._wrapped(self._ink.write(ladder.end, Tone.TITLE), 0)
        for title, sentences in (("What would make it longer", ladder.longer), ("Left out", ladder.limits)):
            if sentences:
                yield from self._wrapped(self._ink.write(f"{title}:", Tone.MUTED), 0)
            for sentence in sentences:
                yield from self._wrapped(self._ink.muted(f"· {sentence}"), 2, hang=2)

    def _step(self, place: int, step: Step) -> Iterator[Line]:
        ink, tone = self._ink, TONES[step.mark]
        head = joined(
            [ink.write(f"{GLYPHS[step.mark]} {place} ", tone, bold=True), ink.write(step.title, Tone.TITLE, bold=True)]
        )
        words = joined([ink.write(step.mark.value, tone), ink.muted(f" · {step.basis.value}")])
        yield Line(between(head, words, self._width))
        yield from self._wrapped(ink.write(step.finding), _INDENT)
        labels = min(_LABELS, max((len(row.label) for row in step.rows), default=0))
        shares = any(row.share is not None for row in step.rows)
        for row in step.rows:
            yield from self._row(row, labels, shares)
        for asked in step.asked:
            yield from self._asked(asked)
        for sentence in step.unknown:
            sign = ink.write("? ", Tone.UNKNOWN, bold=True)
            yield from self._wrapped(joined([sign, ink.write(f"not known: {sentence}", Tone.UNKNOWN)]), _INDENT, hang=2)

    def _row(self, row: Row, labels: int, shares: bool) -> Iterator[Line]:
        ink, link = self._ink, self._link(row)
        here = link is not None and link == self._cursor
        sign = ink.write("  ▸ " if here else "    ", Tone.ACCENT, bold=True)
        tone = Tone.MUTED if link is None else Tone.ACCENT
        label = ink.write(row.label, tone, bold=here)
        label.truncate(labels, overflow="ellipsis", pad=True)
        share = ink.write(f"  {row.share:>4.0%}" if row.share is not None else " " * 6) if shares else Text("")
        before = joined([sign, label, share, Text("  ")])
        room = max(_LEAST // 2, self._width - before.cell_len)
        for number, value in enumerate(self._broken(ink.write(row.value), room)):
            yield Line(joined([before if not number else Text(" " * before.cell_len), value]), link)

    def _link(self, row: Row) -> Opens | None:
        if not (row.agent or row.alert):
            return None
        key = (row.agent, row.alert)
        place = self._places[key] = self._places.get(key, -1) + 1
        return Opens(row.agent, row.alert, place)

    def _asked(self, asked: Asked) -> Iterator[Line]:
        ink = self._ink
        text = joined([ink.muted("asked "), ink.write(asked.query, Tone.ACCENT), ink.muted(f"  {read_text(asked)}")])
        yield from self._wrapped(text, _INDENT, hang=2)

    def _wrapped(self, text: Text, indent: int, hang: int = 0) -> Iterator[Line]:
        for number, part in enumerate(self._broken(text, self._width - indent - hang)):
            yield Line(joined([Text(" " * (indent + (hang if number else 0))), part]))

    def _broken(self, text: Text, room: int) -> list[Text]:
        if text.cell_len <= room:
            return [text]
        text.no_wrap = False
        return list(text.wrap(self._console, room, overflow="fold")) or [text]
