"""A backlog's row from its readings: ratios, falls, rate of progress and time to the end.

The bar is always within 0–1; the claim stands beside it raw, so that 44,310 of 20,019 is seen as 221 %. What has
fallen stays named below its peak for an hour: a counter that starts over would else look healthy one sweep later. Then
what is there counts as the new peak, because one that was too much (an over-claim, put right) is never reached again.
"""

import math
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from fleet.text import scrub
from fleet.work import Backlog, BacklogPeaks, BacklogReading, Section

QUOTED_CHARS = 60
MOST_ANOMALIES = 50
"""Anomalies that a row carries, in the reader's order of weight."""
FALL_NAMED_S = 3600.0
"""Seconds for which a fall is named after the last reading that fell."""


def derive(
    reading: BacklogReading, previous: Backlog | None, done_points: Sequence[tuple[float, float]], at_s: float = 0.0
) -> Backlog:
    """The row of `reading`, which was made at `at_s` (epoch seconds), after the row `previous`.

    `done_points` are (epoch seconds, done) pairs, oldest first, this reading's included; the rate comes from them.
    """
    peaks = _peaks(reading, previous, at_s)
    rate = rate_per_hour(done_points)
    anomalies = (
        *reading.anomalies,
        *excess(reading.total, reading.done, reading.claimed_total, reading.claimed_done, reading.claimed_ratio),
        *_falls(reading, peaks),
    )
    return Backlog(
        name=reading.name,
        kind=reading.kind,
        total=reading.total,
        done=reading.done,
        claimed_total=reading.claimed_total,
        claimed_done=reading.claimed_done,
        done_ratio=_clamped(reading.done, reading.total),
        claimed_ratio=_claimed_ratio(reading),
        sections=reading.sections,
        anomalies=_bounded(tuple(dict.fromkeys(anomalies))),
        rate_per_hour=rate,
        eta_s=_eta_s(reading.total, reading.done, rate),
        peaks=peaks,
    )


def _bounded(anomalies: tuple[str, ...]) -> tuple[str, ...]:
    more = len(anomalies) - MOST_ANOMALIES
    return anomalies if more <= 0 else (*anomalies[:MOST_ANOMALIES], f"and {more:,} more like these")


def bounded_sections(sections: Sequence[Section], most: int) -> tuple[Section, ...]:
    """`sections`, of more than `most` the last ones as one that adds them up, so that no item goes unseen."""
    if len(sections) <= most:
        return tuple(sections)
    rest = sections[most - 1 :]
    total, done = sum(one.total for one in rest), sum(one.done for one in rest)
    return (*sections[: most - 1], Section(f"{len(rest):,} further sections", total, done))


def excess(
    total: int | None,
    done: int | None,
    claimed_total: int | None,
    claimed_done: int | None,
    claimed_ratio: float | None,
) -> Iterable[str]:
    """Sentences for a count or a claim of more done than there is."""
    if total is not None and done is not None and done > total:
        yield f"more done than there is: {done:,} of {total:,}"
    if claimed_total is not None and claimed_done is not None:
        if claimed_done > claimed_total:
            yield f"more is claimed done than there is: {claimed_done:,} of {claimed_total:,}"
    elif claimed_ratio is not None and claimed_ratio > 1:
        yield f"more is claimed done than there is: {claimed_ratio * 100:,.0f} %"


def rate_per_hour(points: Sequence[tuple[float, float]]) -> float | None:
    """Items an hour over `points`, to two digits (so that a backlog at rest does not change by the minute); None for
    fewer than two points, or where they span no time.

    Only what rises above everything before it is progress: a fall is no negative work, and counting the same items
    again after a fall is no work at all.
    """
    known = [point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])]
    if len(known) < 2 or known[-1][0] <= known[0][0]:
        return None
    grown = max(value for _, value in known) - known[0][1]
    return float(f"{grown * 3600 / (known[-1][0] - known[0][0]):.2g}")


def quoted(text: str) -> str:
    """`text` from outside as a short harmless quotation for a sentence."""
    return f"“{scrub(text, QUOTED_CHARS)}”"


def _clamped(done: int | None, total: int | None) -> float | None:
    if done is None or not total or total < 0:
        return None
    return min(1.0, max(0.0, done / total))


def _claimed_ratio(reading: BacklogReading) -> float | None:
    if reading.claimed_ratio is not None:
        return reading.claimed_ratio
    if reading.claimed_done is None or not reading.claimed_total or reading.claimed_total < 0:
        return None
    return reading.claimed_done / reading.claimed_total


def _eta_s(total: int | None, done: int | None, rate: float | None) -> float | None:
    if total is None or done is None or not rate:
        return None
    return max(0, total - done) * 3600 / rate


def _peaks(reading: BacklogReading, previous: Backlog | None, at_s: float) -> BacklogPeaks:
    """The peaks with this reading; only this reading's values once a fall has been named for long enough."""
    before = previous.peaks if previous is not None else BacklogPeaks()
    own = BacklogPeaks(**{field: getattr(reading, field) for field in _COUNTED})
    peaks = BacklogPeaks(**{field: _higher(getattr(own, field), getattr(before, field)) for field in _COUNTED})
    if not _falls(reading, peaks):
        return peaks
    fell_now = previous is None or any(_below(getattr(own, field), getattr(previous, field)) for field in _COUNTED)
    since = at_s if fell_now or before.fell_at_s is None else before.fell_at_s
    return own if at_s - since >= FALL_NAMED_S else replace(peaks, fell_at_s=since)


_COUNTED = ("total", "done", "claimed_total", "claimed_done")


def _below(value: int | None, before: int | None) -> bool:
    return value is not None and before is not None and value < before


def _higher(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)


def _falls(reading: BacklogReading, peaks: BacklogPeaks) -> list[str]:
    """What is below its peak; a claim only where the count beside it did not fall too."""
    total = _fall("total", reading.total, peaks.total)
    done = _fall("done", reading.done, peaks.done)
    claimed_total = _fall("claimed total", reading.claimed_total, peaks.claimed_total)
    claimed_done = _fall("claimed done", reading.claimed_done, peaks.claimed_done)
    return [line for line in (total or claimed_total, done or claimed_done) if line]


def _fall(what: str, value: int | None, peak: int | None) -> str:
    return f"{what} fell from {peak:,} to {value:,}" if _below(value, peak) else ""
