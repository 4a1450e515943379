"""Which rows are marked: what a later act is to be done to. Marks belong to keys, so that no filter, sort or change
of the fleet moves a mark to another row; rows that a filter hides keep theirs."""

from collections.abc import Iterable, Iterator
from typing import Any

from fleet.index import Index


class Marks:
    """The marked keys of one index, in the order of marking."""

    def __init__(self, index: Index[Any]) -> None:
        self._index = index
        self._keys: dict[Any, None] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    @property
    def hidden(self) -> int:
        """Marked rows that are not shown."""
        return sum(key not in self._index for key in self._keys)

    def toggle(self, key: Any) -> None:
        """Mark the row, or take its mark away."""
        if key in self._keys:
            del self._keys[key]
        else:
            self._add([key])

    def range_to(self, key: Any) -> None:
        """Mark every row from the last one marked to `key`."""
        last = next((known for known in reversed(self._keys) if known in self._index), key)
        start, end = self._index.position(last), self._index.position(key)
        if start is None or end is None:
            return
        keys = self._index.keys(min(start, end), max(start, end) + 1)
        self._add(keys if start <= end else reversed(keys))

    def toggle_shown(self) -> None:
        """Mark every row that is shown, or take their marks away where all of them have one."""
        shown = self._index.keys()
        if all(key in self._keys for key in shown):
            self.forget(shown)
        else:
            self._add(shown)

    def invert(self) -> None:
        """Of the rows shown, mark those that are not marked, and only those; hidden ones keep what they have."""
        shown = self._index.keys()
        fresh = [key for key in shown if key not in self._keys]
        self.forget(shown)
        self._add(fresh)

    def clear(self) -> None:
        """Take all marks away."""
        self._keys.clear()

    def forget(self, keys: Iterable[Any]) -> None:
        """Take the marks of these rows away."""
        for key in keys:
            self._keys.pop(key, None)

    def forget_gone(self) -> None:
        """Take the marks of rows away that there are no more."""
        self.forget([key for key in self._keys if key not in self._index.source])

    def beside(self, position: int, step: int) -> int | None:
        """The position of the next marked row that is shown (`step` 1), or of the one before (-1), going on from the
        other end; None where none is."""
        if not self._keys:
            return None
        shown = self._index.keys()
        order = [*shown[position + 1 :], *shown[: position + 1]] if step > 0 else [*shown[position:], *shown[:position]]
        found = next((key for key in (order if step > 0 else reversed(order)) if key in self._keys), None)
        return None if found is None else self._index.position(found)

    def _add(self, keys: Iterable[Any]) -> None:
        """A row that is gone, and is shown only because the order is held, is nothing to act on."""
        self._keys.update((key, None) for key in keys if key in self._index.source)
