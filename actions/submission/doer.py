"""Who reads the answers of a template's plans, with the one guard that all of them share: agents that were well when
the plan was made, and are not now."""

from collections.abc import Mapping
from datetime import datetime

from fleet.actions.action import Observed, Result, StepRead
from fleet.actions.plan import ActKind, Plan, Step
from fleet.actions.ports import Submitting
from fleet.store import Store
from fleet.vocabulary import SEVERITY, AgentState

GONE = "gone"


def mark_of(store: Store, agent: str) -> str:
    """The condition of an agent, as a mark in a plan."""
    row = store.status.get(agent)
    return GONE if row is None or row.gone else row.state.value


class AgentsStillUp:
    """A `Doer` around one of a kind."""

    def __init__(self, inner: Submitting, store: Store) -> None:
        self._inner = inner
        self._store = store

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """Agents that are worse than when the plan was made, and what the kind has against it."""
        worse = []
        for target in plan.targets if plan.act is ActKind.SUBMIT else ():
            now = mark_of(self._store, target.name) if target.kind == "agent" else target.mark
            if now != target.mark and _rank(now) < _rank(target.mark):
                worse.append(f"{target.name} is {now} now; it was {target.mark} when this was planned")
        return (*worse, *await self._inner.guards(plan))

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """As the kind reads it."""
        return self._inner.read(plan, step, result)

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """As the kind sees it."""
        return await self._inner.look(plan, items, since)

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """As the kind can."""
        return await self._inner.cancel(plan, items)


def _rank(mark: str) -> int:
    """A smaller number is worse; one that is gone is worst."""
    return -1 if mark == GONE else SEVERITY[AgentState(mark)]
