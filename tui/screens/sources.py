"""The sources, and in the title what it costs to show them: a monitor that hides its own cost cannot be trusted."""

from collections.abc import Iterable

from rich.text import Text
from textual.widget import Widget

from fleet.views.meter import terminal_words
from tui.ink import Ink
from tui.live import Watch
from tui.screens.table import TableScreen


class SourcesScreen(TableScreen):
    """The table of sources, with the meter of the terminal above it. The meter is drawn only while it is in sight."""

    def body(self) -> Iterable[Widget]:
        """The table, and who tells that the meter is another one."""
        yield from super().body()
        yield Watch((self.context.store.self_,), self.show_title)

    def title_parts(self, ink: Ink) -> list[Text]:
        """What any table says, and the meter."""
        own = self.context.store.self_.get("self")
        parts = super().title_parts(ink)
        if own is None or own.terminal is None:
            return parts
        return [*parts, ink.muted(terminal_words(own.terminal))]
