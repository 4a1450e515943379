"""Rollbacks that are proposed for what a ladder is about: what is ready, and why."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from fleet.store import Store
from fleet.text import scrub
from fleet.why.model import Row

if TYPE_CHECKING:
    from fleet.actions.revision import RollbackRow

READY = "a rollback is ready"
NOT_READY = "no rollback is ready"


def ready_for(store: Store, names: Collection[str]) -> tuple[str, ...]:
    """`NAME to REVISION (b): because`, for each proposal that is about one of `names` (a definition, its objective, its
    gate, an agent of it). An objective that is split by a label is about the whole one, too."""
    wanted, found = _wanted(names), []
    for name, proposal in store.proposals.items():
        row = store.rollbacks.get(name)
        if wanted & _about(name, row):
            itself = f"{row.said}; " if row is not None and row.said else ""
            found.append(scrub(f"{name} to {proposal.called} (b): {itself}{proposal.because}", 400))
    return tuple(found)


def unready_for(store: Store, names: Collection[str]) -> tuple[str, ...]:
    """`NAME: why`, for each definition that is about one of `names` and is not proposed although something is wrong."""
    wanted = _wanted(names)
    return tuple(
        scrub(f"{name}: {row.said}", 400)
        for name, row in store.rollbacks.items()
        if row.said and name not in store.proposals and wanted & _about(name, row)
    )


def _wanted(names: Collection[str]) -> frozenset[str]:
    return frozenset(filter(None, (part for name in names for part in (name, name.partition("/")[0]))))


def _about(name: str, row: "RollbackRow | None") -> set[str]:
    return {name} if row is None else {name, row.slo, row.gate, *row.agents} - {""}


def ready_rows(store: Store, names: Collection[str]) -> tuple[Row, ...]:
    """The same as lines of a step."""
    ready = (Row(label=READY, value=text) for text in ready_for(store, names))
    return (*ready, *(Row(label=NOT_READY, value=text) for text in unready_for(store, names)))
