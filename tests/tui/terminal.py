"""A terminal in a few lines: enough to see what an update does to a screen."""

import re
from typing import Any, TypeVar

from rich.cells import split_graphemes
from rich.color import ColorSystem
from rich.style import Style

from tui.terminal.thrift import ThriftyApp

R = TypeVar("R")

_PART = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(\n)|([^\x1b\n]+)|(\x1b)")
_LENGTHS = {"38": 5, "48": 5}
_ENDS = {"22": "12", "23": "3", "24": "4", "25": "56", "27": "7", "28": "8", "29": "9"}
_ATTRIBUTES = {"bold": "1", "dim": "2", "italic": "3", "underline": "4", "blink": "5", "reverse": "7", "strike": "9"}
_UNSEEN = {"front", "attribute 1", "attribute 2", "attribute 3"}

Pen = frozenset[str]
Cells = dict[tuple[int, int], tuple[str, Pen]]


class Terminal:
    """What stands in each cell, and what can be seen of its style: a blank has no foreground. Anything but text, moves
    and SGR is an AssertionError."""

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
        reads = "attribute 7" in self.pen or "attribute 4" in self.pen or "attribute 9" in self.pen
        blank = frozenset(f"{name}={value}" for name, value in self.pen.items() if reads or name not in _UNSEEN)
        spans, _ = split_graphemes(text)
        for start, end, width in spans:
            char = text[start:end]
            if width == 0:
                old, _ = self.cells[self._y, self._x - 1]
                self.cells[self._y, self._x - 1] = (old + char, style)
                continue
            self.cells[self._y, self._x] = (char, blank if char == " " else style)
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
            elif code in _ENDS:
                for ended in _ENDS[code]:
                    self.pen.pop(f"attribute {ended}", None)
            elif code == "39":
                self.pen.pop("front", None)
            elif code == "49":
                self.pen.pop("back", None)
            elif code == "38" or (code.startswith(("3", "9")) and len(code) == 2 and code != "3"):
                self.pen["front"] = ";".join(codes[at : at + size])
            elif code == "48" or (code.startswith(("4", "10")) and len(code) > 1):
                self.pen["back"] = ";".join(codes[at : at + size])
            else:
                self.pen[f"attribute {code}"] = "on"
            at += size


def full_screen(app: ThriftyApp[Any]) -> Cells:
    """What a terminal that was sent everything afresh would show."""
    terminal = Terminal()
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        terminal.write(f"\x1b[{y + 1};1H")
        for text, style, _ in strip:
            terminal.write(f"\x1b[{_codes(style, app._canvas.system)}m{text}\x1b[0m")
    return terminal.cells


def _codes(style: Style | None, system: ColorSystem | None) -> str:
    """The SGR parameters of a style, by nobody's cache."""
    if style is None:
        return "0"
    codes = [code for name, code in _ATTRIBUTES.items() if getattr(style, name)]
    if style.color is not None and system is not None:
        codes += style.color.downgrade(system).get_ansi_codes()
    if style.bgcolor is not None and system is not None:
        codes += style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
    return ";".join(codes or ["0"])


class Watched(ThriftyApp[R]):
    """Sends what it would send to a terminal to one that can be looked at."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terminal = Terminal()
        self.sent = 0
        self.sends = 0

    @property
    def draws(self) -> bool:
        return self._running and not self._closed

    def send(self, text: str) -> None:
        self.terminal.write(text)
        self.sent += len(text.encode())
        self.sends += 1

    def agrees(self) -> bool:
        """Whether the terminal shows what it should, once what is pending has been sent."""
        self._paint()
        return self.terminal.cells == full_screen(self)
