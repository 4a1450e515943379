"""What is known of the agents that series are about, as the store has them."""

from collections.abc import Mapping

from fleet.filters.filter import Filter, parse_filter
from fleet.filters.saved import NO_FILTERS, SavedFilters
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.views.view import look


class StoreAgents:
    """An `AgentLookup` over `store.status`. `where` is a filter of the agents view; it should ask for labels, kinds and
    names, not for states: an agent that is down must not leave the objective that it breaks."""

    def __init__(self, store: Store, saved: SavedFilters = NO_FILTERS) -> None:
        self._store = store
        self._saved = saved
        self._filters: dict[str, Filter] = {}
        self._version = 0
        self._changed = True
        self._subscription = store.agents.subscribe(self._wake)

    def version(self) -> int:
        """Moves on where any agent came, went or changed its labels."""
        if self._changed:
            self._changed = False
            self._subscription.drain()
            self._version += 1
        return self._version

    def labels(self, agent: str) -> Mapping[str, str] | None:
        """The labels of that agent; None for one that is not there."""
        row = self._store.status.get(agent)
        return None if row is None else {**row.labels, "kind": row.kind}

    def passes(self, where: str, agent: str) -> bool:
        """Whether the filter shows the agent. Raises FilterError for a filter that is none."""
        row = self._store.status.get(agent)
        if row is None:
            return False
        chosen = self._filters.get(where)
        if chosen is None:
            chosen = self._filters[where] = parse_filter(where, VIEW, self._saved)
        return chosen.test(row, look(self._store, self._store.status, agent))

    def close(self) -> None:
        """Stop listening."""
        self._subscription.close()

    def _wake(self) -> None:
        self._changed = True
