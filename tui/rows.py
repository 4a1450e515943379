"""The rows of a table as its operator sees them: in order, in a window, with a cursor and marks. No terminal here.

Cursor and marks belong to keys. When the row under the cursor goes, the cursor is on the one that took its place.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from fleet.index import Entry, Index, RowFilter, Sort
from fleet.store import Store, Subscription
from fleet.views.view import Column, Look, View, look
from tui.theme import RowLook
from tui.window import Window


class Visible(Struct, frozen=True):
    """A row in the window: what a painter needs to draw it."""

    row: Any
    at: Look
    look: RowLook
    marked: bool


class Rows:
    """The rows of one view. It listens to the store between `open` and `close`; `drain` takes over what has changed."""

    def __init__(self, view: View[Any], store: Store) -> None:
        self.view = view
        self.window = Window()
        self.cursor: Any = None
        self.marks: dict[Any, None] = {}
        self._store = store
        self._index: Index[Any] = Index(view, store)
        self._subscription: Subscription[Any, Any] | None = None
        self._held = False

    def open(self, wake: Callable[[], None]) -> None:
        """Read what there is, and have `wake` called when there is news."""
        self._subscription = self._index.rows.subscribe(wake)
        self._rebuild(None)

    def close(self) -> None:
        """Stop listening."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    @property
    def shown(self) -> int:
        """Rows that pass the filter."""
        return len(self._index)

    @property
    def total(self) -> int:
        """Rows that there are."""
        return self._index.total

    @property
    def by(self) -> tuple[Sort, ...]:
        """The chosen sort, empty for the view's own order."""
        return self._index.by

    @property
    def where(self) -> RowFilter | None:
        """The filter."""
        return self._index.where

    @property
    def faults_only(self) -> bool:
        """Whether only rows that are something wrong are shown."""
        return self._index.faults_only

    @property
    def held(self) -> bool:
        """Whether the rows are those of an earlier moment."""
        return self._held

    def drain(self) -> None:
        """Take over what has changed in the store, unless the rows are held."""
        if self._subscription is None or self._held:
            return
        diff = self._subscription.drain()
        if not diff:
            return
        place = self._place()
        if self._index.apply(diff):
            self._follow(place)
        self._forget(diff.removed)

    def look_again(self) -> None:
        """Judge orders and filters anew, which may look at the store's time."""
        if self.where is not None or self.by or self.faults_only:
            self.drain()
            self._rebuild(self._place())

    def sort_by(self, by: Iterable[Sort]) -> None:
        """Order by these columns. Raises FilterError for one that the view does not have."""
        self.drain()
        self._index.sort_by(by)
        self._rebuild(None)

    def filter(self, where: RowFilter | None) -> None:
        """Show only the rows that `where` matches."""
        self.drain()
        self._index.where = where
        self._rebuild(self._place())

    def only_faults(self, only: bool) -> None:
        """Show only rows that are something wrong, or all."""
        self.drain()
        self._index.faults_only = only
        self._rebuild(self._place())

    def hold(self, held: bool) -> None:
        """Keep the rows as they are now (they are immutable, so a copy of the mapping is all it takes), or go on."""
        self.drain()
        self._held = held
        self._index.source = dict(self._index.rows) if held else self._index.rows
        self.drain()

    def resize(self, height: int) -> None:
        """Show `height` rows."""
        self.window.resize(height)
        self._settle()

    def move(self, by: int) -> None:
        """Move the cursor `by` rows."""
        self.drain()
        self.window.move(by)
        self._settle()

    def page(self, share: float) -> None:
        """Move cursor and window by a share of the height."""
        self.drain()
        self.window.page(share)
        self._settle()

    def first(self) -> None:
        """Go to the first row, and stay with the top from then on."""
        self.drain()
        self.window.home()
        self._settle()

    def last(self) -> None:
        """Go to the last row."""
        self.drain()
        self.window.go(self.shown - 1)
        self._settle()

    def scroll(self, to: int) -> None:
        """Show the rows from position `to` on."""
        self.drain()
        self.window.scroll(to)
        self._settle()

    def go_to_line(self, line: int) -> bool:
        """Put the cursor on the row that was last seen at a line of the window; False where there was none."""
        found = 0 <= line < self.window.height and self.window.top + line < self.shown
        if found:
            self.window.go(self.window.top + line)
            self._settle()
        return found

    def go_to(self, key: Any) -> bool:
        """Put the cursor on the row of `key`; False where it is not shown."""
        self.drain()
        position = self._index.position(key)
        if position is not None:
            self.window.go(position)
            self._settle()
        return position is not None

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        if self.cursor in self.marks:
            del self.marks[self.cursor]
        elif self.cursor is not None:
            self.marks[self.cursor] = None

    def mark_range(self) -> None:
        """Mark every row from the last one marked to the cursor."""
        last = next((key for key in reversed(self.marks) if key in self._index), self.cursor)
        start, end = self._index.position(last), self._index.position(self.cursor)
        if start is None or end is None:
            return
        keys = self._index.keys(min(start, end), max(start, end) + 1)
        for key in keys if start <= end else reversed(keys):
            self.marks[key] = None

    def visible(self, focused: bool) -> list[Visible]:
        """The rows in the window, from its top, as they are in the store at this moment."""
        self.drain()
        top = self.window.top
        here = RowLook.CURSOR if focused else RowLook.BLURRED
        found = []
        for line, key in enumerate(self._index.keys(top, top + self.window.height)):
            marked = key in self.marks
            row_look = here if line == self.window.line else RowLook.MARKED if marked else RowLook.PLAIN
            at = look(self._store, self._index.rows, key)
            found.append(Visible(self._index.source[key], at, row_look, marked))
        return found

    def _place(self) -> Entry | None:
        return None if self.cursor is None else self._index.entry(self.cursor)

    def _rebuild(self, place: Entry | None) -> None:
        if self._subscription is None:
            return
        self._index.rebuild()
        self._forget([key for key in self.marks if key not in self._index.source])
        self._follow(place)

    def _follow(self, place: Entry | None) -> None:
        """Keep the cursor with its row, or where it was in the order (`place`) when the row is gone."""
        position = self._index.position(self.cursor)
        if position is None:
            position = self.window.cursor if place is None else self._index.nearest(place)
        self.window.follow(position, len(self._index))
        self._settle()

    def _settle(self) -> None:
        """The cursor is on whatever row the window's cursor is at now."""
        self.cursor = self._index[self.window.cursor] if len(self._index) else None

    def _forget(self, keys: Iterable[Any]) -> None:
        for key in keys:
            self.marks.pop(key, None)


def next_sort(by: tuple[Sort, ...], columns: Iterable[Column[Any]], step: int) -> tuple[Sort, ...]:
    """The sort by the sortable column `step` after the one that is sorted by first, in its natural direction.

    From the view's own order it starts at either end, and beyond either end it comes back to that order.
    """
    choices = [column for column in columns if column.sort]
    ids = [column.id for column in choices]
    now = ids.index(by[0][0]) if by and by[0][0] in ids else (-1 if step > 0 else len(ids))
    wanted = now + step
    return ((choices[wanted].id, choices[wanted].descending),) if 0 <= wanted < len(choices) else ()
