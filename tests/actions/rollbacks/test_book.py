"""What the book of rollbacks says of agents, objectives and history, and what is proposed."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.actions.action import Action, ActionState
from fleet.actions.history import Live, judged, live_spans, preferred
from fleet.actions.plan import AgentsUp, Fact, GatePasses, RevisionLive, SloHolds
from fleet.actions.revision import Revision
from fleet.actions.rollback_plan import hit
from fleet.actions.taking_back import taken_back
from fleet.alerts.model import Alert, AlertState
from fleet.errors import RefusedError
from fleet.model import AgentStatus
from fleet.severity import Severity
from fleet.vocabulary import AgentState
from tests.actions.rollbacks.bench import AT, bench
from tests.actions.rollbacks.gateway import HOUR, RATIOS, Past, fill, releases, slo_row


@pytest.mark.anyio
async def test_each_revision_is_judged_by_the_objective_while_it_was_live(tmp_path: Path) -> None:
    async with bench(tmp_path, releases(tmp_path), history=Past(RATIOS)) as it:
        fill(it)
        known = await it.book.revisions("gateway")
        told = {one.id: (one.good, round(one.error_ratio or 0, 4)) for one in known.revisions}
        assert told == {"r3": (False, 0.3), "r2": (True, 0.0008), "r1": (True, 0.001)}
        assert known.preferred == "r2"
        assert next(row for row in it.book.rows()).live == "r3"


@pytest.mark.anyio
async def test_a_plan_says_whom_it_hits_what_must_hold_and_how_long_that_takes(tmp_path: Path) -> None:
    async with bench(tmp_path, releases(tmp_path), history=Past(RATIOS)) as it:
        fill(it)
        plan = await it.book.plan("gateway")
        assert (plan.revision, plan.word, plan.tier) == ("r2", "gateway", 2)
        assert plan.checks == (
            RevisionLive(revision="r2"),
            AgentsUp(agents=("gw-1", "gw-2")),
            SloHolds(slo="gateway-availability"),
            GatePasses(gate="errors"),
        )
        assert plan.blast[:2] == ("agent gw-1", "agent gw-2")
        assert "25.0% of its budget is left, it burns at 28.8×" in plan.effects[0]
        # The rate falls from 28.8 to 14.4 when half of the short window is past.
        assert "again 2m 30s after the last bad event at the earliest, and after 5m" in plan.effects[1]
        assert plan.within_s == 420.0
        it.store.slos.put("gateway-availability", slo_row(firing=False))
        assert (await it.book.plan("gateway")).within_s == 300.0
        worse = await it.book.plan("gateway", "r1")
        assert not worse.warnings
        assert plan.before_bad == "r3 was outside of its objective while it was live (70.000% of 99.000%)"
        undo = await it.book.plan_undo(Action(id="a1", plan=replace(plan, before="r1"), state=ActionState.FAILED))
        assert undo.warnings[0] == plan.before_bad
        assert undo.of == "a1" and undo.facts[0] == taken_back(undo) == Fact("undoes", f"a1: {plan.title}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("firing", "said"), [(True, "gateway-availability burned at 28.8× while r3 was live"), (False, "")]
)
async def test_of_a_revision_without_history_the_burn_of_now_is_held_against_it(
    firing: bool, said: str, tmp_path: Path
) -> None:
    async with bench(tmp_path, releases(tmp_path), history=Past({})) as it:
        fill(it)
        it.store.slos.put("gateway-availability", slo_row(firing=firing))
        assert (await it.book.plan("gateway")).before_bad == said


@pytest.mark.anyio
async def test_rolling_to_a_bad_or_unknown_revision_is_said(tmp_path: Path) -> None:
    async with bench(tmp_path, releases(tmp_path), history=Past({8: 0.5, 7: 0.5})) as it:
        fill(it)
        assert (await it.book.revisions("gateway")).preferred == "r2"
        (warning,) = (await it.book.plan("gateway", "r1")).warnings
        assert warning == "r1 was outside of its objective while it was live (50.000% of 99.000%)"
        assert "history has nothing" in (await it.book.plan("gateway", "r2")).warnings[0]


@pytest.mark.anyio
async def test_that_its_agents_were_not_seen_lately_is_said_and_refuses_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, releases(tmp_path), history=Past(RATIOS)) as it:
        fill(it)
        assert (await it.book.plan("gateway")).warnings == ()
        for name, state in (("gw-1", AgentState.UNKNOWN), ("gw-2", AgentState.STALE)):
            it.store.status.put(name, AgentStatus(name=name, state=state))
        plan = await it.book.plan("gateway")
        assert plan.warnings == ("what is known is too old: gw-1 is unknown, gw-2 is stale",)
        assert plan.refusals == ()


@pytest.mark.anyio
async def test_a_definition_is_found_by_agent_service_objective_and_alert(tmp_path: Path) -> None:
    other = {"kind": "command", "name": "thinker", "list": ["ls"], "to": ["ls", "{to}"], "agents": "name=planner"}
    async with bench(tmp_path, other, releases(tmp_path)) as it:
        fill(it)
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
    entry = releases(tmp_path)
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
        fill(it)
        plan = await it.book.plan("gateway", "b", staged=True)
        first, last = plan.stages
        assert AgentsUp(agents=("gw-1",)) in first.checks
        assert last.checks == (AgentsUp(agents=("gw-1", "gw-2")),)
        assert (first.hold_s, last.within_s) == (5.0, 60.0)
        assert [step.stage for step in plan.steps] == [0, 1]
        assert "not asked before the last stage: gw-2, which is not up now" in plan.warnings


# ── history ──


def _revision(name: str, hours: int, *, live: bool = False) -> Revision:
    return Revision(id=name, name=name, live=live, live_from=AT - hours * HOUR)


def test_a_revision_that_was_rolled_back_to_is_judged_by_both_of_its_times() -> None:
    revisions = (_revision("r3", 3), _revision("r2", 6, live=True), _revision("r1", 9))
    spans = live_spans(revisions, [Live(AT - HOUR, "r2")], AT)
    assert [(span.start, span.end) for span in spans["r2"]] == [
        (AT - 6 * HOUR, AT - 3 * HOUR),
        (AT - HOUR, AT),
    ]
    assert spans["r3"] == ((AT - 3 * HOUR, AT - HOUR),)
    made = judged(revisions, spans, "gateway-availability", 0.99, Past({5: 0.5, 4: 0.5, 1: 1.0, 2: 1.0}), AT)
    assert [(one.id, one.sli_ratio) for one in made] == [("r3", 1.0), ("r2", 2 / 3), ("r1", None)]
    assert (made[1].lived, made[1].live_from) == (spans["r2"], AT - HOUR)


def test_since_when_one_is_live_again_is_not_made_up() -> None:
    revisions = (_revision("r3", 3), _revision("r2", 6, live=True))
    _, again = judged(revisions, live_spans(revisions, [], AT), "", None, Past({}), AT)
    assert (again.lived, again.live_from) == (((AT - 6 * HOUR, AT - 3 * HOUR),), None)


def test_the_end_of_what_is_not_live_any_more_is_not_made_up() -> None:
    revisions = (_revision("r3", 3), _revision("r2", 6, live=True))
    assert set(live_spans(revisions, [], AT)) == {"r2"}


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("abcd")), max_size=20), st.sampled_from("abcd"))
def test_no_two_revisions_are_ever_live_at_once(seen: list[tuple[int, str]], live: str) -> None:
    revisions = tuple(Revision(id=name, name=name, live=name == live) for name in "abcd")
    spans = live_spans(revisions, [Live(AT - hours * HOUR, name) for hours, name in seen], AT)
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


def test_what_is_hit_is_counted_once() -> None:
    said = ("instance gw-1, at r3", "instance gw-9", "3 pods are replaced")
    assert hit(("gw-1", "gw-2"), said) == ("agent gw-2", *said)
    assert hit(("gw-1",), ()) == ("agent gw-1",)
