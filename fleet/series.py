"""History in bounded memory: rings of numbers for sparklines and rates.

`Ring` keeps one series. `Block` keeps all series of a scraped target over one shared column of times, which costs a
third of separate rings. `History` owns both, under one budget of points; what does not fit is refused and counted,
never grown into. Times are epoch seconds.

With ten thousand agents not everything fits. So the pages may take half of the budget at most, which leaves room for
the few numbers that stand in every agent's row; and what the operator has configured one by one (queues, backlogs, this
machine) is always kept, because rates are made of it.
"""

import math
from array import array
from collections.abc import Iterator, Sequence

from fleet.model import Page, SeriesId

RING_POINTS = 240
BLOCK_POINTS = 60
POINTS_BUDGET = 6_000_000
"""Points of 8 bytes in all (48 MB) before new series of agents are refused."""
_FURTHEST_S = 100_000.0
"""Seconds from a rough ring's base to its last point, so that 32 bits tell times apart to a hundredth of a second."""

SeriesKey = tuple[str, str, str]
"""(what, who, which): `("agent", "planner-1", "latency_s")`."""
_MANY = "agent"
"""What there may be thousands of."""


class Ring:
    """The last `capacity` points of one series, oldest first. NaN stands for a gap.

    A `rough` one keeps seven digits of its values, in half the memory: enough for a sparkline, not for a rate.
    """

    __slots__ = ("_base", "_capacity", "_next", "_times", "_values")

    def __init__(self, capacity: int = RING_POINTS, *, rough: bool = False) -> None:
        self._capacity = capacity
        self._base = 0.0
        self._times = array("f" if rough else "d")
        self._values = array("f" if rough else "d")
        self._next = 0

    def __len__(self) -> int:
        return len(self._times)

    def add(self, at: float, value: float) -> None:
        """Append a point; a point that is not later than the last one replaces it (a clock that went back)."""
        last = self._last_index()
        if self._times.typecode == "f":
            at = self._from_base(at, last)
        if last is not None and at <= self._times[last]:
            self._values[last] = value
            return
        if len(self._times) < self._capacity:
            self._times.append(at)
            self._values.append(value)
            return
        self._times[self._next] = at
        self._values[self._next] = value
        self._next = (self._next + 1) % self._capacity

    def points(self, since: float = -math.inf) -> list[tuple[float, float]]:
        """(time, value) pairs not older than `since`, oldest first."""
        base = self._base
        return [(base + self._times[i], self._values[i]) for i in self._order() if base + self._times[i] >= since]

    def values(self, most: int | None = None) -> list[float]:
        """The last `most` values, oldest first."""
        ordered = [self._values[i] for i in self._order()]
        return ordered if most is None else ordered[-most:]

    def last(self) -> tuple[float, float] | None:
        """The newest (time, value)."""
        index = self._last_index()
        return None if index is None else (self._base + self._times[index], self._values[index])

    def _from_base(self, at: float, last: int | None) -> float:
        """Seconds from the base, which is set anew where it is too far away."""
        if last is None:
            self._base = at
        elif at - self._base > _FURTHEST_S:
            by = self._times[self._next % len(self._times)]
            self._base += by
            self._times = array("f", (time - by for time in self._times))
        return at - self._base

    def _last_index(self) -> int | None:
        size = len(self._times)
        return None if size == 0 else (self._next - 1) % size if size == self._capacity else size - 1

    def _order(self) -> Iterator[int]:
        yield from range(self._next, len(self._times))
        yield from range(self._next)


class Block:
    """The last pages of one target: one column of times, one row of values a page."""

    __slots__ = ("_capacity", "_series", "_times", "_values")

    def __init__(self, series: tuple[SeriesId, ...], capacity: int = BLOCK_POINTS) -> None:
        self._series = series
        self._capacity = capacity
        self._times = array("d")
        self._values = array("d")

    @property
    def size(self) -> int:
        """Points that this block may come to hold."""
        return self._capacity * (len(self._series) + 1)

    def add(self, at: float, page: Page) -> None:
        """Append `page`; a changed set of series is mapped onto the old one, with NaN where a series is new."""
        if page.series is not self._series and page.series != self._series:
            self._reshape(page.series)
        if self._times and at <= self._times[-1]:
            return
        if len(self._times) == self._capacity:
            del self._times[0]
            del self._values[: len(self._series)]
        self._times.append(at)
        self._values.extend(page.values)

    def column(self, series: SeriesId) -> list[tuple[float, float]]:
        """(time, value) pairs of one series, oldest first, gaps left out; empty where it is not kept."""
        try:
            index = self._series.index(series)
        except ValueError:
            return []
        values = self._values[index :: len(self._series)]
        return [point for point in zip(self._times, values, strict=True) if not math.isnan(point[1])]

    def _reshape(self, series: tuple[SeriesId, ...]) -> None:
        width = len(self._series)
        old = {key: index for index, key in enumerate(self._series)}
        columns = [old.get(key) for key in series]
        values = array("d")
        for row in range(len(self._times)):
            values.extend(math.nan if c is None else self._values[row * width + c] for c in columns)
        self._series, self._values = series, values


class History:
    """Every ring and block that the views ask for, under one budget."""

    def __init__(self, budget: int = POINTS_BUDGET) -> None:
        self._budget = budget
        # By subject, so that forgetting one of thousands does not look through all the others.
        self._rings: dict[tuple[str, str], dict[str, Ring]] = {}
        self._blocks: dict[str, Block] = {}
        self._used = self._used_by_blocks = 0
        # Kept times are those of the clock as it was at first, so that they never go back.
        self._shifted = 0.0
        self.refused = 0
        """Series and targets that were not kept because the budget was spent."""

    def __len__(self) -> int:
        return sum(map(len, self._rings.values())) + sum(len(block._series) for block in self._blocks.values())

    def shift(self, seconds: float) -> None:
        """The clock was set by `seconds`: all points are that much later than they were taken for."""
        self._shifted += seconds

    def add(self, key: SeriesKey, at: float, value: float | None) -> None:
        """Append a point to the ring of `key`; None is no point."""
        if value is None:
            return
        ring = self._ring(key)
        if ring is None:
            rough = key[0] == _MANY
            if rough and not self._reserve(RING_POINTS):
                return
            ring = self._rings.setdefault(key[:2], {})[key[2]] = Ring(rough=rough)
        ring.add(at - self._shifted, value)

    def add_page(self, target: str, at: float, page: Page) -> None:
        """Append a scraped page to the block of `target`."""
        block = self._blocks.get(target)
        if block is None:
            block = Block(page.series)
            if not self._reserve_block(block.size):
                return
            self._blocks[target] = block
        if self._reserve_block(BLOCK_POINTS * (len(page.series) + 1) - block.size):
            block.add(at - self._shifted, page)

    def points(self, key: SeriesKey) -> list[tuple[float, float]]:
        """The kept (time, value) pairs of `key`, oldest first; empty where nothing is kept."""
        ring = self._ring(key)
        return [] if ring is None else [(at + self._shifted, value) for at, value in ring.points()]

    def last(self, key: SeriesKey) -> float | None:
        """The newest value of `key`, or None."""
        ring = self._ring(key)
        point = ring.last() if ring else None
        return None if point is None else point[1]

    def values(self, key: SeriesKey, most: int | None = None) -> list[float]:
        """The last values of `key`, oldest first; empty where nothing is kept."""
        ring = self._ring(key)
        return [] if ring is None else ring.values(most)

    def column(self, target: str, series: SeriesId) -> list[tuple[float, float]]:
        """The kept points of one scraped series."""
        block = self._blocks.get(target)
        return [] if block is None else [(at + self._shifted, value) for at, value in block.column(series)]

    def drop(self, what: str, who: str) -> None:
        """Forget all series of one subject."""
        rings = self._rings.pop((what, who), {})
        block = self._blocks.pop(who, None) if what == _MANY else None
        if what == _MANY:
            self._used -= RING_POINTS * len(rings)
        if block:
            self._used -= block.size
            self._used_by_blocks -= block.size

    def _ring(self, key: SeriesKey) -> Ring | None:
        rings = self._rings.get(key[:2])
        return None if rings is None else rings.get(key[2])

    def _reserve(self, points: int, *, over: bool = False) -> bool:
        if over or self._used + points > self._budget:
            self.refused += 1
            return False
        self._used += points
        return True

    def _reserve_block(self, points: int) -> bool:
        if not self._reserve(points, over=self._used_by_blocks + points > self._budget // 2):
            return False
        self._used_by_blocks += points
        return True


def increase(points: Sequence[tuple[float, float]]) -> float | None:
    """How much a counter grew over `points`, resets counted as starts from zero; None for fewer than two points.
    Gaps (NaN) are passed over.

    The rule of Prometheus's `increase` without its extrapolation to the window's edges.
    """
    points = [point for point in points if not math.isnan(point[1])]
    if len(points) < 2:
        return None
    grown = 0.0
    previous = points[0][1]
    for _, value in points[1:]:
        grown += value - previous if value >= previous else value
        previous = value
    return grown


def rate_per_s(points: Sequence[tuple[float, float]]) -> float | None:
    """Mean growth a second of a counter over `points`; None where there is no span to measure."""
    grown = increase(points)
    if grown is None:
        return None
    times = [at for at, value in points if not math.isnan(value)]
    span = times[-1] - times[0]
    return grown / span if span > 0 else None
