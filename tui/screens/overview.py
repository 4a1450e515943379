"""The overview: every pane of `tui/panes/` in a grid that follows the size of the terminal."""

from collections.abc import Iterable

from textual.containers import Grid
from textual.widget import Widget

from tui.live import Watch
from tui.pane import Pane, TablePane
from tui.panes import load_panes
from tui.screens.deck import DeckScreen


class OverviewScreen(DeckScreen):
    """The fleet on one screen. A pane that has nothing to show takes no place."""

    TITLE_WORD = "Overview"

    def body(self) -> Iterable[Widget]:
        """The panes in their order, and who tells that another one is wanted."""
        store = self.context.store
        yield Grid(*(pane(store) for pane in load_panes()), id="overview")
        yield Watch((store.sources,), self._show_wanted)

    def _show_wanted(self) -> None:
        for pane in self.query(Pane):
            pane.set_class(not pane.wanted(self.context.store), "-unwanted")
        if self.focused is None:
            first = next((pane.table for pane in self.query(TablePane) if pane.display), None)
            if first is not None:
                first.focus()
