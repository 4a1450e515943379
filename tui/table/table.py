"""The one table of the project: a live view of a slice of the store, drawn line by line.

Stock tables repaint themselves for every changed cell, which a slow link cannot carry and ten thousand rows cannot
afford. This one has an order over keys (`tui.table.rows`) and the picture that it drew last (`tui.table.lines`,
`tui.table.painter`); on a change it compares the visible lines and repaints the cells that differ. While nothing
changes it owns no timer and sends nothing.

It scrolls by itself: Textual's scrolling lays the screen out anew for every row that comes or goes, and repaints a
whole scroll bar for it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeAlias

from textual.binding import BindingType
from textual.timer import Timer

from fleet.index import RowFilter, Sort
from fleet.store import Store
from fleet.views.chosen import Chosen, columns_of
from fleet.views.view import View
from tui.live import at_next_beat, is_uncovered
from tui.table import messages as told
from tui.table.keys import TABLE_KEYS
from tui.table.lines import HEADER_LINES
from tui.table.order import HOLD_S, OrderedLines
from tui.table.painter import Line
from tui.table.rows import Rows

_JUST_NOW_S = 0.1
"""For how long a table that was filtered and then shown need not look at its rows again."""


class Table(OrderedLines, can_focus=True):
    """A view's rows: sorted, filtered, with a cursor and marks that belong to rows and not to lines.

    `pace_s` is the least time between two drawings of new data (keys are answered at once). `follow_time`, in seconds,
    makes the table compare what it shows with the store's time every so often, for columns that show ages; None: only
    changes and `refresh_rows` do. A table that is hidden or covered draws nothing; a screen that is uncovered calls
    `refresh_rows`.

    While the operator moves the cursor, and `hold_s` seconds longer, the order stands still and values go on.
    """

    Opened: TypeAlias = told.Opened
    Counted: TypeAlias = told.Counted
    Highlighted: TypeAlias = told.Highlighted
    Sorted: TypeAlias = told.Sorted
    Steered: TypeAlias = told.Steered
    Arranged: TypeAlias = told.Arranged

    DEFAULT_CSS = "Table { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = TABLE_KEYS
    ARRANGEABLE: ClassVar[bool] = True
    """Whether the operator may choose its columns."""

    def __init__(
        self,
        view: View[Any],
        store: Store,
        *,
        id: str | None = None,
        classes: str | None = None,
        pace_s: float = 0.25,
        follow_time: float | None = None,
        hold_s: float = HOLD_S,
    ) -> None:
        super().__init__(view.columns, id=id, classes=classes)
        self.view = view
        self._store = store
        self._pace_s = pace_s
        self._follow_time = follow_time
        self.hold_s = hold_s
        self._chosen: tuple[Chosen, ...] = ()
        self.rows = Rows(view, store)
        self._told_counts = (-1, -1, -1, -1)
        self._told_cursor: Any = None
        self._told_mode = ""
        self._armed = False
        self._clockwork: Timer | None = None
        self._judged_s = -_JUST_NOW_S

    # ── What others ask and set ────────────────────────────────────────────────────────────────────────────────────

    @property
    def marked(self) -> tuple[Any, ...]:
        """The keys of the marked rows, in the order of marking; rows that a filter hides are among them."""
        return tuple(self.rows.marks)

    @property
    def shown(self) -> int:
        """Rows that pass the filter."""
        return self.rows.shown

    @property
    def total(self) -> int:
        """Rows that there are."""
        return self.rows.total

    @property
    def sort(self) -> tuple[Sort, ...]:
        """The chosen order as (column id, descending) pairs, empty for the view's own."""
        return self.rows.by

    def set_sort(self, by: Iterable[Sort]) -> None:
        """Order by these columns, the first one first; by none, as the view does.

        Raises FilterError for a column that the view does not have.
        """
        self.rows.sort_by(by)
        if self.following and self.sort != self.view.newest:
            self.rows.follow(False)
        self.post_message(told.Sorted(self, self.sort))
        self.repaint_titles()
        self.draw()

    @property
    def row_filter(self) -> RowFilter | None:
        """The filter that is on."""
        return self.rows.where

    def set_filter(self, row_filter: RowFilter | None) -> None:
        """Show only rows that the filter matches; None shows all."""
        self.rows.filter(row_filter)
        self._judged_s = asyncio.get_running_loop().time()
        self.draw()

    @property
    def faults_only(self) -> bool:
        """Whether only rows that are something wrong are shown."""
        return self.rows.faults_only

    @faults_only.setter
    def faults_only(self, only: bool) -> None:
        self.rows.only_faults(only)
        self.draw()

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """The columns that the operator chose, in order, with the widths that were fixed; empty: the view's own."""
        return self._chosen

    def set_columns(self, chosen: Sequence[Chosen]) -> None:
        """Show these columns in this order. Raises FilterError for one that there is not."""
        columns = columns_of(self.view, chosen)
        if tuple(chosen) != self._chosen:
            self._chosen = tuple(chosen)
            self.lay_out(columns)
            self.post_message(told.Arranged(self, self._chosen))

    def drawn_width(self, id: str) -> int | None:
        """The cells that the column of that id has at present; None where it is not in view."""
        columns = self.painter.columns
        return next((place.width for place in self.painter.placed if columns[place.index].id == id), None)

    @property
    def paused(self) -> bool:
        """Whether the picture is held still while the store goes on. The held rows can still be moved through."""
        return self.rows.held

    @paused.setter
    def paused(self, paused: bool) -> None:
        if paused != self.paused:
            self.rows.hold(paused)
            self.draw() if paused else self.let_go()

    def go_to(self, key: Any) -> bool:
        """Put the cursor on the row of `key`; False where it is not shown."""
        found = self.rows.go_to(key)
        self.draw()
        return found

    def refresh_rows(self) -> None:
        """Look at everything again, for what changes without a write: ages, and orders and filters that use them."""
        if not self.paused:
            self.rows.look_again()
            self.draw()

    def begin_anew(self) -> None:
        """Be as if just made: in the view's own order, without filter and marks, with the cursor on the first row."""
        held = self.paused
        self.stop_calm()
        self._pinned = False
        self.rows.close()
        self.rows = Rows(self.view, self._store)
        self.rows.open(self._wake)
        self.resized(max(0, self.size.height - HEADER_LINES))
        self.rows.hold(held)
        self.repaint_titles()
        self.draw()

    def flush(self) -> None:
        """Take over what has changed in the store, and repaint what differs from what was drawn."""
        self.draw()

    # ── The life of the widget ─────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self.rows.open(self._wake)
        self.draw()

    def on_unmount(self) -> None:
        self._stop_clockwork()
        self.stop_calm()
        self.rows.close()

    def on_show(self) -> None:
        if asyncio.get_running_loop().time() - self._judged_s < _JUST_NOW_S:
            self.draw()
        else:
            self.refresh_rows()
        if self._follow_time is not None and self._clockwork is None:
            self._clockwork = self.set_interval(self._follow_time, self._tick)

    def on_hide(self) -> None:
        self._stop_clockwork()

    def on_resize(self) -> None:
        self.draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw the cursor as what it is now; `on_focus` and `on_blur` would be called before the focus has changed."""
        super().watch_has_focus(has_focus)
        self.draw()

    def _wake(self) -> None:
        """The store has news: draw them soon, if anyone can see them; else they wait until the table is shown.

        The store is written to by tasks that know nothing of Textual.
        """
        if not self._armed and not self.paused and self._in_sight():
            self._armed = True
            at_next_beat(self, self._due, self._pace_s)

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

    def draw(self) -> None:
        """Make the terminal agree with the rows, and tell what is new."""
        if not self.is_attached:
            return
        if self.display:
            # What is told below counts the rows that are about to be drawn.
            self.rows.drain()
            self.repaint()
        else:
            self.forget()
        if self.cursor_key != self._told_cursor:
            self._told_cursor = self.cursor_key
            self.post_message(told.Highlighted(self, self.cursor_key))
        if self.mode != self._told_mode:
            self._told_mode = self.mode
            self.post_message(told.Steered(self, self.mode))
        counts = (self.shown, self.total, len(self.rows.marks), self.rows.marks.hidden)
        if counts != self._told_counts:
            self._told_counts = counts
            self.post_message(told.Counted(self, *counts))

    def resized(self, height: int) -> None:
        self.rows.resize(height)

    def picture(self) -> list[Line]:
        seen = self.rows.visible(self.has_focus)
        if not seen and not self.shown:
            return self.painter.notes(self._nothing())
        first, after = self.rows.window.thumb()
        return [
            self.painter.line(row.row, row.at, row.look, marked=row.marked, thumb=first <= y < after, gone=row.gone)
            for y, row in enumerate(seen)
        ]

    def _nothing(self) -> str:
        """Why no row is shown."""
        if not self.total:
            return self.view.empty
        if self.faults_only and self.row_filter is None:
            return f"nothing is wrong here: none of {self.total:,} is at fault"
        return f"none of {self.total:,} matches the filter" + (" and is at fault" if self.faults_only else "")

    # ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_open(self) -> None:
        """Ask for the details of the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(told.Opened(self, self.cursor_key))

    def action_columns(self) -> None:
        """Choose columns, their order and widths, and what is sorted by."""
        from tui.screens.columns import ColumnSheet

        self.app.push_screen(ColumnSheet(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only rows that come and go can be followed, and only a view's own table has columns to choose."""
        if action == "follow":
            return self.view.newest is not None
        return action != "columns" or self.ARRANGEABLE
