"""Functions that lay a line or a smoothed curve through a gauge: `deriv`, `predict_linear`, `holt_winters`."""

import math
from collections.abc import Sequence

from fleet.errors import QueryError
from fleet.promql.arithmetic import NAN, divided, exact_sum
from fleet.promql.function import Function, Ranged, Window


def deriv(times: Sequence[int], values: Sequence[float], _: Window, __: tuple[float, ...]) -> float | None:
    """The slope of the line of least squares, a second."""
    return _line(times, values, times[0])[0] if len(times) > 1 else None


def predict_linear(
    times: Sequence[int], values: Sequence[float], window: Window, scalars: tuple[float, ...]
) -> float | None:
    """Where the line of least squares is so many seconds from the evaluation on."""
    if len(times) < 2:
        return None
    slope, intercept = _line(times, values, window.at_ms)
    return slope * scalars[0] + intercept


def _line(times: Sequence[int], values: Sequence[float], origin_ms: int) -> tuple[float, float]:
    """Slope a second, and value at `origin_ms`. The sums are exact, Prometheus's are compensated."""
    first, number = values[0], len(times)
    if all(value == first for value in values):
        return (NAN, NAN) if math.isinf(first) else (0.0, first)
    seconds = [(time - origin_ms) / 1000 for time in times]
    sum_x, sum_y = exact_sum(seconds), exact_sum(values)
    sum_xy = exact_sum([x * y for x, y in zip(seconds, values, strict=True)])
    if not math.isfinite(sum_xy) or not math.isfinite(sum_y):
        return NAN, NAN
    sum_xx = exact_sum([x * x for x in seconds])
    slope = divided(sum_xy - sum_x * sum_y / number, sum_xx - sum_x * sum_x / number)
    return slope, sum_y / number - slope * sum_x / number


def holt_winters(times: Sequence[int], values: Sequence[float], _: Window, scalars: tuple[float, ...]) -> float | None:
    """Double exponential smoothing: the smoothed last value. Raises QueryError for factors beyond 0 and 1."""
    smoothing, trending = scalars
    _check("smoothing", smoothing)
    _check("trend", trending)
    if len(times) < 2:
        return None
    before, smoothed, trend = 0.0, values[0], values[1] - values[0]
    for place, value in enumerate(values[1:]):
        if place:
            trend = trending * (smoothed - before) + (1 - trending) * trend
        before, smoothed = smoothed, smoothing * value + (1 - smoothing) * (smoothed + trend)
    return smoothed


def _check(what: str, factor: float) -> None:
    if factor <= 0 or factor >= 1:
        short = what.removesuffix("ing")[0] + "f"
        raise QueryError(f"invalid {what} factor. Expected: 0 < {short} < 1, got: {factor:f}", kind="execution")


FUNCTIONS: dict[str, Function] = {
    "deriv": Ranged(deriv),
    "predict_linear": Ranged(predict_linear),
    "holt_winters": Ranged(holt_winters),
}
