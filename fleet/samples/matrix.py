"""The samples of one target, as a matrix: a row a scrape, a column a series, one time a row.

Whoever writes a row says the value of every series that it has, so a series without one in a row has ended there: its
place holds the staleness marker. That is all of Prometheus's staleness: a series that is no longer on a page, a scrape
that failed, a target that is gone are rows with such holes.

A column is given to a series for good and used again once none of its samples is left. Rows stand one after the other
in one array: appending a page is one copy, a column is a strided slice. Only new series beyond the width make a new
segment, which then has columns to spare, so that a page that gains a series a scrape does not make a segment a scrape.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import isnan
from operator import itemgetter

from fleet.promql.labels import Labels
from fleet.promql.storage import is_stale

_SPARE = 8
"""Of so many columns one more is made when a matrix becomes wider."""
_TRIM_ROWS = 8
_TRIM_SHARE = 16
"""Rows are dropped from the front when there are this many of them, or this share of all: each drop moves the rest."""

_SHARED_WIDTH = 64
_NO_LABELS: Mapping[str, str] = {}

Picker = Callable[[Sequence[float]], "array[float]"]


class Kept:
    """A series that is kept: its labels and its column."""

    __slots__ = ("column", "labels", "matrix")

    def __init__(self, labels: Labels, matrix: "Matrix", column: int) -> None:
        self.labels = labels
        self.matrix = matrix
        self.column = column


class Segment:
    """Rows of one width. `holes` says that a row may lack a value of a series, so that slices are looked through."""

    __slots__ = ("holes", "times", "values", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.times = array("q")
        self.values = array("d")
        self.holes = False

    def drop(self, rows: int) -> None:
        """Forget the oldest rows."""
        del self.times[:rows]
        del self.values[: rows * self.width]


Part = tuple[Segment, int, int, Sequence[int]]
"""Rows of a segment: the first, the end, their times."""


class Matrix:
    """All samples of a target.

    `newest_ms` is the time of the last row and `last` that row, by column. `shape` is what the last rows were made from
    (compared by identity), `labels` those of the target, `generation` the wants that held then, and `pick` takes a row
    out of a page's values.
    """

    __slots__ = (
        "_ended",
        "_free",
        "generation",
        "labels",
        "last",
        "newest_ms",
        "pick",
        "segments",
        "series",
        "shape",
    )

    def __init__(self) -> None:
        self.series: list[Kept | None] = []
        self.segments: list[Segment] = []
        self.newest_ms = -(2**62)
        self.last: array[float] = array("d")
        self.shape: object = None
        self.labels = _NO_LABELS
        self.pick: Picker | None = None
        self.generation = -1
        self._ended: dict[int, int] = {}
        self._free: list[int] = []

    @property
    def points(self) -> int:
        """Numbers held: values and times."""
        return sum(len(segment.values) + len(segment.times) for segment in self.segments)

    @property
    def oldest_ms(self) -> int | None:
        """The time of the oldest row."""
        return next((segment.times[0] for segment in self.segments if segment.times), None)

    # ── columns ──

    def enter(self, labels: Labels) -> Kept:
        """A column for a series that has none."""
        column = self._free.pop() if self._free else len(self.series)
        kept = Kept(labels, self, column)
        if column == len(self.series):
            self.series.append(kept)
        else:
            self.series[column] = kept
        return kept

    def arrange(self, source: Sequence[int], at_ms: int, hole: int) -> bool:
        """From `at_ms` on the value of column c stands at `source[c]` among those of a page, or it has none (-1).
        `hole` is where the staleness marker stands then. True where a series ends by it."""
        before = len(self._ended)
        back = 0
        for column, place in enumerate(source):
            if place < 0:
                if self.series[column] is not None:
                    self._ended.setdefault(column, at_ms)
            elif self._ended.pop(column, None) is not None:
                back += 1
        width = self.segments[-1].width if self.segments else 0
        if len(source) > width:
            width = len(source) + (len(source) // _SPARE if self.segments else 0)
            self.segments.append(Segment(width))
        places = [place if place >= 0 else hole for place in source] + [hole] * (width - len(source))
        if hole in places:
            self.segments[-1].holes = True
        self.pick = _picker(tuple(places))
        return len(self._ended) + back > before

    def has_value(self, column: int) -> bool:
        """Whether the last row has a value of the column."""
        return column not in self._ended

    # ── rows ──

    def append(self, at_ms: int, row: "array[float]") -> int:
        """A row, later than the last one; how many numbers more are held."""
        segment = self.segments[-1]
        segment.times.append(at_ms)
        segment.values.extend(row)
        self.newest_ms = at_ms
        self.last = row
        return segment.width + 1

    def trim(self, before_ms: int, *, at_once: bool = False) -> tuple[int, list[Kept]]:
        """Forget rows older than `before_ms`, but never the last one; how many numbers that frees, and the series that
        have no sample left. Waits until it is worth while, but for `at_once`."""
        freed = 0
        while len(self.segments) > 1 and (not (times := self.segments[0].times) or times[-1] < before_ms):
            freed += len(times) + len(self.segments[0].values)
            del self.segments[0]
        segment = self.segments[0] if self.segments else None
        if segment is not None and segment.times:
            rows = min(bisect_left(segment.times, before_ms), len(segment.times) - 1)
            if rows and (at_once or rows >= _TRIM_ROWS or rows * _TRIM_SHARE >= len(segment.times)):
                segment.drop(rows)
                freed += rows * (segment.width + 1)
        return freed, self._forget_ended() if freed and self._ended else []

    def shift(self, by_ms: int) -> None:
        """Move all times."""
        for segment in self.segments:
            segment.times = array("q", [at + by_ms for at in segment.times])
        self._ended = {column: at + by_ms for column, at in self._ended.items()}
        self.newest_ms += by_ms

    def _forget_ended(self) -> list[Kept]:
        oldest = self.oldest_ms
        if oldest is None:
            return []
        gone = [column for column, at in self._ended.items() if at <= oldest]
        forgotten = []
        for column in gone:
            del self._ended[column]
            kept = self.series[column]
            if kept is not None:
                forgotten.append(kept)
            self.series[column] = None
            self._free.append(column)
        return forgotten

    # ── answers ──

    def at(self, column: int, after_ms: int, until_ms: int) -> tuple[int, float] | None:
        """(time, value) of the newest row with `after_ms < t <= until_ms`, None where it has none of the column."""
        for segment in reversed(self.segments):
            row = bisect_right(segment.times, until_ms) - 1
            if row >= 0:
                at = segment.times[row]
                if at <= after_ms or column >= segment.width:
                    return None
                value = segment.values[row * segment.width + column]
                return None if is_stale(value) else (at, value)
        return None

    def parts(self, from_ms: int, until_ms: int) -> list[Part]:
        """The rows with `from_ms <= t <= until_ms`."""
        if until_ms >= self.newest_ms and len(self.segments) == 1:
            segment = self.segments[0]
            low = bisect_left(segment.times, from_ms)
            times = segment.times[low:]
            return [(segment, low, low + len(times), times)] if times else []
        found: list[Part] = []
        for segment in self.segments:
            low, high = bisect_left(segment.times, from_ms), bisect_right(segment.times, until_ms)
            if low < high:
                found.append((segment, low, high, segment.times[low:high]))
        return found


def column_of(parts: Sequence[Part], column: int) -> tuple[Sequence[int], Sequence[float]]:
    """(times, values) of a column in `parts`, staleness markers left out."""
    if len(parts) == 1:
        return _slice(parts[0], column)
    times, values = array("q"), array("d")
    for part in parts:
        part_times, part_values = _slice(part, column)
        times.extend(part_times)
        values.extend(part_values)
    return times, values


def _slice(part: Part, column: int) -> tuple[Sequence[int], Sequence[float]]:
    segment, low, high, times = part
    width = segment.width
    if column >= width:
        return (), ()
    values = segment.values[low * width + column : high * width : width]
    # A sum is NaN where any of its terms is, and costs less than looking at each.
    if not segment.holes or not isnan(sum(values)):
        return times, values
    kept = [i for i, value in enumerate(values) if not isnan(value) or not is_stale(value)]
    if len(kept) == len(values):
        return times, values
    return array("q", [times[i] for i in kept]), array("d", [values[i] for i in kept])


def _picker(places: tuple[int, ...]) -> Picker:
    """What makes a row of the values at these places; thousands of targets share one."""
    return _shared_picker(places) if len(places) <= _SHARED_WIDTH else _made_picker(places)


@lru_cache(1024)
def _shared_picker(places: tuple[int, ...]) -> Picker:
    return _made_picker(places)


def _made_picker(places: Sequence[int]) -> Picker:
    first, count = (places[0], len(places)) if places else (0, 0)
    if list(places) == list(range(first, first + count)):
        return lambda values: array("d", values[first : first + count])
    pick = itemgetter(*places)
    if count == 1:
        return lambda values: array("d", (pick(values),))
    return lambda values: array("d", pick(values))
