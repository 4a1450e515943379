"""How an expression went, for the pages that draw it."""

import math
from functools import lru_cache

from fleet.alerts.ports import Curve
from fleet.errors import QueryError
from fleet.promql.evaluate import ranged
from fleet.promql.function import Vector
from fleet.promql.limits import EvalLimits
from fleet.promql.parse import Query, parse
from fleet.samples.everything import Everything

POINTS = 120
"""Points of a curve: more than a terminal is wide in cells, fewer than it has dots."""
_LIMITS = EvalLimits(series=2_000, samples=200_000)
"""A graph must not hold the loop; what is larger is not drawn."""


def curves(expr: str, from_s: float, to_s: float, everything: Everything) -> tuple[Curve, ...] | None:
    """The series of `expr` over a stretch of time, at most `POINTS` points each; None where it cannot be answered.

    Steps stand on a grid of their own length, so that a graph that is drawn again is the same one moved.
    """
    query = _read(expr)
    if query is None or not to_s > from_s:
        return None
    step_ms = max(1000, math.ceil((to_s - from_s) * 1000 / POINTS))
    first = math.ceil(from_s * 1000 / step_ms) * step_ms
    storage = everything.gathered(one.matchers for one in query.wanted)
    try:
        value = ranged(query, storage, first, math.floor(to_s * 1000), step_ms, limits=_LIMITS).value
    except QueryError:
        return None
    if isinstance(value, Vector | float | str):
        return None
    return tuple(Curve(labels.as_dict(), [at / 1000 for at in times], values) for labels, times, values in value)


@lru_cache(64)
def _read(expr: str) -> Query | None:
    try:
        return parse(expr)
    except QueryError:
        return None
