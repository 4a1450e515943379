"""What a PromQL function looks like. One module a topic in `functions/`, each exporting `FUNCTIONS` by name.

The evaluator (`evaluate.py`) finds them there, checks nothing that the parser checked (number and types of arguments)
and does what all functions of a shape share: walking the series, dropping the metric name, aligning labels.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from fleet.promql.labels import Labels

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation


class Vector(NamedTuple):
    """An instant vector: `values[i]` belongs to `labels[i]`. Nobody changes the lists of one that was handed on."""

    labels: Sequence[Labels]
    values: Sequence[float]


class Window(NamedTuple):
    """The time range that a range function looks at, in milliseconds: `from_ms <= t <= until_ms`; `at_ms` is the
    time of the evaluation (they differ by `offset` and `@`)."""

    from_ms: int
    until_ms: int
    at_ms: int


RangeFunction = Callable[[Sequence[int], Sequence[float], Window, tuple[float, ...]], float | None]
"""(times in ms, values, window, scalar arguments) of one series, at least one sample, no staleness markers, to its
value; None: this series gives none. The scalar arguments come in their order in the call."""

ElementFunction = Callable[..., float]
"""(value, *scalar arguments) to a value, for each element."""

VectorFunction = Callable[["Evaluation", tuple[Any, ...]], Any]
"""Anything else: gets the evaluation and the unevaluated arguments (`promql_parser` expressions) and returns a Vector,
a float (scalar) or raises QueryError. It asks `evaluation.vector(arg)`, `.scalar(arg)`, `.string(arg)`,
`.matrix(arg)` for what they are, and `.latest(arg)`, `.matchers(arg)` where a bare selector is something of its own."""


class Ranged(Struct, frozen=True):
    """A function over a range vector. `at` is the place of the range vector among the arguments (`quantile_over_time`
    has it second). `keeps_name` only where Prometheus keeps the metric name (`last_over_time`)."""

    call: RangeFunction
    at: int = 0
    keeps_name: bool = False


class Elementwise(Struct, frozen=True):
    """A function of every element of an instant vector by itself; the metric name goes. The vector is the first
    argument, scalars follow."""

    call: ElementFunction


class Special(Struct, frozen=True):
    """Every other function."""

    call: VectorFunction


Function = Ranged | Elementwise | Special
