"""A widget that draws lines and remembers them, so that it can send only what differs from what was sent.

Here is all that the table needs to know of how Textual draws: `render_line`, `refresh` with regions, the theme's
variables and the moment when the style changes.
"""

from collections.abc import Sequence
from typing import Any

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from fleet.index import Sort
from fleet.views.view import Column
from tui.table.painter import Line, Painter, Palette

HEADER_LINES = 1


class LineView(Widget):
    """Lines below a line of column titles. A subclass says what they are (`picture`) and in what order (`sort`)."""

    ALLOW_SELECT = False

    def __init__(self, columns: Sequence[Column[Any]], *, id: str | None, classes: str | None) -> None:
        super().__init__(id=id, classes=classes)
        self.painter = Painter(columns, 0)
        self._palette: Palette | None = None
        self._lines: list[Line] = []
        self._laid_out = Size(0, 0)

    @property
    def sort(self) -> tuple[Sort, ...]:
        """The sort that the titles show."""
        raise NotImplementedError

    def picture(self) -> list[Line]:
        """The lines as they should be now, made with `painter`."""
        raise NotImplementedError

    def resized(self, height: int) -> None:
        """There is room for `height` lines from now on."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Make the terminal agree with the picture; what is the same already costs nothing."""
        if not self.size:
            # It was hidden until now: there is room for lines only once it is laid out.
            self.forget()
            return
        if self._laid_out != self.size:
            # Nothing of what was drawn stands any more: the picture is taken once, when all of it is drawn.
            self.resized(max(0, self.size.height - HEADER_LINES))
            self.refresh()
            return
        old = self._lines
        self._take()
        room = max(0, self.size.height - HEADER_LINES)
        blank = Line()
        regions: list[Region] = []
        for y in range(min(room, max(len(old), len(self._lines)))):
            before = old[y] if y < len(old) else blank
            after = self._lines[y] if y < len(self._lines) else blank
            if before != after:
                regions.extend(self.painter.regions(y + HEADER_LINES, before, after))
        if regions:
            self.refresh(*regions)

    def forget(self) -> None:
        """Nobody sees the lines; they are taken anew when they are drawn."""
        self._laid_out = Size(0, 0)

    def lay_out(self, columns: Sequence[Column[Any]]) -> None:
        """Draw these columns from now on; all of it is drawn anew."""
        self.painter = Painter(columns, self._laid_out.width)
        if self.is_attached:
            self._take()
            self.refresh()

    def repaint_titles(self) -> None:
        """Draw the titles anew."""
        self.refresh(Region(0, 0, max(1, self.size.width), HEADER_LINES))

    def render_line(self, y: int) -> Strip:
        """One line as it was last compared, never as the rows are at this moment."""
        if self._laid_out != self.size:
            self._take()
        if self._palette is None:
            self._palette = Palette(self.app.theme_variables, self.rich_style)
        if y < HEADER_LINES:
            return self.painter.header(self.sort, self._palette)
        at = y - HEADER_LINES
        return self.painter.strip(self._lines[at] if at < len(self._lines) else Line(), self._palette)

    def notify_style_update(self) -> None:
        """The theme or the widget's own style is another one."""
        super().notify_style_update()
        self._palette = None

    def _take(self) -> None:
        if self._laid_out != self.size:
            self._laid_out = self.size
            self.painter = Painter(self.painter.columns, self.size.width)
            self.resized(max(0, self.size.height - HEADER_LINES))
        self._lines = self.picture()
