"""A graph in plain text: blocks of eighths over a line of times, with a line where a threshold is.

Drawn with the blocks that every monospaced font has; where only ASCII may be drawn, they become its likeness by
`fleet.ascii`, cell for cell.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct
from rich.text import Text
from textual.widget import Widget

from fleet.views.text import SPARKS, axis_number
from fleet.views.view import Tone
from tui.cells import fit
from tui.ink import Ink

SCALE = 8
"""Cells for the numbers at the side."""
LEAST_WIDTH = SCALE + 8


class Plot(Struct, frozen=True, kw_only=True):
    """What is drawn: points (epoch seconds, oldest first; NaN is a gap), the span of time, a threshold, and words for
    both ends of the time axis. `note` stands in the place of a graph without points; `scale` writes the numbers at the
    side, in at most seven cells."""

    times: Sequence[float] = ()
    values: Sequence[float] = ()
    start_s: float = 0.0
    end_s: float = 1.0
    threshold: float | None = None
    left: str = ""
    right: str = ""
    note: str = ""
    scale: Callable[[float], str] = axis_number


def columns_of(plot: Plot, width: int) -> list[float]:
    """One value for each of `width` columns: the one farthest from zero of those that fall into it, as a peak must not
    be lost; NaN where there is none."""
    found = [math.nan] * width
    span = plot.end_s - plot.start_s
    if width <= 0 or span <= 0:
        return found
    for at, value in zip(plot.times, plot.values, strict=False):
        place = int((at - plot.start_s) / span * width)
        if place == width:
            place -= 1
        if 0 <= place < width and math.isfinite(value) and not abs(found[place]) >= abs(value):
            found[place] = value
    return _carried(found, round(_spacing(plot.times) / span * width * 2))


def _spacing(times: Sequence[float]) -> float:
    """Seconds between two points, as most of them have it; 0 where there are not two."""
    between = sorted(after - before for before, after in pairwise(times))
    return between[len(between) // 2] if between else 0.0


def _carried(values: list[float], most: int) -> list[float]:
    """With each value carried on over at most so many columns without one: points that lie farther apart than columns
    are one curve, and only what is missing is a gap."""
    last, left = math.nan, 0
    for place, value in enumerate(values):
        if math.isfinite(value):
            last, left = value, most
        elif left > 1 and any(map(math.isfinite, values[place : place + left])):
            left -= 1
            values[place] = last
        else:
            left = 0
    return values


def bounds(values: Sequence[float], threshold: float | None) -> tuple[float, float]:
    """The least and greatest of what is drawn; the threshold and zero are in view unless all is far from zero."""
    seen = [value for value in values if math.isfinite(value)]
    if threshold is not None and math.isfinite(threshold):
        seen.append(threshold)
    low, high = min(seen, default=0.0), max(seen, default=1.0)
    if low > 0 and low < high * 0.75:
        low = 0.0
    elif high < 0 and high > low * 0.75:
        high = 0.0
    if low == high:
        low, high = (min(0.0, low), max(0.0, high)) if low else (0.0, 1.0)
    return low, high


def rows_of(values: Sequence[float], low: float, high: float, height: int) -> list[str]:
    """`height` lines of blocks, from the top: each column filled up to its value, at least by the lowest block where
    there is a value."""
    steps = len(SPARKS)
    filled = [
        0 if not math.isfinite(value) else max(1, round((value - low) / (high - low) * height * steps))
        for value in values
    ]
    rows = []
    for row in range(height - 1, -1, -1):
        parts = (min(steps, max(0, level - row * steps)) for level in filled)
        rows.append("".join(SPARKS[part - 1] if part else " " for part in parts))
    return rows


def threshold_row(plot: Plot, low: float, high: float, height: int) -> int | None:
    """The line, from the top, in which the threshold stands."""
    if plot.threshold is None or not math.isfinite(plot.threshold) or height <= 0:
        return None
    level = (plot.threshold - low) / (high - low) * height
    return height - 1 - min(height - 1, max(0, int(level)))


class Graph(Widget):
    """A plot, drawn line by line at the width there is; what is the same again is not drawn again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._plot = Plot()

    def show(self, plot: Plot) -> None:
        """Draw this plot."""
        if plot != self._plot:
            self._plot = plot
            self.refresh()

    def recolour(self) -> None:
        """Say the same in the colours of the theme that is on."""
        self.refresh()

    def render(self) -> Text:
        return Text("\n", end="").join(self._line(y, self.size.width) for y in range(self.size.height))

    def _line(self, y: int, width: int) -> Text:
        ink, plot, height = Ink(self.app.theme_variables), self._plot, self.size.height - 1
        if y < 0 or y > height or width < LEAST_WIDTH:
            return Text("")
        if not len(plot.values):
            return ink.muted(plot.note if y == 0 else "")
        room = width - SCALE
        if y == height:
            gap = max(1, room - len(plot.left) - len(plot.right))
            return ink.muted(" " * SCALE + plot.left + " " * gap + plot.right)
        values = columns_of(plot, room)
        low, high = bounds(values, plot.threshold)
        blocks = rows_of(values, low, high, height)[y]
        line = threshold_row(plot, low, high, height)
        label = high if y == 0 else low if y == height - 1 else plot.threshold if y == line else None
        side = "" if label is None else plot.scale(label)
        text = ink.muted(fit(side, SCALE - 1, True) + " ")
        if y == line:
            for block in blocks:
                text.append_text(ink.write("╌", Tone.DEGRADED) if block == " " else ink.write(block, Tone.ACCENT))
            return text
        return text + ink.write(blocks, Tone.ACCENT)
