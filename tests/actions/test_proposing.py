"""When a rollback is proposed, and when it is carried out by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from actions.proposing import Proposer
from fleet.actions.action import AUTO, Action, ActionState, Confirmation, Proposal
from fleet.actions.history import Between
from fleet.actions.plan import Plan
from fleet.gates.model import GateState, GateStatus
from tests.actions.rollbacks.bench import AT, Bench, bench
from tests.actions.rollbacks.gateway import HOUR, RATIOS, Past, fill, releases, slo_row

_MINUTE = timedelta(minutes=1)
_NOW = timedelta()
_CALM, _LEVEL, _PAGING = 0.001, 0.05, 0.3
"""Error ratios that keep the objective (0.01), that miss it without paging (0.144), and that page."""


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
    async with bench(tmp_path, releases(tmp_path), history=Past(RATIOS)) as it:
        fill(it)
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
        it.store.slos.put("gateway-availability", slo_row(severity="ticket"))
        await proposer.step()
        assert not it.store.proposals
        it.store.gates.put("errors", GateStatus(name="errors", target="<1%", state=GateState.FAIL, observed_text="9%"))
        await proposer.step()
        assert it.store.proposals["gateway"].because == "gate errors fails: 9%"


@pytest.mark.anyio
async def test_auto_keeps_to_its_limits_and_never_repeats_what_failed(tmp_path: Path) -> None:
    rolled = releases(tmp_path) | {"auto": {"most_per_day": 3, "after": "2m"}}
    async with bench(tmp_path, rolled, history=Past(RATIOS)) as it:
        fill(it)
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
        it.store.slos.put("gateway-availability", slo_row(firing=False))
        await proposer.step()
        it.store.slos.put("gateway-availability", slo_row())
        for _ in range(3):
            await proposer.step()
            it.clock.advance(600)
        assert len(desk.started) == 1
        assert "did not succeed" in it.book.rows()[0].said


@pytest.mark.anyio
async def test_what_is_still_seen_of_the_time_before_a_rollback_proposes_none(tmp_path: Path) -> None:
    async with bench(tmp_path, releases(tmp_path), history=Past(RATIOS)) as it:
        fill(it)
        plan = await it.book.plan("gateway")
        now = it.clock.now()
        done = Action(id=plan.key, plan=plan, state=ActionState.RUNNING, sent_at=now)
        proposer = Proposer(it.store, it.book, it.clock)
        it.store.actions.put(plan.key, done)
        await proposer.step()
        assert not it.store.proposals
        it.store.actions.put(plan.key, replace(done, state=ActionState.SUCCEEDED, ended_at=now))
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(tmp_path / "releases" / "r2")
        it.clock.advance(300)
        await proposer.step()
        assert not it.store.proposals
        assert it.book.rows()[0].said == "r2 was rolled to, from r3; looks again in 2m"
        it.clock.advance(300)
        await proposer.step()
        assert "gateway" in it.store.proposals
        assert it.store.proposals["gateway"].doubt


# ── what it could heal ──


class _Errors:
    """An objective with the error ratio that holds from so long before now on, 100 events a minute."""

    def __init__(self, since: Mapping[timedelta, float]) -> None:
        self._since = {AT - ago: ratio for ago, ratio in sorted(since.items(), reverse=True)}

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        first, last = -int(-start.timestamp() // 60), int(end.timestamp() // 60)
        known = [ratio for at in range(first, last) if (ratio := self._at(at * 60)) is not None]
        return Between(sum(100 * (1 - ratio) for ratio in known), 100.0 * len(known), len(known), max(0, last - first))

    def _at(self, at: float) -> float | None:
        return next((ratio for since, ratio in reversed(self._since.items()) if since.timestamp() <= at), None)


async def _step(
    tmp_path: Path, errors: Mapping[timedelta, float], ages_h: Sequence[float] = (9, 6, 3)
) -> tuple[Proposal | None, str]:
    """(what is proposed, why nothing is) while it pages, of `r1`, `r2` and the live `r3`."""
    async with bench(tmp_path, releases(tmp_path, ages_h), history=_Errors(errors)) as it:
        fill(it)
        proposer = Proposer(it.store, it.book, it.clock)
        await proposer.step()
        return it.store.proposals.get("gateway"), it.book.rows()[0].said


@pytest.mark.anyio
async def test_a_slow_leak_in_a_revision_that_was_good_for_long_proposes_at_once(tmp_path: Path) -> None:
    # Three hours with four bad minutes: r3 is inside its objective as a whole.
    proposal, _ = await _step(tmp_path, {9 * HOUR: _CALM, 4 * _MINUTE: _PAGING})
    assert proposal is not None
    assert (proposal.revision, proposal.doubt) == ("r2", "")


@pytest.mark.anyio
async def test_of_an_earlier_one_that_nothing_is_known_of_the_doubt_is_said_and_it_is_not_carried_out_by_itself(
    tmp_path: Path,
) -> None:
    rolled = releases(tmp_path) | {"auto": {"after": "1m"}}
    async with bench(tmp_path, rolled, history=_Errors({3 * HOUR: _CALM, _MINUTE: _PAGING})) as it:
        fill(it)
        desk = _Desk(it, ActionState.SUCCEEDED)
        proposer = Proposer(it.store, it.book, it.clock, desk.start)
        for _ in range(4):
            await proposer.step()
            it.clock.advance(60)
        proposal = it.store.proposals["gateway"]
        assert proposal.revision == "r2"
        assert proposal.doubt == "r3 kept its objective until now, and of r2 that is not known"
        assert proposal.because.endswith(f"(page fast at 28.8×); {proposal.doubt}")
        assert desk.started == []
        assert it.book.rows()[0].said == "not by itself: it is in doubt that it heals, so an operator has to"


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        # An outage beside the service: r2 was good for a day, and burned for ten minutes when r3 took its place.
        ({40 * HOUR: _CALM, 190 * _MINUTE: 1.0}, "it burned at that level already when r2 was replaced"),
        ({40 * HOUR: _PAGING}, "r2 burned at that level while it was live, too"),
    ],
    ids=["since before the live one", "every one"],
)
@pytest.mark.anyio
async def test_where_the_cause_is_elsewhere_none_is_proposed(
    tmp_path: Path, errors: Mapping[timedelta, float], why: str
) -> None:
    assert await _step(tmp_path, errors, (40, 30, 3)) == (None, f"{why}")


@pytest.mark.anyio
async def test_where_it_burned_before_the_live_one_came_an_earlier_one_has_to_be_known_as_good(tmp_path: Path) -> None:
    entry = {
        "kind": "command",
        "name": "gateway",
        "list": ["/bin/echo", f'[{{"id":"r3","live":true,"live_from":"{(AT - 3 * HOUR).isoformat()}"}},{{"id":"r2"}}]'],
        "to": ["/bin/true", "{to}"],
        "slo": "gateway-availability",
    }
    async with bench(tmp_path, entry, history=_Errors({9 * HOUR: _CALM, 5 * HOUR: _PAGING})) as it:
        fill(it)
        proposer = Proposer(it.store, it.book, it.clock)
        await proposer.step()
        assert not it.store.proposals
        assert "already when r3 came, and r2 is not known to be better" in it.book.rows()[0].said


@pytest.mark.anyio
async def test_behind_a_mend_that_failed_the_last_good_one_is_proposed(tmp_path: Path) -> None:
    proposal, _ = await _step(tmp_path, {9 * HOUR: _CALM, 6 * HOUR: _PAGING})
    assert proposal is not None
    assert proposal.revision == "r1"


@pytest.mark.anyio
async def test_one_that_missed_its_objective_but_never_paged_is_better_than_one_that_pages(tmp_path: Path) -> None:
    proposal, _ = await _step(tmp_path, {9 * HOUR: _LEVEL, 3 * HOUR: _PAGING})
    assert proposal is not None
    assert proposal.revision == "r2"


@pytest.mark.parametrize(
    ("came", "now", "why"),
    [
        (3 * _MINUTE, _CALM, "r3 has not burned at that level since it came"),
        (_MINUTE / 2, _PAGING, "r3 came too lately to be judged"),
        (_MINUTE / 2, _PAGING, ""),
        (3 * _MINUTE, _PAGING, ""),
        (5 * _MINUTE, _PAGING, ""),
    ],
    ids=[
        "mended",
        "just came",
        "just came and was calm before",
        "bad from the start",
        "all of the short window is its own",
    ],
)
@pytest.mark.anyio
async def test_a_mend_is_not_taken_back_for_what_was_before_it(
    tmp_path: Path, came: timedelta, now: float, why: str
) -> None:
    errors = {9 * HOUR: _CALM, 30 * _MINUTE: _CALM if why == "" else _PAGING, came: now}
    proposal, said = await _step(tmp_path, errors, (9, 6, came / HOUR))
    assert said == (f"{why}" if why else "")
    assert (proposal is None) is bool(why)


@pytest.mark.anyio
async def test_a_failing_gate_proposes_unless_the_earlier_one_is_known_to_be_worse(tmp_path: Path) -> None:
    failing = GateStatus(name="errors", target="<1%", state=GateState.FAIL, observed_text="9%")
    for number, (errors, revision) in enumerate(
        (
            ({9 * HOUR: _CALM}, "r2"),
            ({3 * HOUR: _CALM}, "r2"),
            ({9 * HOUR: _PAGING, 3 * HOUR: _CALM}, ""),
            ({9 * HOUR: _LEVEL, 3 * HOUR: _PAGING}, "r2"),
        )
    ):
        root = tmp_path / str(number)
        root.mkdir()
        async with bench(root, releases(root), history=_Errors(errors)) as it:
            it.store.slos.put("gateway-availability", slo_row(firing=False))
            it.store.gates.put("errors", failing)
            await Proposer(it.store, it.book, it.clock).step()
            made = it.store.proposals.get("gateway")
            assert ("" if made is None else made.revision) == revision, errors
