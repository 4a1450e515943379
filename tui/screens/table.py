"""A view that is one table over the whole screen."""

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget

from fleet.view_line import ViewLine
from fleet.views.view import View
from tui.context import Context
from tui.live import AGES_EVERY_S
from tui.screens.deck import DeckScreen
from tui.table import Table


class TableScreen(DeckScreen):
    """Agents, tasks, queues, backlog, sources or events."""

    AUTO_FOCUS = "Table"

    def __init__(self, context: Context, line: ViewLine, view: View[Any]) -> None:
        super().__init__(context, line)
        self.title_word = view.title
        self._table = Table(view, context.store, follow_time=AGES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        """The table."""
        yield self._table

    def table(self) -> Table:
        """There is only the one."""
        return self._table

    def apply(self, line: ViewLine) -> None:
        """Filter and order as `line` says. Raises FilterError."""
        self.filter(self._table, line.filter)
        self._table.set_sort(line.sort)
        self._table.faults_only = line.faults
        self.show_title()
