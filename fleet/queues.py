"""A queue's row and tasks, derived from what its probe read. Pure: points and times come in, values go out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from fleet.series import rate_per_s
from fleet.vocabulary import TaskState
from fleet.work import Queue, QueueReading, Task

OUT_OF_SIGHT_KEPT = 500
"""Tasks of a queue that are remembered after they left the window that the queue shows."""

OUT_OF_SIGHT = "out of sight of its queue; as last seen"
"""The detail of an open task that its queue no longer shows, although it may still be there."""

_COUNTS = ("queued", "running", "done", "failed", "dead_letter")
_QUEUED = frozenset({TaskState.QUEUED, TaskState.WAITING})
_OPEN = _QUEUED | {TaskState.RUNNING, TaskState.UNKNOWN}


def derive(
    reading: QueueReading, arrivals: Sequence[tuple[float, float]], completions: Sequence[tuple[float, float]]
) -> Queue:
    """The row of a queue.

    `arrivals` and `completions` are the recent points (epoch seconds, cumulative count) of the reading's two totals,
    oldest first; a rate is None where there are fewer than two. A count below zero is taken as not known, and said.
    """
    return Queue(
        name=reading.name,
        kind=reading.kind,
        queued=_possible(reading.queued),
        running=_possible(reading.running),
        done=_possible(reading.done),
        failed=_possible(reading.failed),
        dead_letter=_possible(reading.dead_letter),
        oldest_queued_at=reading.oldest_queued_at,
        arrival_per_min=_per_min(arrivals),
        completion_per_min=_per_min(completions),
        anomalies=(*reading.anomalies, *_contradictions(reading)),
    )


def merge_tasks(old: Mapping[str, Task], reading: QueueReading, at: datetime, *, most: int = 5_000) -> dict[str, Task]:
    """The tasks of the reading's queue, by `queue/id`, at most `most`.

    `first_seen` and `last_changed` are by our clock: `at` for a task that is new or differs in any field, else what
    they were. `old` may hold other queues' tasks too; they are not in the result.

    A complete reading is all there is: tasks that are not in it are dropped. Where it is only a window, tasks that
    left it stay as last seen, the latest changed first, `OUT_OF_SIGHT_KEPT` of them at most. Open ones say that they
    are out of sight, and go once the queue counts none in their state: then they ended unseen.
    """
    mine = {key: task for key, task in old.items() if task.queue == reading.name}
    merged: dict[str, Task] = {}
    for task in reading.tasks:
        if len(merged) >= most:
            break
        key = f"{reading.name}/{task.id}"
        merged[key] = _dated(replace(task, queue=reading.name), mine.get(key), at)
    if not reading.tasks_complete:
        lost = {key: task for key, task in mine.items() if key not in merged}
        merged.update(_out_of_sight(lost, reading, min(OUT_OF_SIGHT_KEPT, most - len(merged))))
    return merged


def passed(old: Mapping[str, Task], new: Mapping[str, Task]) -> tuple[int, int]:
    """How many tasks came and how many ended between two looks at a queue that shows all of its tasks.

    A task that is new and has ended counts as both; one that is gone counts as neither: nobody knows how it ended.
    """
    came = sum(1 for key in new if key not in old)
    ended = sum(
        1 for key, task in new.items() if task.state not in _OPEN and (key not in old or old[key].state in _OPEN)
    )
    return came, ended


def _per_min(points: Sequence[tuple[float, float]]) -> float | None:
    """A rate a minute with three digits: more would only make an unchanged row differ from itself."""
    rate = rate_per_s(points)
    return None if rate is None else float(f"{rate * 60:.3g}")


def _possible(count: int | None) -> int | None:
    return None if count is None or count < 0 else count


def _contradictions(reading: QueueReading) -> list[str]:
    counts = ((name, getattr(reading, name)) for name in _COUNTS)
    said = [f"{name.replace('_', ' ')} is {count:,}" for name, count in counts if count is not None and count < 0]
    if reading.queued == 0 and reading.oldest_queued_at is not None:
        said.append("nothing is queued, yet a task waits since an earlier time")
    return said


def _dated(task: Task, before: Task | None, at: datetime) -> Task:
    if before is None:
        return replace(task, first_seen=at, last_changed=at)
    same = replace(task, first_seen=before.first_seen, last_changed=before.last_changed)
    return before if same == before else replace(same, last_changed=at)


def _out_of_sight(lost: Mapping[str, Task], reading: QueueReading, room: int) -> dict[str, Task]:
    left = [(key, task) for key, task in lost.items() if not _has_ended(task, reading)]
    left.sort(key=lambda item: item[1].last_changed.timestamp() if item[1].last_changed else 0.0, reverse=True)
    return {
        key: replace(task, detail=OUT_OF_SIGHT) if task.state in _OPEN and task.detail != OUT_OF_SIGHT else task
        for key, task in left[: max(0, room)]
    }


def _has_ended(task: Task, reading: QueueReading) -> bool:
    """Whether an open task that is out of sight cannot be open any more, by the queue's own counts."""
    if task.state in _QUEUED:
        return reading.queued == 0
    return task.state is TaskState.RUNNING and reading.running == 0
