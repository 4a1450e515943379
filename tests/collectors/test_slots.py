"""How many looks may be under way: few that work, many that wait."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from collectors.slots import MOMENT_S, Slots
from collectors.supervisor import Job, Outcome, Supervisor
from fleet.clock import SystemClock
from fleet.model import ProbeKind, Source
from fleet.store import Slice


def test_few_may_work_at_once_and_those_that_wait_make_room() -> None:
    slots = Slots(busy=2, most=4)
    assert slots.free(0.0) == 2
    slots.begin("a", 0.0)
    slots.begin("b", 0.1)
    assert slots.free(0.2) == 0
    assert slots.free(MOMENT_S) == 1
    assert slots.free(0.1 + MOMENT_S) == 2
    slots.begin("c", 1.0)
    slots.begin("d", 1.0)
    assert slots.free(9.0) == 0, "never more than the most"
    slots.end("a")
    assert slots.free(9.0) == 1
    slots.end("never begun")
    assert len(slots) == 3


AGES_S = 1e9
"""An interval whose next turn comes long after the test; of one of ten minutes a turn might fall into it."""


class Rig:
    def __init__(self) -> None:
        self.supervisor = Supervisor(Slice[str, Source](), SystemClock(), concurrency=4)
        self.answered: list[str] = []
        self.looking = 0
        self.most_at_once = 0

    def add(self, name: str, *, hangs: bool) -> None:
        async def look() -> str:
            self.looking += 1
            self.most_at_once = max(self.most_at_once, self.looking)
            try:
                await (asyncio.Event().wait() if hangs else asyncio.sleep(0.001))
            finally:
                self.looking -= 1
            return name

        def deliver(reading: Any, at: datetime, took_s: float) -> Outcome:
            self.answered.append(reading)
            return Outcome()

        self.supervisor.add(
            Job(
                id=name,
                kind=ProbeKind.HEALTH,
                target=name,
                every_s=AGES_S,
                timeout_s=600,
                look=look,
                deliver=deliver,
                fail=lambda error: None,
            )
        )


@pytest.mark.anyio
@pytest.mark.parametrize("sweeping", [False, True])
async def test_agents_that_hang_do_not_keep_the_others_waiting(sweeping: bool) -> None:
    rig = Rig()
    # The hanging ones come first, in the order in which either way starts them.
    names = [f"hangs-{number:02}" for number in range(12)] + [f"fine-{number:02}" for number in range(20)]
    for name in reversed(names) if sweeping else names:
        rig.add(name, hangs=name.startswith("hangs"))
    running = asyncio.create_task(rig.supervisor.sweep(tries=1, wait_s=600) if sweeping else rig.supervisor.run())
    async with asyncio.timeout(20):
        while len(rig.answered) < 20:  # noqa: ASYNC110  # the loop must spin for the supervisor to run
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert sorted(rig.answered) == sorted(name for name in names if name.startswith("fine"))


@pytest.mark.anyio
async def test_a_burst_is_taken_in_small_portions_and_to_its_end() -> None:
    rig = Rig()
    for number in range(200):
        rig.add(f"fine-{number:03}", hangs=False)
    running = asyncio.create_task(rig.supervisor.run())
    async with asyncio.timeout(20):
        while len(rig.answered) < 200:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        rig.supervisor.collect_now()
        while len(rig.answered) < 400:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert rig.most_at_once <= 4
