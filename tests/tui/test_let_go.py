"""A page that was left is let go: nothing of it is kept, however often pages are opened."""

import pytest
from textual._styles_cache import StylesCache

from tests.tui.factories import agent_store, deck
from tui.app import FleetdeckApp
from tui.screens.agent import AgentScreen

PAGES = 6


def watching(app: FleetdeckApp) -> int:
    """Widgets that are told when an attribute of the application changes."""
    return sum(map(len, getattr(app, "__watchers", {}).values()))


@pytest.mark.anyio
async def test_pages_that_were_left_do_not_pile_up() -> None:
    app = deck(agent_store(), "agents")
    async with app.run_test(size=(120, 40)) as pilot:
        counts = []
        for _ in range(PAGES):
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, AgentScreen)
            await pilot.press("escape")
            await pilot.pause()
            counts.append((watching(app), StylesCache.get_inner_outer.cache_info().currsize))
        # The first goes with the second; from then on as many go as come.
        assert counts[1:] == [counts[-1]] * (PAGES - 1), counts
