"""Conditions by what collectors saw: nothing known is no pass, and what was seen before does not count."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from actions.checking import StoreChecker
from fleet.actions.plan import AgentsUp, Check, GatePasses, Holds, Plan, RevisionLive, SloHolds
from fleet.clock import ManualClock
from fleet.errors import Fault, OutsideError
from fleet.gates.model import GateState, GateStatus
from fleet.model import AgentStatus, ProbeKind, Source
from fleet.promql.evaluate import Answer, instant
from fleet.promql.parse import parse
from fleet.promql.ports import Asking
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.store import Slice, Store
from fleet.vocabulary import AgentState
from tests.actions.runner_bench import AT, plan
from tests.fleet.promql.memory_storage import MemoryStorage

pytestmark = pytest.mark.anyio
SINCE = AT - timedelta(seconds=30)


class Desk:
    def __init__(self) -> None:
        self.store, self.clock, self.storage = Store(), ManualClock(AT), MemoryStorage()
        self.live: str | None = "v1"
        self.checker = StoreChecker(self.store, self.clock, querying=self, revision_of=self.revision_of)

    def ask(self, expr: str, at_s: float) -> Asking:
        yield
        return Answer(instant(parse(expr), self.storage, round(at_s * 1000)).value)

    def follow(self, expr: str, range_s: float) -> None: ...

    def leave(self) -> None: ...

    def curves(self, expr: str, from_s: float, to_s: float) -> Asking:
        return self.ask(expr, to_s)

    def names(self) -> tuple[str, ...]:
        return ()

    async def revision_of(self, plan: Plan) -> str | None:
        if self.live == "away":
            raise OutsideError(Fault.TIMEOUT, "svc")
        return self.live

    async def holds(self, check: Check, since: datetime = SINCE) -> bool | None:
        holds, words = await self.checker.check(check, plan(), since)
        assert words
        return holds


async def test_a_gate_must_pass_and_be_judged_since() -> None:
    it = Desk()
    gate = GatePasses(gate="g")
    assert await it.holds(gate) is None
    for state, holds in ((GateState.PASS, True), (GateState.FAIL, False), (GateState.NO_DATA, None)):
        it.store.gates.put("g", GateStatus(name="g", target=">1", state=state))
        it.store.gates.touch("g", AT)
        assert await it.holds(gate) is holds
    it.store.gates.put("g", GateStatus(name="g", target=">1", state=GateState.PASS))
    for seen in (SINCE - timedelta(seconds=1), AT + timedelta(hours=1)):
        it.store.gates.touch("g", seen)
        assert await it.holds(gate) is None


async def test_an_objective_must_not_burn_nor_page() -> None:
    it = Desk()
    page = Burn(tier="fast", severity="page", factor=14.4, long_s=3600, short_s=300, firing=True)
    ticket = Burn(tier="slow", severity="ticket", factor=1, long_s=3600, short_s=300, firing=True)
    assert await it.holds(SloHolds(slo="s")) is None
    for state, burns, holds in (
        (SloState.OK, (), True),
        (SloState.OK, (page,), False),
        (SloState.OK, (ticket,), True),
        (SloState.BURNING, (), False),
        (SloState.EXHAUSTED, (), True),
        (SloState.NO_DATA, (), None),
    ):
        it.store.slos.put("s", SloStatus(name="s", objective_ratio=0.99, window_s=60, state=state, burns=burns))
        it.store.slos.touch("s", AT)
        assert await it.holds(SloHolds(slo="s")) is holds


async def test_agents_must_be_seen_up_by_looks_that_began_since() -> None:
    it = Desk()
    check = AgentsUp(agents=("a", "b"))
    assert await it.holds(AgentsUp(agents=())) is None
    for name in "ab":
        it.store.status.put(name, AgentStatus(name=name, state=AgentState.UP))
    assert await it.holds(check) is None
    for name in "ab":
        it.store.health.touch(name, AT)
    assert await it.holds(check) is True
    it.store.status.put("b", AgentStatus(name="b", state=AgentState.UP, latency_s=31))
    assert await it.holds(check) is None
    for state, holds in ((AgentState.DOWN, False), (AgentState.STALE, None), (AgentState.DEGRADED, False)):
        it.store.status.put("b", AgentStatus(name="b", state=state))
        assert await it.holds(check) is holds


@pytest.mark.parametrize("kind", [ProbeKind.HEALTH, ProbeKind.METRICS, ProbeKind.PROCESS])
async def test_a_look_that_may_have_begun_before_does_not_count(kind: ProbeKind) -> None:
    it = Desk()
    it.store.status.put("a", AgentStatus(name="a", state=AgentState.UP))
    it.store.sources.put(f"{kind}:a", Source(id=f"{kind}:a", kind=kind, target="x", cost_s=0.2))
    slices: dict[str, Slice[str, Any]] = {
        "health": it.store.health,
        "metrics": it.store.scrapes,
        "process": it.store.processes,
    }
    # By the ladder it may have taken 0.32 s.
    for after_s, holds in ((0.1, None), (0.31, None), (0.41, True)):
        slices[kind.value].touch("a", SINCE + timedelta(seconds=after_s))
        assert await it.holds(AgentsUp(agents=("a",))) is holds


async def test_an_expression_must_reach_its_target_over_data_from_since() -> None:
    it = Desk()
    now = round(AT.timestamp() * 1000)
    assert await it.holds(Holds(expr="errors", target="<1%")) is None
    it.storage.add({"__name__": "errors", "path": "a[b]"}, [now], [0.005])
    assert await it.holds(Holds(expr="errors", target="<1%")) is True
    assert await it.holds(Holds(expr='errors{path=~"a\\\\[.*"}', target="<1%")) is True
    assert await it.holds(Holds(expr="errors", target="<0.1%")) is False
    assert await it.holds(Holds(expr="errors / 0 - errors / 0", target="<1%")) is None
    assert await it.holds(Holds(expr="max_over_time(errors[1m])", target="<1%")) is None
    assert await it.holds(Holds(expr="max_over_time(errors[1m])", target="<1%"), AT - timedelta(minutes=1)) is True
    assert await it.holds(Holds(expr="errors[", target="<1%")) is None
    assert await it.holds(Holds(expr="errors", target="soon")) is None


async def test_the_revision_is_what_the_target_says() -> None:
    it = Desk()
    for live, holds in (("v1", True), ("v2", False), (None, None), ("away", None)):
        it.live = live
        assert await it.holds(RevisionLive(revision="v1")) is holds
    assert (await StoreChecker(it.store, it.clock).check(RevisionLive(revision="v1"), plan(), SINCE))[0] is None
