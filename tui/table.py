"""The one table of the project: a live view of a slice of the store, drawn line by line.

Stock tables repaint themselves for every changed cell, which a slow link cannot carry and ten thousand rows cannot
afford. This one has an order over keys (`tui.rows`) and the picture that it drew last (`tui.lines`, `tui.painter`); on
a change it compares the visible lines and repaints the cells that differ. While nothing changes it owns no timer and
sends nothing.

It scrolls by itself: Textual's scrolling lays the screen out anew for every row that comes or goes, and repaints a
whole scroll bar for it.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, TypeAlias

from textual.binding import Binding, BindingType
from textual.timer import Timer

from fleet.index import RowFilter, Sort
from fleet.store import Store
from fleet.views.view import Column, View
from tui import table_messages as told
from tui.live import is_uncovered
from tui.painter import Line
from tui.pointer import PointedLines
from tui.rows import Rows, next_sort
from tui.window import Window


def _quiet(keys: str, action: str, description: str, name: str) -> Binding:
    return Binding(keys, action, description, id=f"table.{name}", show=False)


class Table(PointedLines, can_focus=True):
    """A view's rows: sorted, filtered, with a cursor and marks that belong to rows and not to lines.

    `pace_s` is the least time between two drawings of new data (keys are answered at once). `follow_time`, in seconds,
    makes the table compare what it shows with the store's time every so often, for columns that show ages; None: only
    changes and `refresh_rows` do. A table that is hidden or covered draws nothing; a screen that is uncovered calls
    `refresh_rows`.
    """

    Opened: TypeAlias = told.Opened
    Counted: TypeAlias = told.Counted
    Highlighted: TypeAlias = told.Highlighted
    Sorted: TypeAlias = told.Sorted

    DEFAULT_CSS = "Table { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="table.open"),
        _quiet("down,j", "move(1)", "down", "down"),
        _quiet("up,k", "move(-1)", "up", "up"),
        _quiet("pagedown,ctrl+f", "page(1.0)", "page down", "page_down"),
        _quiet("pageup,ctrl+b", "page(-1.0)", "page up", "page_up"),
        _quiet("ctrl+d", "page(0.5)", "half a page down", "half_down"),
        _quiet("ctrl+u", "page(-0.5)", "half a page up", "half_up"),
        _quiet("home,g", "top", "first row", "top"),
        _quiet("end,G", "bottom", "last row", "bottom"),
        Binding("space", "mark", "mark", id="table.mark"),
        _quiet("ctrl+@,ctrl+space", "mark_range", "mark from the last mark to here", "mark_range"),
        _quiet("ctrl+backslash", "clear_marks", "clear all marks", "clear_marks"),
        _quiet("greater_than_sign,shift+right", "sort_next", "sort by the next column", "sort_next"),
        _quiet("less_than_sign,shift+left", "sort_previous", "sort by the column before", "sort_previous"),
        _quiet("o", "sort_reverse", "reverse the order", "sort_reverse"),
        _quiet("O", "sort_default", "natural order, worst first", "sort_default"),
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
        super().__init__(view.columns, id=id, classes=classes)
        self.view = view
        self._pace_s = pace_s
        self._follow_time = follow_time
        self._rows = Rows(view, store)
        self._told_counts = (-1, -1, -1)
        self._told_cursor: Any = None
        self._armed = False
        self._clockwork: Timer | None = None

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
        self.post_message(told.Sorted(self, self.sort))
        self.repaint_titles()
        self._draw()

    @property
    def row_filter(self) -> RowFilter | None:
        """The filter that is on."""
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
        found = self._rows.go_to(key)
        self._draw()
        return found

    def refresh_rows(self) -> None:
        """Look at everything again, for what changes without a write: ages, and orders and filters that use them."""
        if not self.paused:
            self._rows.look_again()
            self._draw()

    def flush(self) -> None:
        """Take over what has changed in the store, and repaint what differs from what was drawn."""
        self._draw()

    # ── The life of the widget ─────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self._rows.open(self._wake)
        self._draw()

    def on_unmount(self) -> None:
        self._stop_clockwork()
        self._rows.close()

    def on_show(self) -> None:
        self.refresh_rows()
        if self._follow_time is not None and self._clockwork is None:
            self._clockwork = self.set_interval(self._follow_time, self._tick)

    def on_hide(self) -> None:
        self._stop_clockwork()

    def on_resize(self) -> None:
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw the cursor as what it is now; `on_focus` and `on_blur` would be called before the focus has changed."""
        super().watch_has_focus(has_focus)
        self._draw()

    def _wake(self) -> None:
        """The store has news: draw them soon, if anyone can see them; else they wait until the table is shown.

        The store is written to by tasks that know nothing of Textual, so the timer is armed in the table's own.
        """
        if not self._armed and not self.paused and self._in_sight():
            self._armed = True
            self.call_later(self.set_timer, self._pace_s, self._due)

    def _due(self) -> None:
        self._armed = False
        if self._in_sight():
            self.flush()

    def _tick(self) -> None:
        if self._in_sight():
            self.refresh_rows()

    def _in_sight(self) -> bool:
        return self.is_attached and self.is_on_screen and is_uncovered(self)

    def _stop_clockwork(self) -> None:
        if self._clockwork is not None:
            self._clockwork.stop()
            self._clockwork = None

    # ── Drawing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _draw(self) -> None:
        """Make the terminal agree with the rows, and tell what is new."""
        if not self.is_attached:
            return
        self.repaint()
        if self.cursor_key != self._told_cursor:
            self._told_cursor = self.cursor_key
            self.post_message(told.Highlighted(self, self.cursor_key))
        counts = (self.shown, self.total, len(self._rows.marks))
        if counts != self._told_counts:
            self._told_counts = counts
            self.post_message(told.Counted(self, *counts))

    def resized(self, height: int) -> None:
        self._rows.resize(height)

    def picture(self) -> list[Line]:
        seen = self._rows.visible(self.has_focus)
        if not seen and not self.shown:
            return self.painter.notes(self._nothing())
        first, after = self._rows.window.thumb()
        return [
            self.painter.line(row.row, row.at, row.look, marked=row.marked, thumb=first <= y < after)
            for y, row in enumerate(seen)
        ]

    def _nothing(self) -> str:
        """Why no row is shown."""
        if not self.total:
            return self.view.empty
        if self.faults_only and self.row_filter is None:
            return f"nothing is wrong here: none of {self.total:,} is at fault"
        return f"none of {self.total:,} matches the filter" + (" and is at fault" if self.faults_only else "")

    # ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_open(self) -> None:
        """Ask for the details of the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(told.Opened(self, self.cursor_key))

    def action_move(self, by: int) -> None:
        """Move the cursor `by` rows."""
        self._rows.move(by)
        self._draw()

    def action_page(self, share: float) -> None:
        """Move cursor and window by a share of the height."""
        self._rows.page(share)
        self._draw()

    def action_top(self) -> None:
        """Go to the first row and stay with the top."""
        self._rows.first()
        self._draw()

    def action_bottom(self) -> None:
        """Go to the last row."""
        self._rows.last()
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
        self.set_sort(next_sort(self.sort, self._columns_in_view(), 1))

    def action_sort_previous(self) -> None:
        """Sort by the column to the left of the present one."""
        self.set_sort(next_sort(self.sort, self._columns_in_view(), -1))

    def action_sort_reverse(self) -> None:
        """Turn the chosen order round."""
        self.set_sort([(name, not down) for name, down in self.sort])

    def action_sort_default(self) -> None:
        """Back to the view's own order."""
        self.set_sort([])

    def _columns_in_view(self) -> list[Column[Any]]:
        return [self.view.columns[place.index] for place in self.painter.placed]

    # ── Mouse ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def window(self) -> Window:
        return self._rows.window

    def title_clicked(self, column: Column[Any]) -> None:
        """Sort by the column, or turn its order round."""
        if self.sort and self.sort[0][0] == column.id:
            self.action_sort_reverse()
        elif column.sort is not None:
            self.set_sort([(column.id, column.descending)])

    def line_clicked(self, line: int, times: int) -> None:
        """Put the cursor there; a second click opens."""
        if self._rows.go_to_line(line):
            self._draw()
            if times == 2:
                self.action_open()

    def scroll_rows(self, to: int) -> None:
        """Scroll; the cursor comes along where it would leave the window."""
        self._rows.scroll(to)
        self._draw()
