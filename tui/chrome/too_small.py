"""What is shown instead of everything where the terminal is too small for anything useful."""

from rich.text import Text
from textual.widget import Widget

LEAST = (60, 15)
"""Columns and lines below which no view can be drawn."""


class TooSmall(Widget):
    """Covers the screen (by style sheet) while the terminal is smaller than `LEAST`."""

    def render(self) -> Text:
        width, height = self.app.size
        need = f"fleetdeck needs {LEAST[0]}×{LEAST[1]}"
        return Text(f"{need}\nthis is {width}×{height}", justify="center", overflow="fold")
