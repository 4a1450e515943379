"""Time slices: each stretch of so many minutes is one event, good where enough of it was (`Timeslices`), or as good as
it was (`RatioTimeslices`). A slice is counted in its last minute, when it is over; one without events is none."""

from collections.abc import Iterator

from fleet.slo.rollup import Track

_PIECE = 256
_LOOKED_AT_AGAIN = 120
"""Minutes before the start that are cut into slices again: the last one may have been open when fleetdeck ended."""


class Slicer:
    """Makes the slices of one track, and makes one again where its minutes change."""

    def __init__(self, base: Track, out: Track, minutes: int, target: float | None) -> None:
        """`target` None: a slice counts as good as it was."""
        self.base = base
        self.out = out
        self._minutes = minutes
        self._target = target
        self._done: int | None = None

    def step(self, changed_from: int, now_minute: int) -> Iterator[None]:
        """Cut what is over by `now_minute`; `changed_from` is the oldest minute that changed."""
        open_slice = now_minute // self._minutes
        first = min(changed_from // self._minutes, self._begin(now_minute))
        first = max(first, self.base.hours.start * 60 // self._minutes)
        for count, number in enumerate(range(first, open_slice)):
            if count % _PIECE == _PIECE - 1:
                yield
            start = number * self._minutes
            found = self.base.sums(start, start + self._minutes)
            if found.total > 0:
                ratio = min(1.0, max(0.0, found.good / found.total))
                good = ratio if self._target is None else float(ratio >= self._target)
                self.out.put(start + self._minutes - 1, (good, 1.0, 1))
        self._done = open_slice

    def _begin(self, now_minute: int) -> int:
        if self._done is not None:
            return self._done
        if not len(self.out):
            return self.base.hours.start * 60 // self._minutes
        return (now_minute - _LOOKED_AT_AGAIN) // self._minutes - 1
