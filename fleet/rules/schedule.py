"""When a group of rules is evaluated: on a grid of its interval, shifted by an offset of its own, as in Prometheus.

The offset is made from the group's key, so that groups of one interval do not all come due in the same moment and a
group keeps its place over restarts. An iteration that comes late is evaluated at the newest point of the grid that has
passed; those before it are missed: counted, never made up for.
"""

import hashlib


def offset_ms(key: str, interval_ms: int) -> int:
    """How far the group's grid is shifted from the whole multiples of its interval."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % interval_ms


class Grid:
    """The evaluation times of one group, in milliseconds since the epoch. `missed` counts iterations that were
    skipped."""

    def __init__(self, key: str, interval_ms: int) -> None:
        self.interval_ms = interval_ms
        self.missed = 0
        self._offset = offset_ms(key, interval_ms)
        self._last: int | None = None
        """The newest point that was handed out, or before which nothing is due."""

    @property
    def next_ms(self) -> int | None:
        """When the next iteration is due; None before the first question."""
        return None if self._last is None else self._last + self.interval_ms

    def slot(self, now_ms: int) -> int:
        """The newest point of the grid at or before `now_ms`."""
        return (now_ms - self._offset) // self.interval_ms * self.interval_ms + self._offset

    def due(self, now_ms: int) -> int | None:
        """The time of the iteration that is due, or None; each is handed out once.

        The first question begins the grid: the first iteration is at the next point after it (at once where it falls
        on one). Where the clock was set back past the last iteration, the grid begins anew from there.
        """
        slot = self.slot(now_ms)
        if self._last is None or slot < self._last:
            self._last = slot - self.interval_ms if self._last is None and slot == now_ms else slot
        if slot <= self._last:
            return None
        self.missed += (slot - self._last) // self.interval_ms - 1
        self._last = slot
        return slot

    def follow(self, other: "Grid") -> None:
        """Go on where `other`, the grid of the same group before its rules were edited, was."""
        self.missed = other.missed
        self._last = None if other._last is None else self.slot(other._last)
