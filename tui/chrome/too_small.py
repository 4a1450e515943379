"""What is shown instead of everything where the terminal is too small for anything useful."""

from rich.text import Text
from textual.widget import Widget

LEAST = (60, 15)
"""Columns and lines below which no view can be drawn."""

NORMAL_WIDTH = 110
"""From how many columns on things stand side by side."""

WIDTHS: list[tuple[int, str]] = [(0, "-tiny"), (LEAST[0], "-narrow"), (NORMAL_WIDTH, "-normal"), (170, "-wide")]
HEIGHTS: list[tuple[int, str]] = [(0, "-flat"), (LEAST[1], "-squat"), (22, "-short"), (34, "-tall")]
"""From how many columns and lines on a screen has a class; the style sheet lays it out by these."""


class TooSmall(Widget):
    """Covers the screen (by style sheet) while the terminal is smaller than `LEAST`."""

    def render(self) -> Text:
        width, height = self.app.size
        need = f"fleetdeck needs {LEAST[0]}×{LEAST[1]}"
        return Text(f"{need}\nthis is {width}×{height}", justify="center", overflow="fold")
