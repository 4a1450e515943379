"""Angles: trigonometric and hyperbolic functions, in radians, and the change between radians and degrees."""

import math

from fleet.promql.arithmetic import acos, asin, atanh, cosh, defined, sinh
from fleet.promql.function import Elementwise, Function


def degrees(value: float) -> float:
    """From radians."""
    return value * 180 / math.pi


def radians(value: float) -> float:
    """From degrees."""
    return value * math.pi / 180


FUNCTIONS: dict[str, Function] = {
    "acos": Elementwise(acos),
    "acosh": Elementwise(defined(math.acosh)),
    "asin": Elementwise(asin),
    "asinh": Elementwise(math.asinh),
    "atan": Elementwise(math.atan),
    "atanh": Elementwise(atanh),
    "cos": Elementwise(defined(math.cos)),
    "cosh": Elementwise(cosh),
    "sin": Elementwise(defined(math.sin)),
    "sinh": Elementwise(sinh),
    "tan": Elementwise(defined(math.tan)),
    "tanh": Elementwise(math.tanh),
    "deg": Elementwise(degrees),
    "rad": Elementwise(radians),
}
