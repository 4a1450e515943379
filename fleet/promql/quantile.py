"""Quantiles as Prometheus makes them: of a handful of values, and of the buckets of a classic histogram."""

import math
from collections.abc import Iterable, Sequence

from fleet.promql.arithmetic import INF, NAN, divided

Bucket = tuple[float, float]
"""(upper bound, cumulative count)"""


def quantile(share: float, values: Iterable[float]) -> float:
    """The value below which `share` of `values` are, between two of them by their distances; NaN sorts first. A share
    below 0 is -Inf, above 1 +Inf; of nothing, or for NaN, NaN."""
    ordered = _sorted(values)
    if not ordered or math.isnan(share):
        return NAN
    if not 0 <= share <= 1:
        return math.copysign(INF, share)
    rank = share * (len(ordered) - 1)
    lower = int(rank)
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def bucket_quantile(share: float, buckets: Iterable[Bucket]) -> float:
    """The quantile of a classic histogram, linear within a bucket, as `histogram_quantile` gives it: NaN without a
    bucket for +Inf, with less than two buckets or without observations. A bucket that counts less than the one below
    it, which scrapes in the middle of an update give, counts as much as that one."""
    if math.isnan(share):
        return NAN
    if not 0 <= share <= 1:
        return math.copysign(INF, share)
    ordered = _by_bound(buckets)
    if not ordered or ordered[-1][0] != INF:
        return NAN
    bounds, counts = _merged(ordered)
    if len(bounds) < 2 or counts[-1] == 0:
        return NAN
    return _within(share * counts[-1], bounds, counts)


def _within(rank: float, bounds: Sequence[float], counts: Sequence[float]) -> float:
    found = _first_reaching(rank, counts)
    if found == len(bounds) - 1:
        return bounds[-2]
    if found == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[found - 1], counts[found - 1]) if found else (0.0, 0.0)
    return start + (bounds[found] - start) * divided(rank - below, counts[found] - below)


def _first_reaching(rank: float, counts: Sequence[float]) -> int:
    """By halves over all but the last, as Go's `sort.Search`: with NaN among the counts the way matters."""
    low, high = 0, len(counts) - 1
    while low < high:
        middle = (low + high) // 2
        if counts[middle] >= rank:
            high = middle
        else:
            low = middle + 1
    return low


def _by_bound(buckets: Iterable[Bucket]) -> list[Bucket]:
    """Equal bounds stay in their order, so that their counts are added up in it."""
    return sorted(buckets, key=lambda bucket: bucket[0])


def _merged(ordered: Sequence[Bucket]) -> tuple[list[float], list[float]]:
    """Bounds, each once with the sum of its counts, and counts that never fall."""
    bounds: list[float] = []
    counts: list[float] = []
    for bound, count in ordered:
        if bounds and bound == bounds[-1]:
            counts[-1] += count
        else:
            bounds.append(bound)
            counts.append(count)
    return bounds, _rising(counts)


def _rising(counts: Iterable[float]) -> list[float]:
    most = -INF
    rising = []
    for count in counts:
        most = max(most, count)
        rising.append(most if count < most else count)
    return rising


def _sorted(values: Iterable[float]) -> list[float]:
    given = list(values)
    known = sorted([value for value in given if not math.isnan(value)])
    return [NAN] * (len(given) - len(known)) + known
