"""Few bytes, few frames: an application that sends its terminal only what the terminal does not show yet.

Textual sends a changed region together with everything to the left of it in its widget, wraps each run of text in its
full style and a reset, and sends a whole screen several times while it is laid out. Over SSH that is most of what a
dashboard sends. Here every update goes into a picture (`tui.terminal.canvas`), and frames are made of what differs from
the last one (`tui.terminal.frames` says when).

This and `tui.terminal.wire` are the modules that reach into Textual's insides: the updates that its compositor makes,
the method of the application that writes them, and the driver's file. They are the same throughout the versions that
`pyproject.toml` allows and are held by tests; without these modules everything works, in more bytes and frames.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ScreenStackError
from textual.driver import Driver
from textual.geometry import Offset, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.beat import Beat
from tui.terminal.canvas import Canvas
from tui.terminal.capabilities import Capabilities, Depth
from tui.terminal.frames import Frames
from tui.terminal.meter import Meter
from tui.terminal.profile import LOCAL, Profile
from tui.terminal.stylesheet import LazyStylesheet
from tui.terminal.wire import Wire, counted

R = TypeVar("R")

Piece = tuple[int, int, Strip]
"""x, y, and what is to be written from there on."""

_SYSTEMS: Final = {
    Depth.NONE: None,
    Depth.ANSI: ColorSystem.STANDARD,
    Depth.INDEXED: ColorSystem.EIGHT_BIT,
    Depth.TRUE: ColorSystem.TRUECOLOR,
}
_TAKEN_S: Final = 0.002
"""How soon to look whether the terminal has taken a frame that somebody waits for."""
_BEGIN: Final = "\x1b[?2026h"
_END: Final = "\x1b[?2026l"
"""Synchronised output: a terminal that knows it shows what is between these at once."""


class ThriftyApp(App[R]):
    """An application whose screen updates are sent the thrifty way, at the pace of its `profile`."""

    def __init__(self) -> None:
        self.wire = Wire()
        super().__init__()
        self.stylesheet = LazyStylesheet(variables=self.get_css_variables())
        self.wire.on_start = self._found
        self._canvas = Canvas(self.console._color_system or ColorSystem.TRUECOLOR)
        self._cursor = Offset(-1, -1)
        self._drawn: Screen[object] | None = None
        self._waiting: list[Callable[[], None]] = []
        self.frames = Frames(
            self._paint,
            is_clear=lambda: self.wire.is_clear,
            is_settled=lambda: is_settled(self),
        )
        self.meter = Meter(self.wire)
        self._last_key_s = 0.0
        self.beat = Beat(lambda: self.message_queue_size > 0)
        self.profile = LOCAL

    def draw_for(self, terminal: Capabilities) -> None:
        """Send only what `terminal` can show, from now on."""
        self._canvas = Canvas(_SYSTEMS[terminal.depth], only_ascii=terminal.ascii)

    def follow(self, profile: Profile) -> None:
        """Draw at the pace of `profile` from now on."""
        self.profile = profile
        self.frames.most_per_s = profile.frames_per_s
        self.meter.slow_link = profile.slow_link

    @property
    def draws(self) -> bool:
        """Whether there is a terminal to draw to."""
        return self._running and not self._closed and not self.is_headless and self._driver is not None

    def get_driver_class(self) -> type[Driver]:
        return counted(super().get_driver_class(), self.wire)

    def delay_update(self, delay: float = 0.05) -> None:
        """Nothing: Textual holds the display still for so long when a mode is switched, and `tui.terminal.frames` until
        the screen stands, which is a matter of a few milliseconds."""

    def after_frame(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the terminal has taken the next frame."""
        self._waiting.append(callback)
        if not self.draws:
            self.call_after_refresh(self._frame_taken)

    def idle_s(self) -> float:
        """Seconds since the last key."""
        return asyncio.get_running_loop().time() - self._last_key_s

    async def on_event(self, event: events.Event) -> None:
        """Note when keys come."""
        if isinstance(event, events.Key):
            self._last_key_s = asyncio.get_running_loop().time()
        await super().on_event(event)

    def on_load(self) -> None:
        """Measure from the beginning."""
        self.meter.start()

    def action_redraw(self) -> None:
        """The whole screen again: something else has written on it."""
        self.redraw()

    def redraw(self) -> None:
        """Send the whole screen again, for a terminal that shows something else than it was sent."""
        self._canvas.forget()
        if self.draws:
            self.frames.soon()

    def on_resize(self, event: events.Resize) -> None:
        """What a terminal shows after a change of its size is its own business, even if the size is back again."""
        if self._cursor.x < 0 or not self.draws:
            return
        if event.size == Size(self._canvas.width, self._canvas.height):
            self.redraw()
        else:
            self._fit(event.size)
            self.frames.settle()

    def send(self, text: str) -> None:
        """Write a frame to the terminal."""
        if self._driver is not None:
            self._driver.write(f"{_BEGIN}{text}{_END}" if self._sync_available else text)
            self._driver.flush()
            self.wire.frames += 1

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not isinstance(renderable, ChopsUpdate | LayoutUpdate) or self._batch_count or not self.draws:
            super()._display(screen, renderable)
            return
        if isinstance(renderable, LayoutUpdate):
            self._fit(renderable.region.size)
        elif not self._canvas.width:
            self._fit(self.size)
        for x, y, strip in _pieces(renderable):
            self._canvas.put(x, y, strip)
        if isinstance(renderable, LayoutUpdate) or screen is not self._drawn:
            self._drawn = screen
            self.frames.settle()
        else:
            self.frames.soon()
        self.post_display_hook()

    def _fit(self, size: Size) -> None:
        if size != Size(self._canvas.width, self._canvas.height):
            self._canvas.resize(*size)

    def _paint(self) -> bool:
        if not self.draws:
            return False
        text = self._canvas.draw()
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if not text and cursor == self._cursor:
            return False
        self._cursor = cursor
        self.send(f"{text}\x1b[{cursor.y + 1};{cursor.x + 1}H")
        if self._waiting:
            self._frame_taken()
        return True

    def _frame_taken(self) -> None:
        if not self.wire.is_clear:
            self.set_timer(_TAKEN_S, self._frame_taken)
            return
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()

    def _found(self) -> None:
        """The terminal is ours again, after an editor or a shell had it: it shows nothing that we know of."""
        if self._cursor.x >= 0 and self._loop is not None:
            # This can be called by a signal.
            self._loop.call_soon_threadsafe(self.redraw)


def is_settled(app: App[Any]) -> bool:
    """Whether nothing is under way that would change what the screen on top looks like."""
    try:
        screen = app.screen
    except ScreenStackError:
        return False
    if (
        app.message_queue_size
        or app._resize_event is not None
        or screen._layout_required
        or screen._scroll_required
        or screen._recompose_required
    ):
        return False
    if screen._repaint_required or screen._dirty_widgets:
        return False
    widgets = screen.walk_children(Widget, with_self=True)
    return all(widget.is_mounted and not widget.message_queue_size for widget in widgets)


def _pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[Piece]:
    return _whole(update) if isinstance(update, LayoutUpdate) else _changed(update)


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
