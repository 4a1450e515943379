"""Reading an indicator: from samples to good and total events in the minutes of its groups.

Counters are read series by series, sample by sample (`fleet.slo.increments`). A look overlaps the one before it, since
a slow target's samples come in late by their own times; what was taken in already is known by each series' mark.
"""

import math
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence

from fleet.errors import QueryError
from fleet.promql.labels import Labels
from fleet.promql.storage import Matchers, Series, Storage
from fleet.slo.definition import Counted, Indicator, Raw, Threshold
from fleet.slo.grouping import Group, Grouping
from fleet.slo.increments import GAP_MS, MINUTE_MS, Growth, Mark, growths, last_mark
from fleet.slo.inputs import Evaluated, Input, Selected, input_of
from fleet.slo.rollup import Track

OVERLAP_MS = 60_000
"""How late a sample may come in by its own time."""
REACH_S = 300.0
"""How far back samples are asked for: looks may be missed for so long."""
_PIECE = 200
"""Series between two pauses."""
LE = "le"


class Tracks:
    """The tracks of one indicator by group, within what all of them together may be."""

    def __init__(self, key: str, keep_hours: int, room: "Room") -> None:
        self.key = key
        self.by_group: dict[Group, Track] = {}
        self._keep_hours = keep_hours
        self._room = room

    def resume(self, before: "Tracks") -> None:
        """Go on with the tracks of the same indicator before, kept as long as these are."""
        self.by_group.update(before.by_group)
        for track in self.by_group.values():
            track.keep(self._keep_hours)

    def of(self, group: Group) -> Track | None:
        """The group's track; None where there are too many already."""
        track = self.by_group.get(group)
        if track is None and self._room.take():
            track = self.by_group[group] = Track(self._keep_hours)
        return track


class Room:
    """How many tracks may still be made; `refused` counts those that were not."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.refused = 0

    def take(self) -> bool:
        """Whether there is room for one more, which is then taken."""
        if self.left <= 0:
            self.refused += 1
            return False
        self.left -= 1
        return True


class Meter:
    """One indicator of one definition. `read` never raises: what is wrong stands in `error`."""

    def __init__(self, indicator: Indicator, grouping: Grouping, tracks: Tracks) -> None:
        self.indicator = indicator
        self.tracks = tracks
        self.error = ""
        self.marks: dict[Labels, Mark] = {}
        self.unsaved_marks: set[Labels] = set()
        self.counts: dict[Group, list[int]] = {}
        """Samples taken in since the start, by group: of the total (or the only query), and of good or bad."""
        self._grouping = grouping
        self._read_ms: int | None = None
        self.inputs: tuple[Input, ...] = ()
        try:
            self.inputs = tuple(input_of(text, counter=_is_counter(indicator)) for _, text in input_texts(indicator))
        except QueryError as error:
            self.error = str(error)

    def selectors(self) -> Iterator[tuple[Matchers, float]]:
        """The selectors that are read, each with how far back, in seconds."""
        for one in self.inputs:
            if isinstance(one, Selected):
                yield one.matchers, REACH_S
            else:
                from fleet.promql.parse import parse

                yield from ((wanted.matchers, wanted.reach_s) for wanted in parse(one.text).wanted)

    def read(self, storage: Storage, now_ms: int) -> Iterator[None]:
        """Take in what came since the last look; pauses now and then."""
        if not self.inputs:
            return
        self._grouping.refresh()
        since = now_ms - round(REACH_S * 1000) if self._read_ms is None else self._read_ms - OVERLAP_MS
        self._read_ms = now_ms
        try:
            if isinstance(self.indicator, Counted):
                yield from self._counted(self.indicator, storage, since, now_ms)
            else:
                yield from self._looked(self.indicator, storage, now_ms)
            self.error = ""
        except QueryError as error:
            self.error = str(error)

    def resume(self, before: "Meter") -> None:
        """Go on where a meter of the same indicator was: the configuration was read anew."""
        self.marks, self.unsaved_marks, self.counts = before.marks, before.unsaved_marks, before.counts
        self._read_ms = before._read_ms

    def take(self, total: Sequence[Series], part: Sequence[Series]) -> Iterator[None]:
        """Take in samples of counters that were fetched elsewhere: of the total, and of good or bad. Raises QueryError
        for an indicator that is not made of counters."""
        if not isinstance(self.indicator, Counted):
            raise QueryError("only counters of good, bad and all events are read from a Prometheus")
        self._grouping.refresh()
        count = self._grown if self.indicator.counter else self._gauged
        yield from count(total, 0, self.indicator)
        within = yield from _within_bound(part, self.indicator.within)
        yield from count(within, 1, self.indicator)

    def _counted(self, indicator: Counted, storage: Storage, since: int, now_ms: int) -> Iterator[None]:
        for place, one in enumerate(self.inputs):
            series = _samples(one, storage, since, now_ms)
            yield
            if place and indicator.within is not None:
                series = yield from _bucket(series, indicator.within)
            if indicator.counter:
                yield from self._grown(series, place, indicator)
            else:
                yield from self._gauged(series, place, indicator)

    def _grown(self, series: Sequence[Series], place: int, indicator: Counted) -> Iterator[None]:
        for number, one in enumerate(series):
            if number % _PIECE == _PIECE - 1:
                yield
            group = self._grouping.of(one.labels)
            # The marks of good and total are apart even where both queries select the same series.
            key = one.labels if not place else one.labels.having({_PART: "1"})
            mark = self.marks.get(key)
            start = 0 if mark is None else bisect_right(one.times, mark.at_ms)
            if start >= len(one.times):
                continue
            if group is not None and (track := self.tracks.of(group)) is not None:
                for growth in growths(one.times, one.values, start, mark):
                    _count(track, growth, place, bad=bool(indicator.bad))
                self._counted_samples(group, place, len(one.times) - start)
            after = last_mark(one.times, one.values, mark)
            if after is not None and after is not mark:
                self.marks[key] = after
                self.unsaved_marks.add(key)

    def _gauged(self, series: Sequence[Series], place: int, indicator: Counted) -> Iterator[None]:
        """Samples that are numbers of events themselves; those not above 0 are no events."""
        for number, one in enumerate(series):
            if number % _PIECE == _PIECE - 1:
                yield
            group = self._grouping.of(one.labels)
            track = None if group is None else self.tracks.of(group)
            key = one.labels if not place else one.labels.having({_PART: "1"})
            mark = self.marks.get(key)
            start = 0 if mark is None else bisect_right(one.times, mark.at_ms)
            for at_ms, value in zip(one.times[start:], one.values[start:], strict=True):
                if not math.isfinite(value) or value < 0:
                    continue
                self.marks[key] = Mark(at_ms, value)
                if track is not None and group is not None:
                    minute = at_ms // MINUTE_MS
                    _count(track, Growth(minute, minute, value), place, bad=bool(indicator.bad))
                    self._counted_samples(group, place, 1)

    def _looked(self, indicator: Raw | Threshold, storage: Storage, now_ms: int) -> Iterator[None]:
        one = self.inputs[0]
        minute = now_ms // MINUTE_MS
        for number, (labels, value) in enumerate(_values(one, storage, now_ms)):
            if number % _PIECE == _PIECE - 1:
                yield
            group = self._grouping.of(labels)
            good = good_of(indicator, value)
            if group is None or good is None or (track := self.tracks.of(group)) is None:
                continue
            track.add(minute, good, 1.0, 1)
            self._counted_samples(group, 0, 1)

    def track_of(self, labels: Labels) -> Track | None:
        """The track that a series counts for."""
        group = self._grouping.of(labels)
        return None if group is None else self.tracks.of(group)

    def _counted_samples(self, group: Group, place: int, samples: int) -> None:
        found = self.counts.get(group)
        if found is None:
            found = self.counts[group] = [0] * len(self.inputs)
        found[place] += samples


_PART = "__part__"


def good_of(indicator: Raw | Threshold, value: float) -> float | None:
    """How good one look is, 0–1; None where it says nothing."""
    if math.isnan(value):
        return None
    if isinstance(indicator, Threshold):
        return 1.0 if indicator.op.holds(value, indicator.value) else 0.0
    if not 0 <= value <= 1:
        return None
    return value if indicator.success else 1 - value


def input_texts(indicator: Indicator) -> tuple[tuple[str, str], ...]:
    """(what it is, PromQL) of each input; the total first."""
    if isinstance(indicator, Counted):
        part = ("bad", indicator.bad) if indicator.bad else ("good", indicator.good)
        return ("total", indicator.total), part
    if isinstance(indicator, Raw):
        return (("success ratio" if indicator.success else "failure ratio", indicator.query),)
    return (("value", indicator.query),)


def _is_counter(indicator: Indicator) -> bool:
    return isinstance(indicator, Counted) and indicator.counter


def _count(track: Track, growth: Growth, place: int, *, bad: bool) -> None:
    """Growth of the total counts as good, too, where bad ones are counted: they are then taken off."""
    total, good = (growth.amount, growth.amount if bad else 0.0) if not place else (0.0, growth.amount)
    if place and bad:
        good = -good
    if growth.first == growth.last:
        track.add(growth.last, good, total, 0 if place else 1)
        return
    if growth.amount:
        track.spread(growth.first, growth.last, good, total)
    if not place:
        track.add(growth.last, 0.0, 0.0, 1)


def _samples(one: Input, storage: Storage, since: int, now_ms: int) -> Sequence[Series]:
    if isinstance(one, Selected):
        # A list: the storage may change while this is read in pieces.
        return list(storage.range(one.matchers, since + 1, now_ms))
    return [Series(labels, (now_ms,), (value,)) for labels, value in _values(one, storage, now_ms)]


def _values(one: Input, storage: Storage, now_ms: int) -> list[tuple[Labels, float]]:
    """Each element's value now."""
    if isinstance(one, Selected):
        found = storage.latest(one.matchers, now_ms - GAP_MS, now_ms)
        return list(zip(found.labels, found.values, strict=True))
    return _evaluated(one, storage, now_ms)


def _evaluated(one: Evaluated, storage: Storage, now_ms: int) -> list[tuple[Labels, float]]:
    # Few definitions need the evaluator.
    from fleet.promql.evaluate import instant
    from fleet.promql.function import Vector
    from fleet.promql.parse import parse

    value = instant(parse(one.text), storage, now_ms).value
    if isinstance(value, Vector):
        return list(zip(value.labels, value.values, strict=True))
    if isinstance(value, int | float):
        return [(Labels(), float(value))]
    raise QueryError("a vector or a number is wanted of an SLO's query, not a range or a text")


def _bucket(series: Sequence[Series], most: float) -> Generator[None, None, Sequence[Series]]:
    """As `within_bound`. Raises QueryError where there are buckets, but none that can tell."""
    found = yield from _within_bound(series, most)
    if series and not found:
        bounds = ", ".join(sorted({one.labels.get(LE) for one in series}, key=lambda text: (len(text), text)))
        raise QueryError(f"no bucket of the histogram ends at or below {most:g}; there are {bounds}")
    return found


def within_bound(series: Sequence[Series], most: float | None) -> Sequence[Series]:
    """Of the buckets of histograms, those of the greatest bound up to `most`. A histogram without such a bound gives
    none."""
    pieces = _within_bound(series, most)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            found: Sequence[Series] = end.value
            return found


def _within_bound(series: Sequence[Series], most: float | None) -> Generator[None, None, Sequence[Series]]:
    """The same in pieces."""
    if most is None:
        return series
    best: dict[Labels, tuple[float, Series]] = {}
    for number, one in enumerate(series):
        if number % _PIECE == _PIECE - 1:
            yield
        try:
            bound = float(one.labels.get(LE))
        except ValueError:
            continue
        histogram = one.labels.without((LE,))
        if bound <= most and (histogram not in best or best[histogram][0] < bound):
            best[histogram] = (bound, one)
    return [one for _, one in best.values()]
