"""A page that was left is let go: nothing of it stays in memory, however often pages are opened."""

import gc

import pytest

from tests.tui.factories import agent_store, deck
from tui.screens.agent import AgentScreen


@pytest.mark.anyio
async def test_pages_that_were_left_do_not_pile_up() -> None:
    app = deck(agent_store(), "agents")
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(6):
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, AgentScreen)
            await pilot.press("escape")
            await pilot.pause()
        gc.collect()
        kept = [one for one in gc.get_objects() if isinstance(one, AgentScreen)]
        assert len(kept) <= 2, "the last one goes with the next"
