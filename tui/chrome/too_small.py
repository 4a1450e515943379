"""What is shown instead of everything where the terminal is too small for anything useful."""

from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

LEAST = (60, 15)
"""Columns and lines below which no view can be drawn."""

NORMAL_WIDTH = 110
"""From how many columns on things stand side by side."""

WIDTHS: list[tuple[int, str]] = [(0, "-tiny"), (LEAST[0], "-narrow"), (NORMAL_WIDTH, "-normal"), (170, "-wide")]
HEIGHTS: list[tuple[int, str]] = [(0, "-flat"), (LEAST[1], "-squat"), (22, "-short"), (34, "-tall")]
"""From how many columns and lines on a screen has a class; the style sheet lays it out by these."""


def size_classes(size: Size) -> dict[str, bool]:
    """Which of the classes above a screen of this size has.

    Textual gives a screen its classes when it has been laid out without them, and then lays it out again; a screen that
    has them from the start stands at once.
    """
    classes = {name: False for _, name in (*WIDTHS, *HEIGHTS)}
    for cells, steps in ((size.width, WIDTHS), (size.height, HEIGHTS)):
        classes[max(step for step in steps if step[0] <= cells)[1]] = True
    return classes


class TooSmall(Widget):
    """Covers the screen (by style sheet) while the terminal is smaller than `LEAST`."""

    def render(self) -> Text:
        width, height = self.app.size
        need = f"fleetdeck needs {LEAST[0]}×{LEAST[1]}"
        return Text(f"{need}\nthis is {width}×{height}", justify="center", overflow="fold")  # ours: sizes
