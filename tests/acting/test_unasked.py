"""Rollbacks that go by themselves, through the whole of acting: read-only, two programs of one user, two machines, and
an operator who stops one and takes it back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import AUTO, Action, ActionState
from fleet.clock import SystemClock
from tests.acting.bench import ANN, PATIENCE_S, Whole, gateway, whole
from tests.acting.target import Cut, Target
from tests.actions.rollbacks.bench import named_by
from tests.actions.rollbacks.gateway import slo_row
from tests.real_redis import RealRedis, requires_redis

pytestmark = pytest.mark.anyio


def healing(url: str, **more: Any) -> dict[str, Any]:
    entry = gateway(url, slo="gateway-availability", auto={"most_per_day": 5, "after": "20ms"}, within="1m")
    return {**named_by([entry]), "rollbacks": [entry], **more}


def burn(*fleets: Whole, firing: bool = True) -> None:
    for it in fleets:
        it.store.slos.put("gateway-availability", slo_row(firing=firing))


@asynccontextmanager
async def judging(*fleets: Whole) -> AsyncIterator[None]:
    """Objectives are judged all the time."""

    async def judge() -> None:
        while True:
            for it in fleets:
                it.store.slos.touch("gateway-availability", SystemClock().now())
            await asyncio.sleep(0.01)

    task = asyncio.create_task(judge())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def released(target: Target, *fleets: Whole) -> None:
    """`r3` takes the place of `r2` while everybody looks, and burns; what is rolled heals it."""
    for revision in ("r2", "r3"):
        target.instances = dict.fromkeys(target.instances, revision)
        for it in fleets:
            await it.acts.rollbacks.look()
    burn(*fleets)
    target.when = lambda: burn(*fleets, firing=False)


async def step(*fleets: Whole, times: int = 3) -> None:
    for _ in range(times):
        await asyncio.gather(*(it.desk.refresh() for it in fleets))
        await asyncio.gather(*(it.acts._propose() for it in fleets))
        await asyncio.sleep(0.03)
    for it in fleets:
        await it.desk.refresh()


async def ended(it: Whole) -> Action:
    (id,) = it.store.actions
    async with asyncio.timeout(PATIENCE_S):
        return await it.desk.ended(id)


def acts(target: Target) -> int:
    """How many acts sent anything; each stage has a key of its own."""
    return len({one.key.partition(".")[0] for one in target.wrote})


def said(it: Whole) -> str:
    return it.store.rollbacks["gateway"].said


async def test_it_goes_the_way_of_every_act_and_not_one_further(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, healing(target.url)) as it, judging(it):
        await released(target, it)
        await step(it)
        done = await ended(it)
        assert (done.state, done.actor, done.plan.revision) == (ActionState.SUCCEEDED, AUTO, "r2"), done
        assert done.reason.startswith("SLO gateway-availability burns at page level")
        assert it.audited(done.id) == ["intent", *["sent"] * 3, "outcome"]
        burn(it)
        await step(it)
        assert acts(target) == 1
        assert said(it).startswith(f"r2 was rolled to by {AUTO}, from r3; looks again in")


async def test_read_only_nothing_goes_by_itself(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, healing(target.url), read_only=True) as it:
        await released(target, it)
        await step(it)
        assert it.store.proposals["gateway"].revision == "r2"
        assert said(it).startswith("not by itself: ")
        assert "read-only" in said(it)
        assert target.tried == 0


async def test_an_unlocking_is_for_operators(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, healing(target.url)) as it, judging(it):
        await released(target, it)
        await it.desk.freeze(ANN, "look at this first")
        await step(it)
        await it.desk.unlock(ANN, "to look around", 60)
        await step(it)
        assert target.tried == 0
        assert "unlocked for a while" in said(it)
        await it.desk.unfreeze(ANN, "it may go on")
        await step(it)
        assert (await ended(it)).actor == AUTO


@pytest.mark.parametrize("machines", [1, pytest.param(2, marks=requires_redis)])
async def test_of_two_programs_one_acts_and_the_other_goes_no_further(machines: int, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(Target())
        more: dict[str, Any] = {}
        if machines == 2:
            server = stack.enter_context(RealRedis())
            more = {"actions": {"lock": {"url": server.url}}}
        document = healing(target.url, **more)
        fleets = [
            await stack.enter_async_context(whole(tmp_path, document, state=tmp_path / f"state-{number % machines}"))
            for number in range(2)
        ]
        await stack.enter_async_context(judging(*fleets))
        await released(target, *fleets)
        await step(*fleets)
        for it in fleets:
            for id in list(it.store.actions):
                async with asyncio.timeout(PATIENCE_S):
                    await it.desk.ended(id)
        burn(*fleets)
        await step(*fleets)
        assert acts(target) == 1
        assert all("r2 was rolled to" in said(it) for it in fleets), [said(it) for it in fleets]


async def test_who_stops_it_and_takes_it_back_has_disarmed_it(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, healing(target.url)) as it, judging(it):
        await released(target, it)
        target.faults = [Cut.HELD]
        await step(it)
        await target.came.wait()
        (id,) = it.store.actions
        await it.desk.abort(id, ANN)
        target.go_on()
        stopped = await ended(it)
        assert not stopped.succeeded
        await it.desk.refresh()
        assert f"stopped by {ANN}" in it.store.rollbacks["gateway"].disarmed, stopped
        undone = await it.run(await it.desk.plan_undo(id))
        assert undone.succeeded, undone
        await it.desk.refresh()
        # At once, and whatever else is said of it.
        row = it.store.rollbacks["gateway"]
        assert row.disarmed.startswith(f"{ANN} undid what it did: an operator's next rollback that"), row
        assert row.standing.startswith(f"not by itself: {row.disarmed}")
        burn(it)
        target.when = lambda: None
        await step(it)
        assert [wrote.body["to"] for wrote in target.wrote] == ["r2", "r3"]
        # The same after a restart, from the records.
        async with whole(tmp_path, healing(target.url)) as again:
            await released(target, again)
            await step(again)
            assert f"{ANN} undid what it did" in said(again), said(again)
        assert len(target.wrote) == 2
