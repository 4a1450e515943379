"""Rollbacks in stages over a service whose instances are really watched: gates that fail, somebody who stops it, clocks
that are set in the middle of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import Action, ActionState
from tests.acting.bench import SetClock, gateway, whole
from tests.acting.target import Cut, Target, once

pytestmark = pytest.mark.anyio

STAGES = [{"share": 0.25, "hold": "100ms"}, {"share": 0.5, "hold": "100ms"}, {"share": 1, "hold": "100ms"}]


def watched(url: str, *, second: str = "1m", **more: Any) -> dict[str, Any]:
    """Four instances with health endpoints, rolled in three stages while they are up; the second stage has so long."""
    agents = [{"name": f"gw-{number}", "health": f"{url}/health/gw-{number}"} for number in range(4)]
    stages = [{**stage, "within": within} for stage, within in zip(STAGES, ("1m", second, "1m"), strict=True)]
    return {
        "discovery": [{"kind": "static", "agents": agents}],
        # Only what is up when it is planned must be up after a stage: nothing becomes stale while this is held up.
        "probes": {"health": {"every": "100ms", "timeout": "2s", "down_after": 1, "stale_after": 100}},
        "rollbacks": [gateway(url, agents="name~gw-", stages=stages, **{"within": "1m", **more})],
    }


def states(action: Action) -> list[str]:
    return [stage.state for stage in action.stages]


async def test_each_stage_is_sent_once_its_instances_were_seen_up_and_it_is_taken_back_whole(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, watched(target.url), watched=True) as it:
        done = await it.roll(staged=True)
        assert (done.state, states(done)) == (ActionState.SUCCEEDED, ["passed"] * 3), done
        assert [wrote.body["share"] for wrote in target.wrote] == [0.25, 0.5, 1.0]
        assert once(target.keys)
        undone = await it.run(await it.desk.plan_undo(done.id))
        assert undone.state is ActionState.SUCCEEDED
        assert set(target.instances.values()) == {"r3"}
        assert it.kept()[done.id].undone_by == undone.id
        assert [note[2] for note in it.notes] == [
            *("rollback begun", "rollback succeeded"),
            *("undo begun", "undo succeeded"),
        ]


async def test_a_stage_whose_instances_are_not_well_is_the_last_and_says_what_to_do(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, watched(target.url, second="1500ms"), watched=True) as it:
        target.bad = {("gw-1", "r2")}
        done = await it.roll(staged=True)
        assert (done.state, states(done)) == (ActionState.FAILED, ["passed", "failed", "skipped"]), done
        assert [wrote.body["share"] for wrote in target.wrote] == [0.25, 0.5]
        assert "stopped in stage 2 of 3 (50 %)" in done.outcome
        # Where this process is held up for all that time, it has not looked, and says that instead.
        assert "gw-1 is" in done.outcome or "gw-1 was not looked at since" in done.outcome
        assert done.next_step.startswith("undo it, which takes gateway back to r3")
        assert it.kept()[done.id].stages == done.stages
        undone = await it.run(await it.desk.plan_undo(done.id))
        assert (undone.state, set(target.instances.values())) == (ActionState.SUCCEEDED, {"r3"})


async def test_stopped_in_the_middle_nothing_more_is_sent_and_what_was_sent_is_in_doubt(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, watched(target.url), watched=True) as it:
        target.faults = [Cut.AFTER, Cut.HELD]
        second = asyncio.Event()
        target.when = lambda: second.set() if len(target.wrote) == 2 else None
        id = await it.start(await it.desk.plan_rollback("gateway", "r2", staged=True))
        await second.wait()
        await it.desk.abort(id, "bob@there")
        done = await it.desk.ended(id)
        assert (len(target.wrote), states(done)) == (2, ["passed", "stopped", "skipped"])
        assert done.state in (ActionState.UNKNOWN, ActionState.CANCELLED)
        assert "stopped by bob@there" in done.outcome
        assert it.audited(id) == ["intent", "sent", "aborted", "outcome"], it.audited(id)
        assert set(target.instances.values()) == {"r2", "r3"}
        assert (await it.desk.reconcile(id, "bob@there")).state is not ActionState.SUCCEEDED
        await it.desk.refresh()
        assert not it.store.locks
        assert (await it.roll("r3")).state is ActionState.SUCCEEDED


@pytest.mark.parametrize("hours", [-30.0, -1.0, 1.0, 30.0])
async def test_a_clock_that_is_set_between_stages_neither_hurries_nor_holds_them(hours: float, tmp_path: Path) -> None:
    clock = SetClock()
    async with Target() as target, whole(tmp_path, watched(target.url), watched=True, clock=clock) as it:
        target.when = lambda: clock.set_by(hours=hours)
        done = await it.roll(staged=True)
        assert (done.state, states(done)) == (ActionState.SUCCEEDED, ["passed"] * 3), done
        assert [wrote.body["share"] for wrote in target.wrote] == [0.25, 0.5, 1.0]
        assert it.audited(done.id) == ["intent", *["sent"] * 3, "outcome"]


@pytest.mark.parametrize("hours", [-3.0, 3.0])
async def test_a_clock_that_is_set_makes_no_sick_instance_well(hours: float, tmp_path: Path) -> None:
    clock = SetClock()
    async with (
        Target() as target,
        whole(tmp_path, watched(target.url, second="1500ms"), watched=True, clock=clock) as it,
    ):
        target.bad = {("gw-1", "r2")}
        target.when = lambda: clock.set_by(hours=hours)
        done = await it.roll(staged=True)
        assert (done.state, states(done)) == (ActionState.FAILED, ["passed", "failed", "skipped"]), done
        assert len(target.wrote) == 2
