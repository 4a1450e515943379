"""What a terminal would show: bytes in, cells out.

Enough of ECMA-48 and xterm for Textual, ncurses and btop: moves, erasing, inserting and deleting, scroll regions, SGR,
repeated characters. Everything else that ends where a sequence ends is passed over. A benchmark needs it to tell when a
certain change is *on the screen*, whatever else is drawn in the meantime.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct


class Pen(Struct, frozen=True):
    """Colours and attributes as their SGR parameters, such as `48;5;236`; empty where it is the terminal's own."""

    front: str = ""
    back: str = ""
    attributes: frozenset[str] = frozenset()

    @property
    def ground(self) -> str:
        """What stands behind the text."""
        return f"reverse {self.front}" if "7" in self.attributes else self.back


_PLAIN = Pen()
_TOKEN = re.compile(
    r"\x1b\[([<=>?]?)([\d;:]*)[ !\"$'*]?([@-~])"  # CSI: 1 prefix, 2 parameters, 3 final
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[()*+#%].|\x1b([=>78cDEHMNOZ\\])"  # charsets; 4 short escapes
    r"|([\x00-\x1a\x1c-\x1f\x7f])"  # 5 controls
    r"|([^\x00-\x1f\x7f]+)",  # 6 text
    re.DOTALL,
)
_ATTRIBUTES = {"1", "2", "3", "4", "5", "7", "9"}
_ENDED_BY = {"22": {"1", "2"}, "23": {"3"}, "24": {"4"}, "25": {"5"}, "27": {"7"}, "29": {"9"}}


class Screen:
    """A grid of `height` lines of `width` cells that follows the bytes it is fed."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.pens: list[list[Pen]] = []
        self.arrows = b"\x1b["
        """What an arrow key sends before its letter."""
        self._chars: list[list[str]] = []
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._x = self._y = 0
        self._kept = (0, 0)
        self._pen = _PLAIN
        self._top, self._bottom = 0, height
        self._last = " "
        self._does: dict[str, Callable[[list[int]], None]] = self._commands()
        self._clear()

    # ── What is on it ──────────────────────────────────────────────────────────────────────────────────────────────

    def line(self, y: int) -> str:
        """The text of a line, counted from the bottom where `y` is negative."""
        return "".join(self._chars[y])

    def cells(self, y: int) -> list[str]:
        """What stands in each cell of a line; "" in the second cell of a wide character."""
        return list(self._chars[y])

    def text(self) -> str:
        """All lines, without trailing blanks."""
        return "\n".join(self.line(y).rstrip() for y in range(self.height))

    def grounds(self) -> tuple[tuple[str, ...], ...]:
        """What stands behind the text of every cell: where a cursor or a selection is."""
        return tuple(tuple(pen.ground for pen in line) for line in self.pens)

    # ── What comes in ──────────────────────────────────────────────────────────────────────────────────────────────

    def feed(self, data: bytes) -> None:
        """Follow some bytes; a sequence that is cut off waits for its end."""
        text = self._rest + self._decode(data)
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                if len(text) - at < 4096:
                    break
                at += 1  # no sequence that anybody would finish
                continue
            at = found.end()
            prefix, parameters, final, short, control, plain = found.groups()
            if plain:
                self._write(plain)
            elif control:
                self._control(control)
            elif final:
                self._csi(prefix, parameters, final)
            elif short:
                self._short(short)
        self._rest = text[at:]

    def _write(self, text: str) -> None:
        if not text.isascii() and any(map(_wide, text)):
            for char in text:
                self._put([char, ""] if _wide(char) else [char])
        else:
            while text:
                self._wrap()
                part, text = text[: self.width - self._x], text[self.width - self._x :]
                self._put(list(part))
                self._last = part[-1]

    def _put(self, cells: list[str]) -> None:
        self._wrap()
        end = min(self._x + len(cells), self.width)
        self._chars[self._y][self._x : end] = cells[: end - self._x]
        self.pens[self._y][self._x : end] = [self._pen] * (end - self._x)
        self._x = end

    def _wrap(self) -> None:
        if self._x >= self.width:
            self._x = 0
            self._line_feed()

    def _control(self, char: str) -> None:
        if char == "\n":
            self._line_feed()
        elif char == "\r":
            self._x = 0
        elif char == "\b":
            self._x = max(0, self._x - 1)
        elif char == "\t":
            self._x = min(self.width - 1, self._x // 8 * 8 + 8)

    def _short(self, char: str) -> None:
        if char == "7":
            self._kept = (self._x, self._y)
        elif char == "8":
            self._x, self._y = self._kept
        elif char == "M":
            if self._y == self._top:
                self._scroll(-1)
            else:
                self._y = max(0, self._y - 1)
        elif char == "D":
            self._line_feed()
        elif char == "c":
            self._clear()

    def _line_feed(self) -> None:
        if self._y == self._bottom - 1:
            self._scroll(1)
        else:
            self._y = min(self.height - 1, self._y + 1)

    # ── Sequences ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _csi(self, prefix: str, parameters: str, final: str) -> None:
        if final == "m" and not prefix:
            self._pen = _turned(self._pen, parameters)
        elif prefix == "?" and final in "hl":
            self._set_mode(parameters, on=final == "h")
        elif not prefix and final in self._does:
            self._does[final]([int(number) if number.isdigit() else 0 for number in parameters.split(";")])

    def _set_mode(self, mode: str, *, on: bool) -> None:
        if mode in ("47", "1047", "1049"):
            self._clear()
        elif mode == "1":
            self.arrows = b"\x1bO" if on else b"\x1b["

    def _commands(self) -> dict[str, Callable[[list[int]], None]]:
        return {
            "H": self._move_to,
            "f": self._move_to,
            "A": lambda n: self._go(self._x, self._y - (n[0] or 1)),
            "B": lambda n: self._go(self._x, self._y + (n[0] or 1)),
            "C": lambda n: self._go(self._x + (n[0] or 1), self._y),
            "D": lambda n: self._go(self._x - (n[0] or 1), self._y),
            "E": lambda n: self._go(0, self._y + (n[0] or 1)),
            "F": lambda n: self._go(0, self._y - (n[0] or 1)),
            "G": lambda n: self._go((n[0] or 1) - 1, self._y),
            "`": lambda n: self._go((n[0] or 1) - 1, self._y),
            "d": lambda n: self._go(self._x, (n[0] or 1) - 1),
            "J": self._erase_screen,
            "K": self._erase_line,
            "X": lambda n: self._blank(self._y, self._x, self._x + (n[0] or 1)),
            "P": self._delete_chars,
            "@": self._insert_chars,
            "L": lambda n: self._shift(self._y, -(n[0] or 1)),
            "M": lambda n: self._shift(self._y, n[0] or 1),
            "S": lambda n: self._scroll(n[0] or 1),
            "T": lambda n: self._scroll(-(n[0] or 1)),
            "b": lambda n: self._write(self._last * (n[0] or 1)),
            "r": self._set_region,
        }

    def _go(self, x: int, y: int) -> None:
        self._x, self._y = max(0, min(self.width - 1, x)), max(0, min(self.height - 1, y))

    def _move_to(self, numbers: list[int]) -> None:
        self._go((numbers[1] if len(numbers) > 1 else 1) - 1, numbers[0] - 1)

    def _set_region(self, numbers: list[int]) -> None:
        self._top = (numbers[0] or 1) - 1
        self._bottom = (numbers[1] if len(numbers) > 1 else 0) or self.height
        self._go(0, 0)

    def _erase_screen(self, numbers: list[int]) -> None:
        if numbers[0] in (0, 1):
            self._erase_line(numbers)
        first, after = ((self._y + 1, self.height), (0, self._y), (0, self.height), (0, 0))[min(numbers[0], 3)]
        for y in range(first, after):
            self._blank(y, 0, self.width)

    def _erase_line(self, numbers: list[int]) -> None:
        first, after = ((self._x, self.width), (0, self._x + 1), (0, self.width))[min(numbers[0], 2)]
        self._blank(self._y, first, after)

    def _delete_chars(self, numbers: list[int]) -> None:
        count = min(numbers[0] or 1, self.width - self._x)
        del self._chars[self._y][self._x : self._x + count], self.pens[self._y][self._x : self._x + count]
        self._chars[self._y] += [" "] * count
        self.pens[self._y] += [self._pen] * count

    def _insert_chars(self, numbers: list[int]) -> None:
        count = min(numbers[0] or 1, self.width - self._x)
        self._chars[self._y][self._x : self._x] = [" "] * count
        self.pens[self._y][self._x : self._x] = [self._pen] * count
        del self._chars[self._y][self.width :], self.pens[self._y][self.width :]

    def _scroll(self, by: int) -> None:
        self._shift(self._top, by)

    def _shift(self, first: int, by: int) -> None:
        """Lines from `first` to the end of the scroll region go up by `by`, or down where it is negative."""
        if not self._top <= first < self._bottom:
            return
        count = min(abs(by), self._bottom - first)
        for _ in range(count):
            gone, fresh = (first, self._bottom - 1) if by > 0 else (self._bottom - 1, first)
            del self._chars[gone], self.pens[gone]
            self._chars.insert(fresh, [" "] * self.width)
            self.pens.insert(fresh, [Pen(back=self._pen.back)] * self.width)

    def _blank(self, y: int, first: int, after: int) -> None:
        after = min(after, self.width)
        self._chars[y][first:after] = [" "] * (after - first)
        self.pens[y][first:after] = [Pen(back=self._pen.back)] * (after - first)

    def _clear(self) -> None:
        self._chars = [[" "] * self.width for _ in range(self.height)]
        self.pens = [[_PLAIN] * self.width for _ in range(self.height)]
        self._x = self._y = 0
        self._pen = _PLAIN
        self._top, self._bottom = 0, self.height


@lru_cache(4096)
def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


@lru_cache(8192)
def _turned(pen: Pen, parameters: str) -> Pen:
    """`pen` after an SGR sequence."""
    front, back, attributes = pen.front, pen.back, set(pen.attributes)
    codes = re.split(r"[;:]", parameters)
    at = 0
    while at < len(codes):
        code = codes[at].lstrip("0")
        size = 1
        if code in ("38", "48") and at + 1 < len(codes):
            size = 3 if codes[at + 1] == "5" else 5
        whole = ";".join(codes[at : at + size])
        if not code:
            front, back, attributes = "", "", set()
        elif code in _ATTRIBUTES:
            attributes.add(code)
        elif code in _ENDED_BY:
            attributes -= _ENDED_BY[code]
        elif code in ("39", "49"):
            front, back = ("", back) if code == "39" else (front, "")
        elif len(code) == 2 and code[0] in "39":
            front = whole
        elif code[0] == "4" or code.startswith("10"):
            back = whole
        at += size
    return Pen(front, back, frozenset(attributes))
