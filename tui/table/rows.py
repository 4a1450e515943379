"""The rows of a table as its operator sees them: in order, in a window, with a cursor and marks. No terminal here.

Cursor and marks belong to keys. When the row under the cursor goes, the cursor is on the one that took its place,
unless the order stands still (`stand_still`): then it stays where it is, and so does everything around it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from fleet.index import Entry, Index, RowFilter, Sort
from fleet.store import Store
from fleet.views.view import Look, View, look
from tui.table.marks import Marks
from tui.table.news import News
from tui.table.standstill import Behind, Standstill
from tui.table.window import Window
from tui.theme import RowLook


class Visible(Struct, frozen=True):
    """A row in the window: what a painter needs to draw it."""

    row: Any
    at: Look
    look: RowLook
    marked: bool
    gone: bool = False
    """Whether it is shown only because the order stands still."""


class Rows:
    """The rows of one view. It listens to the store between `open` and `close`; `drain` takes over what has changed."""

    def __init__(self, view: View[Any], store: Store) -> None:
        self.view = view
        self.window = Window()
        self.cursor: Any = None
        self._store = store
        self._index: Index[Any] = Index(view, store)
        self.marks = Marks(self._index)
        self._news: News | None = None
        self._held = False
        self._still: Standstill | None = None
        self._following = False

    def open(self, wake: Callable[[], None]) -> None:
        """Read what there is, and have `wake` called when there is news."""
        self._news = News(self.view, self._store, wake)
        self._rebuild(None)

    def close(self) -> None:
        """Stop listening."""
        if self._news is not None:
            self._news.close()
            self._news = None

    @property
    def shown(self) -> int:
        """Rows that pass the filter."""
        return len(self._index)

    @property
    def total(self) -> int:
        """Rows that there are."""
        return self._index.total

    def every(self) -> Iterable[Any]:
        """All rows that there are, shown or not, in no order."""
        return self._index.source.values()

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

    @property
    def still(self) -> bool:
        """Whether the order stands still while values go on."""
        return self._still is not None

    @property
    def behind(self) -> Behind:
        """How far an order that stands still is behind the store."""
        return Behind() if self._still is None else self._still.behind

    @property
    def following(self) -> bool:
        """Whether the cursor stays with the row that came last."""
        return self._following

    def drain(self) -> None:
        """Take over what has changed in the store, unless the rows are held."""
        if self._news is None or self._held:
            return
        diff = self._news.drain()
        if not diff:
            return
        self.marks.forget(diff.removed)
        if self._still is not None:
            self._still.note(diff)
            return
        place = self._place()
        if self._index.apply(diff):
            self._keep_place(place)

    def look_again(self) -> None:
        """Judge orders and filters anew, which may look at the store's time. Whether a row is at fault does not."""
        if self.where is not None or self.by:
            self.drain()
            if self._still is not None:
                self._still.aged = True
            else:
                self._rebuild(self._place())

    def stand_still(self, still: bool) -> None:
        """Keep the order as it is while values go on, or take over what it has missed."""
        self.drain()
        if still and self._still is None:
            self._still = Standstill(self._index)
        elif not still and self._still is not None:
            missed, aged, self._still = self._still.missed(), self._still.aged, None
            place = self._place()
            if aged:
                self._rebuild(place)
            elif self._index.apply(missed):
                self._keep_place(place)

    def follow(self, following: bool) -> None:
        """Have the cursor on the row that came last, which the order must put first, and stay with it."""
        self.drain()
        self._following = following
        if following:
            self.window.home()
            self._settle()

    def sort_by(self, by: Iterable[Sort]) -> None:
        """Order by these columns. Raises FilterError for one that the view does not have."""
        self.drain()
        self._index.sort_by(by)
        self._order_anew(None)

    def filter(self, where: RowFilter | None) -> None:
        """Show only the rows that `where` matches."""
        self.drain()
        self._index.where = where
        self._order_anew(self._place())

    def only_faults(self, only: bool) -> None:
        """Show only rows that are something wrong, or all."""
        self.drain()
        self._index.faults_only = only
        self._order_anew(self._place())

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

    def go_to_mark(self, step: int) -> None:
        """Put the cursor on the next marked row (`step` 1) or the one before (-1)."""
        self.drain()
        position = self.marks.beside(self.window.cursor, step)
        if position is not None:
            self.window.go(position)
            self._settle()

    def found(self, key: Any) -> tuple[Any, Look] | None:
        """The row of `key` as it is shown, with its look; None where there is none any more."""
        if key in self._index.source:
            return self._index.source[key], look(self._store, self._index.rows, key)
        if self._still is not None and key in self._index:
            return self._still.was(key), Look(self._store, key, self._still.since)
        return None

    def visible(self, focused: bool) -> list[Visible]:
        """The rows in the window, from its top, as they are in the store at this moment."""
        self.drain()
        top = self.window.top
        here = RowLook.CURSOR if focused else RowLook.BLURRED
        found = []
        for line, key in enumerate(self._index.keys(top, top + self.window.height)):
            marked = key in self.marks
            row_look = here if line == self.window.line else RowLook.MARKED if marked else RowLook.PLAIN
            if self._still is not None and key not in self._index.source:
                at = Look(self._store, key, self._still.since)
                found.append(Visible(self._still.was(key), at, row_look, marked, gone=True))
            else:
                at = look(self._store, self._index.rows, key)
                found.append(Visible(self._index.source[key], at, row_look, marked))
        return found

    def _place(self) -> Entry | None:
        return None if self.cursor is None else self._index.entry(self.cursor)

    def _order_anew(self, place: Entry | None) -> None:
        """What the operator asked for is done at once, also where the order stands still: it does so again after."""
        still, self._still = self._still is not None, None
        self._rebuild(place)
        self._still = Standstill(self._index) if still else None

    def _rebuild(self, place: Entry | None) -> None:
        if self._news is None:
            return
        self._index.rebuild()
        self.marks.forget_gone()
        self._keep_place(place)

    def _keep_place(self, place: Entry | None) -> None:
        """Keep the cursor with its row, or where it was in the order (`place`) when the row is gone."""
        position = self._index.position(self.cursor)
        if position is None:
            position = self.window.cursor if place is None else self._index.nearest(place)
        self.window.follow(position, len(self._index))
        if self._following:
            self.window.home()
        self._settle()

    def _settle(self) -> None:
        """The cursor is on whatever row the window's cursor is at now."""
        self.cursor = self._index[self.window.cursor] if len(self._index) else None
