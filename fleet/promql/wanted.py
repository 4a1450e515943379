"""What a query will ask of the storage, known before it is evaluated: what has to be kept for it, and how long."""

import math

from msgspec import Struct

from fleet.promql.limits import LOOKBACK_MS
from fleet.promql.node import Selection
from fleet.promql.storage import Matchers


class Wanted(Struct, frozen=True):
    """One selector of a query: what it selects, and how far before the time of evaluation it looks, in seconds: range,
    offset, look-back and the ranges of subqueries around it. Infinite where `@` names a fixed time. For a range query,
    that time is its start."""

    matchers: Matchers
    reach_s: float


def reach_ms(outer_ms: float, selection: Selection) -> float:
    """How far `selection` looks back where everything around it looks back `outer_ms`."""
    own = selection.offset_ms + (selection.range_ms or LOOKBACK_MS)
    if isinstance(selection.at, int):
        return math.inf
    return own if selection.at is not None and not math.isinf(outer_ms) else outer_ms + own


def wanted(outer_ms: float, selection: Selection) -> Wanted:
    """What a selector wants."""
    return Wanted(selection.matchers, max(reach_ms(outer_ms, selection), 0.0) / 1000)
