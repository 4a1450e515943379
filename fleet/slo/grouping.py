"""Which row of an SLO a series counts for: by its labels, or by those of the agent that it is about."""

from fleet.promql.labels import Labels
from fleet.slo.ports import AgentLookup

AGENT = "agent"
"""The label that names the agent, on pages of agents and on fleetdeck's own series."""

Group = tuple[str, ...]
"""The values of the labels that a definition is split by; () where it is not."""


class Grouping:
    """Remembers each series' group until an agent comes, goes or changes."""

    def __init__(self, by: tuple[str, ...], where: str, agents: AgentLookup | None) -> None:
        self._by = by
        self._where = where
        self._agents = agents
        self._known: dict[Labels, Group | None] = {}
        self._version = -1

    def refresh(self) -> None:
        """Forget what was remembered where the agents are others now; once per look."""
        if self._agents is not None and (self._by or self._where):
            version = self._agents.version()
            if version != self._version:
                self._known.clear()
                self._version = version

    def of(self, labels: Labels) -> Group | None:
        """The group of a series; None where it counts for none: filtered out, or without a label it is split by."""
        try:
            return self._known[labels]
        except KeyError:
            found = self._known[labels] = self._find(labels)
            return found

    def _find(self, labels: Labels) -> Group | None:
        agent = labels.get(AGENT)
        if self._where and not (agent and self._agents is not None and self._agents.passes(self._where, agent)):
            return None
        values = tuple(labels.get(name) or self._of_agent(agent, name) for name in self._by)
        return values if all(values) else None

    def _of_agent(self, agent: str, name: str) -> str:
        known = self._agents.labels(agent) if self._agents is not None and agent else None
        return (known or {}).get(name, "")
