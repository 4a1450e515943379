"""An order of rows that stands still while the rows themselves go on.

Rows must not jump under the cursor while an operator moves it. So the index is left as it is for a while: values are
read from the store as always, a row that goes is shown as it last was, and what came, went or would stand elsewhere is
remembered here until the order is let go.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from fleet.index import Index
from fleet.store import Diff


class Behind(Struct, frozen=True):
    """How far a held order is behind: rows that came and are not shown yet, that are gone, that would move."""

    come: int = 0
    gone: int = 0
    moved: int = 0

    def __bool__(self) -> bool:
        return bool(self.come or self.gone or self.moved)


class Standstill:
    """What has happened to the rows of an index since its order was held."""

    def __init__(self, index: Index[Any]) -> None:
        self._index = index
        # Rows are immutable, so this is one copy of a mapping: what a row was before it went.
        self._before: Mapping[Any, Any] = dict(index.source)
        self.since = index.store.now
        """The store's time when the order was held."""
        self._touched: set[Any] = set()
        self._come: set[Any] = set()
        self._gone: set[Any] = set()
        self._moved: set[Any] = set()
        self.aged = False
        """Whether order and filter would have been judged anew meanwhile."""

    @property
    def behind(self) -> Behind:
        """How far the order is behind the store."""
        return Behind(len(self._come), len(self._gone), len(self._moved))

    def note(self, diff: Diff[Any]) -> None:
        """Remember what changed."""
        for key in diff.changed:
            self._sort_out(key)
        self._touched |= diff.changed | diff.removed
        for key in diff.removed:
            self._drop_from_all(key)
            if key in self._index:
                self._gone.add(key)

    def was(self, key: Any) -> Any:
        """The row of a key that is gone, as it was when the order was held; None where it was not there then."""
        return self._before.get(key)

    def missed(self) -> Diff[Any]:
        """Everything that the index has to take over."""
        here = frozenset(key for key in self._touched if key in self._index.source)
        return Diff(frozenset(), here, frozenset(self._touched) - here)

    def _sort_out(self, key: Any) -> None:
        self._drop_from_all(key)
        now, then = self._index.place(key), self._index.entry(key)
        if now != then:
            (self._come if then is None else self._moved).add(key)

    def _drop_from_all(self, key: Any) -> None:
        parts: Iterable[set[Any]] = (self._come, self._gone, self._moved)
        for part in parts:
            part.discard(key)
