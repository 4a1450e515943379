"""What an operator finds again: by `[` and `]`, in the prompts, and at the next start."""

import threading
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from fleet.view_line import parse_view_line
from tests.tui.factories import agent_store, deck, firing_store
from tests.tui.test_app import here, table_of, text_of, typed, until
from tui.chrome.prompt import PromptInput
from tui.kept.memory import Memory

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


def title(pilot: Pilot[None]) -> str:
    return text_of(pilot).splitlines()[1]


def said(pilot: Pilot[None]) -> list[str]:
    """The toasts so far."""
    return [toast.message for toast in pilot.app._notifications]


def into(kept: list[Memory]) -> Callable[[Memory], str]:
    """Keeps every memory in a list."""

    def remember(memory: Memory) -> str:
        kept.append(memory)
        return ""

    return remember


# ── Back and forward ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_back_and_forward_bring_back_everything() -> None:
    async with deck(firing_store()).run_test(size=SIZE) as pilot:
        await pilot.press("2", "slash")
        await typed(pilot, "mcp")
        await pilot.press("enter", "greater_than_sign", "j", "j")
        key = table_of(pilot).cursor_key
        await pilot.press("5", "9", "left_square_bracket")
        assert here(pilot) == "tasks"
        await pilot.press("left_square_bracket")
        assert (here(pilot), table_of(pilot).cursor_key) == ("agents", key)
        assert "/mcp  sort=state" in title(pilot)
        await pilot.press("left_square_bracket")
        assert here(pilot) == "agents"
        assert "/mcp" not in title(pilot)
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert here(pilot) == "overview"
        await pilot.press(*["right_square_bracket"] * 9)
        assert here(pilot) == "events"


async def test_pages_are_places_and_escape_is_a_way() -> None:
    async with deck(agent_store(), "agents").run_test(size=SIZE) as pilot:
        await typed(pilot, ":agent coder-1")
        await pilot.press("enter")
        await until(pilot, lambda: here(pilot) == "AgentScreen")
        await pilot.press("escape")
        assert here(pilot) == "agents"
        await pilot.press("left_square_bracket")
        assert here(pilot) == "AgentScreen"
        await pilot.press("8", "enter")
        assert here(pilot) == "DetailScreen"
        await pilot.press("left_square_bracket", "right_square_bracket")
        assert here(pilot) == "DetailScreen"


async def test_escape_takes_a_filter_off_and_back_puts_it_on_again() -> None:
    async with deck(firing_store(), "agents /mcp").run_test(size=SIZE) as pilot:
        await pilot.press("escape")
        assert "/mcp" not in title(pilot)
        await pilot.press("left_square_bracket")
        assert "/mcp" in title(pilot)


# ── The title says how the order moves ─────────────────────────────────────────────────────────────────────────────


async def test_the_title_says_that_the_order_is_held_only_where_it_matters() -> None:
    store = firing_store()
    async with deck(store, "agents").run_test(size=SIZE) as pilot:
        table = table_of(pilot)
        table.hold_s = 3600.0
        await pilot.press("j")
        assert "order held" not in title(pilot)
        store.status.drop("mcp-4")
        table.flush()
        await pilot.pause()
        assert "order held · 1 gone" in title(pilot)
        await pilot.press("g")
        assert "order held" not in title(pilot)
        await pilot.press("F")
        assert "order held" in title(pilot)
        await pilot.press("g")
        assert "order held" in title(pilot)
        await pilot.press("F")
        assert "order held" not in title(pilot)


async def test_following_is_said_and_ends_with_the_cursor() -> None:
    async with deck(firing_store(), "events").run_test(size=SIZE) as pilot:
        await pilot.press("f")
        assert "following" in title(pilot)
        await pilot.press("j")
        assert "following" not in title(pilot)
        await pilot.press("2", "f")
        assert "following" not in title(pilot)


async def test_marks_that_are_not_shown_are_counted() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await pilot.press("space", "slash")
        await typed(pilot, "mcp")
        await pilot.press("enter", "asterisk")
        assert "5 marked (1 not shown)" in title(pilot)
        await pilot.press("asterisk", "escape")
        assert "1 marked" in title(pilot)


# ── The prompts ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_typed_comes_back_by_the_arrows() -> None:
    memory = Memory().entered(":", "queues").entered(":", "agents /err").entered("/", "state:down")
    async with deck(firing_store(), "agents", memory=memory).run_test(size=SIZE) as pilot:
        await pilot.press("colon", "up")
        box = pilot.app.screen.query_one(PromptInput)
        assert box.value == "agents /err"
        await pilot.press("up", "enter")
        assert here(pilot) == "queues"
        await pilot.press("2", "slash", "up", "enter")
        await pilot.pause()
        assert "/state:down" in title(pilot)
        await pilot.press("slash")
        await typed(pilot, "mcp")
        await pilot.press("enter", "slash", "up")
        assert pilot.app.screen.query_one(PromptInput).value == "state:down"


# ── The next start ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_everything_chosen_is_kept_at_the_end_and_comes_back() -> None:
    kept: list[Memory] = []
    app = deck(firing_store(), "agents", remember=into(kept))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("greater_than_sign", "ctrl+z", "C", "j", "j", "space", "enter", "9", "f", "6")
        await typed(pilot, ":events /down")
        await pilot.press("enter")
        app.choose_theme("light")
    memory = kept[-1]
    assert memory.view == "events"
    assert memory.theme == "light"
    assert memory.typed[":"] == ("events /down",)
    line = memory.line("agents")
    assert line is not None
    assert (line.sort, line.faults) == ((("state", False),), True)
    again = deck(firing_store(), memory.view, memory=memory)
    async with again.run_test(size=SIZE) as pilot:
        assert again.theme == "light"
        await pilot.pause()
        assert "/down" in title(pilot)
        await pilot.press("2")
        assert "sort=state  faults only" in title(pilot)
        assert "CLAIMS" not in table_of(pilot).render_line(0).text
        await until(pilot, lambda: "agents as it was left: faults only" in said(pilot))


async def test_a_line_that_asks_for_more_is_stronger_than_what_was_kept() -> None:
    memory = Memory(views={"agents": "agents columns=name,age faults /mcp"}, following=("agents",))
    async with deck(firing_store(), "agents sort=-queued", memory=memory).run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "/mcp" not in title(pilot)
        assert "sort=-queued" in title(pilot)
        assert table_of(pilot).chosen == (("name", None), ("age", None))


async def test_a_saved_filter_that_is_gone_is_said_and_the_view_opens() -> None:
    memory = Memory(views={"agents": "agents /@mine"})
    async with deck(firing_store(), "agents", memory=memory).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: any("Agents is not as it was left" in toast for toast in said(pilot)))
        assert table_of(pilot).shown == 24


async def test_what_changes_is_kept_a_moment_later_and_a_full_disk_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.kept.remembering.KEEP_AFTER_S", 0.01)
    tried = threading.Semaphore(0)
    says = ["disk full"]

    def remember(memory: Memory) -> str:
        tried.release()
        return says[0]

    app = deck(firing_store(), "agents", remember=remember)
    async with app.run_test(size=SIZE) as pilot:
        for key in ("greater_than_sign", "greater_than_sign"):
            await pilot.press(key)
            await until(pilot, lambda: tried.acquire(blocking=False))
            await until(pilot, lambda: "disk full" in said(pilot))
        assert said(pilot).count("disk full") == 1
        says[0] = ""
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: tried.acquire(blocking=False))
        await pilot.press("j", "space", "p", "p")
        assert not tried.acquire(blocking=False)


async def test_choices_and_saved_filters_are_kept() -> None:
    kept: list[Memory] = []
    app = deck(firing_store(), "agents", remember=into(kept))
    async with app.run_test(size=SIZE):
        app.keep_choice("times", "local")
        app.keep_choice("other", "x")
        app.keep_choice("other", "")
        app.keep_filters({"mine": "state:down"})
    assert (kept[-1].choices, kept[-1].filters) == ({"times": "local"}, {"mine": "state:down"})
    assert parse_view_line("agents").view == kept[-1].view
