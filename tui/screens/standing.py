"""Screens that stand at once. Textual lays a screen out two or three times while it is opened, matches every style
again although all were matched a moment ago, and, where one lies over another, draws the one behind it through Rich.
None of that changes what is seen; it was half of the time from a key to its sheet.

A widget that changes says so in one message, and that it wants to be laid out anew in another; those that are shown
hear of it in a third. Textual draws after each, and waits for the next of its looks between them. Here a screen that
something is under way in is drawn when nothing is any more, at once, and once.
"""

import asyncio
from typing import TypeVar

from rich.segment import Segment
from textual.events import ScreenResume
from textual.geometry import Region, Size
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widget import Widget

R = TypeVar("R")

_HELD_MOST_S = 0.03
"""How long a screen that does not come to rest is not drawn."""


class Standing(Screen[R]):
    """A screen that is laid out once when it is opened. Whoever composes it gives it the classes of its size
    (`tui.chrome.too_small.size_classes`), or Textual lays it out again with them."""

    _held_since_s: float | None = None
    _look: "asyncio.Task[None] | None" = None
    _is_looking = False
    _owes_paint = False

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """What Textual does the first time, but for matching all styles again, and for drawing all of it twice."""
        self.refresh_bindings()
        if self._size or not self.is_attached:
            return
        event.prevent_default()
        self.stack_updates += 1
        self.app._refresh_notifications()
        self._update_auto_focus()
        self._refresh_layout(self.app.size)

    def _on_screen_suspend(self) -> None:
        """Textual has it drawn once more, beneath what is about to be drawn over it."""
        self._repaint_required = False

    def _on_timer_update(self) -> None:
        """Lay out and draw, once nothing is under way that would ask for it again."""
        if self._is_held():
            return
        self._is_looking = True
        try:
            super()._on_timer_update()
        finally:
            self._is_looking = False
        if self._owes_paint:
            self._compositor.update_widgets(self._dirty_widgets)
            self._compositor_refresh()
        else:
            self._held_since_s = None

    def _compositor_refresh(self) -> None:
        """Draw, once all widgets have heard where they are; what nobody sees is drawn when it is seen again."""
        if self is not self.app.screen and not self.app.screen.is_modal:
            self._compositor._dirty_regions.clear()
            self._dirty_widgets.clear()
            return
        self._owes_paint = self is self.app.screen and (self._is_looking or self._is_held())
        if not self._owes_paint:
            self._held_since_s = None
            super()._compositor_refresh()

    def _is_held(self) -> bool:
        """Whether to wait; the screen is looked at again in the next turn of the event loop then."""
        loop = asyncio.get_running_loop()
        if self._held_since_s is None:
            self._held_since_s = loop.time()
        held = loop.time() - self._held_since_s < _HELD_MOST_S and is_busy(self)
        if held and self._look is None:
            self._look = loop.create_task(self._look_again())
            self._look.add_done_callback(self._looked)
        return held

    async def _look_again(self) -> None:
        self._look = None
        if self.is_attached:
            self._on_timer_update()

    def _looked(self, look: "asyncio.Task[None]") -> None:
        error = None if look.cancelled() else look.exception()
        if isinstance(error, Exception):
            self.app._handle_exception(error)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The ground, of which one line is as the other."""
        if self.is_modal:
            return super().render_lines(crop)
        return super().render_lines(Region(crop.x, crop.y, crop.width, 1)) * crop.height

    def _screen_resized(self, size: Size) -> None:
        """Lay out for another size. The first layout is told to the screen itself as a new size, which it is not."""
        if size != self._compositor.size:
            super()._screen_resized(size)


def is_busy(screen: Screen[R]) -> bool:
    """Whether a widget of the screen, or the application, has something to do yet."""
    return screen.app.message_queue_size > 0 or any(
        widget.message_queue_size for widget in screen.walk_children(Widget, with_self=True)
    )


class Behind(Visual):
    """The screen that lies behind this one, as it is, but for what could be clicked."""

    def __init__(self, screen: Screen[object]) -> None:
        self._screen = screen

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Its lines."""
        size = Size(width, self._screen.size.height if height is None else height)
        return [_unclickable(strip).adjust_cell_length(width) for strip in self._screen._compositor.render_strips(size)]

    def get_optimal_width(self, rules: object, container_width: int) -> int:
        """All there is."""
        return container_width

    def get_height(self, rules: object, width: int) -> int:
        """That of the screen."""
        return self._screen.size.height


def behind(rendered: object) -> object:
    """What a modal screen without a ground of its own rendered, drawn in the cheaper way where it can be."""
    if isinstance(rendered, BackgroundScreen) and rendered.color.a == 0:
        return Behind(rendered.screen)
    return rendered


def _unclickable(strip: Strip) -> Strip:
    if not any(segment.style is not None and (segment.style._meta or segment.style._link) for segment in strip):
        return strip
    return Strip(
        [
            Segment(text, style and style.clear_meta_and_links(), control)  # ours: what was drawn already
            for text, style, control in strip
        ],
        strip.cell_length,
    )
