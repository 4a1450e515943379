"""An act as names and values: how it stands, and, below, who asked for it, when, why, and what taking it back would
take."""

from collections.abc import Iterator

from fleet.actions.action import Action, StageState
from fleet.store import Store
from fleet.times import span_text
from fleet.views.view import Cell, Tone
from tui.acting.progress import state_cell
from tui.chrome.facts import Known

_TARGETS = 12
_STAGE = {
    "waiting": ("·", Tone.MUTED),
    "running": ("▸", Tone.ACCENT),
    "checking": ("◆", Tone.WAITING),
    "passed": ("✓", Tone.UP),
    "failed": ("✖", Tone.DOWN),
    "skipped": ("–", Tone.MUTED),
}


def standing(action: Action) -> list[Known]:
    """How it is, what became of it, what would be best now, and its stages."""
    known = [Known("state", (state_cell(action.state), *_notes(action)))]
    if action.outcome:
        known.append(Known("outcome", (Cell(action.outcome),)))
    if action.next_step:
        known.append(Known("next", (Cell(action.next_step, Tone.ACCENT),)))
    if action.plan.expects:
        known.append(Known("must hold", (Cell(action.plan.expects, Tone.MUTED),)))
    return [*known, *_stages(action)]


def _notes(action: Action) -> Iterator[Cell]:
    if action.dry_run:
        yield Cell("   dry run: nothing was sent", Tone.ACCENT)
    if action.cancelling:
        yield Cell("   being cancelled", Tone.DEGRADED)
    if action.undone_by:
        yield Cell(f"   undone by {action.undone_by[:8]}", Tone.DEGRADED)


def _stages(action: Action) -> Iterator[Known]:
    for number, stage in enumerate(action.stages):
        yield Known("" if number else "stages", tuple(_stage(stage)))
        for check in stage.checks:
            yield Known("", (Cell(f"    {check}", Tone.MUTED),))


def _stage(stage: StageState) -> Iterator[Cell]:
    glyph, tone = _STAGE.get(stage.state, ("?", Tone.UNKNOWN))
    yield Cell(f"{glyph} {stage.title}: {stage.state}", tone)
    if stage.sentence:
        yield Cell(f"   {stage.sentence}", Tone.MUTED)


def circumstances(action: Action, store: Store) -> list[Known]:
    """Everything else that is known of it."""
    plan = action.plan
    texts = [
        ("who", action.actor),
        ("reason", action.reason),
        ("ticket", action.ticket),
        ("act", f"{plan.act.value} · {plan.kind} · {plan.source} · tier {plan.tier.value}"),
        ("revision", f"{plan.before or 'not known'} → {plan.revision}" if plan.revision else ""),
        ("of", plan.of),
        ("key", action.id),
        ("audit", ", ".join(f"line {number:,}" for number in action.audit)),
    ]
    known = [Known(name, (Cell(text),)) for name, text in texts if text]
    return [*known, *_times(action, store), *_targets(action), *_undo(action)]


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
    if action.sent_at is not None and action.ended_at is not None:
        yield Known("took", (Cell(span_text((action.ended_at - action.sent_at).total_seconds())),))


def _targets(action: Action) -> Iterator[Known]:
    names = action.targets
    for number, name in enumerate(names[:_TARGETS]):
        yield Known("" if number else "targets", (Cell(name),))
    if len(names) > _TARGETS:
        yield Known("", (Cell(f"and {len(names) - _TARGETS:,} more", Tone.MUTED),))


def _undo(action: Action) -> Iterator[Known]:
    for number, sentence in enumerate(action.plan.undo):
        yield Known("" if number else "undo", (Cell(sentence),))
