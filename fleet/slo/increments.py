"""What a counter grew by, sample by sample, and in which minutes that was.

Nothing is extrapolated: a series' first sample counts nothing, a counter that went back counts what it shows since, and
growth over a longer gap is laid evenly over its minutes, so that it stays in long windows without flooding short ones.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

GAP_MS = 300_000
"""From here on a series was away: Prometheus's look-back."""
MINUTE_MS = 60_000


class Mark(NamedTuple):
    """The last sample of a series that was taken in."""

    at_ms: int
    value: float


class Growth(NamedTuple):
    """`amount` events in the minutes `first … last`, even where these are many."""

    first: int
    last: int
    amount: float


def growths(times: Sequence[int], values: Sequence[float], start: int, mark: Mark | None) -> Iterator[Growth]:
    """The growth at each sample from index `start` on, after `mark` (None: this series is new). A value that is no
    number is passed over."""
    before = mark
    for index in range(start, len(times)):
        at_ms, value = times[index], values[index]
        if not math.isfinite(value):
            continue
        minute = at_ms // MINUTE_MS
        if before is None:
            yield Growth(minute, minute, 0.0)
        elif value < before.value:
            yield Growth(minute, minute, value)
        elif at_ms - before.at_ms <= GAP_MS:
            yield Growth(minute, minute, value - before.value)
        else:
            yield Growth(min(before.at_ms // MINUTE_MS + 1, minute), minute, value - before.value)
        before = Mark(at_ms, value)


def last_mark(times: Sequence[int], values: Sequence[float], mark: Mark | None) -> Mark | None:
    """The mark after these samples."""
    for index in range(len(times) - 1, -1, -1):
        if mark is not None and times[index] <= mark.at_ms:
            return mark
        if math.isfinite(values[index]):
            return Mark(times[index], values[index])
    return mark
