"""The tasks of every queue, and those that were submitted from here: what runs, waits, and failed, with the age by our
clock where the system keeps none."""

from datetime import datetime

from fleet.filters.units import Unit
from fleet.views.columns import count_column, ranked_column, word_column
from fleet.views.text import NOT_KNOWN, TASK_TONE, age_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment
from fleet.vocabulary import TaskState
from fleet.work import Task

TASK_GLYPH: dict[TaskState, str] = {
    TaskState.QUEUED: "○",
    TaskState.RUNNING: "▶",
    TaskState.WAITING: "◆",
    TaskState.DONE: "✔",
    TaskState.FAILED: "✖",
    TaskState.CANCELLED: "–",
    TaskState.UNKNOWN: "?",
}

OURS = "↑"
"""Stands before the title of a task that was submitted from here."""

_RANK = {
    TaskState.FAILED: 0,
    TaskState.WAITING: 1,
    TaskState.RUNNING: 2,
    TaskState.QUEUED: 3,
    TaskState.UNKNOWN: 4,
    TaskState.CANCELLED: 5,
    TaskState.DONE: 6,
}


def _state(row: Task, _: Look) -> Cell:
    return Cell(f"{TASK_GLYPH[row.state]} {row.state.value}", TASK_TONE[row.state])


def _began(row: Task) -> datetime | None:
    """When the task came: its system's word where it gives one, else when we first saw it."""
    return row.created_at or row.first_seen


def _age(row: Task, at: Look) -> Cell:
    age = at.since_s(_began(row))
    if age is None:
        return NOT_KNOWN
    cell = age_cell(max(0.0, age))
    # '≥': the system keeps no times, so all we know is since when we have seen it.
    return cell if row.created_at else Cell(f"≥{cell.text}", Tone.MUTED)


def _title(row: Task, at: Look) -> Cell:
    mark = f"{OURS} " if at.store.ours.action_of(row.id) else ""
    return Cell(f"{mark}{row.title or row.id}", Tone.TITLE)


def _epoch(when: datetime | None) -> float | None:
    return when.timestamp() if when else None


def _order(row: Task, _: Look) -> tuple[SortValue, ...]:
    return (_RANK[row.state], _epoch(_began(row)), row.queue, row.id)


VIEW: View[Task] = View(
    name="tasks",
    title="Tasks",
    rows=lambda store: store.all_tasks,
    columns=(
        ranked_column("state", "STATE", 11, _state, lambda r: _RANK[r.state]),
        Column(
            id="title",
            title="TASK",
            width=28,
            grow=10,
            priority=0,
            cell=_title,
            sort=lambda r, _: r.title or r.id,
            named=True,
        ),
        word_column("queue", "QUEUE", 12, lambda r: r.queue, grow=1, priority=3),
        word_column("agent", "AGENT", 12, lambda r: r.agent, grow=2, priority=2, tone=lambda r: Tone.PLAIN),
        word_column("kind", "KIND", 8, lambda r: r.kind, grow=1, priority=5),
        count_column("priority", "PRIO", 4, lambda r: r.priority, priority=6),
        Column(
            id="age",
            title="AGE",
            width=5,
            right=True,
            priority=1,
            descending=True,
            cell=_age,
            sort=lambda r, at: at.since_s(_began(r)),
            unit=Unit.AGE,
            when=lambda r, _: _began(r),
        ),
        word_column("detail", "DETAIL", 12, lambda r: r.detail, grow=3, priority=4, empty=""),
    ),
    fields=(
        attribute("id"),
        attribute("queue"),
        attribute("title"),
        choice("state", lambda r: r.state.value, TaskState),
        attribute("raw_state"),
        attribute("kind"),
        attribute("agent"),
        attribute("priority"),
        moment("created_at", lambda r, _: r.created_at),
        moment("started_at", lambda r, _: r.started_at),
        moment("finished_at", lambda r, _: r.finished_at),
        moment("first_seen", lambda r, _: r.first_seen),
        moment("last_changed", lambda r, _: r.last_changed),
        attribute("retries"),
        attribute("detail"),
        Field("ours", lambda r, at: at.store.ours.action_of(r.id) or None),
    ),
    order=_order,
    words=lambda r: f"{r.title} {r.id} {r.queue} {r.agent} {r.kind} {r.state.value} {r.detail}",
    labels=lambda r: {"queue": r.queue, "agent": r.agent, "kind": r.kind},
    fault=lambda r: r.state in (TaskState.FAILED, TaskState.WAITING),
    empty="no tasks: either every queue is empty, or none is configured (queues: in the configuration)",
    newest=(("first_seen", True),),
)
