"""Nothing can be done: a freeze, read-only, a still picture; how it is unlocked; a lock of another operator."""

from typing import Any

import pytest

from fleet.actions.action import Freeze
from tests.tui.acting_desk import SIZE, SMALL, acting_deck, keys_of, shown, to_agent
from tests.tui.acting_stores import Remembered, acted_store, submit_plan
from tests.tui.factories import NOW, agent_store, deck
from tests.tui.test_app import table_of, text_of, typed, until
from tui.acting.unlock import UnfreezeSheet, UnlockSheet
from tui.alerts.form import refusal

pytestmark = pytest.mark.anyio


async def test_r_freezes_at_once_everywhere_and_hides_the_keys() -> None:
    acting = Remembered(acted_store())
    async with acting_deck(acting, "agents").run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        assert "act.submit" in keys_of(pilot)
        await pilot.press("R")
        await until(pilot, lambda: "FROZEN by ops@desk" in text_of(pilot))
        assert "act.submit" not in keys_of(pilot)
        assert "t submit" not in text_of(pilot).splitlines()[-1]
        await pilot.press("t")
        assert len(pilot.app.screen_stack) == 1
        app: Any = pilot.app
        app.submit()
        assert "frozen by ops@desk" in [toast.message for toast in app._notifications][-1]
        await shown(pilot, submit_plan())
        await pilot.press("y", "d")
        assert acting.writes() == []
        assert "it can only be closed" in text_of(pilot)


async def test_in_a_narrow_title_a_freeze_leaves_room_for_what_is_shown_and_for_the_time() -> None:
    store = acted_store()
    store.freeze.put(
        "freeze", Freeze(frozen=True, why="frozen", by="somebody@a-long-name", since=NOW.replace(minute=1))
    )
    async with acting_deck(Remembered(store), "agents").run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "FROZEN" in text_of(pilot))
        title = next(line for line in text_of(pilot).splitlines() if "FROZEN" in line)
        assert "Agents" in title
        assert "as of" in title


async def test_unlocking_wants_a_reason_and_ends() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting, "agents").run_test(size=SIZE) as pilot:
        await pilot.press("R")
        await until(pilot, lambda: "FROZEN by" in text_of(pilot))
        await typed(pilot, ":unlock 15")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UnlockSheet))
        await pilot.press("enter")
        assert "a reason is wanted" in text_of(pilot)
        await typed(pilot, "false alarm")
        await pilot.press("enter")
        await until(pilot, lambda: "UNLOCKED until 09:41" in text_of(pilot))
        assert ("unlock", "ops@desk", "false alarm", 900.0) in acting.asked
        acting.store.freeze.put("freeze", Freeze(frozen=True, why="read-only by the configuration"))
        await until(pilot, lambda: "UNLOCKED" not in text_of(pilot))


async def test_what_another_program_froze_is_shown_with_since_when_and_ended_with_a_reason() -> None:
    acting = Remembered(acted_store())
    async with acting_deck(acting, "agents").run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await typed(pilot, ":unfreeze")
        await pilot.press("enter")
        assert "nothing is frozen" in [toast.message for toast in pilot.app._notifications][-1]
        row = Freeze(
            frozen=True,
            why="frozen by bob@there: INC-7 (since 2026-03-14T09:01:00Z; :unfreeze ends it)",
            can_unlock=True,
            can_unfreeze=True,
            by="bob@there",
            since=NOW.replace(minute=1),
        )
        acting.store.freeze.put("freeze", row)
        await until(pilot, lambda: "FROZEN by bob@there since 09:01" in text_of(pilot))
        assert "act.submit" not in keys_of(pilot)
        await typed(pilot, ":unlock")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UnlockSheet))
        assert "for all your programs" in text_of(pilot)
        await pilot.press("escape")
        await typed(pilot, ":unfreeze")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UnfreezeSheet))
        assert "INC-7" in text_of(pilot)
        await pilot.press("enter")
        assert "a reason is wanted" in text_of(pilot)
        await typed(pilot, "it is over")
        await pilot.press("enter")
        await until(pilot, lambda: "FROZEN" not in text_of(pilot))
        assert ("unfreeze", "ops@desk", "it is over") in acting.asked
        assert "act.submit" in keys_of(pilot)


async def test_what_is_read_only_for_good_is_not_unfrozen_from_here() -> None:
    acting = Remembered(acted_store())
    acting.store.freeze.put("freeze", Freeze(frozen=True, why="frozen by bob@there", by="bob@there"))
    async with acting_deck(acting, "agents").run_test(size=SIZE) as pilot:
        await typed(pilot, ":unfreeze over")
        await pilot.press("enter")
        assert "it cannot be unfrozen from here" in [toast.message for toast in pilot.app._notifications][-1]


async def test_a_freeze_is_named_where_an_alert_would_be_silenced() -> None:
    acting = Remembered(acted_store())
    async with acting_deck(acting, "agents", read_only=True).run_test(size=SIZE) as pilot:
        for row, words in (
            (Freeze(frozen=True, why="frozen by bob@there: INC-7", by="bob@there"), "frozen by bob@there: INC-7"),
            # What is read-only was unlocked.
            (Freeze(until=NOW), "still picture"),
        ):
            acting.store.freeze.put("freeze", row)
            assert words in refusal(pilot.app.context)  # type: ignore[attr-defined]


async def test_read_only_offers_no_key_that_leads_to_a_change() -> None:
    acting = Remembered(acted_store())
    async with acting_deck(acting, "actions", read_only=True).run_test(size=SIZE) as pilot:
        assert "READ-ONLY" in text_of(pilot)
        for key in acting.store.actions:
            table_of(pilot).go_to(key)
            await pilot.pause()
            assert not keys_of(pilot) & {"act.submit", "act.cancel", "act.undo"}


async def test_a_still_picture_says_that_nothing_can_be_done_from_it() -> None:
    async with deck(agent_store(), "agents").run_test(size=SIZE) as pilot:
        assert "act.submit" not in keys_of(pilot)
        await pilot.press("R")
        assert "still picture" in [toast.message for toast in pilot.app._notifications][-1]


async def test_a_lock_is_named_on_the_page_of_its_agent() -> None:
    async with deck(acted_store(), "agent coder-1").run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "by anna@host 12s: Submit review" in text_of(pilot)
