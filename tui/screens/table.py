"""A view that is one table over the whole screen."""

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget

from fleet.errors import FilterError
from fleet.text import scrub
from fleet.view_line import ViewLine
from fleet.views.view import View
from tui.context import Context
from tui.kept.history import Visit
from tui.live import AGES_EVERY_S
from tui.screens.deck import DeckScreen
from tui.table.table import Table


class TableScreen(DeckScreen):
    """Agents, tasks, queues, backlog, sources or events."""

    AUTO_FOCUS = "Table"

    def __init__(self, context: Context, line: ViewLine, view: View[Any], left: Visit | None = None) -> None:
        super().__init__(context, line)
        self._left = left
        self.title_word = view.title
        self._table = Table(view, context.store, follow_time=AGES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        """The table."""
        yield self._table

    def table(self) -> Table:
        """There is only the one."""
        return self._table

    def visit(self) -> Visit:
        """The table with everything that was chosen for it."""
        if self._left is not None:
            return self._left
        table = self._table
        line = ViewLine(
            view=self._line.view,
            filter=self._filters.get(table, ""),
            sort=table.sort,
            columns=table.chosen,
            faults=table.faults_only,
        )
        return Visit(line=line, cursor=table.cursor_key, following=table.following)

    def on_mount(self) -> None:
        """Begin as the view was left the last time."""
        left, self._left = self._left, None
        if left is None:
            return
        try:
            self.restore(left)
        except FilterError as error:
            # A saved filter may have been taken away meanwhile.
            words = f"{self.title_word} is not as it was left: {error}"
            self.app.notify(scrub(words), severity="warning", markup=False)

    def apply(self, line: ViewLine) -> None:
        """Filter and order as `line` says; columns stay where it names none. Raises FilterError."""
        self.filter(self._table, line.filter)
        self._table.set_sort(line.sort)
        self._table.faults_only = line.faults
        if line.columns:
            self._table.set_columns(line.columns)
        self.show_title()

    def restore(self, visit: Visit) -> None:
        """Show everything as it was. Raises FilterError."""
        self.apply(visit.line)
        self._table.set_columns(visit.line.columns)
        if visit.cursor is not None:
            self._table.go_to(visit.cursor)
        self._table.follow(visit.following)
