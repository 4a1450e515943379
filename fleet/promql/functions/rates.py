"""Functions of how counters and gauges move: `rate` and its kin.

`rate`, `increase` and `delta` extrapolate to the edges of the range as Prometheus 2.42 does. Rules ask for `rate` of
ten thousands of series at once, so a counter without a reset costs no loop: its samples are in their order when sorted.
"""

from collections.abc import Sequence
from math import isnan
from operator import gt, ne

from fleet.promql.function import Function, Ranged, Window

_NEAR = 1.1
"""A sample this many average distances from the edge, or less, means that the series goes on up to the edge."""


def rate(times: Sequence[int], values: Sequence[float], window: Window, _: tuple[float, ...]) -> float | None:
    """The increase of a counter a second."""
    if len(times) < 2:
        return None
    moved = _counted(values)
    return moved * (_stretch(times, values[0], moved, window) / ((window.until_ms - window.from_ms) / 1000))


def increase(times: Sequence[int], values: Sequence[float], window: Window, _: tuple[float, ...]) -> float | None:
    """The increase of a counter."""
    if len(times) < 2:
        return None
    moved = _counted(values)
    return moved * _stretch(times, values[0], moved, window)


def delta(times: Sequence[int], values: Sequence[float], window: Window, _: tuple[float, ...]) -> float | None:
    """How far a gauge went from the first to the last sample."""
    if len(times) < 2:
        return None
    return (values[-1] - values[0]) * _stretch(times, -1.0, 0.0, window)


def _counted(values: Sequence[float]) -> float:
    """What a counter went up by; after a reset it began at zero."""
    seen = list(values)
    moved = seen[-1] - seen[0]
    if sorted(seen) == seen:
        return moved
    before = seen[0]
    for value in seen:
        if value < before:
            moved += before
        before = value
    return moved


def _stretch(times: Sequence[int], first: float, moved: float, window: Window) -> float:
    """What to multiply with, so that what was seen between the samples stands for the range. `moved` > 0 and `first`
    >= 0 say that it is a counter, which was not below zero before its first sample."""
    first_ms, last_ms = times[0], times[-1]
    sampled = (last_ms - first_ms) / 1000
    average = sampled / (len(times) - 1)
    head = (first_ms - window.from_ms) / 1000
    if moved > 0 and first >= 0:
        since_zero = sampled * (first / moved)
        head = since_zero if since_zero < head else head
    tail = (window.until_ms - last_ms) / 1000
    near = average * _NEAR
    covered = sampled + (head if head < near else average / 2) + (tail if tail < near else average / 2)
    return covered / sampled


def irate(times: Sequence[int], values: Sequence[float], _: Window, __: tuple[float, ...]) -> float | None:
    """The increase a second between the last two samples."""
    if len(times) < 2:
        return None
    before, last = values[-2], values[-1]
    return (last if last < before else last - before) / ((times[-1] - times[-2]) / 1000)


def idelta(times: Sequence[int], values: Sequence[float], _: Window, __: tuple[float, ...]) -> float | None:
    """The difference of the last two samples."""
    return values[-1] - values[-2] if len(times) > 1 else None


def resets(_: Sequence[int], values: Sequence[float], __: Window, ___: tuple[float, ...]) -> float:
    """How often a counter went down."""
    return float(sum(map(gt, values, values[1:])))


def changes(_: Sequence[int], values: Sequence[float], __: Window, ___: tuple[float, ...]) -> float:
    """How often the value changed; from NaN to NaN it did not."""
    later = values[1:]
    turned = sum(map(ne, values, later))
    if turned and any(map(isnan, values)):
        turned -= sum(isnan(one) and isnan(other) for one, other in zip(values, later, strict=False))
    return float(turned)


FUNCTIONS: dict[str, Function] = {
    "rate": Ranged(rate),
    "increase": Ranged(increase),
    "delta": Ranged(delta),
    "irate": Ranged(irate),
    "idelta": Ranged(idelta),
    "resets": Ranged(resets),
    "changes": Ranged(changes),
}
