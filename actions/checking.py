"""Whether conditions hold, by what collectors saw after an act began. Nothing known is never a pass, and what was seen
before the act, or in the future (a clock that was set), counts as not known."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from fleet.actions.plan import AgentsUp, Check, GatePasses, Holds, Plan, RevisionLive, SloHolds
from fleet.actions.revision import of_plan
from fleet.clock import Clock
from fleet.errors import OutsideError, QueryError
from fleet.gates.model import GateState
from fleet.gates.target import Target, parse_target
from fleet.model import AgentStatus, ProbeKind
from fleet.promql.ports import Querying
from fleet.slo.model import SloState
from fleet.store import Store
from fleet.text import scrub
from fleet.times import age_text
from fleet.vocabulary import AgentState

RevisionOf = Callable[[Plan], Awaitable[str | None]]
"""Which revision the target itself says is live; None where it does not say. Raises OutsideError."""
PAGE = "page"
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
_NAMED = 5
_LADDER = 2.0

Answered = tuple[bool | None, str]


class StoreChecker:
    """Implements `Checker`. `querying` is None where nothing can be asked in PromQL. `judge` has agents judged by what
    collectors saw: a look is dated at once, and judged only with the next round."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        querying: Querying | None = None,
        revision_of: RevisionOf | None = None,
        judge: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._querying = querying
        self._revision_of = revision_of
        self._judge = judge

    async def check(self, check: Check, plan: Plan, since: datetime) -> Answered:
        """Whether it holds (None: not known), and in words by which numbers."""
        match check:
            case GatePasses():
                return self._gate(check, since)
            case AgentsUp():
                self._judge()
                return self._agents(check, since)
            case SloHolds():
                return self._slo(check, since)
            case Holds():
                return await self._holds(check, since)
            case RevisionLive():
                return await self._revision(check, plan)

    def _gate(self, check: GatePasses, since: datetime) -> Answered:
        row = self._store.gates.get(check.gate)
        if row is None:
            return None, f"gate {scrub(check.gate, 80)} is not known"
        words = f"gate {row.name}: {row.state.value}" + (f", {row.observed_text}" if row.observed_text else "")
        words += f" ({row.error})" if row.error else ""
        if row.state is GateState.NO_DATA or not self._is_after(self._store.gates.seen(check.gate), since):
            return None, scrub(words if row.state is GateState.NO_DATA else f"{words}, judged before", 300)
        return row.state is GateState.PASS, scrub(words, 300)

    def _slo(self, check: SloHolds, since: datetime) -> Answered:
        row = self._store.slos.get(check.slo)
        if row is None:
            return None, f"SLO {scrub(check.slo, 80)} is not known"
        rate = "" if row.burn_rate is None else f", burn rate {row.burn_rate:.3g}"
        words = scrub(f"SLO {row.name}: {row.state.value}{rate}", 300)
        if row.state is SloState.NO_DATA:
            return None, words
        if not self._is_after(self._store.slos.seen(check.slo), since):
            return None, f"{words}, judged before"
        paging = [burn.tier for burn in row.burns if burn.firing and burn.severity == PAGE]
        if paging:
            return False, f"{words}; {scrub(', '.join(paging), 100)} fires"
        return row.state is not SloState.BURNING, words

    def _agents(self, check: AgentsUp, since: datetime) -> Answered:
        if not check.agents:
            return None, "no agent is named"
        known = {name: self._agent(name, since) for name in check.agents}
        bad = [f"{scrub(name, 60)} {words}" for name, (up, words) in known.items() if up is False]
        unsure = [f"{scrub(name, 60)} {words}" for name, (up, words) in known.items() if up is None]
        up = len(known) - len(bad) - len(unsure)
        words = "; ".join([f"{up} of {len(known)} agents up", *(bad + unsure)[:_NAMED]])
        return False if bad else None if unsure else True, words

    def _agent(self, name: str, since: datetime) -> Answered:
        row = self._store.status.get(name)
        if row is None or name in self._store.recalled:
            return None, "is not known"
        if not self._was_looked_at(row, since):
            return None, "was not looked at since"
        if row.state in (AgentState.STALE, AgentState.UNKNOWN):
            return None, f"is {row.state.value}"
        return row.state is AgentState.UP, f"is {row.state.value}"

    def _was_looked_at(self, row: AgentStatus, since: datetime) -> bool:
        """Whether a look at it began since. What comes now was asked for as long ago as the look took, and that stands
        in rows on a ladder whose steps are less than a factor of two apart."""
        store, name = self._store, row.name
        seen = {
            ProbeKind.HEALTH: store.health.seen(name),
            ProbeKind.METRICS: store.scrapes.seen(name),
            ProbeKind.PROCESS: store.processes.seen(name),
        }
        sources = {kind: store.sources.get(f"{kind}:{name}") for kind in seen}
        took_s = {kind: (source.cost_s or 0.0) if source else 0.0 for kind, source in sources.items()}
        took_s[ProbeKind.HEALTH] = max(took_s[ProbeKind.HEALTH], row.latency_s or 0.0)
        looks = [*((at, took_s[kind]) for kind, at in seen.items()), (store.status.seen(name), max(took_s.values()))]
        return any(self._is_after(at, since + timedelta(seconds=_LADDER * took)) for at, took in looks)

    async def _holds(self, check: Holds, since: datetime) -> Answered:
        if self._querying is None:
            return None, "nothing can be asked in PromQL here"
        try:
            target = parse_target(check.target)
            reach_s = _reach_s(check.expr)
            # What looks back would see what was before the act.
            wait_s = reach_s - (self._clock.now() - since).total_seconds()
            if wait_s > 0:
                return None, f"{scrub(check.expr, 100)} looks back {age_text(reach_s)}: counts in {age_text(wait_s)}"
            values = await self._ask(self._querying, check.expr)
        except (QueryError, ValueError) as error:
            return None, scrub(f"{check.expr}: {error}", 300)
        return _judged(target, values, check.expr)

    async def _ask(self, querying: Querying, expr: str) -> list[float] | None:
        asking = querying.ask(expr, self._clock.now().timestamp())
        while True:
            try:
                next(asking)
            except StopIteration as stop:
                return _values(stop.value)
            await asyncio.sleep(0)

    async def _revision(self, check: RevisionLive, plan: Plan) -> Answered:
        if self._revision_of is None:
            return None, "which revision is live cannot be asked here"
        try:
            live = await self._revision_of(plan)
        except OutsideError as error:
            return None, scrub(f"which revision is live is not known: {error}", 300)
        if not live:
            return None, "the target does not say which revision is live"
        return live == check.revision, f"live is {scrub(of_plan(plan, live), 120)}"

    def _is_after(self, seen: datetime | None, since: datetime) -> bool:
        return seen is not None and since <= seen <= self._clock.now()


def _judged(target: Target, values: list[float] | None, expr: str) -> Answered:
    words = scrub(expr, 100)
    if not values:
        return None, f"{words}: no data"
    shown = ", ".join(target.shown(value) for value in values[:_NAMED])
    if any(map(math.isnan, values)):
        return None, f"{words}: {shown}"
    return all(target.holds(value) for value in values), f"{words}: {shown} (target {scrub(target.text, 40)})"


def _values(answer: object) -> list[float] | None:
    """The values of an answer; None for what is neither a number nor a vector of them."""
    from fleet.promql.function import Vector

    value = getattr(answer, "value", None)
    if isinstance(value, float):
        return [value]
    return [float(one) for one in value.values] if isinstance(value, Vector) else None


def _reach_s(expr: str) -> float:
    """How far the ranges of an expression look back, in seconds; 0 where it asks for the newest samples only. Raises
    QueryError."""
    from fleet.promql.parse import parse

    wanted = parse(expr).wanted
    return max((one.reach_s for one in wanted), default=0.0) if "[" in _QUOTED.sub("", expr) else 0.0
