"""The saved filters, by name, with what they say and where they come from."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from fleet.filters.saved import SavedFilters
from fleet.views.view import Tone
from tui.chrome.page_scroll import PageScroll
from tui.ink import Ink, joined
from tui.screens.sheet import Sheet


class FiltersSheet(Sheet[None]):
    """A sheet over the view."""

    BINDING_GROUP_TITLE = "Saved filters"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "close", id="filters.close")]
    AUTO_FOCUS = "#help"

    def __init__(self, filters: SavedFilters) -> None:
        super().__init__()
        self._filters = filters

    def compose(self) -> ComposeResult:
        with PageScroll(id="help"):
            yield Static(self._sheet(), markup=False)

    def _sheet(self) -> Text:
        ink = Ink(self.app.theme_variables)
        lines = [joined([ink.write("Saved filters", Tone.TITLE, bold=True), ink.muted("   ↑ ↓ scroll · esc close")])]
        for name, text in self._filters.texts.items():
            origin = "configuration" if name in self._filters.configured else "yours"
            lines += [Text(""), joined([ink.write(f"@{name}", Tone.ACCENT, bold=True), ink.muted(f"  {origin}")])]
            lines.append(ink.write(f"  {text}"))
        if not self._filters.texts:
            lines += [Text(""), ink.muted("none yet")]
        lines += [
            Text(""),
            ink.muted(":save NAME keeps the filter that is on, :forget NAME drops it,"),
            ink.muted("/@NAME uses it, alone or in a filter: /@mine state:down"),
        ]
        return Text("\n").join(lines)
