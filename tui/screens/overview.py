"""The overview: every pane of `tui/panes/` in a grid that follows the size of the terminal."""

from collections.abc import Iterable

from rich.text import Text
from textual.containers import Grid
from textual.widget import Widget

from fleet.views.view import Tone
from tui.ink import Ink
from tui.live import Watch
from tui.pane import Known, Pane, TablePane
from tui.panes import load_panes
from tui.screens.deck import DeckScreen


class OverviewScreen(DeckScreen):
    """The fleet on one screen. A pane that has nothing to show takes no place."""

    title_word = "Overview"
    _known: Known | None = None

    def body(self) -> Iterable[Widget]:
        """The panes in their order, and who tells that another one is wanted."""
        store = self.context.store
        yield Grid(*(pane(store) for pane in load_panes()), id="overview")
        yield Watch((store.sources,), self._show_wanted)

    def title_parts(self, ink: Ink) -> list[Text]:
        """The filter of the pane in focus, if it has one: the panes' own headings say the rest."""
        table = self.table()
        filtered = table is not None and (self._filters.get(table) or table.mode)
        title = ink.write(self.title_word, Tone.TITLE, bold=True)
        return [title, *self.table_parts(ink, table)] if table is not None and filtered else [title]

    def on_unmount(self) -> None:
        if self._known is not None:
            self._known.close()
            self._known = None

    def _show_wanted(self) -> None:
        if self._known is None:
            self._known = Known(self.context.store)
        self._known.catch_up()
        for pane in self.query(Pane):
            pane.set_class(not pane.wanted(self._known), "-unwanted")
        if self.focused is None:
            first = next((pane.table for pane in self.query(TablePane) if pane.display), None)
            if first is not None:
                first.focus()
