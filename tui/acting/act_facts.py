"""An act as names and values: how it stands, and, below, who asked for it, when, why, and what taking it back would
take."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from fleet.actions.action import Action, ActionState, StageState
from fleet.actions.preview import plan_checks
from fleet.actions.revision import path_of
from fleet.actions.taking_back import taken_back
from fleet.store import Store
from fleet.times import span_text
from fleet.views.actions import HOLDS_CELLS, STAGE_CELLS, state_cell
from fleet.views.view import Cell, Tone
from tui.acting.offers import can_cancel, is_at_work
from tui.acting.progress import known_as
from tui.chrome.facts import Known

_TARGETS = 12
_LEFT_OPEN = re.compile(r"\s*[:;][\s:;]*(?=[:;]|$)")
"""What parts nothing any more."""


def standing(action: Action, store: Store) -> list[Known]:
    """How it is, what became of it, what would be best now, its stages, and what must hold at the end. What a condition
    says stands once, at its own line."""
    known = [Known("state", (state_cell(action), *_notes(action)))]
    said = beside(action.outcome, [words for stage in action.stages for words in stage.checks] + list(action.checks))
    if said:
        known.append(Known("outcome", (Cell(said),)))
    if action.next_step:
        known.append(Known("next", (Cell(action.next_step, Tone.ACCENT),)))
    known += _so_far(action, said)
    if is_at_work(action) and not can_cancel(action, store.templates.get(action.plan.source)):
        known.append(Known("cancel", (Cell("its target cannot cancel", Tone.MUTED),)))
    return [*known, *_stages(action, said), *_must_hold(action)]


def _so_far(action: Action, outcome: str) -> Iterator[Known]:
    """What came of a single task; the items of a batch have a table."""
    item = action.items[0] if len(action.items) == 1 else None
    if item is not None and item.sentence and not item.settled and item.sentence not in outcome:
        yield Known("so far" if not action.ended else "seen last", (Cell(item.sentence),))


def beside(said: str, checks: Sequence[str]) -> str:
    """A sentence without the words of conditions that stand on lines of their own: of `not within 2m: 1 of 4 agents up`
    what is left is `not within 2m`."""
    for words in sorted(filter(None, checks), key=len, reverse=True):
        said = said.replace(words, "")
    return _LEFT_OPEN.sub("", said).strip()


def _notes(action: Action) -> Iterator[Cell]:
    if action.dry_run and "dry run" not in action.outcome:
        yield Cell("   dry run: nothing was sent", Tone.ACCENT)
    if action.cancelling and not action.ended:
        yield Cell("   being stopped", Tone.DEGRADED)
    if action.settled:
        yield Cell(f"   said by {action.settled}: nobody saw it", Tone.DEGRADED)
    if action.undone_by:
        yield Cell(f"   undone by {action.undone_by[:8]}", Tone.DEGRADED)


def _stages(action: Action, outcome: str) -> Iterator[Known]:
    width = max((len(stage.title) for stage in action.stages), default=0)
    for number, stage in enumerate(action.stages):
        yield Known("" if number else "stages", tuple(_stage(stage, outcome, width)))
        for check in _checks(stage.checks, stage.holds, passed=stage.state == "passed"):
            yield Known("", (Cell(f"  {check.text}", check.tone),))


def _stage(stage: StageState, outcome: str, width: int) -> Iterator[Cell]:
    yield Cell(f"{stage.title:<{width}}  ")
    yield STAGE_CELLS.get(stage.state, Cell(f"? {stage.state}", Tone.UNKNOWN))
    if stage.since is not None and stage.until is not None:
        yield Cell(f"  {span_text(max(0.0, (stage.until - stage.since).total_seconds()))}", Tone.MUTED)
    said = beside(stage.sentence, stage.checks)
    if said and said not in outcome:
        yield Cell(f"  {said}", Tone.MUTED)


def _must_hold(action: Action) -> Iterator[Known]:
    """What it says now or said at the end; before it was looked at, what is wanted."""
    cells = list(_checks(action.checks, action.holds, passed=action.succeeded))
    if not cells:
        wanted = (action.plan.expects,) if action.plan.expects else plan_checks(action.plan)
        cells = [Cell(words, Tone.MUTED) for words in wanted]
    for number, cell in enumerate(cells):
        yield Known("" if number else "must hold", (cell,))


def _checks(words: Sequence[str], holds: Sequence[bool | None], *, passed: bool) -> Iterator[Cell]:
    for text, held in zip_longest(words, holds[: len(words)]):
        cell = HOLDS_CELLS[True if passed else held]
        yield Cell(f"{cell.text} {text}", Tone.MUTED if cell.tone is Tone.UP else cell.tone)


def circumstances(action: Action, store: Store) -> list[Known]:
    """Everything else that is known of it."""
    plan = action.plan
    of = taken_back(plan)
    texts = [
        ("who", action.actor),
        ("code of", action.second),
        ("reason", action.reason),
        ("ticket", action.ticket),
        ("act", f"{plan.act.value} · {plan.kind} · {plan.source} · tier {plan.tier.value}"),
        ("revision", path_of(plan)),
        *([(of.name, of.value)] if of is not None else []),
        ("known as", known_as(action.items[0]) if len(action.items) == 1 else ""),
        ("key", action.id),
        ("audit", _lines(action.audit)),
    ]
    known = [Known(name, (Cell(text),)) for name, text in texts if text]
    return [*known, *_times(action, store), *_targets(action), *_undo(action)]


def _lines(numbers: Sequence[int]) -> str:
    said = ", ".join(f"{number:,}" for number in numbers)
    return f"line{'' if len(numbers) == 1 else 's'} {said}" if said else ""


def _times(action: Action, store: Store) -> Iterator[Known]:
    times = (
        ("planned", action.planned_at),
        ("sent", action.sent_at),
        ("changed", action.changed_at),
        ("ended", action.ended_at),
    )
    for name, when in times:
        if when is not None:
            yield Known(name, (Cell(store.times.full(when, store.now)),))
    unseen = action.state is ActionState.UNKNOWN or action.ended_at is None
    if action.sent_at is not None and action.ended and unseen:
        yield Known("took", (Cell("not known", Tone.MUTED),))
    elif action.sent_at is not None and action.ended_at is not None:
        yield Known("took", (Cell(span_text(max(0.0, (action.ended_at - action.sent_at).total_seconds()))),))


def _targets(action: Action) -> Iterator[Known]:
    names = action.targets
    for number, name in enumerate(names[:_TARGETS]):
        yield Known("" if number else "targets", (Cell(name),))
    if len(names) > _TARGETS:
        yield Known("", (Cell(f"and {len(names) - _TARGETS:,} more", Tone.MUTED),))


def _undo(action: Action) -> Iterator[Known]:
    for number, sentence in enumerate(action.plan.undo):
        yield Known("" if number else "undo", (Cell(sentence),))
