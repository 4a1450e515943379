"""The samples that rules, SLOs, gates and queries evaluate over: only what they ask for, only as far back as they look.

Sources write rows: a target's page (`add_page`), a failed scrape of it (`failed`), several series at one time
(`add_row`), or one sample (`add`). What a source had in its row before and has no more has ended, as in Prometheus.
Each series belongs to one source. Times of samples are those of the scrape, in whole milliseconds; a row that is not
later than the one before is left out, as Prometheus leaves out what is out of order.

Memory is bounded: beyond `SampleLimits` new series are refused and counted, and when the points are spent all series
are kept less far back, which `problems()` says.
"""

import math
from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME, Labels
from fleet.promql.storage import STALE, Latest, Matchers, Series, is_stale
from fleet.samples.index import Index, Selection
from fleet.samples.matrix import Kept, Matrix, column_of
from fleet.samples.targets import Own, labels_of_series, target_pairs
from fleet.samples.wants import LOOK_BACK_S, Asked, Wants
from fleet.times import span_text

_SWEEP_MS = 60_000
"""Time between two looks for sources that write no more."""
_SHRINK = 0.8
"""When the points are spent, series are kept this much as far back as before."""
SCRAPED = (SeriesId("up"), SeriesId("scrape_duration_seconds"), SeriesId("scrape_samples_scraped"))
"""What a scrape says of itself, as Prometheus adds it to every target."""
_FAILED: tuple[SeriesId, ...] = ()


class SampleLimits(Struct, frozen=True, kw_only=True):
    """How much is kept at most: series, points (8 bytes each), and seconds back."""

    series: int = 200_000
    points: int = 24_000_000
    reach_s: float = 6 * 3600.0


class Samples:
    """A `Storage` of recent samples. Confined to the event loop."""

    def __init__(self, limits: SampleLimits | None = None) -> None:
        self.limits = limits or SampleLimits()
        self._wants = Wants()
        self._index = Index()
        self._sources: dict[Hashable, Matrix] = {}
        self._used = 0
        self._room_s = math.inf
        self._swept_ms = -(2**62)
        self._full = self._contested = False
        self._retries = 0
        self.refused = 0
        """Series that were not taken for lack of room, counted each time that they were met anew; those that come alone
        (`add`) each time."""
        self.conflicts = 0
        """Series that were not taken because another source has one of the same labels."""
        self.late = 0
        """Rows that were left out because they were not later than the one before."""

    def __len__(self) -> int:
        """Series that have samples."""
        return len(self._index)

    @property
    def points(self) -> int:
        """Numbers held: values, and times once a source."""
        return self._used

    @property
    def reach_s(self) -> float:
        """How far back samples are kept, in seconds: what is asked for, within the limits."""
        return min(self._wants.reach_s, self.limits.reach_s + LOOK_BACK_S, self._room_s)

    # ── what is asked for ──

    def want(self, who: str, wanted: Iterable[Asked]) -> None:
        """`who` ("rules", "slos", "query:…") asks for these selectors from now on, and for nothing else; an empty
        `wanted` ends it. What nobody asks for any more takes no new samples."""
        self._wants.want(who, wanted)
        self._room_s = math.inf

    def is_wanted(self, labels: Labels) -> bool:
        """Whether anybody asks for the series with these labels."""
        return labels.name in self._wants.names or any(
            self._index.matches(matchers, labels) for matchers in self._wants.others
        )

    def may_want(self, name: str) -> bool:
        """Whether anybody asks, or may ask, for a series of this metric name."""
        return name in self._wants.names or any(
            all(self._index.test(matcher)(name) for matcher in matchers if matcher.name == NAME)
            for matchers in self._wants.others
        )

    def problems(self) -> tuple[str, ...]:
        """What is kept less far back than it is asked for, and what was refused, in sentences."""
        most = self.reach_s
        said = [
            f"{who} looks back {'for ever' if math.isinf(reach) else span_text(reach)}, "
            f"samples are kept for {span_text(most)}"
            for who, reach in self._wants.beyond(most).items()
        ]
        if self.refused:
            said.append(f"series that were not kept for lack of room: {self.refused:,}")
        if self.conflicts:
            said.append(f"series that another source has already: {self.conflicts:,}")
        return tuple(said)

    # ── writing ──

    def add_page(
        self, target: str, at_s: float, page: Page, labels: Mapping[str, str], took_s: float | None = None
    ) -> None:
        """A scraped page of `target`, whose labels are `labels`; `took_s` is how long the scrape took. A page's label
        that has the name of one of the target's becomes `exported_<name>`."""
        self._scraped(target, at_s, page, labels, 1.0, took_s)

    def failed(self, target: str, at_s: float, labels: Mapping[str, str], took_s: float | None = None) -> None:
        """A scrape failed: all series of the target end, and its `up` is 0."""
        self._scraped(target, at_s, None, labels, 0.0, took_s)

    def add_row(self, source: str, at_ms: int, labels: Sequence[Labels], values: Sequence[float]) -> None:
        """Values of several series at one time: `values[i]` of `labels[i]`. Series of the row before that are not in
        this one end. Whether anybody wants them is for the caller to know."""
        matrix = self._matrix(source, at_ms)
        if matrix is None:
            return
        shape = tuple(labels)
        if matrix.shape != shape or matrix.generation != self._retries:
            self._arrange(matrix, enumerate(shape), at_ms, len(shape))
            matrix.shape, matrix.generation = shape, self._retries
        if matrix.pick is not None:
            row = array("d", values)
            row.append(STALE)
            self._append(matrix, at_ms, matrix.pick(row))

    def add(self, labels: Labels, at_ms: int, value: float) -> None:
        """One sample of one series."""
        matrix = self._matrix(labels, at_ms)
        if matrix is None:
            return
        if matrix.pick is None or matrix.generation != self._retries:
            self._arrange(matrix, ((0, labels),), at_ms, 1)
            matrix.generation = self._retries
            if not matrix.series:
                # There was no room. Nothing of it is remembered: a million of them would cost as much as the others.
                del self._sources[labels]
                return
        if matrix.pick is not None:
            self._append(matrix, at_ms, array("d", (value,)))
            if is_stale(value):
                matrix.segments[-1].holes = True

    def stale(self, what: Labels | str, at_ms: int) -> None:
        """The series, or all series of a source or target, end at `at_ms`."""
        matrix = self._sources.get(what)
        if matrix is None or not matrix.segments or at_ms <= matrix.newest_ms:
            return
        if isinstance(what, str):
            matrix.shape, matrix.generation = None, -1
            self._ended(matrix.arrange([-1] * len(matrix.series), at_ms, 0))
        width = matrix.segments[-1].width
        matrix.segments[-1].holes = True
        self._append(matrix, at_ms, array("d", [STALE]) * width)

    def gone(self, target: str, at_s: float) -> None:
        """A target is no longer looked at: all of its series end."""
        self.stale(target, _ms(at_s))

    def shift(self, seconds: float) -> None:
        """The clock was set by `seconds`: all samples are that much later than they were taken for."""
        for matrix in self._sources.values():
            matrix.shift(_ms(seconds))
        self._swept_ms += _ms(seconds)

    # ── answers ──

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """As `Storage.latest`."""
        chosen = self._index.select(matchers)
        if not chosen.labels:
            return Latest((), (), ())
        times = [matrix.newest_ms for matrix in chosen.matrices]
        if min(times) > after_ms and max(times) <= until_ms:
            values = [matrix.last[column] for matrix, column in zip(chosen.matrices, chosen.columns, strict=True)]
            # A sum is NaN where any of its terms is (and for two infinities, which only costs the longer way).
            if not math.isnan(sum(values)):
                return Latest(chosen.labels, times, values)
        return _one_by_one(chosen, after_ms, until_ms)

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        """As `Storage.range`."""
        chosen = self._index.select(matchers)
        labels, columns = chosen.labels, chosen.columns
        for matrix, first, end in chosen.groups:
            parts = matrix.parts(from_ms, until_ms)
            if parts:
                for place in range(first, end):
                    times, values = column_of(parts, columns[place])
                    if times:
                        yield Series(labels[place], times, values)

    def prepare(self, matchers: Matchers) -> Iterator[None]:
        """Make what the first answer about `matchers` needs, in pieces."""
        return self._index.prepare(matchers)

    def has(self, labels: Labels) -> bool:
        """Whether samples of this very series are kept."""
        return self._index.get(labels) is not None

    def since_ms(self, labels: Labels) -> int | None:
        """The time of the oldest sample of this very series; None where it is not kept."""
        kept = self._index.get(labels)
        if kept is None:
            return None
        times, _ = column_of(kept.matrix.parts(0, kept.matrix.newest_ms), kept.column)
        return times[0] if times else kept.matrix.newest_ms

    def count(self, matchers: Matchers) -> int:
        """How many series that match are kept."""
        return len(self._index.select(matchers).labels)

    def names(self) -> Iterable[str]:
        """The metric names of what is kept."""
        return self._index.names()

    # ── inside ──

    def _scraped(
        self, target: str, at_s: float, page: Page | None, labels: Mapping[str, str], up: float, took_s: float | None
    ) -> None:
        at_ms = _ms(at_s)
        matrix = self._matrix(target, at_ms)
        if matrix is None:
            return
        series = _FAILED if page is None else page.series
        generation = self._wants.generation + self._retries
        if matrix.shape is not series or matrix.generation != generation or matrix.labels != labels:
            wanted = self._wanted(series, target_pairs(labels))
            self._arrange(matrix, wanted, at_ms, len(series) + len(SCRAPED))
            matrix.shape, matrix.labels, matrix.generation = series, dict(labels), generation
        if matrix.pick is None:
            return
        if took_s is None and self.may_want(SCRAPED[1].name):
            matrix.segments[-1].holes = True
        values = array("d", () if page is None else page.values)
        values.extend((up, STALE if took_s is None else took_s, float(len(series)), STALE))
        self._append(matrix, at_ms, matrix.pick(values))

    def _wanted(self, series: tuple[SeriesId, ...], own: Own) -> Iterator[tuple[int, Labels]]:
        """(place, labels) of the series that somebody wants."""
        names, others = self._wants.names, self._wants.others
        for place, one in enumerate((*series, *SCRAPED)):
            if one.name in names:
                yield place, labels_of_series(one, own)
            elif others:
                labels = labels_of_series(one, own)
                if any(self._index.matches(matchers, labels) for matchers in others):
                    yield place, labels

    def _arrange(self, matrix: Matrix, wanted: Iterable[tuple[int, Labels]], at_ms: int, hole: int) -> None:
        """Give columns to the series of a new shape; `hole` is where the staleness marker will stand."""
        places: dict[int, int] = {}
        for place, labels in wanted:
            column = self._column(matrix, labels)
            # The page's own series of a name comes before what a scrape adds, and the first of two before the second.
            if column is not None:
                places.setdefault(column, place)
        if matrix.series:
            source = [places.get(column, -1) for column in range(len(matrix.series))]
            self._ended(matrix.arrange(source, at_ms, hole))

    def _column(self, matrix: Matrix, labels: Labels) -> int | None:
        known = self._index.get(labels)
        if known is not None:
            if known.matrix is matrix:
                return known.column
            if known.matrix.has_value(known.column):
                self.conflicts += 1
                self._contested = True
                return None
            self._index.remove(known)
        if len(self._index) >= self.limits.series or self._used >= self.limits.points:
            self.refused += 1
            self._full = True
            return None
        kept = matrix.enter(labels)
        self._index.add(kept)
        return kept.column

    def _ended(self, some: bool) -> None:
        """Where series ended, those that two sources had are looked at anew."""
        if some and self._contested:
            self._contested = False
            self._retries += 1

    def _matrix(self, source: Hashable, at_ms: int) -> Matrix | None:
        """The matrix of a source, where a row at this time can be taken."""
        if at_ms - self._swept_ms >= _SWEEP_MS:
            self._sweep(at_ms)
        matrix = self._sources.get(source)
        if matrix is None:
            matrix = self._sources[source] = Matrix()
        elif at_ms <= matrix.newest_ms:
            self.late += 1
            return None
        return matrix

    def _append(self, matrix: Matrix, at_ms: int, row: "array[float]") -> None:
        self._used += matrix.append(at_ms, row)
        self._trim(matrix, at_ms - _ms(self.reach_s), at_once=self._room_s < math.inf)
        if self._used > self.limits.points:
            self._shrink(at_ms)

    def _trim(self, matrix: Matrix, before_ms: int, *, at_once: bool = False) -> None:
        freed, ended = matrix.trim(before_ms, at_once=at_once)
        self._used -= freed
        self._forget(ended)

    def _forget(self, series: Iterable[Kept]) -> None:
        for kept in series:
            self._index.remove(kept)
            if self._full:
                # There is room again: those that were refused are looked at anew.
                self._full = False
                self._retries += 1

    def _shrink(self, at_ms: int) -> None:
        """Keep everything less far back, until it fits."""
        oldest = min((old for matrix in self._sources.values() if (old := matrix.oldest_ms) is not None), default=at_ms)
        span_s = min(self.reach_s, (at_ms - oldest) / 1000)
        while self._used > self.limits.points * _SHRINK and span_s > 1:
            span_s *= _SHRINK
            for matrix in self._sources.values():
                self._trim(matrix, at_ms - _ms(span_s), at_once=True)
        self._room_s = span_s

    def _sweep(self, at_ms: int) -> None:
        """Forget the sources that have written nothing for as long as samples are kept."""
        self._swept_ms = at_ms
        if self._used < self.limits.points // 2:
            self._room_s = math.inf
        before_ms = at_ms - _ms(self.reach_s)
        for source, matrix in list(self._sources.items()):
            if matrix.newest_ms < before_ms:
                del self._sources[source]
                self._used -= matrix.points
                matrix.segments.clear()
                self._forget(kept for kept in matrix.series if kept is not None)


def _one_by_one(chosen: Selection, after_ms: int, until_ms: int) -> Latest:
    labels: list[Labels] = []
    times: list[int] = []
    values: list[float] = []
    for one, matrix, column in zip(chosen.labels, chosen.matrices, chosen.columns, strict=True):
        at = matrix.newest_ms
        if at > until_ms:
            found = matrix.at(column, after_ms, until_ms)
            if found is None:
                continue
            at, value = found
        else:
            value = matrix.last[column]
            if at <= after_ms or is_stale(value):
                continue
        labels.append(one)
        times.append(at)
        values.append(value)
    return Latest(labels, times, values, len(chosen.labels))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
