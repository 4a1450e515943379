"""The first line: the views with their number keys."""

from typing import Any

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
        brand = ink.muted("fleetdeck")
        fits = tabs.cell_len + _GAP + brand.cell_len <= width
        return between(tabs, brand if fits else Text(""), width)

    def on_click(self, event: events.Click) -> None:
        """Open the view under the pointer."""
        x = event.get_content_offset_capture(self).x
        for start, end, name in self._spans:
            if start <= x < end:
                # Not by its action: that is for keys, and allowed only while nothing is typed.
                app: Any = self.app
                app.call_next(app.action_view, name)

    def _tabs(self, ink: Ink, *, named: bool) -> Text:
        parts = []
        for name in VIEWS:
            key = self._key(name)
            if name == self._current:
                parts.append(ink.write(f"{key} {name}".strip(), Tone.TITLE, bold=True) + Text(""))
                parts[-1].stylize(Style(underline=True), len(key) + 1 if key else 0)
            else:
                word = f" {name}" if named else ""
                parts.append(joined([ink.write(key, Tone.ACCENT), ink.muted(word if key else name)]))
        self._note_spans(parts)
        return joined(parts, " " * _GAP)

    def _key(self, name: str) -> str:
        """The key that opens a view, as it is bound now."""
        app: Any = self.app
        key: str = app.key_of(f"app.view.{name}")
        return key

    def _note_spans(self, parts: list[Text]) -> None:
        self._spans = []
        start = 0
        for part, name in zip(parts, VIEWS, strict=True):
            self._spans.append((start, start + part.cell_len, name))
            start += part.cell_len + _GAP
