"""The arithmetic and comparison operators on columns of numbers, as Go does them: nothing raises."""

import math
import operator
from collections.abc import Callable, Iterable

from fleet.promql.arithmetic import INF, NAN, divided

Number = Callable[[float, float], float]
Comparison = Callable[[float, float], bool]


def remainder(dividend: float, divisor: float) -> float:
    """The remainder with the sign of the dividend; NaN by zero and of infinities."""
    try:
        return math.fmod(dividend, divisor)
    except ValueError:
        return NAN


def power(base: float, exponent: float) -> float:
    """`base` to the power of `exponent`; NaN and infinities where Python raises."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -INF if base < 0 and math.fmod(exponent, 2) else INF
    except ValueError:
        if base != 0:
            return NAN
        odd = exponent == math.floor(exponent) and math.fmod(exponent, 2) != 0
        return math.copysign(INF, base) if odd else INF


_ARITHMETIC: dict[str, tuple[Number, Number]] = {
    "+": (operator.add, operator.add),
    "-": (operator.sub, operator.sub),
    "*": (operator.mul, operator.mul),
    "/": (operator.truediv, divided),
    "%": (math.fmod, remainder),
    "^": (math.pow, power),
    "atan2": (math.atan2, math.atan2),
}
"""Of each operator the one that is quick, and the one that never raises."""

COMPARISONS: dict[str, Comparison] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def columns(op: str) -> Callable[[Iterable[float], Iterable[float]], list[float]]:
    """The arithmetic operator `op` over two columns (of which one may be endless), element by element."""
    quick, safe = _ARITHMETIC[op]

    def apply(left: Iterable[float], right: Iterable[float]) -> list[float]:
        try:
            return list(map(quick, left, right))
        except (ZeroDivisionError, ValueError, OverflowError):
            return list(map(safe, left, right))

    return apply


def numbers(op: str) -> Number:
    """The operator over two scalars; a comparison is 1 or 0."""
    if op in COMPARISONS:
        holds = COMPARISONS[op]
        return lambda left, right: 1.0 if holds(left, right) else 0.0
    return _ARITHMETIC[op][1]
