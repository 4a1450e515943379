"""Who has the bad events that make an objective burn or a gate fail, and what that means for a definition of a
rollback: going back heals only what its own agents do. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from msgspec import Struct

NEARLY_ALL: Final = 0.8
"""From which share of others on a definition has no part in it: what is left is taken for everyday noise."""
MOST: Final = 0.5
"""From which share of others on it is doubtful that going back heals it."""


class Blame(Struct, frozen=True):
    """Bad events by agent, those that no agent is known for under ""."""

    bad: Mapping[str, float]

    @property
    def known(self) -> bool:
        """Whether there are any that an agent is known for."""
        return any(value > 0 for agent, value in self.bad.items() if agent)


class Others(Struct, frozen=True):
    """The share (0–1) that surely is not the definition's own, and who has the most of it."""

    share: float
    first: str
    of_first: float

    @property
    def words(self) -> str:
        """`model-server has 97 % of the bad events`."""
        return f"{self.first} has {_percent(self.of_first)} of the bad events"


def others(blame: Blame, agents: Collection[str], whose: Mapping[str, str]) -> Others | None:
    """What of the bad events others than `agents` have; `whose` names the definitions of those that have one. Of a
    definition that names no agents only those of others are known not to be its own. None where nothing is known."""
    total = sum(blame.bad.values())
    if not blame.known or not total > 0:
        return None
    found: dict[str, float] = {}
    for agent, value in _foreign(blame, agents, whose):
        who = whose.get(agent, agent)
        found[who] = found.get(who, 0.0) + value
    if not found:
        return Others(0.0, "", 0.0)
    first = max(found, key=lambda name: (found[name], name))
    return Others(sum(found.values()) / total, first, found[first] / total)


def _foreign(blame: Blame, agents: Collection[str], whose: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for agent, value in blame.bad.items():
        if agent and agent not in agents and (agents or agent in whose):
            yield agent, value


def _percent(share: float) -> str:
    """Never 100 where there is anything else."""
    return f"{min(share, 0.99 if share < 1 else 1) * 100:.0f} %"
