"""What was done to the fleet, and what is being done: the newest first. The fields of a row are its receipt."""

from datetime import datetime
from typing import Any

from fleet.actions.action import Action, ActionState, Item
from fleet.actions.plan import ActKind, plan_sha256
from fleet.actions.printed import lines_of
from fleet.actions.verdict import settled_words
from fleet.filters.units import Unit
from fleet.times import rfc3339, span_text
from fleet.views.columns import measure_column, name_column, ranked_column, word_column
from fleet.views.text import age_cell
from fleet.views.view import Cell, Field, Look, SortValue, Tone, View, attribute, choice, moment

STATE_CELLS = {
    ActionState.UNKNOWN: Cell("? unknown", Tone.UNKNOWN),
    ActionState.FAILED: Cell("✖ failed", Tone.DOWN),
    ActionState.TIMED_OUT: Cell("✖ timed out", Tone.DOWN),
    ActionState.RUNNING: Cell("◐ running", Tone.ACCENT),
    ActionState.SENT: Cell("◐ sent", Tone.ACCENT),
    ActionState.CONFIRMED: Cell("◆ confirmed", Tone.WAITING),
    ActionState.PLANNED: Cell("◆ planned", Tone.WAITING),
    ActionState.REFUSED: Cell("▫ refused", Tone.DEGRADED),
    ActionState.CANCELLED: Cell("◌ cancelled", Tone.MUTED),
    ActionState.SUCCEEDED: Cell("● succeeded", Tone.UP),
}
"""Worst first, as a column of states is ordered: what nobody knows asks for somebody."""
STAGE_CELLS = {
    "waiting": Cell("· waiting", Tone.MUTED),
    "running": Cell("▸ running", Tone.ACCENT),
    "checking": Cell("◆ checking", Tone.WAITING),
    "passed": Cell("✓ passed", Tone.UP),
    "failed": Cell("✖ failed", Tone.DOWN),
    "stopped": Cell("◌ stopped", Tone.DEGRADED),
    "skipped": Cell("– skipped", Tone.MUTED),
}
"""The stages of a rollback."""
HOLDS_CELLS = {True: Cell("✓", Tone.UP), False: Cell("✖", Tone.DOWN), None: Cell("?", Tone.UNKNOWN)}
"""Whether a condition holds."""
_RANK = {state: rank for rank, state in enumerate(STATE_CELLS)}
_BAD = (ActionState.FAILED, ActionState.TIMED_OUT, ActionState.UNKNOWN, ActionState.REFUSED)
_DONE = (*_BAD, ActionState.SUCCEEDED, ActionState.CANCELLED)
_ITEMS_SHOWN = 500


def state_cell(row: Action | Item) -> Cell:
    """The state of an act, or of an item. What somebody settled by hand is a claim, and looks like no state that was
    seen."""
    if not row.settled:
        return STATE_CELLS[row.state]
    return Cell(f"≠ {'not done' if row.state is ActionState.CANCELLED else row.state.value}", Tone.DEGRADED)


def _state(row: Action, _: Look) -> Cell:
    if row.dry_run:
        return Cell("◌ dry run", Tone.MUTED)
    return Cell("◐ stopping", Tone.WAITING) if row.cancelling and not row.ended else state_cell(row)


def _when(row: Action, _: Look) -> datetime | None:
    return row.planned_at or row.plan.made_at


def _took_s(row: Action, at: Look) -> float | None:
    """Seconds from sending to the end as it was first known, or to now; None before anything was sent, and where nobody
    knows how it ended."""
    if row.sent_at is None or row.state is ActionState.UNKNOWN:
        return None
    if not row.ended:
        return at.since_s(row.sent_at)
    return None if row.ended_at is None else max(0.0, (row.ended_at - row.sent_at).total_seconds())


def targets_text(row: Action) -> str:
    """The first of its targets, and how many more there are."""
    names = row.targets
    return f"{names[0]} +{len(names) - 1:,}" if len(names) > 1 else names[0] if names else ""


def progress_text(row: Action) -> str:
    """How far it is: of its stages, or of the items of a batch; "" where it has neither."""
    if len(row.stages) > 1:
        passed = sum(stage.state == "passed" for stage in row.stages)
        return f"{passed}/{len(row.stages)} stages"
    if len(row.items) < 2:
        return ""
    bad = row.count(*_BAD)
    return f"{row.count(*_DONE):,}/{len(row.items):,}" + (f" ✖{bad:,}" if bad else "")


def _said(row: Action) -> str:
    return row.outcome or next((stage.sentence for stage in reversed(row.stages) if stage.sentence), "")


def _counts(row: Action) -> dict[str, int]:
    """How many items are in which state; what was settled by hand apart."""
    found: dict[str, int] = {}
    for state in STATE_CELLS:
        for item in row.items:
            if item.state is state:
                name = settled_words(state) if item.settled else state.value
                found[name] = found.get(name, 0) + 1
    return found


def _item(item: Item) -> dict[str, Any]:
    found = " ".join(f"{name}={value}" for name, value in item.found.items())
    said = {"item": item.words, "state": item.state.value, "said": item.sentence, "found": found}
    return said | ({"settled": True} if item.settled else {})


def _order(row: Action, at: Look) -> tuple[SortValue, ...]:
    when = _when(row, at)
    return (-when.timestamp() if when else None, row.id)


VIEW: View[Action] = View(
    name="actions",
    title="Actions",
    rows=lambda store: store.actions,
    columns=(
        ranked_column("state", "STATE", 11, _state, lambda r: _RANK[r.state]),
        word_column("act", "ACT", 8, lambda r: r.act.value, priority=3),
        name_column("title", "TITLE", 18, lambda r: r.plan.title),
        word_column("targets", "TARGET", 14, targets_text, grow=1, priority=2),
        word_column("progress", "PROGRESS", 12, progress_text, priority=2, empty=""),
        word_column("actor", "BY", 14, lambda r: r.actor, grow=1, priority=1),
        measure_column(
            "age", "AGE", 4, lambda r, at: at.since_s(_when(r, at)), age_cell, priority=1, unit=Unit.SECONDS
        ),
        measure_column("took", "TOOK", 7, _took_s, lambda s: Cell(span_text(s)), priority=4, unit=Unit.SECONDS),
        word_column("outcome", "OUTCOME", 18, _said, grow=5, priority=1, empty=""),
    ),
    fields=(
        attribute("id"),
        Field("title", lambda r, _: r.plan.title),
        choice("state", lambda r: r.state.value, ActionState),
        Field("outcome", lambda r, _: r.outcome),
        Field("next_step", lambda r, _: r.next_step),
        Field("settled", lambda r, _: r.settled or None),
        choice("act", lambda r: r.act.value, ActKind),
        Field("kind", lambda r, _: r.plan.kind),
        Field("source", lambda r, _: r.plan.source),
        Field("fleet", lambda r, _: r.plan.fleet),
        Field("tier", lambda r, _: int(r.tier)),
        attribute("actor"),
        attribute("reason"),
        attribute("ticket"),
        attribute("dry_run"),
        Field("targets", lambda r, _: list(r.targets)),
        Field("revision", lambda r, _: r.plan.revision or None),
        Field("before", lambda r, _: r.plan.before or None),
        moment("planned_at", lambda r, _: r.planned_at),
        moment("sent_at", lambda r, _: r.sent_at),
        moment("changed_at", lambda r, _: r.changed_at),
        moment("ended_at", lambda r, _: r.ended_at),
        Field("took_s", _took_s),
        Field("counts", lambda r, _: _counts(r)),
        Field("items", lambda r, _: [_item(item) for item in r.items[:_ITEMS_SHOWN]]),
        Field(
            "stages",
            lambda r, _: [
                {"stage": one.title, "state": one.state, "said": one.sentence, "since": rfc3339(one.since) or ""}
                for one in r.stages
            ],
        ),
        Field("expects", lambda r, _: r.plan.expects),
        Field("undo", lambda r, _: list(r.plan.undo)),
        Field("undone_by", lambda r, _: r.undone_by or None),
        Field("of", lambda r, _: r.plan.of or None),
        Field("plan_sha256", lambda r, _: plan_sha256(r.plan)),
        Field("output", lambda r, _: lines_of(r)),
        Field("output_cut", lambda r, _: r.output_cut),
        Field("output_cut_lines", lambda r, _: r.output_cut_lines),
    ),
    order=_order,
    words=lambda r: (
        f"{r.plan.title} {r.act.value} {r.state.value} {' '.join(r.targets[:50])} {r.actor} {r.reason} {r.ticket}"
        f" {r.outcome} {r.id}"
    ),
    labels=lambda r: {"kind": r.plan.kind, "source": r.plan.source, "fleet": r.plan.fleet},
    fault=lambda r: r.state in _BAD,
    empty="nothing was sent from here yet (t submits a task, b rolls back, where the configuration says how)",
    newest=(),
)
