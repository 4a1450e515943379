"""Arithmetic on every element: absolute values, rounding, powers and logarithms, and `clamp`."""

from typing import TYPE_CHECKING, Any

from fleet.promql.arithmetic import ceil, divided, exp, floor, greater, lesser, ln, log2, log10, sqrt
from fleet.promql.function import Elementwise, Function, Special, Vector

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation


def sgn(value: float) -> float:
    """The sign as -1, 0 or 1; NaN and zeros are themselves."""
    return 1.0 if value > 0 else -1.0 if value < 0 else value


def rounded(value: float, to_nearest: float = 1.0) -> float:
    """`value` at the nearest multiple, halves up. The multiple is turned over first: 1/10 is exact enough where 0.1
    is not."""
    inverse = divided(1.0, to_nearest)
    return divided(floor(value * inverse + 0.5), inverse)


def clamp(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """Every value within two bounds; nothing where the upper is below the lower one."""
    given = evaluation.vector(arguments[0])
    least, most = evaluation.scalar(arguments[1]), evaluation.scalar(arguments[2])
    if most < least:
        return Vector((), ())
    values = [greater(least, lesser(most, value)) for value in given.values]
    return Vector([labels.nameless() for labels in given.labels], values)


FUNCTIONS: dict[str, Function] = {
    "abs": Elementwise(abs),
    "ceil": Elementwise(ceil),
    "floor": Elementwise(floor),
    "round": Elementwise(rounded),
    "sgn": Elementwise(sgn),
    "exp": Elementwise(exp),
    "sqrt": Elementwise(sqrt),
    "ln": Elementwise(ln),
    "log2": Elementwise(log2),
    "log10": Elementwise(log10),
    "clamp": Special(clamp),
    "clamp_min": Elementwise(greater),
    "clamp_max": Elementwise(lesser),
}
