"""Rollbacks that are carried out by themselves: within limits, against nobody, and never of what is innocent."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actions.proposing import Proposer
from fleet.actions.action import AUTO, Action, ActionState, Confirmation, Freeze, Lock
from fleet.actions.blame import Blame
from fleet.actions.plan import Plan
from fleet.errors import RefusedError
from fleet.gates.model import GateState, GateStatus
from fleet.model import AgentStatus
from fleet.vocabulary import AgentState
from fleet.why.model import Subject
from tests.actions.rollbacks.bench import AT, Bench, bench
from tests.actions.rollbacks.gateway import HOUR, RATIOS, Past, fill, releases, slo_row

pytestmark = pytest.mark.anyio

ANN = "ann@edge"


class Desk:
    """What `ActionDesk.start` would do to the link, at once; refuses where `refuses` says why."""

    def __init__(self, it: Bench) -> None:
        self.it, self.refuses, self.fails = it, "", False
        self.started: list[Plan] = []

    async def start(self, plan: Plan, confirmation: Confirmation) -> str:
        if self.refuses:
            raise RefusedError(self.refuses)
        self.started.append(plan)
        self.record(plan, confirmation.by, ActionState.FAILED if self.fails else ActionState.SUCCEEDED)
        return plan.key

    def record(self, plan: Plan, by: str, state: ActionState = ActionState.SUCCEEDED) -> None:
        """It was done by somebody."""
        now = self.it.clock.now()
        row = Action(id=plan.key, plan=plan, state=state, actor=by, sent_at=now, changed_at=now, ended_at=now)
        self.it.store.actions.put(plan.key, row)
        if state is ActionState.SUCCEEDED:
            release(self.it, plan.revision, plan.source)


class Auto:
    """A fleet with a bench, a desk and a proposer, in which time passes."""

    def __init__(self, it: Bench) -> None:
        self.it, self.desk = it, Desk(it)
        self.blamed: Mapping[str, float] | None = None
        self.proposer = Proposer(it.store, it.book, it.clock, self.desk.start, blame=self._blame)

    async def _blame(self, subject: Subject) -> Blame:
        return Blame(self.blamed or {})

    async def go(self, seconds: float, every: float = 5) -> None:
        for _ in range(int(seconds / every)):
            await self.proposer.step()
            self.it.clock.advance(every)
        await self.proposer.step()

    def said(self, name: str = "gateway") -> str:
        return next(row.said for row in self.it.book.rows() if row.name == name)

    async def roll(self, to: str, *, by: str = ANN) -> Plan:
        """An operator rolls."""
        plan = await self.it.book.plan("gateway", to)
        self.desk.record(plan, by)
        return plan

    async def undo(self, plan: Plan, *, by: str = ANN) -> None:
        done = self.it.store.actions[plan.key]
        self.desk.record(await self.it.book.plan_undo(done), by)

    @property
    def rolled(self) -> list[str]:
        return [plan.revision for plan in self.desk.started]


def release(it: Bench, revision: str, name: str = "gateway") -> None:
    """That revision is live from now on, by whomever."""
    folder = it.root / ("." if name == "gateway" else name)
    link = folder / "current"
    link.unlink()
    link.symlink_to(folder / "releases" / revision)
    at = it.clock.now().timestamp()
    if not (folder / "releases" / revision).exists():
        (folder / "releases" / revision).mkdir()
        os.utime(folder / "releases" / revision, (at, at))
    os.utime(link, (at, at), follow_symlinks=False)


@asynccontextmanager
async def auto(root: Path, *more: dict[str, Any], **options: Any) -> AsyncIterator[Auto]:
    rolled = releases(root) | {"auto": {"most_per_day": 5, "after": "20s", **options}}
    async with bench(root, rolled, *more, history=Past(RATIOS)) as it:
        fill(it)
        yield Auto(it)


def calm(it: Bench) -> None:
    it.store.slos.put("gateway-availability", slo_row(firing=False))


async def test_it_says_when_it_acts_and_then_does_once(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        await fleet.go(0)
        proposal = fleet.it.store.proposals["gateway"]
        assert (proposal.acts_at, fleet.said()) == (AT + timedelta(seconds=20), "auto in 20s")
        await fleet.go(15)
        assert (fleet.rolled, fleet.said()) == ([], "auto in 5s")
        await fleet.go(5)
        assert fleet.rolled == ["r2"]
        await fleet.go(60)
        assert "gateway" not in fleet.it.store.proposals
        assert fleet.said().startswith(f"r2 was rolled to by {AUTO}, from r3; looks again in 6m")
        # It goes on burning: whatever it is, going back did not heal it, and nobody goes one further unasked.
        await fleet.go(3600, 60)
        assert fleet.rolled == ["r2"]


async def test_a_reason_is_about_the_same_burn_however_it_shows(tmp_path: Path) -> None:
    failing = GateStatus(name="errors", target="<1%", state=GateState.FAIL, observed_text="9%")
    async with auto(tmp_path) as fleet:
        fleet.it.store.gates.put("errors", failing)
        for turn in range(4):
            fleet.it.store.slos.put("gateway-availability", slo_row(firing=turn % 2 == 0))
            await fleet.go(4, 4)
            assert fleet.it.store.proposals["gateway"].since == AT
        assert fleet.said() == "not by itself: it is carried out by itself only for page"
        fleet.it.store.slos.put("gateway-availability", slo_row())
        await fleet.go(4, 4)
        assert fleet.rolled == ["r2"]


async def test_another_revision_that_comes_is_another_burn(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        await fleet.go(15)
        release(fleet.it, "r4")
        await fleet.go(15)
        assert fleet.rolled == []
        assert fleet.it.store.proposals["gateway"].since == AT + timedelta(seconds=15)


async def test_frozen_it_waits_and_then_counts_anew_and_an_unlocking_is_for_operators(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        await fleet.go(15)
        fleet.it.store.freeze.put("freeze", Freeze(frozen=True, why="frozen by ann: what is this"))
        await fleet.go(60)
        assert (fleet.rolled, fleet.said()) == ([], "not by itself: frozen by ann: what is this")
        fleet.it.store.freeze.put("freeze", Freeze(until=fleet.it.clock.now() + timedelta(minutes=5)))
        await fleet.go(60)
        assert fleet.rolled == []
        assert "unlocked for a while, which is for operators" in fleet.said()
        fleet.it.store.freeze.put("freeze", Freeze())
        await fleet.go(15)
        assert fleet.rolled == []
        await fleet.go(10)
        assert fleet.rolled == ["r2"]


async def test_what_was_refused_is_not_used_up_and_tried_ever_more_seldom(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        fleet.desk.refuses = "bob@west is at work on gateway"
        await fleet.go(20)
        assert fleet.it.store.proposals["gateway"].held_back == ""
        await fleet.go(5)
        assert fleet.said() == "auto in 35s (it was refused: bob@west is at work on gateway)"
        fleet.desk.refuses = ""
        await fleet.go(40)
        assert fleet.rolled == ["r2"]


@pytest.mark.parametrize("how", ["undone", "rolled forward", "rolled forward elsewhere", "failed"])
async def test_an_operator_who_takes_it_back_has_disarmed_it(tmp_path: Path, how: str) -> None:
    async with auto(tmp_path) as fleet:
        fleet.desk.fails = how == "failed"
        await fleet.go(25)
        (plan,) = fleet.desk.started
        fleet.desk.fails = False
        fleet.it.clock.advance(30)
        if how == "undone":
            await fleet.undo(plan)
        elif how == "rolled forward":
            await fleet.roll("r3")
        elif how == "rolled forward elsewhere":
            release(fleet.it, "r3")
        await fleet.go(3600, 60)
        assert fleet.rolled == ["r2"]
        proposal = fleet.it.store.proposals["gateway"]
        wanted = {
            "undone": f"{ANN} undid what it did",
            "rolled forward": f"{ANN} undid what it did",
            "rolled forward elsewhere": "r3 is live again, which it had rolled back",
            "failed": "did not succeed",
        }[how]
        assert wanted in proposal.held_back
        # A rollback of an operator arms it again, and a release that burns is then taken back.
        fleet.it.clock.advance(60)
        await fleet.roll("r2")
        fleet.it.clock.advance(600)
        calm(fleet.it)
        await fleet.go(60)
        release(fleet.it, "r4")
        fleet.it.store.slos.put("gateway-availability", slo_row())
        await fleet.go(120)
        assert len(fleet.rolled) == 2


async def test_the_configuration_arms_it_again(tmp_path: Path) -> None:
    after = (AT + timedelta(hours=2)).isoformat()
    for rearmed, rolled in (("", 1), (after, 2)):
        root = tmp_path / str(rolled)
        root.mkdir()
        async with auto(root, **({"rearmed": rearmed} if rearmed else {})) as fleet:
            await fleet.go(25)
            await fleet.undo(fleet.desk.started[0])
            await fleet.go(3600, 60)
            assert len(fleet.rolled) == 1
            await fleet.go(2 * 3600, 60)
            assert len(fleet.rolled) == rolled, fleet.said()


async def test_the_days_limit_is_counted_from_the_records(tmp_path: Path) -> None:
    async with auto(tmp_path, most_per_day=1) as fleet:
        await fleet.go(25)
        calm(fleet.it)
        await fleet.go(600, 60)
        release(fleet.it, "r4")
        fleet.it.store.slos.put("gateway-availability", slo_row())
        # Another program, after a restart.
        again = Proposer(fleet.it.store, fleet.it.book, fleet.it.clock, fleet.desk.start)
        for _ in range(60):
            await again.step()
            fleet.it.clock.advance(60)
        assert fleet.rolled == ["r2"]
        assert fleet.said() == "not by itself: 1 of 1 in 24 hours is used up"
        fleet.it.clock.advance(24 * 3600)
        await again.step()
        await again.step()
        assert len(fleet.rolled) == 2


# ── others at work ──


async def test_nothing_is_proposed_while_somebody_is_at_work_nor_one_further_after_it(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        await fleet.go(10)
        assert "gateway" in fleet.it.store.proposals
        lock = Lock(target="gateway", owner="bob@west", since=AT, title="roll gateway to r2")
        fleet.it.store.locks.put("gateway", lock)
        await fleet.go(60)
        assert not fleet.it.store.proposals
        assert fleet.said() == "bob@west is at work on it (roll gateway to r2)"
        release(fleet.it, "r2")
        fleet.it.store.locks.drop("gateway")
        await fleet.go(300)
        assert not fleet.it.store.proposals
        assert fleet.said().startswith("r2 was rolled to, from r3; looks again in 2m")
        await fleet.go(3600, 60)
        assert fleet.rolled == []
        proposal = fleet.it.store.proposals.get("gateway")
        assert proposal is None or "live by a rollback from r3" in proposal.doubt


async def test_a_release_ends_the_waiting_at_once(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        await fleet.roll("r2")
        fleet.it.clock.advance(60)
        await fleet.go(0)
        assert "looks again in" in fleet.said()
        release(fleet.it, "r4")
        await fleet.go(0)
        assert fleet.it.store.proposals["gateway"].revision == "r2"


async def test_who_names_no_revision_does_not_go_one_further_by_accident(tmp_path: Path) -> None:
    async with auto(tmp_path) as fleet:
        await fleet.roll("r2")
        fleet.it.clock.advance(40)
        said = f"r2 is live since 40s by a rollback from r3 by {ANN}: this rolls one further"
        plan = await fleet.it.book.plan("gateway", "r1")
        assert said in plan.warnings
        assert plan.refusals == ()
        plan = await fleet.it.book.plan("gateway")
        assert plan.refusals == (f"{said}; name the revision that is wanted (--to {plan.revision})",)
        forward = await fleet.it.book.plan("gateway", "r3")
        assert not any("one further" in one for one in forward.warnings)


# ── whose doing it is ──


def other(root: Path) -> dict[str, Any]:
    """A second service with releases of its own and the same objective."""
    (root / "model").mkdir()
    entry = releases(root / "model")
    entry |= {"name": "model", "agents": "name~ms-"}
    return entry | {"auto": {"most_per_day": 5, "after": "20s"}}


@asynccontextmanager
async def both(root: Path) -> AsyncIterator[Auto]:
    async with auto(root, other(root)) as fleet:
        fleet.it.store.status.put("ms-1", AgentStatus(name="ms-1", state=AgentState.UP))
        yield fleet


async def test_only_what_has_the_bad_events_is_rolled(tmp_path: Path) -> None:
    async with both(tmp_path) as fleet:
        fleet.blamed = {"gw-1": 3.0, "ms-1": 97.0}
        await fleet.go(60)
        assert [plan.source for plan in fleet.desk.started] == ["model"]
        assert fleet.said() == "model has 97 % of the bad events"


async def test_where_others_have_most_of_it_an_operator_decides(tmp_path: Path) -> None:
    async with both(tmp_path) as fleet:
        fleet.blamed = {"gw-1": 30.0, "ms-1": 70.0}
        await fleet.go(60)
        assert [plan.source for plan in fleet.desk.started] == ["model"]
        assert fleet.it.store.proposals["gateway"].doubt == "model has 70 % of the bad events"


async def test_of_a_shared_objective_without_contributions_none_is_carried_out(tmp_path: Path) -> None:
    async with both(tmp_path) as fleet:
        await fleet.go(300)
        assert fleet.rolled == []
        assert "model has its objective, too" in fleet.it.store.proposals["gateway"].doubt


async def test_a_revision_is_not_marked_bad_for_what_may_be_anothers_doing(tmp_path: Path) -> None:
    async with both(tmp_path) as fleet:
        known = await fleet.it.book.revisions("gateway")
        live = known.live
        assert live is not None
        assert (live.good, live.shared) == (None, "model")
        assert live.error_ratio == pytest.approx(0.3)
        back = await fleet.it.book.plan("gateway", "r2")
        assert not any("outside" in one for one in back.warnings)
        assert known.revisions[1].good is True


async def test_a_gate_that_failed_before_what_is_live_came_is_not_its_doing(tmp_path: Path) -> None:
    async with auto(tmp_path, only="errors") as fleet:
        calm(fleet.it)
        gate = GateStatus(name="errors", target="<1%", state=GateState.FAIL, expr="rate(errors[10m])", since=AT)
        fleet.it.store.gates.put("errors", replace(gate, since=AT - HOUR / 2))
        fleet.it.clock.advance(60)
        release(fleet.it, "r4")
        fleet.it.clock.advance(60)
        await fleet.go(60)
        assert fleet.rolled == []
        assert fleet.said() == "r4 came too lately to be judged: the gate failed before it"
        fleet.it.store.gates.put("errors", replace(gate, since=AT + timedelta(seconds=100)))
        await fleet.go(30)
        assert fleet.rolled == ["r2"]
