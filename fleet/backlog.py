"""A backlog's row from its readings: ratios, falls, rate of progress and time to the end.

The bar is always within 0–1; the claim stands beside it raw, so that 44,310 of 20,019 is seen as 221 %. What has
fallen stays named as long as it is below its peak: a counter that starts over would else look healthy one sweep later.
"""

import math
from collections.abc import Iterable, Sequence

from fleet.model import Backlog, BacklogPeaks, BacklogReading
from fleet.text import scrub

QUOTED_CHARS = 60
MOST_ANOMALIES = 50
"""Anomalies that a row carries, in the reader's order of weight."""


def derive(reading: BacklogReading, previous: Backlog | None, done_points: Sequence[tuple[float, float]]) -> Backlog:
    """The row of `reading`, after the row `previous`.

    `done_points` are (epoch seconds, done) pairs, oldest first, this reading's included; the rate comes from them.
    """
    peaks = _peaks(reading, previous.peaks if previous is not None else BacklogPeaks())
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
        anomalies=tuple(dict.fromkeys(anomalies))[:MOST_ANOMALIES],
        rate_per_hour=rate,
        eta_s=_eta_s(reading.total, reading.done, rate),
        peaks=peaks,
    )


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


def _peaks(reading: BacklogReading, before: BacklogPeaks) -> BacklogPeaks:
    return BacklogPeaks(
        total=_higher(reading.total, before.total),
        done=_higher(reading.done, before.done),
        claimed_total=_higher(reading.claimed_total, before.claimed_total),
        claimed_done=_higher(reading.claimed_done, before.claimed_done),
    )


def _higher(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)


def _falls(reading: BacklogReading, peaks: BacklogPeaks) -> Iterable[str]:
    """What is below its peak; a claim only where the count beside it did not fall too."""
    total = _fall("total", reading.total, peaks.total)
    done = _fall("done", reading.done, peaks.done)
    claimed_total = _fall("claimed total", reading.claimed_total, peaks.claimed_total)
    claimed_done = _fall("claimed done", reading.claimed_done, peaks.claimed_done)
    return [line for line in (total or claimed_total, done or claimed_done) if line]


def _fall(what: str, value: int | None, peak: int | None) -> str:
    return f"{what} fell from {peak:,} to {value:,}" if value is not None and peak is not None and value < peak else ""
