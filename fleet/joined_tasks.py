"""The tasks of the queues and those that were submitted from here, as one slice for whoever shows tasks.

What is made of queues (depths, rates, series, objectives) reads the tasks of the queues alone. One that was submitted
from here and that a queue shows, too, stands there once: the queue's row wins, for as long as there is one.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from fleet.store import ABSENT, Slice, Subscription
from fleet.work import Task

Told = Callable[[str, object], None]


class _Relay(Subscription[str, Task]):
    """Passes on what a slice tells, at once."""

    def __init__(self, source: Slice[str, Task], told: Told) -> None:
        super().__init__(source, lambda: None)
        self._told = told

    def note(self, key: str, old: object, *, dropped: bool = False) -> None:
        """As `Subscription.note`."""
        self._told(key, old)


class JoinedTasks(Slice[str, Task]):
    """Reads through to `queues` and `submitted`; nobody writes to it. A task of ours goes by two ids: its key, which is
    the idempotency key of its item, and the id that its target gave it. A change costs a look into a dict."""

    def __init__(self, queues: Slice[str, Task], submitted: Slice[str, Task]) -> None:
        super().__init__()
        self._queues = queues
        self._submitted = submitted
        self._shown: dict[str, None] = {}
        """Keys of ours that no queue shows."""
        self._ids: dict[str, tuple[str, ...]] = {}
        self._ours: dict[str, set[str]] = {}
        """Keys of ours, by each of their ids."""
        self._theirs: Counter[str] = Counter()
        """How many rows of queues have an id; counted while there are rows of ours."""
        queues.listen(_Relay(queues, self._queue_told))
        submitted.listen(_Relay(submitted, self._submitted_told))

    def __getitem__(self, key: str) -> Task:
        return self._submitted[key] if key in self._shown else self._queues[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._queues
        yield from self._shown

    def __len__(self) -> int:
        return len(self._queues) + len(self._shown)

    def __contains__(self, key: object) -> bool:
        return key in self._queues or key in self._shown

    def seen(self, key: str) -> datetime | None:
        """When the row was last confirmed."""
        return (self._submitted if key in self._shown else self._queues).seen(key)

    def shift(self, by: timedelta) -> None:
        """Nothing: the parts are shifted."""

    def _queue_told(self, key: str, old: object) -> None:
        row = self._queues.get(key)
        self._note(key, old, dropped=row is None)
        if not self._ids or (isinstance(old, Task) and row is not None):
            return
        id = row.id if row is not None else old.id if isinstance(old, Task) else ""
        self._theirs[id] += 1 if row is not None else -1
        if self._theirs[id] <= 0:
            del self._theirs[id]
        for ours in self._ours.get(id, ()):
            self._show(ours, self._submitted[ours])

    def _submitted_told(self, key: str, old: object) -> None:
        if not self._ids:
            self._theirs = Counter(task.id for task in self._queues.values())
        for id in self._ids.pop(key, ()):
            self._ours[id].discard(key)
            if not self._ours[id]:
                del self._ours[id]
        row = self._submitted.get(key)
        if row is not None:
            self._ids[key] = ids = tuple(dict.fromkeys((key, row.id)))
            for id in ids:
                self._ours.setdefault(id, set()).add(key)
        self._show(key, old)
        if not self._ids:
            self._theirs.clear()

    def _show(self, key: str, old: object) -> None:
        """Show a row of ours, which was `old`, or hide it; and tell what changed by that."""
        was = key in self._shown
        now = key in self._ids and not any(id in self._theirs for id in self._ids[key])
        if now:
            self._shown[key] = None
        elif was:
            del self._shown[key]
        if was or now:
            self._note(key, old if was else ABSENT, dropped=not now)
