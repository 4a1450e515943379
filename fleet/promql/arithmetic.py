"""Arithmetic as Go and IEEE 754 do it, where Python raises or rounds another way.

Go's `math` returns NaN and infinities where Python raises ValueError, OverflowError or ZeroDivisionError, and some of
its functions are made from others, which shows in the last digits near zeros. What stands here follows the documented
algorithms of Go 1.19 on amd64, with which Prometheus 2.42 was built.
"""

import math
from collections.abc import Callable, Iterable, Sequence

INF = math.inf
NAN = math.nan
_WHOLE = 2.0**52
"""From here on every double is a whole number."""
_OVER_LN2 = 1 / math.log(2)
_LOG10_OF_2 = math.log(2) / math.log(10)
_HALF_PI = math.pi / 2
_ASIN_TURN = 0.7
_EXP_ALONE = 21.0
"""Where `sinh` and `cosh` are half of `exp` for Go."""


def divided(dividend: float, divisor: float) -> float:
    """`dividend / divisor`; by zero it is ±Inf or NaN."""
    if divisor:
        return dividend / divisor
    return math.copysign(INF, dividend) * math.copysign(1.0, divisor) if dividend and not math.isnan(dividend) else NAN


def greater(one: float, other: float) -> float:
    """Go's `math.Max`: +Inf wins over NaN, NaN over all else, 0 over -0."""
    if one > other:
        return one
    if other > one:
        return other
    if one == other:
        return one if one or math.copysign(1.0, one) > 0 else other
    return INF if INF in (one, other) else NAN


def lesser(one: float, other: float) -> float:
    """Go's `math.Min`: -Inf wins over NaN, NaN over all else, -0 over 0."""
    return -greater(-one, -other)


def floor(value: float) -> float:
    """The greatest whole number up to `value`, as a float with its sign; NaN and infinities are themselves."""
    return math.copysign(math.floor(value), value) if -_WHOLE < value < _WHOLE else value


def ceil(value: float) -> float:
    """The least whole number from `value` on, as a float with its sign; NaN and infinities are themselves."""
    return math.copysign(math.ceil(value), value) if -_WHOLE < value < _WHOLE else value


def sqrt(value: float) -> float:
    """The square root, NaN below zero."""
    return math.sqrt(value) if value >= 0 else value if value == 0 else NAN


def exp(value: float) -> float:
    """e to the power of `value`, +Inf where that is too large."""
    try:
        return math.exp(value)
    except OverflowError:
        return INF


def ln(value: float) -> float:
    """The natural logarithm: -Inf at zero, NaN below it."""
    if value > 0:
        return math.log(value)
    return -INF if value == 0 else NAN


def log2(value: float) -> float:
    """The binary logarithm, exact for powers of two."""
    fraction, exponent = math.frexp(value)
    return exponent - 1.0 if fraction == 0.5 else ln(fraction) * _OVER_LN2 + exponent


def log10(value: float) -> float:
    """The decimal logarithm, from the binary one."""
    return log2(value) * _LOG10_OF_2


def defined(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function` of `math`, with NaN where it is not defined."""

    def call(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return NAN

    return call


def asin(value: float) -> float:
    """The arc sine, NaN beyond ±1."""
    if not -1 <= value <= 1:
        return NAN
    size = abs(value)
    rest = math.sqrt(1 - size * size)
    arc = _HALF_PI - math.atan(rest / size) if size > _ASIN_TURN else math.atan(size / rest)
    return math.copysign(arc, value)


def acos(value: float) -> float:
    """The arc cosine, NaN beyond ±1."""
    return _HALF_PI - asin(value)


def atanh(value: float) -> float:
    """The inverse hyperbolic tangent, ±Inf at ±1, NaN beyond."""
    if -1 < value < 1:
        return math.atanh(value)
    return math.copysign(INF, value) if abs(value) == 1 else NAN


def sinh(value: float) -> float:
    """The hyperbolic sine."""
    size = abs(value)
    return math.copysign(exp(size) * 0.5, value) if size > _EXP_ALONE else math.sinh(value)


def cosh(value: float) -> float:
    """The hyperbolic cosine."""
    size = abs(value)
    return exp(size) * 0.5 if size > _EXP_ALONE else math.cosh(value)


def compensated(values: Iterable[float]) -> tuple[float, float]:
    """The sum of `values` and what it lost, by Neumaier's improvement of Kahan's algorithm."""
    total = lost = 0.0
    for value in values:
        new = total + value
        lost += (total - new) + value if abs(total) >= abs(value) else (value - new) + total
        total = new
    return total, lost


def exact_sum(values: Sequence[float]) -> float:
    """The sum without loss. NaN and infinities come out as if added one by one; an overflow on the way is ±Inf."""
    try:
        return math.fsum(values)
    except ValueError:
        return NAN
    except OverflowError:
        return compensated(values)[0]
