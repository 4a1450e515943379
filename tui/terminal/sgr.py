"""Styles as a terminal is told them: SGR sequences, and the shortest one from one style to the next.

ECMA-48, 8.3.117: the parameters of a sequence apply in order, 0 resets everything, 39 and 49 the colours, and each
attribute has a parameter that ends it.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

Codes = tuple[str, ...]

_ENDS: Final = {
    "1": "22",
    "2": "22",
    "3": "23",
    "4": "24",
    "5": "25",
    "6": "25",
    "7": "27",
    "8": "28",
    "9": "29",
    "21": "24",
    "51": "54",
    "52": "54",
    "53": "55",
}
"""What ends each attribute; 22 ends both bold and dim, 24 both underlines, 54 both frames."""

_UNSEEN: Final = frozenset("123")
"""Attributes that make no difference to a blank: bold, dim, italic."""


class Pen(NamedTuple):
    """How a cell is written: its attributes, foreground and background as SGR parameters, empty for the default.

    `front` is None for a blank, which looks the same in any foreground.
    """

    attributes: Codes = ()
    front: Codes | None = ()
    back: Codes = ()


PLAIN: Final = Pen()


@lru_cache(8192)
def pen_of(style: Style, system: ColorSystem | None) -> Pen:
    """The pen of a style in the colours of `system`; None: without colours. Links and Textual's own marks in styles are
    no part of it: they are never sent."""
    attributes = Strip.render_ansi(style.without_color, ColorSystem.STANDARD)
    if system is None:
        return _same(Pen(tuple(attributes.split(";")) if attributes else ()))
    front = style.color.downgrade(system).get_ansi_codes() if style.color else ()
    back = style.bgcolor.downgrade(system).get_ansi_codes(foreground=False) if style.bgcolor else ()
    return _same(Pen(tuple(attributes.split(";")) if attributes else (), front, back))


@lru_cache(8192)
def blank_pen(pen: Pen) -> Pen:
    """The pen of a blank that is written with `pen`: what cannot be seen of it is left out."""
    return _same(Pen((), None, pen.back)) if _UNSEEN.issuperset(pen.attributes) else pen


@lru_cache(8192)
def step(old: Pen, new: Pen) -> tuple[str, Pen]:
    """The sequence after which `new` can be written where `old` was in force, and the pen that is in force then."""
    if new.front is None:
        # Any foreground will do, so the one that is there stays.
        new = old._replace(back=new.back) if _UNSEEN.issuperset(old.attributes) else Pen((), old.front, new.back)
    return turn(old, new), new


def turn(old: Pen, new: Pen) -> str:
    """The shortest SGR sequence from one pen to another, "" where they are the same."""
    if old == new:
        return ""
    changed = ";".join(_changes(old, new))
    afresh = ";".join(("0", *new.attributes, *(new.front or ()), *new.back))
    return f"\x1b[{min(changed, afresh, key=len)}m"


def _changes(old: Pen, new: Pen) -> list[str]:
    gone = [code for code in old.attributes if code not in new.attributes]
    ends = dict.fromkeys(_ENDS.get(code, "0") for code in gone)
    # What ends bold ends dim as well: whatever shares an end with what is gone has to be said again.
    again = [code for code in new.attributes if code not in old.attributes or _ENDS.get(code) in ends]
    codes = [*ends, *again]
    if "0" in ends:
        return ["0", *new.attributes, *(new.front or ()), *new.back]
    if old.front != new.front:
        codes += new.front or ("39",)
    if old.back != new.back:
        codes += new.back or ("49",)
    return codes


@lru_cache(8192)
def _same(pen: Pen) -> Pen:
    """One object for all pens that are equal, so that lists of them are compared by identity."""
    return pen
