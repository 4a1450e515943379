"""What the book of rollbacks says of agents, objectives and history, and what is proposed."""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actions.proposing import AUTO, Proposer
from fleet.actions.action import Action, ActionState, Confirmation, Proposal
from fleet.actions.history import Between, Live, judged, live_spans, preferred
from fleet.actions.plan import AgentsUp, GatePasses, Plan, RevisionLive, SloHolds
from fleet.actions.revision import Revision
from fleet.alerts.model import Alert, AlertState
from fleet.errors import RefusedError
from fleet.gates.model import GateState, GateStatus
from fleet.model import AgentStatus
from fleet.severity import Severity
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.vocabulary import AgentState
from tests.actions.rollbacks.bench import AT, Bench, bench

_HOUR = timedelta(hours=1)


class _Past:
    """An objective that was as `ratios` says, by the hour before now."""

    def __init__(self, ratios: Mapping[int, float]) -> None:
        self._ratios = ratios

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        if slo != "gateway-availability":
            return None
        hours = [hour for hour in self._ratios if start <= AT - hour * _HOUR < end]
        good = sum(1000 * self._ratios[hour] for hour in hours)
        return Between(good, 1000.0 * len(hours), 60 * len(hours), 60 * len(hours))


def _releases(root: Path) -> dict[str, Any]:
    for hours, name in ((9, "r1"), (6, "r2"), (3, "r3")):
        (root / "releases" / name).mkdir(parents=True)
        at = (AT - hours * _HOUR).timestamp()
        os.utime(root / "releases" / name, (at, at))
    (root / "current").symlink_to(root / "releases" / "r3")
    at = (AT - 3 * _HOUR).timestamp()
    os.utime(root / "current", (at, at), follow_symlinks=False)
    return {
        "kind": "symlink",
        "name": "gateway",
        "link": "current",
        "releases": "releases",
        "agents": "name~gw-",
        "slo": "gateway-availability",
        "gate": "errors",
    }


def _slo(*, firing: bool = True, severity: str = "page") -> SloStatus:
    burn = Burn(
        tier="page fast",
        severity=severity,
        factor=14.4,
        long_s=3600,
        short_s=300,
        long_rate=28.8,
        short_rate=28.8,
        firing=firing,
    )
    return SloStatus(
        name="gateway-availability",
        service="edge",
        objective_ratio=0.99,
        window_s=86_400,
        state=SloState.BURNING if firing else SloState.OK,
        budget_remaining_ratio=0.25,
        burn_rate=28.8,
        burns=(burn,),
    )


def _fill(it: Bench) -> None:
    for name, state in (("gw-1", AgentState.UP), ("gw-2", AgentState.DOWN), ("planner", AgentState.UP)):
        it.store.status.put(name, AgentStatus(name=name, state=state))
    it.store.slos.put("gateway-availability", _slo())


_RATIOS = {8: 0.999, 7: 0.999, 5: 0.999, 4: 0.9995, 2: 0.7, 1: 0.7}


@pytest.mark.anyio
async def test_each_revision_is_judged_by_the_objective_while_it_was_live(tmp_path: Path) -> None:
    async with bench(tmp_path, _releases(tmp_path), history=_Past(_RATIOS)) as it:
        _fill(it)
        known = await it.book.revisions("gateway")
        told = {one.id: (one.good, round(one.error_ratio or 0, 4)) for one in known.revisions}
        assert told == {"r3": (False, 0.3), "r2": (True, 0.0008), "r1": (True, 0.001)}
        assert known.preferred == "r2"
        assert next(row for row in it.book.rows()).live == "r3"


@pytest.mark.anyio
async def test_a_plan_says_whom_it_hits_what_must_hold_and_how_long_that_takes(tmp_path: Path) -> None:
    async with bench(tmp_path, _releases(tmp_path), history=_Past(_RATIOS)) as it:
        _fill(it)
        plan = await it.book.plan("gateway")
        assert (plan.revision, plan.word, plan.tier) == ("r2", "gateway", 2)
        assert plan.checks == (
            RevisionLive(revision="r2"),
            AgentsUp(agents=("gw-1", "gw-2")),
            SloHolds(slo="gateway-availability"),
            GatePasses(gate="errors"),
        )
        assert plan.blast[:2] == ("agent gw-1", "agent gw-2")
        assert "25.0% of its budget is left, burning 28.8" in plan.effects[0]
        # The rate falls from 28.8 to 14.4 when half of the short window is past.
        assert "again 2m 30s after the last bad event at the earliest, and after 5m" in plan.effects[1]
        assert plan.within_s == 420.0
        it.store.slos.put("gateway-availability", _slo(firing=False))
        assert (await it.book.plan("gateway")).within_s == 300.0
        worse = await it.book.plan("gateway", "r1")
        assert not worse.warnings


@pytest.mark.anyio
async def test_rolling_to_a_bad_or_unknown_revision_is_said(tmp_path: Path) -> None:
    async with bench(tmp_path, _releases(tmp_path), history=_Past({8: 0.5, 7: 0.5})) as it:
        _fill(it)
        assert (await it.book.revisions("gateway")).preferred == "r2"
        (warning,) = (await it.book.plan("gateway", "r1")).warnings
        assert warning == "r1 was outside of its objective while it was live (50.000% of 99.000%)"
        assert "history has nothing" in (await it.book.plan("gateway", "r2")).warnings[0]


@pytest.mark.anyio
async def test_a_definition_is_found_by_agent_service_objective_and_alert(tmp_path: Path) -> None:
    other = {"kind": "command", "name": "thinker", "list": ["ls"], "to": ["ls"], "agents": "name=planner"}
    async with bench(tmp_path, other, _releases(tmp_path)) as it:
        _fill(it)
        labels = {"alertname": "Burning", "slo": "gateway-availability", "agent": "planner"}
        it.store.alerts.put(
            "id-1", Alert(id="id-1", name="Burning", state=AlertState.FIRING, severity=Severity.CRITICAL, labels=labels)
        )
        assert it.book.rollbacks_for("gw-1") == ("gateway",)
        assert it.book.rollbacks_for("edge") == ("gateway",)
        assert it.book.rollbacks_for("gateway-availability/gw-1") == ("gateway",)
        assert it.book.rollbacks_for("id-1") == ("gateway", "thinker")
        assert it.book.rollbacks_for("nobody") == ()
        assert set(it.book.rollbacks_for("")) == {"gateway", "thinker"}
        with pytest.raises(RefusedError, match="no rollback 'x'"):
            await it.book.plan("x")


@pytest.mark.anyio
async def test_of_releases_of_one_moment_the_higher_version_is_the_newer_one(tmp_path: Path) -> None:
    entry = _releases(tmp_path)
    (tmp_path / "releases" / "r10").mkdir()
    for name in ("r1", "r2", "r3", "r10"):
        os.utime(tmp_path / "releases" / name, (1e9, 1e9))
    async with bench(tmp_path, entry) as it:
        said = await it.book.revisions("gateway")
        assert [one.id for one in said.revisions] == ["r10", "r3", "r2", "r1"]
        assert said.preferred == "r2"
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(tmp_path / "releases" / "r1")
        with pytest.raises(RefusedError, match=r"at its oldest revision: name the one that is wanted \(r10, r3, r2\)"):
            await it.book.plan("gateway")


@pytest.mark.anyio
async def test_agents_that_the_bad_revision_took_down_do_not_stop_a_canary(tmp_path: Path) -> None:
    staged = [
        {"share": 0.2, "gate": "errors", "expr": "up", "target": ">=1", "hold": "5s"},
        {"share": 1, "within": "1m"},
    ]
    tool = ["/bin/echo", '[{"id":"a","live":true},{"id":"b"}]']
    rolled = {
        "kind": "command",
        "name": "gateway",
        "list": tool,
        "to": ["/bin/true", "{to}", "{share}"],
        "agents": "name~gw-",
        "stages": staged,
    }
    async with bench(tmp_path, rolled) as it:
        _fill(it)
        plan = await it.book.plan("gateway", "b", staged=True)
        first, last = plan.stages
        assert AgentsUp(agents=("gw-1",)) in first.checks
        assert last.checks == (AgentsUp(agents=("gw-1", "gw-2")),)
        assert (first.hold_s, last.within_s) == (5.0, 60.0)
        assert [step.stage for step in plan.steps] == [0, 1]


# ── proposing ──


class _Desk:
    """What `ActionDesk.start` would take."""

    def __init__(self, it: Bench, state: ActionState) -> None:
        self.it, self.state = it, state
        self.started: list[tuple[Plan, Confirmation]] = []

    async def start(self, plan: Plan, confirmation: Confirmation) -> str:
        self.started.append((plan, confirmation))
        now = self.it.clock.now()
        self.it.store.actions.put(
            plan.key,
            Action(id=plan.key, plan=plan, state=self.state, actor=confirmation.by, sent_at=now, ended_at=now),
        )
        return plan.key


@pytest.mark.anyio
async def test_a_page_level_burn_proposes_and_nothing_is_carried_out_unasked(tmp_path: Path) -> None:
    async with bench(tmp_path, _releases(tmp_path), history=_Past(_RATIOS)) as it:
        _fill(it)
        desk = _Desk(it, ActionState.SUCCEEDED)
        proposer = Proposer(it.store, it.book, it.clock, desk.start)
        for _ in range(10):
            await proposer.step()
            it.clock.advance(60)
        assert it.store.proposals["gateway"] == Proposal(
            target="gateway",
            revision="r2",
            because="SLO gateway-availability burns at page level (page fast at 28.8×)",
            since=AT,
        )
        assert it.book.rows()[0].proposed == "r2"
        assert desk.started == []
        it.store.slos.put("gateway-availability", _slo(severity="ticket"))
        await proposer.step()
        assert not it.store.proposals
        it.store.gates.put("errors", GateStatus(name="errors", target="<1%", state=GateState.FAIL, observed_text="9%"))
        await proposer.step()
        assert it.store.proposals["gateway"].because == "gate errors fails: 9%"


@pytest.mark.anyio
async def test_from_a_revision_that_kept_its_objective_none_is_proposed_of_which_that_is_not_known(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, _releases(tmp_path), history=_Past({2: 0.999, 1: 0.999})) as it:
        _fill(it)
        proposer = Proposer(it.store, it.book, it.clock)
        await proposer.step()
        assert not it.store.proposals
        assert proposer.said["gateway"] == "r3 kept its objective, and of r2 that is not known"


@pytest.mark.anyio
async def test_auto_keeps_to_its_limits_and_never_repeats_what_failed(tmp_path: Path) -> None:
    rolled = _releases(tmp_path) | {"auto": {"most_per_day": 3, "after": "2m"}}
    async with bench(tmp_path, rolled, history=_Past(_RATIOS)) as it:
        _fill(it)
        desk = _Desk(it, ActionState.FAILED)
        proposer = Proposer(it.store, it.book, it.clock, desk.start)
        await proposer.step()
        assert desk.started == []
        it.clock.advance(120)
        for _ in range(30):
            await proposer.step()
            it.clock.advance(600)
        ((plan, confirmation),) = desk.started
        assert (plan.revision, confirmation.by, confirmation.typed) == ("r2", AUTO, "gateway")
        # It ends and begins again: still nothing, until an operator has succeeded.
        it.store.slos.put("gateway-availability", _slo(firing=False))
        await proposer.step()
        it.store.slos.put("gateway-availability", _slo())
        for _ in range(3):
            await proposer.step()
            it.clock.advance(600)
        assert len(desk.started) == 1
        assert "did not succeed" in proposer.said["gateway"]


@pytest.mark.anyio
async def test_what_is_still_seen_of_the_time_before_a_rollback_proposes_none(tmp_path: Path) -> None:
    async with bench(tmp_path, _releases(tmp_path), history=_Past(_RATIOS)) as it:
        _fill(it)
        plan = await it.book.plan("gateway")
        now = it.clock.now()
        done = Action(id=plan.key, plan=plan, state=ActionState.RUNNING, sent_at=now)
        proposer = Proposer(it.store, it.book, it.clock)
        it.store.actions.put(plan.key, done)
        await proposer.step()
        assert not it.store.proposals
        it.store.actions.put(plan.key, replace(done, state=ActionState.SUCCEEDED, ended_at=now))
        it.clock.advance(300)
        await proposer.step()
        assert not it.store.proposals
        it.clock.advance(300)
        await proposer.step()
        assert "gateway" in it.store.proposals


# ── history ──


def _revision(name: str, hours: int, *, live: bool = False) -> Revision:
    return Revision(id=name, name=name, live=live, live_from=AT - hours * _HOUR)


def test_a_revision_that_was_rolled_back_to_is_judged_by_both_of_its_times() -> None:
    revisions = (_revision("r3", 3), _revision("r2", 6, live=True), _revision("r1", 9))
    spans = live_spans(revisions, [Live(AT - _HOUR, "r2")], AT)
    assert [(span.start, span.end) for span in spans["r2"]] == [
        (AT - 6 * _HOUR, AT - 3 * _HOUR),
        (AT - _HOUR, AT),
    ]
    assert spans["r3"] == ((AT - 3 * _HOUR, AT - _HOUR),)
    made = judged(revisions, spans, "gateway-availability", 0.99, _Past({5: 0.5, 4: 0.5, 1: 1.0, 2: 1.0}))
    assert [(one.id, one.sli_ratio) for one in made] == [("r3", 1.0), ("r2", 2 / 3), ("r1", None)]


def test_the_end_of_what_is_not_live_any_more_is_not_made_up() -> None:
    revisions = (_revision("r3", 3), _revision("r2", 6, live=True))
    assert set(live_spans(revisions, [], AT)) == {"r2"}


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("abcd")), max_size=20), st.sampled_from("abcd"))
def test_no_two_revisions_are_ever_live_at_once(seen: list[tuple[int, str]], live: str) -> None:
    revisions = tuple(Revision(id=name, name=name, live=name == live) for name in "abcd")
    spans = live_spans(revisions, [Live(AT - hours * _HOUR, name) for hours, name in seen], AT)
    flat = sorted(span for each in spans.values() for span in each)
    assert all(before.end <= after.start for before, after in pairwise(flat))
    assert all(span.start < span.end <= AT for span in flat)


def test_the_preferred_one_is_the_last_good_else_the_one_before() -> None:
    live = _revision("r4", 1, live=True)
    r3, r2, r1 = (_revision(f"r{n}", 9 - n) for n in (3, 2, 1))
    assert preferred((live, r3, r2, r1)) == "r3"
    assert preferred((live, replace(r3, good=False), r2, r1)) == "r2"
    assert preferred((live, r3, r2, replace(r1, good=True))) == "r1"
    assert preferred((live, replace(r3, trouble="damaged"), r2)) == "r2"
    assert preferred((live,)) == ""
    assert preferred((replace(live, live=False), r3)) == "r4"
