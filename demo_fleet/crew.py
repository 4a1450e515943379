"""Workers as a value of the script's time: so many at once, a batch each, and so many seconds for a batch."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Crew(Generic[T]):
    """`workers` workers; each takes up to `batch` items and has done them after `work_s` seconds of the script."""

    def __init__(self, workers: int, batch: int, work_s: float) -> None:
        self._workers = workers
        self._batch = batch
        self._work_s = work_s
        self._waiting: deque[T] = deque()
        self._at_work: list[tuple[float, list[T]]] = []

    @property
    def room(self) -> int:
        """How many more items would be taken up at once."""
        return max(0, (self._workers - len(self._at_work)) * self._batch - len(self._waiting))

    @property
    def held(self) -> int:
        """How many items it has that are not done."""
        return len(self._waiting) + sum(len(batch) for _, batch in self._at_work)

    def give(self, items: Iterable[T]) -> None:
        """More to do."""
        self._waiting.extend(items)

    def done(self, t: float) -> list[T]:
        """What has been done by `t`, in order; who is free then takes up what waits."""
        finished = [item for end, batch in self._at_work if end <= t for item in batch]
        self._at_work = [(end, batch) for end, batch in self._at_work if end > t]
        while self._waiting and len(self._at_work) < self._workers:
            batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            self._at_work.append((t + self._work_s, batch))
        return finished

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._at_work.clear()
