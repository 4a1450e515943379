"""The first line: the views with their number keys."""

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widget import Widget

from fleet.view_line import VIEWS
from fleet.views.view import Tone
from tui.ink import Ink, between, joined

_GAP = 2


class ViewTabs(Widget):
    """`1 overview  2 agents  …`; a click opens a view. Where there is no room, only the current one has its name."""

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._spans: list[tuple[int, int, str]] = []

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        width = self.size.width
        tabs = self._tabs(ink, named=True)
        if tabs.cell_len > width:
            tabs = self._tabs(ink, named=False)
        self._note_spans(tabs)
        brand = ink.muted("fleetdeck")
        fits = tabs.cell_len + _GAP + brand.cell_len <= width
        return between(tabs, brand if fits else Text(""), width)

    def on_click(self, event: events.Click) -> None:
        """Open the view under the pointer."""
        x = event.get_content_offset_capture(self).x
        for start, end, name in self._spans:
            if start <= x < end:
                self.app.call_next(self.app.run_action, f"app.view('{name}')")

    def _tabs(self, ink: Ink, *, named: bool) -> Text:
        parts = []
        for number, name in enumerate(VIEWS, 1):
            if name == self._current:
                parts.append(ink.write(f"{number} {name}", Tone.TITLE, bold=True) + Text(""))
                parts[-1].stylize(Style(underline=True), 2)
            else:
                word = f" {name}" if named else ""
                parts.append(joined([ink.write(str(number), Tone.ACCENT), ink.muted(word)]))
        return joined(parts, " " * _GAP)

    def _note_spans(self, tabs: Text) -> None:
        self._spans = []
        start = 0
        words = tabs.plain.split(" " * _GAP)
        for word, name in zip(words, VIEWS, strict=False):
            self._spans.append((start, start + len(word), name))
            start += len(word) + _GAP
