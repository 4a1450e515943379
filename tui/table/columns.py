"""Where the columns of a table stand at a given width: pure arithmetic, no terminal."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fleet.views.view import Column

GUTTER = 2
"""Cells before the first column: the cursor's or mark's glyph, and a blank."""

SCROLLBAR = 1
"""Cells after the last column, always kept free, so that nothing moves when a list outgrows its window."""


class Placed(Struct, frozen=True):
    """A column in its place: `index` into the view's columns, `x` in cells, `width` of its text, then `gap` blanks."""

    index: int
    x: int
    width: int
    gap: int

    @property
    def end(self) -> int:
        """The first cell after the column and its gap."""
        return self.x + self.width + self.gap


def lay_out(columns: Sequence[Column[Any]], width: int) -> tuple[Placed, ...]:
    """The columns that fit into `width` cells.

    The column with the largest `priority` is dropped first (the rightmost of equals), one of priority 0 never: where
    even those are too wide, the last ones are narrowed, to nothing if need be, but half of the room is kept for the
    one that says which row it is. Spare width goes by `grow`.
    """
    gap = 2 if width >= 100 else 1
    room = max(0, width - GUTTER - SCROLLBAR)
    kept = _kept(columns, room, gap)
    widths = _widths([columns[index] for index in kept], room, gap)
    placed: list[Placed] = []
    x = GUTTER
    for index, cells in zip(kept, widths, strict=True):
        if cells <= 0:
            continue
        placed.append(Placed(index, x, cells, min(gap, GUTTER + room - x - cells)))
        x += cells + gap
    return tuple(placed)


def _kept(columns: Sequence[Column[Any]], room: int, gap: int) -> list[int]:
    kept = list(range(len(columns)))
    while _needed([columns[index] for index in kept], gap) > room:
        worst = max(kept, key=lambda index: (columns[index].priority, index))
        if columns[worst].priority <= 0:
            break
        kept.remove(worst)
    return kept


def _needed(columns: Sequence[Column[Any]], gap: int) -> int:
    return sum(column.width for column in columns) + gap * max(0, len(columns) - 1)


def _widths(columns: Sequence[Column[Any]], room: int, gap: int) -> list[int]:
    """The width of each column: its own and its share of what is spare, or what is left of the room."""
    spare = room - _needed(columns, gap)
    if spare < 0:
        return _narrowed(columns, room, gap)
    shares = sum(column.grow for column in columns)
    given, seen, widths = 0, 0, []
    for column in columns:
        seen += column.grow
        upto = spare * seen // shares if shares else 0
        widths.append(column.width + upto - given)
        given = upto
    return widths


def _narrowed(columns: Sequence[Column[Any]], room: int, gap: int) -> list[int]:
    last = max((place for place, column in enumerate(columns) if column.named), default=-1)
    kept = min(columns[last].width, max(1, room // 2)) + gap if last >= 0 else 0
    widths = []
    for place, column in enumerate(columns):
        cells = max(0, min(column.width, room - (kept if place < last else 0)))
        widths.append(cells)
        room -= cells + gap if cells else 0
    return widths
