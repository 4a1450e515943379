"""`*_over_time`: one value for the samples that a series has in a range.

Means and deviations are made step by step with compensated sums, as in Prometheus 2.42, so that they end in the same
digits and cannot overflow on the way.
"""

import math
from collections.abc import Sequence
from contextlib import suppress

from fleet.promql.arithmetic import NAN, exact_sum
from fleet.promql.function import Function, Ranged, Window
from fleet.promql.quantile import quantile

_Times = Sequence[int]
_Values = Sequence[float]
_Scalars = tuple[float, ...]


def avg_over_time(_: _Times, values: _Values, __: Window, ___: _Scalars) -> float:
    """The mean. An infinity stays unless the other one or NaN comes."""
    if min(values) >= 0:  # nothing cancels, so the exact sum ends in the same digits
        with suppress(OverflowError):
            return math.fsum(values) / len(values)
    mean = lost = 0.0
    for number, value in enumerate(values, 1):
        if math.isinf(mean) and (value == mean or math.isfinite(value)):
            continue
        step = value / number - mean / number
        new = mean + step
        lost += (mean - new) + step if abs(mean) >= abs(step) else (step - new) + mean
        mean = new
    return mean if math.isinf(mean) else mean + lost


def sum_over_time(_: _Times, values: _Values, __: Window, ___: _Scalars) -> float:
    """The sum."""
    return exact_sum(values)


def count_over_time(times: _Times, _: _Values, __: Window, ___: _Scalars) -> float:
    """The number of samples."""
    return float(len(times))


def min_over_time(_: _Times, values: _Values, __: Window, ___: _Scalars) -> float:
    """The least value that is not NaN."""
    return min(_numbers(values), default=NAN)


def max_over_time(_: _Times, values: _Values, __: Window, ___: _Scalars) -> float:
    """The greatest value that is not NaN."""
    return max(_numbers(values), default=NAN)


def _numbers(values: _Values) -> _Values:
    total = sum(values)
    return [value for value in values if not math.isnan(value)] if math.isnan(total) else values


def stdvar_over_time(_: _Times, values: _Values, __: Window, ___: _Scalars) -> float:
    """The population's variance, by Welford's algorithm."""
    mean = mean_lost = squares = squares_lost = 0.0
    for number, value in enumerate(values, 1):
        away = value - (mean + mean_lost)
        step = away / number
        new = mean + step
        mean_lost += (mean - new) + step if abs(mean) >= abs(step) else (step - new) + mean
        mean = new
        step = away * (value - (mean + mean_lost))
        new = squares + step
        squares_lost += (squares - new) + step if abs(squares) >= abs(step) else (step - new) + squares
        squares = new
    return (squares + squares_lost) / len(values)


def stddev_over_time(times: _Times, values: _Values, window: Window, scalars: _Scalars) -> float:
    """The population's standard deviation."""
    variance = stdvar_over_time(times, values, window, scalars)
    return math.sqrt(variance) if variance >= 0 else NAN


def quantile_over_time(_: _Times, values: _Values, __: Window, scalars: _Scalars) -> float:
    """The quantile of the first argument."""
    return quantile(scalars[0], values)


def last_over_time(_: _Times, values: _Values, __: Window, ___: _Scalars) -> float:
    """The newest value."""
    return values[-1]


def present_over_time(_: _Times, __: _Values, ___: Window, ____: _Scalars) -> float:
    """1 for every series with a sample."""
    return 1.0


FUNCTIONS: dict[str, Function] = {
    "avg_over_time": Ranged(avg_over_time),
    "min_over_time": Ranged(min_over_time),
    "max_over_time": Ranged(max_over_time),
    "sum_over_time": Ranged(sum_over_time),
    "count_over_time": Ranged(count_over_time),
    "quantile_over_time": Ranged(quantile_over_time, at=1),
    "stddev_over_time": Ranged(stddev_over_time),
    "stdvar_over_time": Ranged(stdvar_over_time),
    "last_over_time": Ranged(last_over_time, keeps_name=True),
    "present_over_time": Ranged(present_over_time),
}
