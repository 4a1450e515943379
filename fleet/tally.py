"""How many rows of a slice have which marks, kept up as rows change: a look costs what changed, not what there is."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from fleet.store import Slice

K = TypeVar("K")
V = TypeVar("V")


class Tally(Generic[K, V]):
    """Counts the marks that `marks` gives each row (say, its state). It listens to the slice until `close`.

    With `confirmed` it counts those that were ever confirmed, too; those that were not are looked at every time.
    """

    def __init__(self, rows: Slice[K, V], marks: Callable[[V], Iterable[Hashable]], *, confirmed: bool = False) -> None:
        self._rows = rows
        self._marks = marks
        self._confirmed = confirmed
        self._subscription = rows.subscribe(lambda: None)
        self._of: dict[K, tuple[Hashable, ...]] = {}
        self._counts: Counter[Hashable] = Counter()
        self._unseen: set[K] = set()
        for key, row in rows.items():
            self._add(key, row)

    def catch_up(self) -> None:
        """Take over what has changed."""
        diff = self._subscription.drain()
        for key in diff.removed | diff.updated:
            self._remove(key)
        for key in diff.changed:
            self._add(key, self._rows[key])
        if self._unseen:
            self._unseen = {key for key in self._unseen if self._rows.seen(key) is None}

    def close(self) -> None:
        """Stop listening."""
        self._subscription.close()

    def __len__(self) -> int:
        """Rows that there are."""
        return len(self._of)

    def __getitem__(self, mark: Hashable) -> int:
        """Rows with this mark."""
        return self._counts[mark]

    @property
    def seen(self) -> int:
        """Rows that were confirmed at least once; of a tally without `confirmed`, all."""
        return len(self._of) - len(self._unseen)

    def _add(self, key: K, row: V) -> None:
        marks = self._of[key] = tuple(self._marks(row))
        self._counts.update(marks)
        if self._confirmed and self._rows.seen(key) is None:
            self._unseen.add(key)

    def _remove(self, key: K) -> None:
        self._counts.subtract(self._of.pop(key))
        self._unseen.discard(key)
