"""Good and total events of an objective between two times, from the minutes that the engine keeps."""

from datetime import datetime

from fleet.actions.history import Between
from fleet.slo.engine import SloEngine
from fleet.slo.rows import Followed


class EngineHistory:
    """A `SloHistory` over the engine's roll-ups. Time slices count as they are judged: a slice is an event."""

    def __init__(self, engine: SloEngine) -> None:
        self._engine = engine

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        """The whole minutes within `start` and `end` of the row of that name."""
        followed = self._followed(slo)
        if followed is None or followed.events is None:
            return None
        first, last = -int(-start.timestamp() // 60), int(end.timestamp() // 60)
        if last <= first:
            return Between(0.0, 0.0, 0, 0)
        sums = followed.events.sums(first, last)
        return Between(sums.good, sums.total, sums.seen_minutes, last - first)

    def _followed(self, slo: str) -> Followed | None:
        for line in self._engine.book.lines:
            if slo == line.base_name or slo.startswith(f"{line.base_name}/"):
                found = next((one for one in line.followed() if one.name == slo), None)
                if found is not None:
                    return found
        return None
