"""The dashboard as a person drives it: views, command line, filter, back, pause, and what must never happen."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from fleet.model import AgentStatus
from fleet.view_line import TABS, VIEWS
from fleet.vocabulary import AgentState
from tests.tui.factories import NOW, agent_store, deck, empty_store, firing_store, healthy_store
from tui.app import FleetdeckApp
from tui.chrome.key_line import KeyLine
from tui.chrome.prompt import Prompt, PromptInput
from tui.chrome.too_small import TooSmall
from tui.live import FLUSH_S
from tui.screens.agent import AgentScreen
from tui.screens.deck import DeckScreen
from tui.screens.detail import DetailScreen
from tui.screens.help import HelpScreen, live_keys
from tui.screens.overview import OverviewScreen
from tui.screens.table import TableScreen
from tui.snapshot import screen_text
from tui.table.table import Table

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


def here(pilot: Pilot[None]) -> str:
    """The name of the view that is open, or of the page on top of it."""
    screen = pilot.app.screen
    if isinstance(screen, OverviewScreen):
        return "overview"
    return screen.visit().line.view if isinstance(screen, TableScreen) else type(screen).__name__


def table_of(pilot: Pilot[None]) -> Table:
    screen = pilot.app.screen
    assert isinstance(screen, DeckScreen)
    table = screen.table()
    assert table is not None
    return table


async def typed(pilot: Pilot[None], text: str) -> None:
    """Press the keys of `text`, one by one."""
    await pilot.press(*("space" if char == " " else char for char in text))


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Let the app go on until something is true; twenty seconds are more than anything here may take."""
    for _ in range(400):
        if true():
            return
        await pilot.pause(0.05)
    assert true()


def text_of(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app, FleetdeckApp)
    return screen_text(pilot.app)


# ── Views ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_number_opens_its_view() -> None:
    async with deck(firing_store()).run_test(size=SIZE) as pilot:
        for number, name in enumerate(TABS, 1):
            await pilot.press(str(number))
            assert here(pilot) == name


async def test_each_view_is_opened_by_its_name() -> None:
    async with deck(firing_store()).run_test(size=SIZE) as pilot:
        for name in VIEWS:
            await typed(pilot, f":{name}")
            await pilot.press("enter")
            assert here(pilot) == name


@pytest.mark.parametrize("name", ["overview", "events"])
async def test_the_first_frame_is_the_view_asked_for(name: str) -> None:
    async with deck(firing_store(), name).run_test(size=SIZE) as pilot:
        assert here(pilot) == name
        assert len(pilot.app.screen_stack) == 1


async def test_a_view_line_filters_orders_and_shows_faults_only() -> None:
    async with deck(firing_store(), "agents sort=-queued faults /tester").run_test(size=SIZE) as pilot:
        table = table_of(pilot)
        assert table.sort == (("queued", True),)
        assert table.faults_only
        assert table.shown == 2
        assert "2/24  /tester  sort=-queued  faults only" in text_of(pilot)


async def test_minus_goes_back_to_the_last_view_with_its_filter() -> None:
    async with deck(firing_store(), "agents /mcp").run_test(size=SIZE) as pilot:
        await pilot.press("6", "minus")
        assert here(pilot) == "agents"
        assert "/mcp" in text_of(pilot)


async def test_the_palette_opens_a_view_and_an_agent() -> None:
    async with deck(agent_store()).run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p")
        await typed(pilot, "agent coder-1")
        await until(pilot, lambda: "open its page" in text_of(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: here(pilot) == "AgentScreen")


# ── The command line ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_that_cannot_be_read_stays_with_the_reason() -> None:
    async with deck(firing_store()).run_test(size=SIZE) as pilot:
        await typed(pilot, ":agents sort=nonsense")
        await pilot.press("enter")
        assert here(pilot) == "overview"
        assert pilot.app.screen.query_one(Prompt).is_open
        assert "cannot be sorted by 'nonsense'" in text_of(pilot)


async def test_tab_completes_a_command() -> None:
    async with deck(firing_store()).run_test(size=SIZE) as pilot:
        await typed(pilot, ":sour")
        await pilot.pause()
        await pilot.press("tab", "enter")
        assert here(pilot) == "sources"


async def test_an_agent_is_opened_by_name_and_a_wrong_name_is_helped() -> None:
    async with deck(agent_store()).run_test(size=SIZE) as pilot:
        await typed(pilot, ":agent codr-1")
        await pilot.press("enter")
        assert "there is coder-1" in text_of(pilot)
        await pilot.press("escape")
        await typed(pilot, ":agent coder-1")
        await pilot.press("enter")
        assert here(pilot) == "AgentScreen"


async def test_quit_by_key_and_by_command() -> None:
    for keys in (("q",), ("colon", "q", "enter")):
        app = deck(healthy_store())
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press(*keys)
        assert app.return_code == 0


# ── The filter ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_filter_narrows_as_it_is_typed_and_stays_visible() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await typed(pilot, "/coder")
        assert table_of(pilot).shown == 5
        await pilot.press("enter")
        assert "5/24  /coder" in text_of(pilot)


async def test_a_filter_is_replaced_by_typing_and_goes_on_after_an_arrow() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await typed(pilot, "/coder")
        await pilot.press("enter")
        await typed(pilot, "/planner")
        assert "/planner" in text_of(pilot)
        await pilot.press("enter", "slash", "right", *"-1", "enter")
        assert "/planner-1" in text_of(pilot)


async def test_a_filter_that_cannot_be_read_keeps_the_last_good_one() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await typed(pilot, "/coder(")
        assert table_of(pilot).shown == 5
        assert "is no regular expression" in text_of(pilot)
        await pilot.press("enter")
        assert pilot.app.screen.query_one(Prompt).is_open


async def test_escape_closes_the_input_then_the_filter_then_the_page() -> None:
    async with deck(agent_store(), "agents").run_test(size=SIZE) as pilot:
        assert table_of(pilot).go_to("coder-1")
        await pilot.press("enter")
        assert here(pilot) == "AgentScreen"
        await typed(pilot, "/requests")
        await pilot.press("escape")
        assert not pilot.app.screen.query_one(Prompt).is_open
        assert table_of(pilot).shown == 2
        await pilot.press("escape")
        assert table_of(pilot).shown == 6
        await pilot.press("escape")
        assert here(pilot) == "agents"
        await pilot.press("escape")
        assert here(pilot) == "agents"


async def test_faults_only_and_back() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+z")
        assert table_of(pilot).shown == 6
        assert "faults only" in text_of(pilot)
        await pilot.press("ctrl+z")
        assert table_of(pilot).shown == 24


async def test_no_key_typed_into_an_input_does_anything_else() -> None:
    collected: list[bool] = []
    app = deck(firing_store(), "agents", collect_now=lambda: collected.append(True))
    async with app.run_test(size=SIZE) as pilot:
        before = table_of(pilot).cursor_key
        for opener in ("slash", "colon"):
            await pilot.press(opener)
            await pilot.press(*"1234567qpjkgGoO?-<>", "ctrl+r", "ctrl+z", "ctrl+d", "pagedown", "f5", "down", "up")
            assert here(pilot) == "agents"
            assert not app.paused
            assert not table_of(pilot).faults_only
            await pilot.press("ctrl+u", "escape")
        await pilot.press("escape")
        assert not collected
        assert app.is_running
        assert table_of(pilot).cursor_key == before


# ── Pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_enter_opens_details_and_the_cursor_stays_where_it_was() -> None:
    async with deck(agent_store(), "queues").run_test(size=SIZE) as pilot:
        await pilot.press("down")
        key = table_of(pilot).cursor_key
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, DetailScreen)
        assert str(key) in text_of(pilot)
        await pilot.press("escape")
        assert table_of(pilot).cursor_key == key


async def test_details_stay_when_their_row_goes() -> None:
    store = agent_store()
    async with deck(store, "queues").run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        for name in list(store.queues):
            store.queues.drop(name)
        await until(pilot, lambda: "gone" in text_of(pilot))
        assert "redis_stream" in text_of(pilot)


async def test_the_cursor_stays_on_its_agent_while_others_get_worse() -> None:
    store = healthy_store()
    async with deck(store, "agents").run_test(size=SIZE) as pilot:
        table_of(pilot).hold_s = 0.05
        await pilot.press("down", "down", "down")
        key = table_of(pilot).cursor_key
        store.status.put("tester-23", AgentStatus(name="tester-23", state=AgentState.DOWN))
        store.status.put("planner-20", AgentStatus(name="planner-20", state=AgentState.DOWN))
        await until(pilot, lambda: "planner-20" in text_of(pilot).splitlines()[3])
        assert table_of(pilot).cursor_key == key
        assert text_of(pilot).index("tester-23") < text_of(pilot).index(str(key))


# ── Keys, footer, help ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("view", ["overview", "sources", "agent coder-1"])
async def test_the_help_lists_every_live_binding(view: str) -> None:
    async with deck(agent_store(), view).run_test(size=SIZE) as pilot:
        await pilot.pause()
        below = here(pilot)
        live = {
            active.binding.id
            for active in pilot.app.screen.active_bindings.values()
            if active.binding.description and not active.binding.system
        }
        await pilot.press("question_mark")
        sheet = pilot.app.screen
        assert isinstance(sheet, HelpScreen)
        assert {key.id for key in sheet.keys} == {name or "" for name in live}
        await pilot.press("escape")
        assert here(pilot) == below


async def test_every_binding_of_ours_has_an_id_of_its_own() -> None:
    async with deck(agent_store(), "agents").run_test(size=SIZE) as pilot:
        keys = live_keys(pilot.app.screen)
        assert {key.keys for key in keys if not key.id} <= {"^p", "^c  super+c"}
        ids = [key.id for key in keys if key.id]
        assert len(ids) == len(set(ids))


async def test_a_remapped_key_works_and_the_footer_says_so() -> None:
    app = deck(agent_store(), "agents")
    app.set_keymap({"app.pause": "f9"})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("p")
        assert not app.paused
        await pilot.press("f9")
        assert app.paused
        assert "f9 pause" in text_of(pilot).lower()


async def test_the_footer_fits_eighty_columns_and_offers_the_way_out() -> None:
    async with deck(agent_store()).run_test(size=(80, 24)) as pilot:
        for number in range(1, 8):
            await pilot.press(str(number))
            line = text_of(pilot).splitlines()[-1]
            assert len(line) <= 80
            assert all(word in line for word in ("? help", "q quit", "/ filter", ": command"))


async def test_clicks_open_views_and_press_keys() -> None:
    app = deck(firing_store(), "agents")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click("ViewTabs", offset=(2 + text_of(pilot).splitlines()[0].index("6 queues") - 2, 0))
        assert here(pilot) == "queues"
        line = text_of(pilot).splitlines()[-1]
        await pilot.click(KeyLine, offset=(line.index("p pause"), 0))
        assert app.paused


# ── Pausing, collecting, freshness ─────────────────────────────────────────────────────────────────────────────────


async def test_pausing_holds_the_picture_and_data_go_on() -> None:
    store = healthy_store()
    async with deck(store).run_test(size=SIZE) as pilot:
        await pilot.press("p")
        held = text_of(pilot)
        assert "PAUSED" in held
        store.status.put("planner-0", AgentStatus(name="planner-0", state=AgentState.DOWN))
        await pilot.pause(FLUSH_S * 2)
        assert text_of(pilot) == held
        await pilot.press("p")
        await until(pilot, lambda: "✖ 1 down" in text_of(pilot))


async def test_a_page_opened_while_paused_shows_what_is_known() -> None:
    async with deck(agent_store(), "agents").run_test(size=SIZE) as pilot:
        assert table_of(pilot).go_to("coder-1")
        await pilot.press("p", "enter")
        await until(pilot, lambda: "agent_requests_total" in text_of(pilot))
        assert "review change 4100" in text_of(pilot)


async def test_collect_now_says_so() -> None:
    collected: list[bool] = []
    app = deck(healthy_store(), collect_now=lambda: collected.append(True))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert collected == [True]
        assert "collecting now" in text_of(pilot)


async def test_the_title_says_read_only_and_how_far_behind_it_is() -> None:
    store = healthy_store()
    app = deck(store, read_only=True)
    store.now = NOW.replace(minute=NOW.minute - 2)
    async with app.run_test(size=SIZE) as pilot:
        line = text_of(pilot).splitlines()[1]
        assert "READ-ONLY" in line
        assert "as of 09:24:53Z" in line
        assert "2m behind" in line


async def test_a_covered_screen_catches_up_when_it_is_shown_again() -> None:
    store = healthy_store()
    async with deck(store).run_test(size=SIZE) as pilot:
        await pilot.press("6")
        store.status.put("planner-0", AgentStatus(name="planner-0", state=AgentState.DOWN))
        await pilot.press("1")
        await until(pilot, lambda: "✖ 1 down" in text_of(pilot))


async def test_what_is_behind_the_help_goes_on() -> None:
    store = healthy_store()
    async with deck(store).run_test(size=SIZE) as pilot:
        overview = pilot.app.screen
        await pilot.press("question_mark")
        store.status.put("planner-0", AgentStatus(name="planner-0", state=AgentState.DOWN))
        await until(pilot, lambda: overview.query_one("WorstPane Table", Table).shown == 1)


# ── The work behind ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_work_begins_after_the_first_frame_and_is_cancelled_at_the_end() -> None:
    seen: list[str] = []
    ended = asyncio.Event()

    async def work() -> None:
        seen.append(screen_text(app))
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    app = deck(healthy_store(), on_start=work)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "Overview" in seen[0]
    assert ended.is_set()


async def test_work_that_fails_is_reported_and_the_dashboard_stays() -> None:
    async def work() -> None:
        raise OSError("the disk is [/red] gone")

    app = deck(healthy_store(), on_start=work, log_path=Path("/tmp/fleetdeck.log"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert "the disk is [/red] gone" in text_of(pilot)
        await pilot.press("2")
        assert here(pilot) == "agents"
        assert "collecting has stopped" in text_of(pilot).splitlines()[1]


# ── Sizes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tiny_terminal_says_what_it_needs_and_recovers() -> None:
    async with deck(firing_store(), "agents").run_test(size=(40, 8)) as pilot:
        assert "fleetdeck needs 60×15" in text_of(pilot)
        assert "40×8" in text_of(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not pilot.app.screen.query_one(TooSmall).display
        await pilot.press("down")
        assert table_of(pilot).has_focus


@pytest.mark.parametrize("view", ["overview", "agents", "agent coder-1", "queues"])
async def test_no_size_is_fatal(view: str) -> None:
    async with deck(agent_store(), view).run_test(size=(1, 1)) as pilot:
        for width, height in ((2, 40), (59, 15), (60, 14), (60, 15), (300, 15), (61, 90), (1, 1), (170, 22)):
            await pilot.resize_terminal(width, height)
            await pilot.press("question_mark", "escape", "colon", "escape")
        assert pilot.app.is_running


async def test_an_empty_fleet_is_no_error_anywhere() -> None:
    async with deck(empty_store()).run_test(size=(80, 24)) as pilot:
        for number in range(1, 8):
            await pilot.press(str(number), "enter", "slash", "x", "enter", "ctrl+z", "escape", "escape")
        assert pilot.app.is_running


async def test_an_unknown_agent_has_a_page_that_says_so() -> None:
    async with deck(empty_store(), "agent nobody").run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(pilot.app.screen, AgentScreen)
        assert "no source names this agent" in text_of(pilot)


async def test_keys_typed_ahead_are_text_and_not_commands() -> None:
    """A paste, or a fast hand on a slow link: the keys behind `:` are there before it has been acted upon."""
    app = deck(healthy_store(), view="agents")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for char in ":qp-17 /z":
            key = {":": "colon", "-": "minus", " ": "space", "/": "slash"}.get(char, char)
            app.post_message(events.Key(key, char))
        await pilot.pause()
        assert app.screen.query_one(PromptInput).value == "qp-17 /z"
        assert (app.paused, app.is_running) == (False, True)
        await pilot.press("escape")
        for char in "/q:p":
            app.post_message(events.Key({"/": "slash", ":": "colon"}.get(char, char), char))
        await pilot.pause()
        assert app.screen.query_one(PromptInput).value == "q:p"
        assert not app.paused
