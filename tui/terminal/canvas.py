"""What the terminal shows and what it should show, cell by cell, and the least that has to be sent between the two.

Textual sends whatever might have changed: the whole screen, two to five times, when a screen is pushed or popped, and
a whole widget when one line of it is new. Here every update is only written into a picture, and what is sent is where
the picture differs from the last one that was sent. It costs two screens of memory, and about as much time as Textual
needs to turn the same cells into text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final

from rich.cells import cell_len, split_graphemes
from rich.color import ColorSystem
from rich.segment import Segment

from fleet.ascii import cells_in_ascii
from tui.terminal.sgr import PLAIN, Pen, blank_pen, pen_of, step, turn

_COMMANDS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal could obey. Nothing of it should come this far; what does is left out, whoever made it."""

_JOINER: Final = "\u200d"

_JUMP: Final = 8
"""Bytes that it takes to go on elsewhere; up to so many are spent on writing cells again that did not change."""

_Texts = list[str]
"""A line: what stands in each of its cells. The second cell of a wide character holds ""."""
_Pens = list[Pen]


class Canvas:
    """A picture of `width` × `height` cells.

    Here is where the terminal's limits are kept, whoever drew: colours are those of `system` (None: no colours), and
    with `only_ascii` everything else becomes its likeness in ASCII.
    """

    def __init__(self, system: ColorSystem | None, *, only_ascii: bool = False) -> None:
        self.width = self.height = 0
        self.system = system
        self._cells_of = _ascii_cells if only_ascii else _cells
        self._texts: list[_Texts] = []
        self._pens: list[_Pens] = []
        self._shown: list[tuple[_Texts, _Pens] | None] = []
        self._touched: set[int] = set()

    def resize(self, width: int, height: int) -> None:
        """Begin a blank picture of this size; nothing is known of the terminal any more."""
        self.width, self.height = width, height
        self._texts = [[" "] * width for _ in range(height)]
        self._pens = [[PLAIN] * width for _ in range(height)]
        self.forget()

    def forget(self) -> None:
        """Nothing is known of the terminal any more: the next `draw` sends the whole picture."""
        self._shown = [None] * self.height
        self._touched = set(range(self.height))

    def put(self, x: int, y: int, segments: Iterable[Segment]) -> None:
        """Write segments into the picture from a cell on; what goes beyond its edges is left out."""
        if not (0 <= y < self.height and 0 <= x < self.width):
            return
        texts, pens = self._texts[y], self._pens[y]
        if texts[x] == "" and x:
            texts[x - 1] = " "
        for text, style, control in segments:
            if control or not text:
                continue
            pen = PLAIN if style is None else pen_of(style, self.system)
            x = _write(texts, pens, x, self._cells_of, text, pen)
        if x < self.width and texts[x] == "":
            texts[x] = " "
        if len(texts) > self.width:
            del texts[self.width :], pens[self.width :]
        self._touched.add(y)

    def draw(self) -> str:
        """The sequences that make the terminal show the picture; "" where it does. No style is in force after them."""
        out: list[str] = []
        pen = PLAIN
        for y in sorted(self._touched):
            texts, pens = self._texts[y], self._pens[y]
            for start, stop in self._changed(y):
                out.append(f"\x1b[{y + 1};{start + 1}H")
                pen = _render(out, texts, pens, start, stop, pen, y)
            self._shown[y] = texts.copy(), pens.copy()
        self._touched.clear()
        if out:
            out.append(turn(pen, PLAIN))
        return "".join(out)

    def _changed(self, y: int) -> Iterator[tuple[int, int]]:
        """The spans of a line that the terminal does not show yet. A wide character is never halved."""
        shown, texts, pens = self._shown[y], self._texts[y], self._pens[y]
        if shown is None:
            yield 0, self.width
            return
        old_texts, old_pens = shown
        if texts == old_texts and pens == old_pens:
            return
        changed = [
            x
            for x, (text, pen, old_text, old_pen) in enumerate(zip(texts, pens, old_texts, old_pens, strict=True))
            if text != old_text or pen != old_pen
        ]
        start = stop = changed[0]
        for x in changed:
            if x > stop and (x - stop > _JUMP or _detour(pens, stop, x) > _JUMP):
                yield _whole(texts, start, stop)
                start = x
            stop = x + 1
        yield _whole(texts, start, stop)


def _write(texts: _Texts, pens: _Pens, x: int, cells_of: Callable[[str], Iterator[str]], text: str, pen: Pen) -> int:
    """Write a run of one pen; returns the cell after it."""
    if not text.isprintable():
        text = _COMMANDS.sub(lambda match: " " * max(0, cell_len(match.group())), text)
    parts = list(text if text.isascii() else cells_of(text))
    end = x + len(parts)
    texts[x:end] = parts
    blank = blank_pen(pen)
    pens[x:end] = [blank if part == " " else pen for part in parts]
    return end


def _cells(text: str) -> Iterator[str]:
    """What stands in each cell of `text`."""
    spans, _ = split_graphemes(text)
    for start, end, width in spans:
        if width:
            # A joiner at its end would join whatever is written into the next cell.
            yield text[start:end].rstrip(_JOINER)
            yield from [""] * (width - 1)


def _ascii_cells(text: str) -> Iterator[str]:
    """What stands in each cell of `text` where only ASCII may."""
    spans, _ = split_graphemes(text)
    for start, _, width in spans:
        yield from cells_in_ascii(text[start], width)


def _detour(pens: _Pens, start: int, stop: int) -> int:
    """Bytes more that it takes to write the cells from `start` up to `stop` than to leave them out."""
    pen = pens[start - 1]
    direct = len(step(pen, pens[stop])[0])
    codes = 0
    for wanted in pens[start : stop + 1]:
        code, pen = step(pen, wanted)
        codes += len(code)
    return stop - start + codes - direct


def _whole(texts: _Texts, start: int, stop: int) -> tuple[int, int]:
    while start and texts[start] == "":
        start -= 1
    while stop < len(texts) and texts[stop] == "":
        stop += 1
    return start, stop


def _render(out: list[str], texts: _Texts, pens: _Pens, start: int, stop: int, pen: Pen, y: int) -> Pen:
    """Append the cells from `start` up to `stop`; returns the pen that is in force then."""
    x = start
    for wanted, run in groupby(pens[start:stop]):
        codes, pen = step(pen, wanted)
        out.append(codes)
        end = x + sum(1 for _ in run)
        out.append("".join(texts[x:end]))
        if "" in texts[x:end] and end < stop:
            # Terminals disagree on the width of some characters; what follows one is put in its place.
            out.append(f"\x1b[{y + 1};{end + 1}H")
        x = end
    return pen
