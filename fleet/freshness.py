"""Which values have grown too old, found without looking at all of them.

A heap of deadlines: a value that was confirmed since it was put there is put back with its new deadline when the old
one comes up. So a check costs a comparison when nothing is due, and each value is looked at about once per limit.
"""

import heapq
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """`seen(key)` tells when a key was last confirmed (None: forget it), `limit_s(key)` how many seconds that holds."""

    def __init__(self, seen: Callable[[K], datetime | None], limit_s: Callable[[K], float]) -> None:
        self._seen = seen
        self._limit_s = limit_s
        self._heap: list[tuple[datetime, int, K]] = []
        self._watched: set[K] = set()
        self._count = 0

    def watch(self, key: K) -> None:
        """Have `key` come up when it turns stale; nothing happens where it is watched already."""
        if key in self._watched:
            return
        deadline = self._deadline(key)
        if deadline is not None:
            self._watched.add(key)
            self._push(deadline, key)

    def due(self, now: datetime) -> list[K]:
        """The keys that turned stale by `now`. They are no longer watched: watch them again when they are fresh."""
        stale: list[K] = []
        while self._heap and self._heap[0][0] <= now:
            _, _, key = heapq.heappop(self._heap)
            deadline = self._deadline(key)
            if deadline is None:
                self._watched.discard(key)
            elif deadline <= now:
                self._watched.discard(key)
                stale.append(key)
            else:
                self._push(deadline, key)
        return stale

    def rebuild(self) -> None:
        """Work all deadlines out anew: limits became shorter, or the clock was set back."""
        watched, self._watched, self._heap = self._watched, set(), []
        for key in watched:
            self.watch(key)

    def _deadline(self, key: K) -> datetime | None:
        seen = self._seen(key)
        return None if seen is None else seen + timedelta(seconds=self._limit_s(key))

    def _push(self, deadline: datetime, key: K) -> None:
        self._count += 1
        heapq.heappush(self._heap, (deadline, self._count, key))


def is_stale(seen: datetime | None, limit_s: float, now: datetime) -> bool:
    """Whether something last confirmed at `seen` is older than `limit_s`; never confirmed is not stale but unknown."""
    return seen is not None and (now - seen).total_seconds() >= limit_s
