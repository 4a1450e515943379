"""The first line: the views with their number keys."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widget import Widget

from fleet.view_line import TABS
from fleet.views.view import Tone
from tui.ink import Ink, between, joined

_GAP = 2
_SHORTER = {"overview": "over", "backlog": "todo"}
"""How views are called where the whole names do not fit; `:` knows these, too."""


class ViewTabs(Widget):
    """`1 overview  2 agents  …`; a click opens a view. Where there is no room, names are shorter and closer, or only
    the current one has its name. A view without a number stands last, while it is the current one."""

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._spans: list[tuple[int, int, str]] = []

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        width = self.size.width
        tabs = self._tabs(ink)
        if tabs.cell_len > width:
            tabs = self._tabs(ink, short=_SHORTER, gap=1)
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

    def _tabs(
        self, ink: Ink, *, named: bool = True, short: Mapping[str, str] = MappingProxyType({}), gap: int = _GAP
    ) -> Text:
        parts = []
        names = TABS if self._current in TABS else (*TABS, self._current)
        for name in names:
            key, called = self._key(name), short.get(name, name)
            if name == self._current:
                parts.append(ink.write(f"{key} {called}".strip(), Tone.TITLE, bold=True) + Text(""))
                parts[-1].stylize(Style(underline=True), len(key) + 1 if key else 0)
            else:
                word = f" {called}" if named else ""
                parts.append(joined([ink.write(key, Tone.ACCENT), ink.muted(word if key else called)]))
        self._note_spans(parts, names, gap)
        return joined(parts, " " * gap)

    def _key(self, name: str) -> str:
        """The key that opens a view, as it is bound now."""
        app: Any = self.app
        key: str = app.key_of(f"app.view.{name}")
        return key

    def _note_spans(self, parts: list[Text], names: Sequence[str], gap: int) -> None:
        self._spans = []
        start = 0
        for part, name in zip(parts, names, strict=True):
            self._spans.append((start, start + part.cell_len, name))
            start += part.cell_len + gap
