"""What the keys and the mouse do with a table: move, mark, order, follow."""

from typing import Any

from fleet.views.view import Column
from tui.table.pointer import PointedLines
from tui.table.rows import Rows
from tui.table.sorting import By, added_sort, moved_sort, turned_sort
from tui.table.window import Window


class TableActs(PointedLines):
    """The acts of a table over its `rows`. What draws and tells of them is the table's own."""

    rows: Rows

    @property
    def cursor_key(self) -> Any:
        """The key of the row under the cursor, or None where no row is shown."""
        return self.rows.cursor

    def set_sort(self, by: By) -> None:
        """Order by these columns."""
        raise NotImplementedError

    def draw(self) -> None:
        """Make the terminal agree with the rows, and tell what is new."""
        raise NotImplementedError

    def used(self) -> None:
        """The operator is at work on these rows: they must not move for a while. Draws."""
        raise NotImplementedError

    def let_go(self) -> None:
        """The operator wants to see the rows as they are, in order. Draws."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Ask for the details of the row under the cursor."""
        raise NotImplementedError

    # ── moving ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_move(self, by: int) -> None:
        """Move the cursor `by` rows."""
        self.rows.move(by)
        self.used()

    def action_page(self, share: float) -> None:
        """Move cursor and window by a share of the height."""
        self.rows.page(share)
        self.used()

    def action_top(self) -> None:
        """Go to the first row and stay with the top."""
        self.rows.first()
        self.let_go()

    def action_bottom(self) -> None:
        """Go to the last row."""
        self.rows.last()
        self.used()

    # ── marks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        if self.cursor_key is not None:
            self.rows.marks.toggle(self.cursor_key)
        self.used()

    def action_mark_range(self) -> None:
        """Mark all rows from the last mark to the cursor."""
        if self.cursor_key is not None:
            self.rows.marks.range_to(self.cursor_key)
        self.used()

    def action_mark_all(self) -> None:
        """Mark all rows that are shown; where all of them are, take their marks away."""
        self.rows.marks.toggle_shown()
        self.draw()

    def action_mark_others(self) -> None:
        """Of the rows shown, mark those that are not marked instead of those that are."""
        self.rows.marks.invert()
        self.draw()

    def action_clear_marks(self) -> None:
        """Take all marks away."""
        self.rows.marks.clear()
        self.draw()

    def action_to_mark(self, step: int) -> None:
        """Go to the next marked row (1), or to the one before (-1)."""
        self.rows.go_to_mark(step)
        self.used()

    # ── order ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_sort_next(self) -> None:
        """Sort by the column to the right: the last of several."""
        self.set_sort(moved_sort(self.sort, self.columns_in_view(), 1))

    def action_sort_previous(self) -> None:
        """Sort by the column to the left: the last of several."""
        self.set_sort(moved_sort(self.sort, self.columns_in_view(), -1))

    def action_sort_add(self) -> None:
        """Sort equal rows by one more column."""
        self.set_sort(added_sort(self.sort, self.columns_in_view()))

    def action_sort_reverse(self) -> None:
        """Turn the column round that is sorted by last."""
        self.set_sort(turned_sort(self.sort))

    def action_sort_default(self) -> None:
        """Back to the view's own order."""
        self.set_sort(())

    def columns_in_view(self) -> list[Column[Any]]:
        """The columns that there is room for, from the left."""
        return [self.painter.columns[place.index] for place in self.painter.placed]

    # ── the mouse ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def window(self) -> Window:
        return self.rows.window

    def title_clicked(self, column: Column[Any], more: bool) -> None:
        """Sort by the column, or turn it round; with `more` after those that are sorted by already."""
        known = next((place for place, (name, _) in enumerate(self.sort) if name == column.id), None)
        if known is not None:
            name, down = self.sort[known]
            self.set_sort((*self.sort[:known], (name, not down), *self.sort[known + 1 :]))
        elif column.sort is not None:
            self.set_sort((*(self.sort if more else ()), (column.id, column.descending)))

    def line_clicked(self, line: int, times: int) -> None:
        """Put the cursor there; a second click opens."""
        if self.rows.go_to_line(line):
            self.used()
            if times == 2:
                self.action_open()

    def scroll_rows(self, to: int) -> None:
        """Scroll; the cursor comes along where it would leave the window."""
        self.rows.scroll(to)
        self.used()
