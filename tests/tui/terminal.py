"""A terminal in a few lines: enough to see what an update does to a screen."""

import re
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from textual.app import App

_PART = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(\n)|([^\x1b\n]+)|(\x1b)")
_LENGTHS = {"38": 5, "48": 5}

Pen = frozenset[str]
Cells = dict[tuple[int, int], tuple[str, Pen]]


class Terminal:
    """What stands in each cell, and in which style. Anything but text, moves and SGR is an AssertionError."""

    def __init__(self) -> None:
        self.cells: Cells = {}
        self._x = self._y = 0
        self.pen: dict[str, str] = {}

    def write(self, text: str) -> None:
        for move_y, move_x, sgr, newline, plain, escape in _PART.findall(text):
            assert not escape, f"an escape of another kind in {text!r}"
            if move_y:
                self._y, self._x = int(move_y) - 1, int(move_x) - 1
            elif newline:
                self._y += 1
            elif plain:
                self._put(plain)
            else:
                self._style((sgr or "0").split(";"))

    def _put(self, text: str) -> None:
        style = frozenset(f"{name}={value}" for name, value in self.pen.items())
        for char in text:
            width = cell_len(char)
            if width == 0:
                old, _ = self.cells[self._y, self._x - 1]
                self.cells[self._y, self._x - 1] = (old + char, style)
                continue
            self.cells[self._y, self._x] = (char, style)
            if width == 2:
                self.cells[self._y, self._x + 1] = ("", style)
            self._x += width

    def _style(self, codes: list[str]) -> None:
        at = 0
        while at < len(codes):
            code = codes[at]
            size = _LENGTHS.get(code, 1)
            if size == 5 and codes[at + 1] == "5":
                size = 3
            if code == "0":
                self.pen = {}
            elif code in ("38", "39") or (code.startswith(("3", "9")) and len(code) == 2 and code != "3"):
                self.pen["front"] = ";".join(codes[at : at + size])
            elif code in ("48", "49") or (code.startswith(("4", "10")) and len(code) > 1):
                self.pen["back"] = ";".join(codes[at : at + size])
            else:
                self.pen[f"attribute {code}"] = "on"
            at += size


def full_screen(app: App[Any]) -> Cells:
    """What a terminal that was sent everything afresh would show."""
    terminal = Terminal()
    console: Console = app.console
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        terminal.write(f"\x1b[{y + 1};1H" + strip.render(console))
    return terminal.cells
