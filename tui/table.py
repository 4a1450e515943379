"""The one table of the project: a live view of a slice of the store, drawn line by line.

Stock tables repaint themselves for every changed cell, which a slow link cannot carry and ten thousand rows cannot
afford. This one has an order over keys (`tui.rows`) and the picture of the lines that it drew last (`tui.painter`); on
a change it compares the visible lines and repaints the cells that differ. While nothing changes it owns no timer and
sends nothing.

It scrolls by itself: Textual's scrolling lays the screen out anew for every row that comes or goes, and repaints a
whole scroll bar for it.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from fleet.index import RowFilter, Sort
from fleet.store import Store
from fleet.views.view import View
from tui.columns import SCROLLBAR
from tui.painter import Line, Painter, Palette
from tui.rows import Rows, next_sort

_HEADER = 1
_WHEEL_ROWS = 3


class Table(Widget, can_focus=True):
    """A view's rows: sorted, filtered, with a cursor and marks that belong to rows and not to lines.

    `pace_s` is the least time between two drawings of new data (keys are answered at once). `follow_time`, in seconds,
    makes the table compare what it shows with the store's time every so often, for columns that show ages; None: only
    changes and `refresh_rows` do.
    """

    class Told(Message):
        """What a table tells; `table` is who does."""

        def __init__(self, table: "Table") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "Table":
            return self.table

    class Opened(Told):
        """The operator wants the details of the row of `key` in `view`."""

        def __init__(self, table: "Table", key: Any) -> None:
            super().__init__(table)
            self.view = table.view
            self.key = key

    class Counted(Told):
        """The number of rows shown, of all rows, or of marked ones has changed."""

        def __init__(self, table: "Table", shown: int, total: int, marked: int) -> None:
            super().__init__(table)
            self.shown = shown
            self.total = total
            self.marked = marked

    class Highlighted(Told):
        """The cursor is on another row; `key` is None where there is none."""

        def __init__(self, table: "Table", key: Any) -> None:
            super().__init__(table)
            self.key = key

    class Sorted(Told):
        """The order is another; `by` is empty for the view's own."""

        def __init__(self, table: "Table", by: tuple[Sort, ...]) -> None:
            super().__init__(table)
            self.by = by

    ALLOW_SELECT = False
    DEFAULT_CSS = "Table { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="table.open"),
        Binding("down,j", "move(1)", "Down", id="table.down", show=False),
        Binding("up,k", "move(-1)", "Up", id="table.up", show=False),
        Binding("pagedown,ctrl+f", "page(1.0)", "Page down", id="table.page_down", show=False),
        Binding("pageup,ctrl+b", "page(-1.0)", "Page up", id="table.page_up", show=False),
        Binding("ctrl+d", "page(0.5)", "Half a page down", id="table.half_down", show=False),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", id="table.half_up", show=False),
        Binding("home,g", "top", "First row", id="table.top", show=False),
        Binding("end,G", "bottom", "Last row", id="table.bottom", show=False),
        Binding("space", "mark", "Mark", id="table.mark"),
        Binding("ctrl+@,ctrl+space", "mark_range", "Mark up to here", id="table.mark_range", show=False),
        Binding("ctrl+backslash", "clear_marks", "Clear marks", id="table.clear_marks", show=False),
        Binding(
            "greater_than_sign,shift+right", "sort_next", "Sort by the next column", id="table.sort_next", show=False
        ),
        Binding(
            "less_than_sign,shift+left",
            "sort_previous",
            "Sort by the column before",
            id="table.sort_previous",
            show=False,
        ),
        Binding("o", "sort_reverse", "Reverse the order", id="table.sort_reverse", show=False),
        Binding("O", "sort_default", "Worst first", id="table.sort_default", show=False),
    ]

    def __init__(
        self,
        view: View[Any],
        store: Store,
        *,
        id: str | None = None,
        classes: str | None = None,
        pace_s: float = 0.25,
        follow_time: float | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.view = view
        self._pace_s = pace_s
        self._follow_time = follow_time
        self._rows = Rows(view, store)
        self._painter = Painter(view.columns, 0)
        self._palette: Palette | None = None
        self._lines: list[Line] = []
        self._laid_out = Size(0, 0)
        self._counts = (-1, -1, -1)
        self._due: Timer | None = None
        self._clockwork: Timer | None = None
        self._dragging = False

    # ── What others ask and set ────────────────────────────────────────────────────────────────────────────────────

    @property
    def cursor_key(self) -> Any:
        """The key of the row under the cursor, or None where no row is shown."""
        return self._rows.cursor

    @property
    def marked(self) -> tuple[Any, ...]:
        """The keys of the marked rows, in the order of marking; rows that a filter hides are among them."""
        return tuple(self._rows.marks)

    @property
    def shown(self) -> int:
        """Rows that pass the filter."""
        return self._rows.shown

    @property
    def total(self) -> int:
        """Rows that there are."""
        return self._rows.total

    @property
    def sort(self) -> tuple[Sort, ...]:
        """The chosen order as (column id, descending) pairs, empty for the view's own."""
        return self._rows.by

    def set_sort(self, by: Iterable[Sort]) -> None:
        """Order by these columns, the first one first; by none, as the view does.

        Raises FilterError for a column that the view does not have.
        """
        self._rows.sort_by(by)
        self.post_message(self.Sorted(self, self.sort))
        self.refresh(Region(0, 0, max(1, self.size.width), _HEADER))
        self._draw()

    @property
    def row_filter(self) -> RowFilter | None:
        """The filter that is set."""
        return self._rows.where

    def set_filter(self, row_filter: RowFilter | None) -> None:
        """Show only rows that the filter matches; None shows all."""
        self._rows.filter(row_filter)
        self._draw()

    @property
    def faults_only(self) -> bool:
        """Whether only rows that are something wrong are shown."""
        return self._rows.faults_only

    @faults_only.setter
    def faults_only(self, only: bool) -> None:
        self._rows.only_faults(only)
        self._draw()

    @property
    def paused(self) -> bool:
        """Whether the picture is held still while the store goes on. The held rows can still be moved through."""
        return self._rows.held

    @paused.setter
    def paused(self, paused: bool) -> None:
        if paused != self.paused:
            self._rows.hold(paused)
            self._draw()

    def go_to(self, key: Any) -> bool:
        """Put the cursor on the row of `key`; False where it is not shown."""
        self._rows.drain()
        found = self._rows.go_to(key)
        self._draw()
        return found

    def refresh_rows(self) -> None:
        """Look at everything again, for what changes without a write: ages, and orders and filters that use them."""
        if not self.paused:
            self._rows.look_again()
            self.flush()

    def flush(self) -> None:
        """Take over what has changed in the store, and repaint what differs from what was drawn."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        self._rows.drain()
        self._draw()

    # ── The life of the widget ─────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self._rows.open(self._wake)
        self._draw()

    def on_unmount(self) -> None:
        self._rest()
        self._rows.close()

    def on_show(self) -> None:
        self.flush()
        if self._follow_time is not None and self._clockwork is None:
            self._clockwork = self.set_interval(self._follow_time, self.refresh_rows)

    def on_hide(self) -> None:
        self._rest()

    def on_resize(self) -> None:
        self.flush()

    def on_focus(self) -> None:
        self._draw()

    def on_blur(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        """The theme or the widget's own style is another one."""
        super().notify_style_update()
        self._palette = None

    def _wake(self) -> None:
        """The store has news: draw them soon, if anyone can see them; else they are drawn when the table is shown."""
        if self._due is None and not self.paused and self.is_on_screen:
            self._due = self.set_timer(self._pace_s, self.flush)

    def _rest(self) -> None:
        for timer in (self._due, self._clockwork):
            if timer is not None:
                timer.stop()
        self._due = self._clockwork = None

    # ── Drawing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """The picture of one line; the header is line 0."""
        if self._laid_out != self.size:
            self._lines = self._picture()
        if self._palette is None:
            self._palette = Palette(self.app.theme_variables, self.rich_style)
        if y < _HEADER:
            return self._painter.header(self.sort, self._palette)
        line = self._lines[y - _HEADER] if y - _HEADER < len(self._lines) else Line()
        return self._painter.strip(line, self._palette)

    def _draw(self) -> None:
        """Make the terminal agree with the rows, and tell what is new."""
        if not self.is_attached:
            return
        old, self._lines = self._lines, self._picture()
        self._repaint(old)
        if self._rows.settle():
            self.post_message(self.Highlighted(self, self.cursor_key))
        counts = (self.shown, self.total, len(self._rows.marks))
        if counts != self._counts:
            self._counts = counts
            self.post_message(self.Counted(self, *counts))

    def _picture(self) -> list[Line]:
        """The lines as they should be now, at the size that the table has now."""
        if self._laid_out != self.size:
            self._laid_out = self.size
            self._painter = Painter(self.view.columns, self.size.width)
            self._rows.window.resize(self.size.height - _HEADER)
        if not self.shown:
            return self._painter.notes(self._nothing())
        first, after = self._rows.window.thumb()
        return [
            self._painter.line(seen.row, seen.at, seen.look, marked=seen.marked, thumb=first <= y < after)
            for y, seen in enumerate(self._rows.visible(self.has_focus))
        ]

    def _repaint(self, old: list[Line]) -> None:
        blank = Line()
        new = self._lines
        height = min(max(len(old), len(new)), max(0, self.size.height - _HEADER))
        regions: list[Region] = []
        for y in range(height):
            before = old[y] if y < len(old) else blank
            after = new[y] if y < len(new) else blank
            if before != after:
                regions.extend(self._painter.regions(y + _HEADER, before, after))
        if regions:
            self.refresh(*regions)

    def _nothing(self) -> str:
        """Why no row is shown."""
        if not self.total:
            return self.view.empty
        if self.faults_only and self._rows.where is None:
            return f"nothing is wrong here: none of {self.total} is at fault"
        return f"none of {self.total} matches the filter" + (" and is at fault" if self.faults_only else "")

    # ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_open(self) -> None:
        """Ask for the details of the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(self.Opened(self, self.cursor_key))

    def action_move(self, by: int) -> None:
        """Move the cursor `by` rows."""
        self._rows.window.move(by)
        self._draw()

    def action_page(self, share: float) -> None:
        """Move cursor and window by a share of the height."""
        self._rows.window.page(share)
        self._draw()

    def action_top(self) -> None:
        """Go to the first row and stay with the top."""
        self._rows.window.home()
        self._draw()

    def action_bottom(self) -> None:
        """Go to the last row."""
        self._rows.window.go(self.shown - 1)
        self._draw()

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        self._rows.toggle_mark()
        self._draw()

    def action_mark_range(self) -> None:
        """Mark all rows from the last mark to the cursor."""
        self._rows.mark_range()
        self._draw()

    def action_clear_marks(self) -> None:
        """Take all marks away."""
        self._rows.marks.clear()
        self._draw()

    def action_sort_next(self) -> None:
        """Sort by the column to the right of the present one."""
        self.set_sort(next_sort(self.sort, self._shown_columns(), 1))

    def action_sort_previous(self) -> None:
        """Sort by the column to the left of the present one."""
        self.set_sort(next_sort(self.sort, self._shown_columns(), -1))

    def action_sort_reverse(self) -> None:
        """Turn the chosen order round."""
        self.set_sort([(name, not down) for name, down in self.sort])

    def action_sort_default(self) -> None:
        """Back to the view's own order."""
        self.set_sort([])

    def _shown_columns(self) -> list[Any]:
        return [self.view.columns[place.index] for place in self._painter.placed]

    # ── Mouse ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_click(self, event: events.Click) -> None:
        """A title sorts, a row takes the cursor, a double click opens."""
        event.stop()
        y = event.y - _HEADER
        if y < 0:
            self._sort_by_title(event.x)
        elif not self._on_bar(event.x) and self._rows.window.top + y < self.shown:
            self._rows.window.go(self._rows.window.top + y)
            self._draw()
            if event.chain == 2:
                self.action_open()

    def _sort_by_title(self, x: int) -> None:
        column = self._painter.column_at(x)
        if column is None or column.sort is None:
            return
        if self.sort and self.sort[0][0] == column.id:
            self.action_sort_reverse()
        else:
            self.set_sort([(column.id, column.descending)])

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll; the cursor comes along where it would leave the window."""
        self._scroll(event, self._rows.window.top + _WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        self._scroll(event, self._rows.window.top - _WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the scroll bar."""
        if self._on_bar(event.x) and event.y >= _HEADER and self._rows.window.overflows:
            self._dragging = True
            self.capture_mouse()
            self._scroll(event, self._rows.window.top_at(event.y - _HEADER))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the scroll bar."""
        if self._dragging:
            self._scroll(event, self._rows.window.top_at(event.y - _HEADER))

    def on_mouse_up(self) -> None:
        """Let the scroll bar go."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _on_bar(self, x: int) -> bool:
        return x >= self.size.width - SCROLLBAR

    def _scroll(self, event: events.Event, to: int) -> None:
        event.stop()
        self._rows.window.scroll(to)
        self._draw()
