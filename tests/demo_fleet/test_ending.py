"""A fleet ends, whatever its work is at."""

import asyncio

import pytest

from demo_fleet.fleet import _end


@pytest.mark.anyio
async def test_work_that_takes_its_end_for_a_time_out_ends_all_the_same() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # As a client does whose own time is over at that moment.
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    async with asyncio.timeout(20):
        await _end(task)
    assert task.cancelled()
