"""Which tasks were submitted from here: by what acts found out of their items, joined with the tasks of the queues."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleet.actions.action import Action
    from fleet.store import Slice

ID_NAMES = ("task_id", "job_id", "entry", "id")
"""The names under which kinds find the id of a task."""


class Ours:
    """The act that submitted a task, by the task's id. It listens to the acts and looks again only at those that
    changed, so that a table of thousands of tasks asks for the price of a look into a dict."""

    def __init__(self, actions: "Slice[str, Action]") -> None:
        self._actions = actions
        self._subscription = actions.subscribe(lambda: None)
        self._by_task: dict[str, str] = {}
        self._of: dict[str, tuple[str, ...]] = {}

    def action_of(self, task_id: str) -> str:
        """The id of the act that submitted the task, "" where none of ours did."""
        diff = self._subscription.drain()
        for key in diff.removed | diff.updated:
            for id in self._of.pop(key, ()):
                self._by_task.pop(id, None)
        for key in diff.changed:
            self._add(key, self._actions[key])
        return self._by_task.get(task_id, "") or self._by_key(task_id)

    def _by_key(self, task_id: str) -> str:
        """A task whose target gave it no id goes by the idempotency key of its item."""
        first, _, number = task_id.rpartition("-")
        id = first if number.isdecimal() and first in self._actions else task_id
        return id if id in self._actions else ""

    def _add(self, key: str, action: "Action") -> None:
        # Nothing of acting is imported before there is an act.
        from fleet.actions.plan import ActKind

        if action.act is not ActKind.SUBMIT:
            return
        ids = tuple(item.found[name] for item in action.items for name in ID_NAMES if item.found.get(name))
        self._of[key] = ids
        self._by_task.update(dict.fromkeys(ids, key))
