"""Questions that are typed into the dashboard, evaluated over all that is in memory, in steps that the event loop does
not feel."""

import math
from collections.abc import Generator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from fleet.promql.evaluate import EvalLimits, instant, stepwise
from fleet.promql.parse import Query, parse
from fleet.promql.ports import Asking
from fleet.promql.table import functions
from fleet.samples.everything import Everything, Gathered
from fleet.samples.own import FAMILIES
from fleet.samples.samples import Samples
from fleet.slo.own_series import NAMES as SLO_NAMES
from fleet.slo.own_series import PREFIX as SLO_PREFIX
from fleet.store import Store

QUERY = "query"
"""Under which name the samples know what is asked for here."""
POINTS = 120
"""Points of a curve: more than a terminal is wide in cells, fewer than it has dots."""
SERIES = 2_000
"""Series that a selector may touch: the longest step over twice the series of a fleet of a thousand agents."""
LIMITS = EvalLimits(series=SERIES, samples=2_000_000)
_PAGES = 50
"""Pages that are looked at for names; agents of a kind have the same."""


class Queries:
    """`Querying` for one question at a time."""

    def __init__(self, everything: Everything, samples: Samples, store: Store) -> None:
        self._everything = everything
        self._samples = samples
        self._store = store
        self._followed = ""
        self._known: tuple[str, Gathered] | None = None

    def follow(self, expr: str, range_s: float) -> None:
        """As `Querying.follow`."""
        query = _read(expr)
        self._samples.want(QUERY, [replace(one, reach_s=one.reach_s + range_s) for one in query.wanted])
        self._followed = expr

    def leave(self) -> None:
        """As `Querying.leave`."""
        self._samples.want(QUERY, ())
        self._followed, self._known = "", None

    def ask(self, expr: str, at_s: float) -> Asking:
        """As `Querying.ask`."""
        query = _read(expr)
        found = yield from self._gathered(query)
        yield
        return instant(query, found, round(at_s * 1000), limits=LIMITS)

    def curves(self, expr: str, from_s: float, to_s: float) -> Asking:
        """As `Querying.curves`. Steps stand on a grid of their own length, so that what is drawn again is the same one
        moved."""
        query = _read(expr)
        step_ms = step_of(from_s, to_s)
        first = math.ceil(from_s * 1000 / step_ms) * step_ms
        found = yield from self._gathered(query)
        yield
        return (yield from stepwise(query, found, first, math.floor(to_s * 1000), step_ms, limits=LIMITS))

    def names(self) -> Sequence[str]:
        """As `Querying.names`."""
        found = {family.name for family in FAMILIES} | {SLO_PREFIX + name for name in SLO_NAMES} | {"up", "ALERTS"}
        found.update(self._samples.names())
        for _, scrape in zip(range(_PAGES), self._store.scrapes.values(), strict=False):
            if scrape.page is not None:
                found.update(series.name for series in scrape.page.series)
        return sorted(found | functions().keys())

    def _gathered(self, query: Query) -> Generator[None, None, Gathered]:
        """What stands beside the samples. Once all of a question that is followed is kept, nothing can be added to
        it."""
        known = self._known
        if known is not None and known[0] == query.text == self._followed and known[1].is_kept:
            return known[1]
        found = yield from self._everything.gather((one.matchers for one in query.wanted), SERIES)
        self._known = query.text, found
        return found


def step_of(from_s: float, to_s: float) -> int:
    """Milliseconds between two points of a curve."""
    return max(1000, math.ceil((to_s - from_s) * 1000 / POINTS))


@lru_cache(64)
def _read(expr: str) -> Query:
    return parse(expr)
