"""A screen of a terminal as SVG: its cells as a program's bytes left them, in the colours of one terminal."""

import io
import re

from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from benchmarks.screen import Pen, Screen

PALETTE = TerminalTheme(
    (24, 24, 24),
    (216, 216, 216),
    [
        (24, 24, 24), (214, 100, 98), (126, 176, 100), (208, 164, 88),
        (104, 151, 207), (180, 130, 196), (86, 178, 184), (216, 216, 216),
    ],
    [
        (120, 120, 120), (240, 130, 128), (152, 204, 124), (232, 192, 116),
        (134, 178, 232), (206, 160, 222), (114, 206, 212), (250, 250, 250),
    ],
)  # fmt: skip
"""The sixteen colours and the two of its own of the terminal in the pictures: what an operator's settings would be."""

_ATTRIBUTES = {"1": "bold", "2": "dim", "3": "italic", "4": "underline", "7": "reverse", "9": "strike"}


def svg(screen: Screen, title: str, name: str) -> str:
    """The picture of a screen; `name` makes the ids within it, so that the same screen gives the same picture."""
    console = Console(
        record=True, width=screen.width, height=screen.height, file=io.StringIO(), color_system="truecolor",
        force_terminal=True, legacy_windows=False, _environ={},
    )  # fmt: skip
    for y in range(screen.height):
        console.print(_line(screen, y), end="\n", crop=False, overflow="ignore", no_wrap=True)
    return console.export_svg(title=title, theme=PALETTE, unique_id=name, font_aspect_ratio=0.61)


def _line(screen: Screen, y: int) -> Text:
    line = Text(end="")
    for char, pen in zip(screen.cells(y), screen.pens[y], strict=True):
        line.append(char, _style(pen))
    return line


def _style(pen: Pen) -> Style:
    words = " ".join(_ATTRIBUTES[code] for code in sorted(pen.attributes) if code in _ATTRIBUTES)
    return Style.parse(words) + Style(color=_color(pen.front), bgcolor=_color(pen.back))


def _color(code: str) -> Color | None:
    """The colour of SGR parameters such as `38;5;236`, `31`, `104`."""
    if not code:
        return None
    numbers = [int(number) for number in re.split("[;:]", code)]
    if numbers[0] in (38, 48):
        return Color.from_ansi(numbers[2]) if numbers[1] == 5 else Color.from_rgb(*numbers[-3:])
    return Color.from_ansi(numbers[0] % 10 + (8 if numbers[0] >= 90 else 0))
