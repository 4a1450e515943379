"""SLOs whose samples are in a Prometheus: their past is fetched from it, hour by hour where it is long past, and what
is new minute by minute.

Long past counters are asked as `increase(…[1h])`, which is Prometheus's own answer, extrapolation and all, long past
numbers of events as sums, and what is judged look by look every five minutes. The last six hours and everything
since are values each minute, counted as own samples are.
"""

import math
from collections.abc import AsyncIterator
from datetime import datetime

from fleet.errors import Fault, OutsideError, QueryError
from fleet.slo.definition import Counted, Raw, Threshold
from fleet.slo.engine import SloEngine
from fleet.slo.increments import MINUTE_MS
from fleet.slo.inputs import Selected
from fleet.slo.meter import Meter, good_of, input_texts, within_bound
from fleet.slo.ports import PrometheusQuery
from fleet.slo.rollup import Track

HOUR_MS = 3_600_000
RAW_HOURS = 6
"""Hours before now that are asked minute by minute."""
LOOK_MS = 300_000
_MINUTES_OF_A_LOOK = LOOK_MS // MINUTE_MS
_PIECE_HOURS = 240
"""Hours asked at once of what is long past; a server answers 11,000 points a series."""


class Served:
    """Feeds an engine's meters from a Prometheus."""

    def __init__(self, engine: SloEngine, prometheus: PrometheusQuery) -> None:
        self._engine = engine
        self._prometheus = prometheus
        self._until: dict[str, int] = {}

    async def refresh(self, now: datetime) -> int:
        """Fetch what is new, and the past where it is not there yet; how many indicators there are. A query that the
        server refuses stands in the rows, and what is there stays. Raises OutsideError where the server does not
        answer, without asking it for the others."""
        now_ms = round(now.timestamp() * 1000) // MINUTE_MS * MINUTE_MS
        served = {key: one for key, one in self._engine.book.served.items() if self._engine.is_read(key)}
        self._until = {key: until for key, until in self._until.items() if key in served}
        for key, meter in served.items():
            if self._until.get(key) == now_ms:
                continue
            try:
                async for _ in self._filled(key, meter, now_ms):
                    continue
                meter.error = ""
            except QueryError as error:
                meter.error = str(error)
            except OutsideError as error:
                meter.error = str(error)
                if error.fault is not Fault.LIMIT:
                    raise
        return len(served)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with single indicators."""
        return tuple(meter.error for meter in self._engine.book.served.values() if meter.error)

    async def _filled(self, key: str, meter: Meter, now_ms: int) -> AsyncIterator[None]:
        start = self._until.get(key)
        if start is None:
            start = (now_ms // HOUR_MS - RAW_HOURS) * HOUR_MS
            # What a counter grew by since an older mark is in the hours that are fetched.
            meter.marks = {labels: mark for labels, mark in meter.marks.items() if mark.at_ms >= start}
            oldest, end = self._engine.since_hour_of(now_ms), start // HOUR_MS
            for first in range(oldest, end, _PIECE_HOURS):
                last = min(first + _PIECE_HOURS, end)
                if isinstance(meter.indicator, Counted):
                    await self._hours(meter, meter.indicator, first, last)
                else:
                    await self._looks(meter, meter.indicator, first, last)
                yield
        start = max(start, now_ms - RAW_HOURS * HOUR_MS)
        await self._minutes(meter, start, now_ms)
        self._until[key] = now_ms
        yield

    async def _minutes(self, meter: Meter, start_ms: int, end_ms: int) -> None:
        found = [
            await self._prometheus.ranged(_each_minute(meter, place), start_ms, end_ms, MINUTE_MS)
            for place in range(len(meter.inputs))
        ]
        if isinstance(meter.indicator, Counted):
            for _ in meter.take(found[0], found[1]):
                continue
            return
        last = {id(track): track.last_seen for track in meter.tracks.by_group.values()}
        for one in found[0]:
            track = meter.track_of(one.labels)
            for at_ms, value in zip(one.times, one.values, strict=True):
                good = good_of(meter.indicator, value)
                if track is not None and good is not None and at_ms // MINUTE_MS > last.get(id(track), -1):
                    track.add(at_ms // MINUTE_MS, good, 1.0, 1)

    async def _hours(self, meter: Meter, indicator: Counted, first: int, end: int) -> None:
        """The growth in the hours `first <= h < end`, laid evenly over their minutes; hours that are there stay."""
        total, part = [
            await self._prometheus.ranged(
                _over(meter, indicator, place, "1h"), (first + 1) * HOUR_MS, end * HOUR_MS, HOUR_MS
            )
            for place in range(2)
        ]
        new: dict[tuple[int, int], bool] = {}
        for place, series in enumerate((total, within_bound(part, indicator.within))):
            for one in series:
                track = meter.track_of(one.labels)
                for at_ms, value in zip(one.times, one.values, strict=True):
                    if track is None or not 0 <= value < math.inf:
                        continue
                    hour = at_ms // HOUR_MS - 1
                    key = id(track), hour
                    if key not in new:
                        new[key] = not track.sums(hour * 60, hour * 60 + 60).seen_minutes
                    if new[key]:
                        _fill(track, hour, value, place, bad=bool(indicator.bad))

    async def _looks(self, meter: Meter, indicator: Raw | Threshold, first: int, end: int) -> None:
        """What the looks in the hours `first <= h < end` were on average; hours that are there stay."""
        found = await self._prometheus.ranged(_text(meter, 0), first * HOUR_MS + LOOK_MS, end * HOUR_MS, LOOK_MS)
        sums: dict[tuple[int, int], tuple[Track, float, int]] = {}
        for one in found:
            track = meter.track_of(one.labels)
            for at_ms, value in zip(one.times, one.values, strict=True):
                good = good_of(indicator, value)
                if track is not None and good is not None:
                    key = id(track), (at_ms - 1) // HOUR_MS
                    _, before, count = sums.get(key, (track, 0.0, 0))
                    sums[key] = (track, before + good, count + 1)
        for (_, hour), (track, good, count) in sums.items():
            if not track.sums(hour * 60, hour * 60 + 60).seen_minutes:
                track.fill(hour, good * _MINUTES_OF_A_LOOK, float(count * _MINUTES_OF_A_LOOK), 1)


def _over(meter: Meter, indicator: Counted, place: int, span: str) -> str:
    """The events of a span of time, as PromQL."""
    one, text = meter.inputs[place], _text(meter, place)
    window = f"{text}[{span}]" if isinstance(one, Selected) else f"({text})[{span}:1m]"
    return f"increase({window})" if indicator.counter else f"sum_over_time({window})"


def _fill(track: Track, hour: int, value: float, place: int, *, bad: bool) -> None:
    """All events are good, too, where bad ones are counted: those are then taken off."""
    if place:
        track.fill(hour, -value if bad else value, 0.0, 0)
    else:
        track.fill(hour, value if bad else 0.0, value, 1)


def _each_minute(meter: Meter, place: int) -> str:
    """What is asked for each minute: a counter as it is, of other samples all that came in it."""
    indicator, one = meter.indicator, meter.inputs[place]
    if isinstance(indicator, Counted) and not indicator.counter and isinstance(one, Selected):
        return _over(meter, indicator, place, "1m")
    return _text(meter, place)


def _text(meter: Meter, place: int) -> str:
    one = meter.inputs[place]
    return one.text if isinstance(one, Selected) else input_texts(meter.indicator)[place][1]
