"""Filters as a person types, completes, saves and uses them; and times as a person chooses to see them."""

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from fleet.filters.saved import FilterShelf, SavedFilters
from fleet.model import Event, EventKind
from fleet.store import Store
from fleet.time_zones import time_style
from tests.tui.factories import NOW, deck, firing_store
from tests.tui.test_app import SIZE, here, table_of, text_of, typed, until
from tui.app import FleetdeckApp
from tui.chrome.prompt import Prompt, PromptInput
from tui.kept.memory import Memory
from tui.screens.filters import FiltersSheet

pytestmark = pytest.mark.anyio


async def entered(pilot: Pilot[None], text: str) -> None:
    await typed(pilot, text)
    await pilot.press("enter")
    await pilot.pause()


# ── Filters ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_boolean_filter_opens_with_the_view_and_stands_in_the_title() -> None:
    line = "agents (kind:coder or kind:tester) not state:up sort=-queued"
    async with deck(firing_store(), line).run_test(size=(160, 40)) as pilot:
        table = table_of(pilot)
        assert 0 < table.shown < table.total
        assert "/(kind:coder or kind:tester) not state:up" in text_of(pilot)
        assert table.sort == (("queued", True),)


async def test_a_filter_is_completed_by_tab_and_faults_are_said_with_their_place() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await typed(pilot, "/stat")
        await until(pilot, lambda: pilot.app.screen.query_one(PromptInput)._suggestion == "state")
        await pilot.press("tab")
        await typed(pilot, ":do")
        await until(pilot, lambda: pilot.app.screen.query_one(PromptInput)._suggestion == "state:down")
        await pilot.press("tab")
        assert pilot.app.screen.query_one(PromptInput).value == "state:down"
        shown = table_of(pilot).shown
        assert shown < table_of(pilot).total
        await typed(pilot, " (a or")
        assert "a term is wanted after 'or' (at character 17)" in text_of(pilot)
        await pilot.press(*["backspace"] * 6)
        await typed(pilot, " evn=prod")
        assert "none of the agents has a label evn" in text_of(pilot)


async def test_the_best_fuzzy_match_is_the_first_row() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await entered(pilot, "/-f tst2")
        assert table_of(pilot).cursor_key is not None
        await pilot.press("g")
        assert str(table_of(pilot).cursor_key).startswith("tester")


async def test_a_filter_is_saved_listed_used_and_forgotten() -> None:
    kept: list[dict[str, str]] = []
    filters = FilterShelf(SavedFilters({"mine": "kind:coder"}), kept.append)
    async with deck(firing_store(), "agents", filters=filters).run_test(size=SIZE) as pilot:
        await entered(pilot, ":save")
        assert "save wants a name" in text_of(pilot)
        await pilot.press("escape")
        await entered(pilot, ":save bad")
        assert "there is no filter to save" in text_of(pilot)
        await pilot.press("escape")
        await entered(pilot, "/@mine not state:up")
        shown = table_of(pilot).shown
        await entered(pilot, ":save sick")
        assert kept == [{"sick": "@mine not state:up"}]
        await pilot.press("escape")
        await entered(pilot, ":agents @sick")
        assert table_of(pilot).shown == shown
        await entered(pilot, ":filters")
        assert isinstance(pilot.app.screen, FiltersSheet)
        assert "@mine  configuration" in text_of(pilot)
        assert "@mine not state:up" in text_of(pilot)
        await pilot.press("escape")
        await entered(pilot, ":save sick kind:tester")
        assert table_of(pilot).shown == sum(row.kind == "tester" for row in firing_store().status.values())
        await entered(pilot, ":forget mine")
        assert "stands in the configuration" in text_of(pilot)
        await pilot.press("escape")
        await entered(pilot, ":forget sick")
        assert kept[-1] == {}
        await entered(pilot, ":agents @sick state:up")
        assert "no saved filter 'sick'" in text_of(pilot)
        assert pilot.app.screen.query_one(Prompt).is_open


async def test_what_was_kept_can_be_used_at_once_and_goes_to_the_memory() -> None:
    written: list[Memory] = []

    def remember(memory: Memory) -> str:
        written.append(memory)
        return ""

    memory = Memory(filters={"old": "kind:coder"})
    app = deck(firing_store(), "agents @old", memory=memory, remember=remember)
    async with app.run_test(size=SIZE) as pilot:
        assert 0 < table_of(pilot).shown < table_of(pilot).total
        await entered(pilot, ":save new @old up")
    assert written[-1].filters == {"old": "kind:coder", "new": "@old up"}


# ── Times ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def timed_store(zone: str = "utc") -> Store:
    store = firing_store()
    store.times = time_style(zone)
    store.events.put(
        10_000,
        Event(
            seq=10_000,
            at=NOW - timedelta(minutes=3),
            kind=EventKind.AGENT,
            subject="coder-1",
            before="up",
            after="down",
            bad=True,
        ),
    )
    return store


async def test_ctrl_t_goes_round_and_the_offset_is_always_in_sight() -> None:
    store = timed_store("Europe/Berlin")
    async with deck(store, "events").run_test(size=SIZE, notifications=True) as pilot:
        assert "10:23:53" in text_of(pilot)
        assert "as of 10:26:53+01:00" in text_of(pilot)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "as of 09:26:53Z" in text_of(pilot))
        assert " 3m " in text_of(pilot)
        await until(pilot, lambda: "times as ages" in text_of(pilot))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "09:23:53" in text_of(pilot))
        await entered(pilot, ":time Asia/Tokyo")
        await until(pilot, lambda: "18:23:53" in text_of(pilot))
        assert "as of 18:26:53+09:00" in text_of(pilot)
        await entered(pilot, ":time Asia/Tokio")
        assert "did you mean Asia/Tokyo?" in text_of(pilot)


async def test_the_choice_is_kept_and_other_views_follow() -> None:
    written: list[Memory] = []

    def remember(memory: Memory) -> str:
        written.append(memory)
        return ""

    store = timed_store()
    app = deck(store, "agents", remember=remember)
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, ":time Europe/Berlin")
        await entered(pilot, ":events")
        assert here(pilot) == "events"
        assert "10:23:53" in text_of(pilot)
        await pilot.press("g", "enter")
        await until(pilot, lambda: "2026-03-14T10:23:53.000+01:00" in text_of(pilot))
    assert written[-1].choices == {"times": "Europe/Berlin"}


async def test_a_change_of_style_draws_while_the_picture_is_held_still() -> None:
    store = timed_store()
    async with deck(store, "events").run_test(size=SIZE) as pilot:
        await pilot.press("p")
        await entered(pilot, ":time Europe/Berlin")
        await until(pilot, lambda: "10:23:53" in text_of(pilot))
        assert isinstance(pilot.app, FleetdeckApp)
        assert pilot.app.paused
