"""The order of a view's rows under a filter and a sort, kept up to date as rows change.

A change costs a binary search and a list insertion, not a sort; many changes at once are merged in one pass. What is
kept is one sorted list of entries, each a row's sort key ending in the row's own key, so that no two are equal and the
place of a row is found by bisection too.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from fleet.errors import FilterError
from fleet.store import Diff, Slice, Store
from fleet.views.chosen import find_column
from fleet.views.view import Column, Look, View, sort_key

K = TypeVar("K")

Entry = tuple[Any, ...]
"""A row's place in the order: compares with the entries of the same sort, and its last part is the row's key."""

Sort = tuple[str, bool]
"""A column's id, and whether it goes from the greatest down."""

_BULK = 64
_BULK_SHARE = 16
"""From this many changed rows on, and from this part of all rows, sorting the whole (mostly sorted) list is cheaper
than as many insertions."""


class RowFilter(Protocol):
    """What the index asks of a filter (`fleet.filters.filter.Filter`)."""

    @property
    def rank(self) -> Callable[[Any, Look], float] | None:
        """How well a row that matches does so, where that decides the view's own order: the greatest first."""
        ...

    def matches(self, view: View[Any], row: Any, at: Look) -> bool: ...


class Index(Generic[K]):
    """The keys of one view's rows, in order.

    `source` is where rows are read: the slice itself, or a copy of it while a picture is held still. Whoever changes
    `source`, `where`, `faults_only` or the sort calls `rebuild` afterwards.
    """

    def __init__(self, view: View[Any], store: Store) -> None:
        self.view = view
        self.store = store
        self.rows: Slice[K, Any] = view.rows(store)
        self.source: Mapping[K, Any] = self.rows
        self.where: RowFilter | None = None
        self.faults_only = False
        self._by: tuple[Sort, ...] = ()
        self._columns: tuple[Column[Any], ...] = ()
        self._turned: tuple[bool, ...] = ()
        self._order: list[Entry] = []
        self._entries: dict[K, Entry] = {}

    def __len__(self) -> int:
        """Rows shown."""
        return len(self._order)

    def __getitem__(self, position: int) -> K:
        """The key at a position; IndexError beyond the end."""
        key: K = self._order[position][-1]
        return key

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    @property
    def by(self) -> tuple[Sort, ...]:
        """The chosen sort, empty for the view's own order (which also breaks ties)."""
        return self._by

    def sort_by(self, by: Iterable[Sort]) -> None:
        """Choose a sort, by columns that are shown or not. Raises FilterError for one that the view does not have or
        that has no order."""
        wanted = tuple(by)
        self._columns = tuple(sorting_column(self.view, name) for name, _ in wanted)
        self._turned = tuple(down for _, down in wanted)
        self._by = wanted

    @property
    def total(self) -> int:
        """Rows that there are, shown or not."""
        return len(self.source)

    def keys(self, start: int = 0, stop: int | None = None) -> list[K]:
        """The keys of the rows from `start` up to `stop`."""
        return [entry[-1] for entry in self._order[start:stop]]

    def position(self, key: K) -> int | None:
        """Where the row of `key` stands, or None where it is not shown."""
        entry = self._entries.get(key)
        return None if entry is None else bisect_left(self._order, entry)

    def entry(self, key: K) -> Entry | None:
        """The place of a row, to be found again with `nearest` when the row is gone."""
        return self._entries.get(key)

    def place(self, key: K) -> Entry | None:
        """The place that a row would have by its present values; None where it is gone or the filter leaves it out."""
        row = self.source.get(key)
        return None if row is None else self._entry(key, row)

    def nearest(self, entry: Entry) -> int:
        """The position that `entry` has or would have, within the rows shown (0 where none is).

        The entry must come from the same sort.
        """
        return max(0, min(bisect_left(self._order, entry), len(self._order) - 1))

    def rebuild(self) -> None:
        """Order everything anew."""
        found = ((key, self._entry(key, row)) for key, row in self.source.items())
        self._entries = {key: entry for key, entry in found if entry is not None}
        self._order = sorted(self._entries.values())

    def apply(self, diff: Diff[K]) -> bool:
        """Take over what a subscription of `source` drained; True where the rows shown or their order changed."""
        gone: list[Entry] = []
        come: list[Entry] = []
        for key in diff.removed:
            self._move(key, None, gone, come)
        for key in diff.changed:
            self._move(key, self.place(key), gone, come)
        if len(gone) + len(come) > max(_BULK, len(self._order) // _BULK_SHARE):
            dropped = set(map(id, gone))
            self._order = [entry for entry in self._order if id(entry) not in dropped]
            self._order += come
            self._order.sort()
        else:
            for entry in gone:
                del self._order[bisect_left(self._order, entry)]
            for entry in come:
                insort(self._order, entry)
        return bool(gone or come)

    def _move(self, key: K, entry: Entry | None, gone: list[Entry], come: list[Entry]) -> None:
        """Note what must leave the order and what must enter it for `key` to stand at `entry`."""
        old = self._entries.get(key)
        if entry == old:
            return
        if old is not None:
            gone.append(old)
            del self._entries[key]
        if entry is not None:
            come.append(entry)
            self._entries[key] = entry

    def _entry(self, key: K, row: Any) -> Entry | None:
        """The place of a row, or None where the filter leaves it out."""
        at = Look(self.store, key, self.rows.seen(key))
        if self.faults_only and not self.view.fault(row):
            return None
        where = self.where
        if where is not None and not where.matches(self.view, row, at):
            return None
        rank = where.rank if where is not None else None
        natural = sort_key(self.view.order(row, at))
        if not self._columns:
            # There in every entry, ranked or not, so that the places of a row under two filters can be compared.
            return (-rank(row, at) if rank is not None else 0.0, *natural, key)
        chosen = tuple([column.sort(row, at) if column.sort else None for column in self._columns])
        return (*sort_key(chosen, self._turned), *natural, key)


def sorting_column(view: View[Any], name: str) -> Column[Any]:
    """The column that `sort=name` means. Raises FilterError for one that there is not or that has no order."""
    column = find_column(view, name)
    if column is None or column.sort is None:
        known = ", ".join(column.id for column in view.columns if column.sort)
        raise FilterError(f"{view.name} cannot be sorted by {name!r} (but by {known}, label:NAME, any output field)")
    return column
