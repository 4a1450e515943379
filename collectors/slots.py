"""How many looks may be under way at once.

Two limits, since a look costs in two ways. Those that begin or end cost CPU, and a loop that takes in hundreds of
answers in one go is deaf to keys meanwhile: few of them at once. Those that wait for a server that hangs cost next to
nothing, but would keep everybody else waiting if they counted: so one that takes longer than a moment counts for the
second limit only, which is there to bound memory and open files.
"""

from collections.abc import Hashable

MOMENT_S = 0.5


class Slots:
    """Counts looks by when they began. `busy` is the first limit, `most` the second, `busy` times 16 if not said."""

    def __init__(self, busy: int, most: int | None = None) -> None:
        self._busy = busy
        self._most = most or busy * 16
        self._begun: dict[Hashable, float] = {}  # the oldest first

    def __len__(self) -> int:
        return len(self._begun)

    def free(self, now: float) -> int:
        """How many more looks may begin at `now` (monotonic seconds)."""
        waiting = 0
        for begun in self._begun.values():
            if now - begun < MOMENT_S:
                break
            waiting += 1
        total = len(self._begun)
        return max(0, min(self._busy - (total - waiting), self._most - total))

    def begin(self, look: Hashable, now: float) -> None:
        """`look` begins."""
        self._begun[look] = now

    def end(self, look: Hashable) -> None:
        """`look` has ended; it may never have begun."""
        self._begun.pop(look, None)
