"""Screens that stand at once. Textual lays a screen out two or three times while it is opened, matches every style
again although all were matched a moment ago, and, where one lies over another, draws the one behind it through Rich.
None of that changes what is seen; it was half of the time from a key to its sheet.
"""

from typing import TypeVar

from rich.segment import Segment
from textual.events import ScreenResume
from textual.geometry import Size
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

R = TypeVar("R")


class Standing(Screen[R]):
    """A screen that is laid out once when it is opened. Whoever composes it gives it the classes of its size
    (`tui.chrome.too_small.size_classes`), or Textual lays it out again with them."""

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """What Textual does the first time, but for matching all styles again, and for drawing all of it twice."""
        if self._size or not self.is_attached:
            return
        event.prevent_default()
        self.stack_updates += 1
        self.app._refresh_notifications()
        self._update_auto_focus()
        self._refresh_layout(self.app.size)

    def _screen_resized(self, size: Size) -> None:
        """Lay out for another size. The first layout is told to the screen itself as a new size, which it is not."""
        if size != self._compositor.size:
            super()._screen_resized(size)


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
