"""What reaches the terminal past the tables: pastes, the palette, and what the palette does with hostile names."""

import asyncio
import time

import pytest
from textual import events
from textual.css.query import NoMatches
from textual.style import Style
from textual.widgets import Input

from fleet.clock import ManualClock
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.view_line import ViewLine
from tests.tui.acting_desk import acting_deck
from tests.tui.acting_stores import Remembered, rollback_plan
from tests.tui.factories import NOW, agent_store
from tui.app import FleetdeckApp
from tui.palette import highlighted, score
from tui.snapshot import screen_text

pytestmark = pytest.mark.anyio

HOSTILE = "planner [/red][@click=app.quit]x[/] \x1b]52;c;x\x07"


def deck_of(*names: str) -> FleetdeckApp:
    store = Store()
    store.now = NOW
    store.status.replace({name: AgentStatus(name=name) for name in names})
    return FleetdeckApp(store, fleet_name="x", clock=ManualClock(NOW), view=ViewLine(view="agents"))


async def test_a_hostile_name_is_found_by_the_palette_and_reads_as_it_is() -> None:
    app = deck_of(HOSTILE, "ab " * 170)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p", *"agent planner")
        for _ in range(400):
            if "open its page" in screen_text(app):
                break
            await pilot.pause(0.05)
        shown = screen_text(app)
        assert "planner [/red][@click=app.quit]x[/] \\x1b]52;c;x\\x07" in shown
        assert app.is_running


async def test_a_dialog_that_opens_while_everything_is_taken_down_is_no_failure() -> None:
    for turns in range(24):
        app = acting_deck(Remembered(agent_store()))
        async with app.run_test(size=(80, 24)):
            app.act(rollback_plan())
            for _ in range(turns):
                await asyncio.sleep(0)
        assert app.return_code in (None, 0), turns


async def test_what_a_widget_does_not_find_while_the_dashboard_runs_is_a_failure() -> None:
    app = deck_of("a")
    with pytest.raises(NoMatches):
        async with app.run_test(size=(80, 24)) as pilot:
            app.call_later(app.query_one, "#nowhere")
            await pilot.pause()


async def test_a_paste_is_one_harmless_line() -> None:
    app = deck_of("a")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash")
        app.post_message(events.Paste("pl\x9b2J\u202e\r\nb\x00 http://u:p@h\n"))
        await pilot.pause()
        await pilot.pause()
        assert app.screen.query_one(Input).value == "pl\\x9b2J\\u202e  b\\x00 http://***@h"
        assert "pl\\x9b2J" in screen_text(app)


def test_what_matches_is_brought_out_without_reading_markup() -> None:
    style = Style(bold=True)
    content = highlighted("agent [b]Straße[/b]", "[b]", style)
    assert content.plain == "agent [b]Straße[/b]"
    assert [(span.start, span.end) for span in content.spans] == []
    content = highlighted("agent [b]x[/b]", "[b]", style)
    assert [(span.start, span.end) for span in content.spans] == [(6, 9)]
    assert score("a", "a") > score("a", "ab") > score("a", "ba")


def test_a_name_of_repetitions_costs_no_more_than_its_length() -> None:
    before = time.process_time()
    for _ in range(1_000):
        highlighted("agent " + "ab " * 170, "abababababab", Style())
    assert time.process_time() - before < 2
