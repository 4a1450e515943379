"""The tasks of every queue: what runs, waits, and failed, with the age by our clock where the system keeps none."""

from datetime import datetime

from fleet.model import Task
from fleet.times import rfc3339
from fleet.views.text import NOT_KNOWN, TASK_TONE, age_cell, number_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute
from fleet.vocabulary import TaskState

TASK_GLYPH: dict[TaskState, str] = {
    TaskState.QUEUED: "○",
    TaskState.RUNNING: "▶",
    TaskState.WAITING: "◆",
    TaskState.DONE: "✔",
    TaskState.FAILED: "✖",
    TaskState.CANCELLED: "–",
    TaskState.UNKNOWN: "?",
}

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


def _epoch(when: datetime | None) -> float | None:
    return when.timestamp() if when else None


def _order(row: Task, _: Look) -> tuple[SortValue, ...]:
    return (_RANK[row.state], _epoch(_began(row)), row.queue, row.id)


VIEW: View[Task] = View(
    name="tasks",
    title="Tasks",
    rows=lambda store: store.tasks,
    columns=(
        Column(id="state", title="STATE", width=11, priority=0, cell=_state, sort=lambda r, _: _RANK[r.state]),
        Column(
            id="title",
            title="TASK",
            width=28,
            grow=10,
            priority=0,
            cell=lambda r, _: Cell(r.title or r.id, Tone.TITLE),
            sort=lambda r, _: r.title or r.id,
        ),
        Column(
            id="queue",
            title="QUEUE",
            width=12,
            grow=1,
            priority=3,
            cell=lambda r, _: Cell(r.queue, Tone.MUTED),
            sort=lambda r, _: r.queue,
        ),
        Column(
            id="agent",
            title="AGENT",
            width=12,
            grow=2,
            priority=2,
            cell=lambda r, _: Cell(r.agent or "–", Tone.PLAIN if r.agent else Tone.MUTED),
            sort=lambda r, _: r.agent or None,
        ),
        Column(
            id="kind",
            title="KIND",
            width=8,
            grow=1,
            priority=5,
            cell=lambda r, _: Cell(r.kind or "–", Tone.MUTED),
            sort=lambda r, _: r.kind or None,
        ),
        Column(
            id="priority",
            title="PRIO",
            width=4,
            right=True,
            priority=6,
            descending=True,
            cell=lambda r, _: number_cell(r.priority),
            sort=lambda r, _: r.priority,
        ),
        Column(
            id="age",
            title="AGE",
            width=5,
            right=True,
            priority=1,
            descending=True,
            cell=_age,
            sort=lambda r, at: at.since_s(_began(r)),
        ),
        Column(
            id="detail",
            title="DETAIL",
            width=12,
            grow=3,
            priority=4,
            cell=lambda r, _: Cell(r.detail, Tone.MUTED),
            sort=lambda r, _: r.detail or None,
        ),
    ),
    fields=(
        attribute("id"),
        attribute("queue"),
        attribute("title"),
        Field("state", lambda r, _: r.state.value),
        attribute("raw_state"),
        attribute("kind"),
        attribute("agent"),
        attribute("priority"),
        Field("created_at", lambda r, _: rfc3339(r.created_at)),
        Field("started_at", lambda r, _: rfc3339(r.started_at)),
        Field("finished_at", lambda r, _: rfc3339(r.finished_at)),
        Field("first_seen", lambda r, _: rfc3339(r.first_seen)),
        Field("last_changed", lambda r, _: rfc3339(r.last_changed)),
        attribute("retries"),
        attribute("detail"),
    ),
    order=_order,
    words=lambda r: f"{r.title} {r.id} {r.queue} {r.agent} {r.kind} {r.state.value} {r.detail}",
    labels=lambda r: {"queue": r.queue, "agent": r.agent, "kind": r.kind},
    fault=lambda r: r.state in (TaskState.FAILED, TaskState.WAITING),
    empty="no tasks: either every queue is empty, or none is configured (queues: in the configuration)",
)
