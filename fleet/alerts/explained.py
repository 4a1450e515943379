"""Which alerts a target that does not answer explains: those whose expression needs its data.

An alert needs the data of a target when its expression selects any series that only the target itself can give. What
fleetdeck and Prometheus write about a target (`up`, `scrape_*`, `fleetdeck_*`, `ALERTS`) tells of its absence, and an
alert on it is the one to be told of.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fleet.alerts.matching import LabelIndex

TARGET_LABELS: Final = ("agent", "instance", "job")
"""Labels that say which target a series came from."""

_SYNTHETIC = re.compile(r"(?:up|scrape_.*|fleetdeck_.*|ALERTS|ALERTS_FOR_STATE)\Z")


@lru_cache(2048)
def needs_data(expr: str) -> bool:
    """Whether an expression selects series that a target has to give. False for one that cannot be read."""
    from fleet.errors import QueryError
    from fleet.promql.labels import NAME
    from fleet.promql.parse import parse
    from fleet.promql.storage import MatchOp

    if not expr:
        return False
    try:
        wanted = parse(expr).wanted
    except QueryError:
        return False
    names = [
        next((one.value for one in want.matchers if one.name == NAME and one.op is MatchOp.EQUAL), "")
        for want in wanted
    ]
    return any(not _SYNTHETIC.match(name) for name in names)


class Explained:
    """The reasons that were put, by the alert that each explains."""

    def __init__(self, index: LabelIndex) -> None:
        self._index = index
        self._by: dict[str, tuple[str, ...]] = {}

    def put(self, reasons: Mapping[str, frozenset[str]]) -> set[str]:
        """Replace all reasons (the ids explained, by the id of the alert that explains them); the ids for which this
        changes something."""
        by: dict[str, tuple[str, ...]] = {}
        for reason in sorted(reasons):
            for id in reasons[reason]:
                if id != reason:
                    by[id] = (*by.get(id, ()), reason)
        changed = {id for id in self._by.keys() | by.keys() if self._by.get(id) != by.get(id)}
        self._by = by
        return {id for id in changed if id in self._index}

    def by(self, id: str) -> tuple[str, ...]:
        """The ids of the alerts that explain `id`."""
        return self._by.get(id, ())
