"""The values of work: queues with their tasks, and backlogs; what one look brings back, and the store's own rows.

The conventions are those of `fleet.model`.
"""

from datetime import datetime

from msgspec import Struct

from fleet.vocabulary import TaskState

# ── Queues ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Task(Struct, frozen=True, kw_only=True, gc=False):
    """A task of a queue. `raw_state` is its system's word. Times are the system's own where it gives any;
    `first_seen` and `last_changed` are by our clock, filled in at ingest."""

    id: str
    queue: str
    title: str = ""
    state: TaskState = TaskState.UNKNOWN
    raw_state: str = ""
    kind: str = ""
    agent: str = ""
    priority: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retries: int | None = None
    detail: str = ""
    first_seen: datetime | None = None
    last_changed: datetime | None = None


class QueueReading(Struct, frozen=True, kw_only=True, gc=False):
    """A queue's state and the tasks that it shows.

    `arrived_total` and `completed_total` are cumulative counts where the queue has any (rates are made of them).
    `tasks_complete` says whether `tasks` is all there is, or only a window of it; `cut` is how many were left out
    because of a configured limit.
    """

    name: str
    kind: str
    queued: int | None = None
    running: int | None = None
    done: int | None = None
    failed: int | None = None
    dead_letter: int | None = None
    oldest_queued_at: datetime | None = None
    arrived_total: float | None = None
    completed_total: float | None = None
    tasks: tuple[Task, ...] = ()
    tasks_complete: bool = True
    cut: int = 0
    anomalies: tuple[str, ...] = ()


class Queue(Struct, frozen=True, kw_only=True, gc=False):
    """A queue as a row: its last reading, derived rates, and the probe's condition (`error` empty when it answers)."""

    name: str
    kind: str
    queued: int | None = None
    running: int | None = None
    done: int | None = None
    failed: int | None = None
    dead_letter: int | None = None
    oldest_queued_at: datetime | None = None
    arrival_per_min: float | None = None
    completion_per_min: float | None = None
    anomalies: tuple[str, ...] = ()
    error: str = ""
    stale: bool = False


# ── Backlogs ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Section(Struct, frozen=True, gc=False):
    """A heading of a backlog with its own count, and whether it claims to be complete."""

    title: str
    total: int
    done: int
    claims_complete: bool = False


class BacklogReading(Struct, frozen=True, kw_only=True, gc=False):
    """A backlog's count of distinct items beside what its document claims of itself. None: it does not say. `cut`: it
    was counted up to where the document breaks off."""

    name: str
    kind: str
    total: int | None = None
    done: int | None = None
    claimed_total: int | None = None
    claimed_done: int | None = None
    claimed_ratio: float | None = None
    sections: tuple[Section, ...] = ()
    anomalies: tuple[str, ...] = ()
    cut: bool = False


class BacklogPeaks(Struct, frozen=True, kw_only=True, gc=False):
    """The highest values that a backlog has shown, by which a fall stays known after the sweep that saw it.

    `fell_at_s` is when it last fell (epoch seconds), while it is below a peak.
    """

    total: int | None = None
    done: int | None = None
    claimed_total: int | None = None
    claimed_done: int | None = None
    fell_at_s: float | None = None


class Backlog(Struct, frozen=True, kw_only=True, gc=False):
    """A backlog as a row: counted beside claimed, and what does not add up.

    `done_ratio` is clamped to 0–1; `claimed_ratio` is as claimed, which may be more than 1.
    """

    name: str
    kind: str
    total: int | None = None
    done: int | None = None
    claimed_total: int | None = None
    claimed_done: int | None = None
    done_ratio: float | None = None
    claimed_ratio: float | None = None
    sections: tuple[Section, ...] = ()
    anomalies: tuple[str, ...] = ()
    rate_per_hour: float | None = None
    eta_s: float | None = None
    peaks: BacklogPeaks = BacklogPeaks()
    error: str = ""
    stale: bool = False
