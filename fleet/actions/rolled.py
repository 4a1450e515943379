"""What a name means to rollbacks, and whether anything rolls back what it names. Pure."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from fleet.store import Store

if TYPE_CHECKING:
    from fleet.actions.revision import RollbackRow

_ALERT_LABELS = ("slo", "slo_name", "sloth_slo", "gate", "service", "sloth_service", "agent", "agent_name", "job")


def asked_names(name: str, store: Store) -> tuple[str, ...]:
    """What is asked for by a name: itself, or what the labels of the alert with that id name."""
    alert = store.alerts.get(name)
    if alert is None:
        return (name,) if name else ()
    return tuple(filter(None, (alert.labels.get(label, "") for label in _ALERT_LABELS)))


def is_of(name: str, slo: str) -> bool:
    """Whether a name is that of an objective, or of a part of it (`availability/coder` of `availability`)."""
    return bool(slo) and (name == slo or name.startswith(f"{slo}/"))


class Rollable(Struct, frozen=True):
    """All names by which something is rolled back, so that a name is looked up and no row is gone through."""

    names: frozenset[str]
    slos: tuple[str, ...]

    def any_of(self, names: Iterable[str], store: Store) -> bool:
        """Whether a definition fits one of these names (definitions, agents, objectives, gates, alerts by their
        ids)."""
        return any(
            asked in self.names or any(is_of(asked, slo) for slo in self.slos)
            for name in names
            for asked in asked_names(name, store)
        )


def rollable(rows: "Iterable[RollbackRow]") -> Rollable:
    """The names of these definitions."""
    names: set[str] = set()
    slos: dict[str, None] = {}
    for row in rows:
        names.update((row.name, row.slo, row.gate), row.agents, row.words)
        slos[row.slo] = None
    return Rollable(frozenset(names - {""}), tuple(filter(None, slos)))
