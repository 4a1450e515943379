"""Fewer bytes to the terminal for the same picture.

Textual sends a changed region together with everything to the left of it in its widget, and wraps each run of text in
its full style and a reset. Over SSH that is most of what a dashboard sends: a changed cell at the right end of a wide
table costs a whole line. Here a change is sent from where it begins, and of a style only what differs from the text
before it.

This is the one module that reaches into Textual's insides: the updates that its compositor makes, and the method of the
application that writes them. Both are the same throughout the versions that `pyproject.toml` allows and are held by
tests; without this module everything works, in more bytes.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

R = TypeVar("R")

Piece = tuple[int, int, Strip]
"""x, y, and what is to be written from there on."""

_PLAIN = Style()


class ThriftyApp(App[R]):
    """An application whose screen updates are sent the thrifty way."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, thrifty(renderable))


def thrifty(update: RenderableType | None) -> RenderableType | None:
    """The same update in fewer bytes; anything but an update of the compositor stays as it is."""
    if isinstance(update, ChopsUpdate):
        return ThriftyUpdate(list(_changed(update)))
    if isinstance(update, LayoutUpdate):
        return ThriftyUpdate(list(_whole(update)))
    return update


class ThriftyUpdate(CompositorUpdate):
    """Pieces of lines, each written where it belongs."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for x, y, strip in self._pieces:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """The terminal sequences; they begin and end with no style in force."""
        system = console._color_system or ColorSystem.TRUECOLOR
        out: list[str] = []
        pen = _PLAIN
        for x, y, strip in self._pieces:
            out.append(Control.move_to(x, y).segment.text)
            for text, style, _ in strip:
                wanted = style or _PLAIN
                out.append(_turn(pen, wanted, system))
                # A link is opened and closed around its text; its colours are in force already.
                out.append(text if wanted.link is None else Strip.render_style(Style(link=wanted.link), text, system))
                pen = wanted
        out.append(_turn(pen, _PLAIN, system))
        return "".join(out)


def _changed(update: ChopsUpdate) -> Iterator[Piece]:
    """The changed spans, each cut to where it begins and ends."""
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < stop and end > start:
                left = max(x, start)
                yield left, y, strip.crop(left - x, min(end, stop) - x)


def _whole(update: LayoutUpdate) -> Iterator[Piece]:
    """The lines of a full update."""
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


@lru_cache(8192)
def _turn(old: Style, new: Style, system: ColorSystem) -> str:
    """The shortest SGR sequence from one style to another (ECMA-48: parameters apply in order, 0 resets)."""
    before, after = _parts(old, system), _parts(new, system)
    if before == after:
        return ""
    fresh = [code for part in after for code in part]
    kept = before[0] == after[0] and all(part or not was for was, part in zip(before, after, strict=True))
    if kept:
        codes = [code for was, part in zip(before, after, strict=True) if was != part for code in part]
    else:
        codes = ["0", *fresh]
    return f"\x1b[{';'.join(codes)}m"


@lru_cache(8192)
def _parts(style: Style, system: ColorSystem) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The SGR codes of a style: its attributes, its foreground, its background."""
    attributes = Strip.render_ansi(style.without_color, system)
    front = style.color.downgrade(system).get_ansi_codes() if style.color else ()
    back = style.bgcolor.downgrade(system).get_ansi_codes(foreground=False) if style.bgcolor else ()
    return (tuple(attributes.split(";")) if attributes else (), front, back)
