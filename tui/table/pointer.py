"""The mouse over lines: titles and rows are clicked, the wheel and the scroll bar scroll. Nothing needs a mouse."""

from typing import Any

from textual import events

from fleet.views.view import Column
from tui.table.columns import SCROLLBAR
from tui.table.lines import HEADER_LINES, LineView
from tui.table.window import Window

_WHEEL_ROWS = 3


class PointedLines(LineView):
    """Lines that know what the mouse points at. A subclass has a `window` and says what is to be done."""

    _dragging = False

    @property
    def window(self) -> Window:
        """The rows that the lines show."""
        raise NotImplementedError

    def title_clicked(self, column: Column[Any], more: bool) -> None:
        """A column's title was clicked; `more` where a key was held that adds to what is chosen."""
        raise NotImplementedError

    def line_clicked(self, line: int, times: int) -> None:
        """The line was clicked, so many times in a row."""
        raise NotImplementedError

    def scroll_rows(self, to: int) -> None:
        """The rows from position `to` on are to be shown."""
        raise NotImplementedError

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.y < HEADER_LINES:
            column = self.painter.column_at(event.x)
            if column is not None:
                self.title_clicked(column, event.ctrl or event.shift or event.meta)
        elif not self._on_bar(event):
            self.line_clicked(event.y - HEADER_LINES, event.chain)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(self.window.top + _WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(self.window.top - _WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the scroll bar."""
        if self._on_bar(event) and event.y >= HEADER_LINES and self.window.overflows:
            self._dragging = True
            self.capture_mouse()
            self._drag(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the scroll bar."""
        if self._dragging:
            self._drag(event)

    def on_mouse_up(self) -> None:
        """Let the scroll bar go."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _drag(self, event: events.MouseEvent) -> None:
        event.stop()
        self.scroll_rows(self.window.top_at(event.y - HEADER_LINES))

    def _on_bar(self, event: events.MouseEvent) -> bool:
        return event.x >= self.size.width - SCROLLBAR
