"""When a dashboard without a terminal is looked at: once nothing is left to do, however busy the machine is."""

import asyncio

import pytest

from tui.settled import settled

pytestmark = pytest.mark.anyio


async def test_what_is_ready_and_what_is_due_soon_is_done_and_nothing_else() -> None:
    loop = asyncio.get_running_loop()
    done: list[str] = []

    async def works() -> None:
        for _ in range(30):
            await asyncio.sleep(0)
        done.append("works")
        await asyncio.sleep(0.01)
        done.append("again")
        loop.call_soon(done.append, "behind it")

    later = loop.call_later(3600, done.append, "later")
    task = asyncio.create_task(works())
    await settled()
    assert done == ["works", "again", "behind it"]
    await task
    later.cancel()


async def test_the_screen_is_laid_out_though_its_timer_missed_a_look() -> None:
    """Textual's timers then leave one out."""
    loop = asyncio.get_running_loop()
    done: list[str] = []
    loop.call_later(2 / 60, done.append, "laid out")
    await settled()
    assert done == ["laid out"]


async def test_what_never_comes_to_rest_is_not_waited_for_for_ever() -> None:
    loop, goes_on = asyncio.get_running_loop(), True

    def again() -> None:
        if goes_on:
            loop.call_later(0.001, again)

    again()
    await settled()
    goes_on = False
