"""What a table hears of: its own rows, and whatever else their cells look into."""

from collections.abc import Callable, Iterator
from typing import Any

from fleet.store import Diff, Slice, Store, Subscription
from fleet.views.view import Beside, View


class News:
    """What changed of the rows of a view since the last `drain`; `wake` is called when there is something."""

    def __init__(self, view: View[Any], store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._rows: Slice[Any, Any] = view.rows(store)
        self._own: Subscription[Any, Any] = self._rows.subscribe(wake)
        self._beside = tuple((part, part.slice(store).subscribe(wake)) for part in view.beside)

    def drain(self) -> Diff[Any]:
        """The rows that came, went, or may look other than before."""
        own = self._own.drain()
        touched = frozenset(key for key in self._touched() if key in self._rows) - own.added
        return Diff(own.added, own.updated | touched, own.removed) if touched else own

    def close(self) -> None:
        """Stop listening."""
        self._own.close()
        for _, subscription in self._beside:
            subscription.close()

    def _touched(self) -> Iterator[Any]:
        beside: tuple[tuple[Beside, Subscription[Any, Any]], ...] = self._beside
        for part, subscription in beside:
            diff = subscription.drain()
            for changed in diff.changed | diff.removed:
                yield from part.touches(self._store, changed)
