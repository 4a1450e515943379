"""The agents that a filter of the configuration chooses."""

from fleet.filters.filter import Filter
from fleet.store import Store
from fleet.views.view import look


def chosen_agents(chosen: Filter | None, store: Store) -> tuple[str, ...]:
    """The agents that pass, by name; those that are gone are none. Nobody where there is no filter."""
    if chosen is None:
        return ()
    rows = store.status.items()
    return tuple(
        sorted(name for name, row in rows if not row.gone and chosen.test(row, look(store, store.status, name)))
    )
