"""Screens on which `t` submits a task: to the marked agents, else to the row under the cursor."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct
from textual.binding import BindingType

from fleet.store import Store
from tui.acting.may import may_write
from tui.keys.bindings import SUBMIT_KEYS
from tui.screens.deck import DeckScreen
from tui.screens.table import TableScreen
from tui.table.table import Table


class Whom(Struct, frozen=True):
    """Whom a task is for: agents by their names, or a queue."""

    agents: tuple[str, ...] = ()
    queue: str = ""

    def __bool__(self) -> bool:
        return bool(self.agents or self.queue)


def whom(table: Table, store: Store) -> Whom:
    """Whom the marked rows of a table mean, else the one under the cursor."""
    return whom_of(table, table.marked or (() if table.cursor_key is None else (table.cursor_key,)), store)


def whom_of(table: Table, keys: Sequence[Any], store: Store) -> Whom:
    """Whom rows mean: agents, a queue (one), the agents that tasks are at, else their queue."""
    if table.view.name == "agents":
        return Whom(tuple(key for key in keys if key in store.status))
    if table.view.name == "queues":
        return Whom(queue=keys[0]) if keys and keys[0] in store.queues else Whom()
    tasks = [task for task in map(store.all_tasks.get, keys) if task is not None]
    agents = tuple(dict.fromkeys(task.agent for task in tasks if task.agent))
    queues = [store.tasks[key].queue for key in keys if key in store.tasks]
    return Whom(agents) if agents or not queues else Whom(queue=queues[0])


class Submits(DeckScreen):
    """A screen from which a task can be submitted."""

    BINDINGS: ClassVar[list[BindingType]] = SUBMIT_KEYS

    def whom(self) -> Whom:
        """Whom it would be for."""
        raise NotImplementedError

    def marked(self) -> Whom:
        """Whom the marked rows mean: `:submit` is for them, and for nobody where none is marked."""
        return Whom()

    def action_submit(self) -> None:
        """Open the form of a template; where several fit, ask which."""
        found = self.whom()
        app: Any = self.app
        if found:
            app.submit(found.agents, queue=found.queue)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where something can be done, to somebody."""
        if action == "submit" and not (may_write(self.context) and self.whom()):
            return False
        return super().check_action(action, parameters)


class SubmittingTable(Submits, TableScreen):
    """Agents, queues or tasks."""

    def whom(self) -> Whom:
        return whom(self._table, self.context.store)

    def marked(self) -> Whom:
        return whom_of(self._table, self._table.marked, self.context.store)
