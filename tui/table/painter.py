"""What a line of the table looks like, and which cells of it changed since it was drawn.

A `Line` is a picture of a row as it was when it was last compared: the terminal is only ever sent what a `Line`
holds. If lines were drawn from the rows themselves, a cell could change between the comparison and the drawing, reach
the cache without reaching the terminal, and stay wrong there.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from fleet.views.view import Cell, Column, Look, Tone
from tui.cells import cell_segment, fit, title_text
from tui.table.columns import GUTTER, SCROLLBAR, Placed, lay_out
from tui.theme import RowLook, is_one_ground, row_style, thumb_style, tone_style

CURSOR, MARK, GONE, THUMB = "▌", "✓", "×", "▐"
CURSOR_TURNED = "›"
"""The cursor on a row that is turned round, where half a block would be a notch."""


class Line(Struct, frozen=True):
    """A row as it is drawn: cells that fit their columns, how the row stands out, and its part of the scroll bar.

    A line without `cells` shows `note`. A row that is `gone` from the store is shown without its colours.
    """

    cells: tuple[Cell, ...] = ()
    look: RowLook = RowLook.PLAIN
    marked: bool = False
    thumb: bool = False
    note: str = ""
    gone: bool = False


class Palette:
    """The styles of a table under one theme; made anew when the theme or the widget's own style changes."""

    def __init__(self, variables: Mapping[str, str], base: Style) -> None:
        self._variables = variables
        self._base = base
        self._cells: dict[tuple[Tone, RowLook], Style] = {}

    def cell(self, tone: Tone, look: RowLook) -> Style:
        """The style of a cell."""
        style = self._cells.get((tone, look))
        if style is None:
            tint = Style() if self.is_turned(look) else tone_style(tone, self._variables)
            style = self._cells[tone, look] = self._base + tint + row_style(look, self._variables)
        return style

    def bar(self, look: RowLook) -> Style:
        """The style of the scroll bar's thumb on a row."""
        plain = self.cell(Tone.PLAIN, look)
        return plain if self.is_turned(look) else plain + thumb_style(self._variables)

    def is_turned(self, look: RowLook) -> bool:
        """Whether a row keeps one colour because it is turned round."""
        return look is RowLook.CURSOR and is_one_ground(self._variables)


class Painter:
    """Lays a view's columns out at one width, makes lines of rows and strips of lines."""

    def __init__(self, columns: Sequence[Column[Any]], width: int) -> None:
        self.columns = columns
        self.width = width
        self.placed: tuple[Placed, ...] = lay_out(columns, width)
        end = self.placed[-1].end if self.placed else GUTTER
        self._filler = max(0, width - SCROLLBAR - end)

    def line(self, row: Any, at: Look, look: RowLook, *, marked: bool, thumb: bool, gone: bool = False) -> Line:
        """The picture of `row`."""
        cells = tuple(self._cell(place, row, at) for place in self.placed)
        if gone:
            cells = tuple(Cell(cell.text, Tone.STALE) for cell in cells)
        return Line(cells, look, marked, thumb, gone=gone)

    def notes(self, sentence: str) -> list[Line]:
        """A sentence in place of rows, over as many lines as it takes, below a blank one."""
        return [Line(), *(Line(note=part) for part in textwrap.wrap(sentence, max(8, self.width - 2 * GUTTER - 1)))]

    def regions(self, y: int, old: Line, new: Line) -> Iterator[Region]:
        """What must be sent for the line at `y` to become `new`; nothing where both look alike."""
        if old.look is not new.look or old.note != new.note or len(old.cells) != len(new.cells):
            yield Region(0, y, self.width, 1)
            return
        if (old.marked, old.gone) != (new.marked, new.gone):
            yield Region(0, y, GUTTER, 1)
        for place, before, after in zip(self.placed, old.cells, new.cells, strict=False):
            if before != after:
                yield Region(place.x, y, place.width + place.gap, 1)
        if old.thumb != new.thumb:
            yield Region(self.width - SCROLLBAR, y, SCROLLBAR, 1)

    def strip(self, line: Line, palette: Palette) -> Strip:
        """The segments of a line."""
        if not line.cells:
            text = " " * GUTTER + fit(line.note, max(0, self.width - GUTTER))
            return self._strip([Segment(text, palette.cell(Tone.MUTED, line.look))], palette)
        plain = palette.cell(Tone.PLAIN, line.look)
        segments = [self._gutter(line, palette)]
        for place, cell in zip(self.placed, line.cells, strict=True):
            segments.append(cell_segment(cell.text, place.gap, palette.cell(cell.tone, line.look)))
        if self._filler:
            segments.append(Segment(" " * self._filler, plain))
        segments.append(Segment(THUMB, palette.bar(line.look)) if line.thumb else Segment(" ", plain))
        return self._strip(segments, palette)

    def header(self, by: Sequence[tuple[str, bool]], palette: Palette) -> Strip:
        """The titles, with an arrow on each column that is sorted by, numbered where there are several."""
        several = len(by) > 1
        arrows = {
            name: ("▼" if down else "▲") + (str(place) if several else "") for place, (name, down) in enumerate(by, 1)
        }
        muted, accent = palette.cell(Tone.MUTED, RowLook.PLAIN), palette.cell(Tone.ACCENT, RowLook.PLAIN)
        segments = [Segment(" " * GUTTER, muted)]
        for place in self.placed:
            column = self.columns[place.index]
            arrow = arrows.get(column.id, "")
            text = title_text(column.title, arrow, place.width, place.gap, column.right)
            segments.append(Segment(text, accent if arrow else muted))
        segments.append(Segment(" " * (self._filler + SCROLLBAR), muted))
        return self._strip(segments, palette)

    def column_at(self, x: int) -> Column[Any] | None:
        """The column that a cell of the header belongs to."""
        return next((self.columns[place.index] for place in self.placed if place.x <= x < place.end), None)

    def _cell(self, place: Placed, row: Any, at: Look) -> Cell:
        column = self.columns[place.index]
        cell = column.cell(row, at)
        text = cell.text
        if column.shorten is not None and len(text) > place.width:
            text = column.shorten(text, place.width)
        return Cell(fit(text, place.width, column.right), cell.tone)

    def _gutter(self, line: Line, palette: Palette) -> Segment:
        here = line.look in (RowLook.CURSOR, RowLook.BLURRED)
        cursor = CURSOR_TURNED if palette.is_turned(line.look) else CURSOR
        glyph = GONE if line.gone else MARK if line.marked else cursor if here else " "
        tone = Tone.ACCENT if line.marked or line.look is RowLook.CURSOR else Tone.MUTED
        return Segment(glyph + " " * (GUTTER - 1), palette.cell(tone, line.look))

    def _strip(self, segments: list[Segment], palette: Palette) -> Strip:
        """A strip of exactly the table's width, whatever that is too narrow for."""
        return Strip(segments).adjust_cell_length(self.width, palette.cell(Tone.PLAIN, RowLook.PLAIN))
