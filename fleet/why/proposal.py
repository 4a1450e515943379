"""Rollbacks that are proposed for what a ladder is about: what is ready, and why."""

from collections.abc import Collection

from fleet.store import Store
from fleet.text import scrub
from fleet.why.model import Row

READY = "a rollback is ready"


def ready_for(store: Store, names: Collection[str]) -> tuple[str, ...]:
    """`NAME to REVISION (b): because`, for each proposal that is about one of `names` (a definition, its objective, its
    gate, an agent of it). An objective that is split by a label is about the whole one, too."""
    wanted = frozenset(filter(None, (part for name in names for part in (name, name.partition("/")[0]))))
    found = []
    for name, proposal in store.proposals.items():
        row = store.rollbacks.get(name)
        about = {name} if row is None else {name, row.slo, row.gate, *row.agents}
        if wanted & about - {""}:
            found.append(scrub(f"{name} to {proposal.revision} (b): {proposal.because}", 300))
    return tuple(found)


def ready_rows(store: Store, names: Collection[str]) -> tuple[Row, ...]:
    """The same as lines of a step."""
    return tuple(Row(label=READY, value=text) for text in ready_for(store, names))
