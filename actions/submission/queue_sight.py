"""What collectors saw of tasks in the queues that are watched."""

from collections.abc import Collection, Mapping
from typing import Final

from fleet.actions.action import ActionState, Observed
from fleet.queues import OUT_OF_SIGHT
from fleet.store import Store
from fleet.vocabulary import TaskState
from fleet.work import Task

ENDS: Final[Mapping[TaskState, ActionState]] = {
    TaskState.DONE: ActionState.SUCCEEDED,
    TaskState.FAILED: ActionState.FAILED,
    TaskState.CANCELLED: ActionState.CANCELLED,
}
"""How a task has ended, by its state; one in another state has not."""


def seen_in_queues(ids: Collection[str], store: Store) -> dict[str, Observed]:
    """Those of these tasks that have ended, or are still in sight, by their ids."""
    tasks = store.tasks.values() if ids else ()
    return {task.id: _observed(task) for task in tasks if task.id in ids and (task.state in ENDS or _in_sight(task))}


def _in_sight(task: Task) -> bool:
    return task.state is not TaskState.UNKNOWN and task.detail != OUT_OF_SIGHT


def _observed(task: Task) -> Observed:
    ended = ENDS.get(task.state)
    return Observed(
        state=ended or ActionState.RUNNING,
        sentence=task.raw_state or task.state.value,
        final=ended is not None,
        tail=task.detail if ended is not None else "",
        task=task.state,
    )
