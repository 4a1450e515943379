"""Several curves in one graph of plain text, each drawn with a sign of its own; a single one as blocks."""

import math
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text

from fleet.views.view import Tone
from tui.cells import fit
from tui.graph import LEAST_WIDTH, SCALE, Graph, Plot, bounds, columns_of, threshold_row
from tui.ink import Ink, joined

SIGNS = "●▲■◆○□×+"
"""What tells curves apart without any colour, in ASCII too; there are no more than these in one graph."""
TONES = (Tone.ACCENT, Tone.PLAIN)
"""In turns; the colours of states would say something that is not meant."""


class Drawn(Struct, frozen=True):
    """A curve: points as those of a `Plot`."""

    times: Sequence[float]
    values: Sequence[float]


def tone_of(number: int) -> Tone:
    """The tone of a curve."""
    return TONES[number % len(TONES)]


def places_of(columns: Sequence[Sequence[float]], low: float, high: float, height: int) -> list[dict[int, int]]:
    """For each of `height` lines, from the top, which curve is drawn in which column; of several in one place the first
    one."""
    rows: list[dict[int, int]] = [{} for _ in range(height)]
    for number, values in enumerate(columns):
        for column, value in enumerate(values):
            if math.isfinite(value):
                level = min(height - 1, max(0, int((value - low) / (high - low) * height)))
                rows[height - 1 - level].setdefault(column, number)
    return rows


class CurveGraph(Graph):
    """A graph of up to as many curves as there are signs. `frame` says all that is not the curves' own."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._curves: tuple[Drawn, ...] = ()
        self._grid: tuple[tuple[int, int], list[dict[int, int]], tuple[float, float]] | None = None

    def show_curves(self, curves: Sequence[Drawn], frame: Plot) -> None:
        """Draw these curves, the first ones where there are too many."""
        shown = tuple(curves[: len(SIGNS)])
        if len(shown) == 1:
            frame = replace(frame, times=shown[0].times, values=shown[0].values)
            shown = ()
        if shown != self._curves:
            self._curves = shown
            self.refresh()
        self._grid = None
        self.show(frame)

    def _line(self, y: int, width: int) -> Text:
        plot, height, room = self._plot, self.size.height - 1, width - SCALE
        if not self._curves or y < 0 or y >= height or width < LEAST_WIDTH:
            return self._axis(y, room) if self._curves and y == height else super()._line(y, width)
        rows, (low, high) = self._rows(room, height)
        line = threshold_row(plot, low, high, height)
        label = high if y == 0 else low if y == height - 1 else plot.threshold if y == line else None
        ink = Ink(self.app.theme_variables)
        side = ink.muted(fit("" if label is None else plot.scale(label), SCALE - 1, True) + " ")
        return side + self._signs(ink, rows[y], room, y == line)

    def _signs(self, ink: Ink, row: dict[int, int], room: int, is_threshold: bool) -> Text:
        blank = ink.write("╌", Tone.DEGRADED) if is_threshold else ink.write(" ")
        parts = (
            blank if number is None else ink.write(SIGNS[number], tone_of(number))
            for number in map(row.get, range(room))
        )
        return joined(parts)

    def _axis(self, y: int, room: int) -> Text:
        plot, ink = self._plot, Ink(self.app.theme_variables)
        gap = max(1, room - len(plot.left) - len(plot.right))
        return ink.muted(" " * SCALE + plot.left + " " * gap + plot.right)

    def _rows(self, room: int, height: int) -> tuple[list[dict[int, int]], tuple[float, float]]:
        """What is where, made once for a size."""
        if self._grid is None or self._grid[0] != (room, height):
            plot = self._plot
            columns = [columns_of(replace(plot, times=one.times, values=one.values), room) for one in self._curves]
            low, high = bounds([value for values in columns for value in values], plot.threshold)
            self._grid = (room, height), places_of(columns, low, high, height), (low, high)
        return self._grid[1], self._grid[2]
