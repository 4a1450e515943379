"""Text in ASCII, cell for cell, for terminals without UTF-8 or without the glyphs.

Each character becomes one that takes its cells and means what it does: what tells states apart stays apart, lines stay
lines, bars stay bars. A letter loses its accents. What has no likeness is `?`, once for each of its cells, so that
everything behind it stays where it is.
"""

import json
import re
import unicodedata
from functools import lru_cache
from typing import Final

_OF_OURS: Final = {
    "●◐✖◌◆": "*~xo!",  # the states; the sixth is ? already
    "≠×✓✔✗": "#x++x",
    "▌▐": ">#",  # the cursor, the thumb of a bar
    "…–—‐‑‒―": "~------",
    "·•∙‧": "....",
    "❙‖¦": "|||",
    "→←↑↓↔↕": "><^v-|",
    "▲▼▶◀▸◂▴▾►◄": "^v><><^v><",
    "›»‹«": ">><<",
    "≥≤≈±−÷": "><~+-/",
    "‘’‚‛“”„‟´": "''''\"\"\"\"'",
    "○□■◎◉▪▫△": "oO#oo*--",
    "⏎⌫⌦⇥⇤⇧": "<<>><^",
    "№©®°µ": "#cr'u",
    "▁▂▃▄▅▆▇█": "_.:-=+*#",  # sparks, lowest first
    "▔▀░▒▓": '-"..#',
    "▏▎▍▋▊▉▕": "|||||||",
    "╌╍╎╏┄┅┆┇┈┉┊┋": "..||..||..||",
    "╸╺╾╼╴╶╵╷╹╻╽╿": "------||||||",
    "━═": "==",
}
_WIDE: Final = {"🔎": "> ", "🔍": "> "}
"""What Textual has before the palette's input."""

_LIKENESS: Final = {old: new for olds, news in _OF_OURS.items() for old, new in zip(olds, news, strict=True)} | _WIDE


_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def in_ascii(text: str) -> str:
    """`text` with every character that is not ASCII replaced by one, or by one for each of its cells."""
    return text if text.isascii() else "".join(map(_spelled, text))


def json_in_ascii(document: str) -> str:
    """A JSON document that means the same, in ASCII."""
    return _NOT_ASCII.sub(lambda match: json.dumps(match.group())[1:-1], document)


def cells_in_ascii(char: str, cells: int) -> str:
    """What stands for `char`, in exactly so many characters."""
    return _spelled(char)[:cells].ljust(cells)


@lru_cache(4096)
def _spelled(char: str) -> str:
    if char.isascii():
        return char
    likeness = _LIKENESS.get(char)
    if likeness is not None:
        return likeness
    if "\u2500" <= char <= "\u257f":
        return _line(char)
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return ""
    cells = 2 if unicodedata.east_asian_width(char) in "WF" else 1
    if unicodedata.category(char) == "Zs":
        return " " * cells
    base = [part for part in unicodedata.normalize("NFKD", char) if unicodedata.category(part) != "Mn"]
    is_likeness = len(base) == 1 and base[0].isascii() and base[0].isprintable()
    return base[0].ljust(cells) if is_likeness else "?" * cells


def _line(char: str) -> str:
    """A piece of a line: what runs only one way is that, everything else a corner or a crossing."""
    ways = set(unicodedata.name(char, "").split())
    if "HORIZONTAL" in ways and not ways & {"VERTICAL", "UP", "DOWN"}:
        return "-"
    return "|" if "VERTICAL" in ways and not ways & {"HORIZONTAL", "LEFT", "RIGHT"} else "+"
