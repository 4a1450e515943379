"""The dialog that every plan is confirmed in, and by nothing else: its keys, tiers, and what is drawn in it."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from textual import events

from fleet.actions.action import ActionState
from fleet.actions.plan import Tier
from tests.tui.acting_desk import LONG_S, SIZE, SMALL, acting_deck, clock_of, keys_of, settled, shown
from tests.tui.acting_stores import KEY, Remembered, action, rollback_plan, submit_plan
from tests.tui.factories import agent_store
from tests.tui.test_app import text_of, typed, until
from tui.acting.confirm import ConfirmSheet
from tui.acting.receipt import ReceiptPage
from tui.acting.unhurried import QUIET_S, Cancel
from tui.acting.watch import WatchPage

pytestmark = pytest.mark.anyio


async def test_y_confirms_at_tier_one_and_the_page_of_the_act_is_opened() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await shown(pilot, submit_plan())
        said = text_of(pilot)
        assert "Submit review to coder-1" in said
        assert "POST http://127.0.0.1:5005/execute_task" in said
        assert "Authorization: Bearer ***, from env COORDINATOR_TOKEN" in said
        assert "y does it" in said
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        ((_, key, confirmation, dry),) = acting.writes()
        assert (key, confirmation.yes, confirmation.by, dry) == (KEY, True, "ops@desk", False)
        assert "sent" in text_of(pilot)


async def test_the_focus_begins_on_the_way_out() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, submit_plan())
        assert isinstance(pilot.app.focused, Cancel)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmSheet))
        assert acting.writes() == []


@pytest.mark.parametrize("tier", [Tier.YES, Tier.NAME])
async def test_what_is_typed_before_the_dialog_could_be_read_is_dropped(
    tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every key has just been pressed, however long it was on its way here.
    monkeypatch.setattr("tui.acting.unhurried.Message", lambda: SimpleNamespace(time=0.0))
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        app.act(replace(submit_plan(), tier=tier))
        await until(pilot, lambda: isinstance(app.screen, ConfirmSheet) and app.screen._pending.found == ())
        clock_of(pilot).advance(QUIET_S - 0.01)
        await pilot.press("y", "d", "tab", "y", "enter", "escape")
        assert isinstance(app.screen, ConfirmSheet)
        assert isinstance(app.focused, Cancel)
        # Each key began the wait anew: one that is held down never gets through.
        clock_of(pilot).advance(QUIET_S - 0.01)
        await pilot.press("y")
        assert isinstance(app.screen, ConfirmSheet)
        await settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ConfirmSheet))
        assert acting.writes() == []


async def test_a_key_counts_from_when_it_was_pressed_however_late_a_busy_program_comes_to_it() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        screen = await shown(pilot, submit_plan())
        early, late = events.Key("y", "y"), events.Key("y", "y")
        early.time -= 2 * LONG_S
        assert screen.drops(early)
        clock_of(pilot).advance(LONG_S)
        assert not screen.drops(late)


async def test_before_it_is_known_what_stands_against_it_nothing_can_be_confirmed() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        screen = await shown(pilot, submit_plan())
        screen._pending.found = None
        await pilot.press("y", "d")
        assert acting.writes() == []


async def test_what_stands_against_it_leaves_only_the_way_out() -> None:
    acting = Remembered(agent_store())
    acting.against = ("coder-1 is locked by anna@host since 12s",)
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await shown(pilot, submit_plan())
        said = text_of(pilot)
        assert "coder-1 is locked by anna@host" in said
        assert "it can only be closed" in said
        assert "✖ 1 against it" in said
        assert not keys_of(pilot) & {"confirm.yes", "confirm.dry_run"}
        await pilot.press("y", "d")
        assert acting.writes() == []
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmSheet))


async def test_a_guard_that_failed_while_it_was_planned_leaves_only_the_way_out() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, replace(submit_plan(), refusals=("the root is no git work tree",)))
        await pilot.press("y", "d")
        assert acting.writes() == []
        assert "the root is no git work tree" in text_of(pilot)


async def test_at_tier_two_the_targets_word_and_a_reason_are_wanted() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await shown(pilot, rollback_plan())
        await pilot.press("y")
        assert acting.writes() == []
        assert "tab: type gateway, a reason · d runs it dry" in text_of(pilot)
        await pilot.press("tab")
        await typed(pilot, "gatewax")
        assert "still: type gateway, a reason" in text_of(pilot)
        await pilot.press("enter")
        assert "type gateway to confirm" in text_of(pilot)
        await pilot.press("backspace")
        await typed(pilot, "y")
        await pilot.press("enter", "enter")
        assert "a reason is wanted" in text_of(pilot)
        assert acting.writes() == []
        assert "still: a reason" in text_of(pilot)
        assert "⏎ next" in text_of(pilot)
        await typed(pilot, "r42 burns")
        assert "still" not in text_of(pilot)
        assert "[ Cancel ]   enter does it" in text_of(pilot)
        assert "⏎ do it" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: bool(acting.writes()))
        ((_, _, confirmation, dry),) = acting.writes()
        assert (confirmation.typed, confirmation.reason) == ("gateway", "r42 burns")
        assert not (confirmation.yes or dry)


async def test_at_tier_three_a_code_is_wanted_and_a_wrong_one_can_be_typed_again() -> None:
    acting = Remembered(agent_store())
    acting.refusal = "the code is not right"
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await shown(pilot, rollback_plan(Tier.TWO))
        await pilot.press("tab")
        for text in ("gateway", "r42 burns"):
            await typed(pilot, text)
            await pilot.press("enter")
        assert acting.writes() == []
        await typed(pilot, "000000")
        await pilot.press("tab")
        await typed(pilot, "bert")
        await pilot.press("enter")
        await until(pilot, lambda: "the code is not right" in text_of(pilot))
        acting.refusal = ""
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchPage))
        assert [one[2].code for one in acting.writes()] == ["000000", "000000"]
        assert acting.writes()[-1][2].second == "bert"


async def test_d_runs_it_dry() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, rollback_plan())
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        assert [one[3] for one in acting.writes()] == [True]
        assert "dry run: nothing was sent" in text_of(pilot)


async def test_it_is_begun_once_however_often_y_is_pressed() -> None:
    acting = Remembered(agent_store())
    acting.hangs = True
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, submit_plan())
        await pilot.press("y", "y", "d", "y")
        assert len(acting.writes()) == 1
        assert "it is being begun" in text_of(pilot)
        await pilot.press("escape")


async def test_all_of_a_large_plan_can_be_scrolled_to_with_the_way_out_in_view() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await shown(pilot, submit_plan(300))
        assert "Submit 300 × review" in text_of(pilot)
        assert "app-299" not in text_of(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "cancel it at the coordinator" in text_of(pilot))
        assert "app-299" in text_of(pilot)
        assert "y does it" in text_of(pilot)
        await pilot.press("home")
        await until(pilot, lambda: "app-0" in text_of(pilot))
        assert "[ Cancel ]" in text_of(pilot)


HOSTILE = (
    "\x1b[2J\x1b]52;c;aGk=\x07 [bold red]x[/] [/nope] \u202edrowssap\u2069 " + "\n".join("line" for _ in range(40)),
    "[@click=app.quit]quit[/]" * 400,
    "é" + "\u0301" * 500 + "\u200b" * 500 + "界" * 5_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=["escapes", "markup", "floods"])
@pytest.mark.parametrize("size", [SMALL, SIZE])
async def test_hostile_titles_are_drawn_as_text(text: str, size: tuple[int, int]) -> None:
    acting = Remembered(agent_store())
    hostile = replace(
        submit_plan(title=text),
        warnings=(text,),
        effects=(text,),
        undo=(text,),
        items=(text,),
        blast=(text,),
        word=text,
        tier=Tier.NAME,
        targets=(replace(submit_plan().targets[0], name=text),),
    )
    async with acting_deck(acting).run_test(size=size) as pilot:
        await shown(pilot, hostile)
        said = text_of(pilot)
        assert not any(ord(char) < 32 and char != "\n" for char in said)
        assert not set(said) & set("\u202e\u2069\u200b\x9b")
        assert "[ Cancel ]" in said
        assert len(said.splitlines()) <= size[1]
        acting.store.actions.put(KEY, action(hostile, ActionState.FAILED, outcome=text, output=text))
        await pilot.press("escape")
        app: Any = pilot.app
        await app.show_action(KEY)
        await pilot.pause()
        await pilot.press("end")
        assert not set(text_of(pilot)) & set("\x1b\u202e\u2069\u200b")


def left(acting: Remembered) -> list[tuple[Any, ...]]:
    return [one for one in acting.asked if one[0] == "leave"]


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_a_plan_that_is_looked_at_and_left_is_on_record_once(key: str) -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, submit_plan())
        assert left(acting) == []
        await pilot.press(key)
        await until(pilot, lambda: bool(left(acting)))
    assert left(acting) == [("leave", KEY, "ops@desk", ())]


async def test_the_line_that_one_types_in_is_marked_and_says_what_it_wants() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await shown(pilot, rollback_plan(Tier.TWO))
        for wanted in ("type gateway", "why: goes on the record", "ticket, optional", "six digits"):
            assert wanted in text_of(pilot)
        assert "▌" not in text_of(pilot)
        for name in ("target", "reason", "ticket", "code", "whose"):
            await pilot.press("tab")
            await pilot.pause()
            marked = [line for line in text_of(pilot).splitlines() if "▌" in line]
            assert len(marked) == 1 and marked[0].strip().startswith(name)


async def test_how_much_of_the_plan_is_not_seen_yet_is_said_until_it_is() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        screen = await shown(pilot, rollback_plan())
        await until(pilot, lambda: "lines more (pgdn)" in text_of(pilot))
        assert "confirm " not in text_of(pilot)
        await pilot.press(*["pagedown"] * 4)
        await until(pilot, lambda: "more (pgdn)" not in text_of(pilot))
        assert "type gateway, give a reason" in text_of(pilot)
        screen._say("not so")
        await until(pilot, lambda: "not so" in text_of(pilot))


async def test_the_end_of_the_program_leaves_a_plan_too() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, submit_plan())
    assert left(acting) == [("leave", KEY, "ops@desk", ())]


async def test_one_that_could_only_be_closed_is_left_with_what_stood_against_it() -> None:
    acting = Remembered(agent_store())
    acting.against = ("coder-1 is locked",)
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, replace(submit_plan(), refusals=("the root is no git work tree",)))
        await pilot.press("escape")
        await until(pilot, lambda: bool(left(acting)))
    assert left(acting)[0][3] == ("the root is no git work tree", "coder-1 is locked")


@pytest.mark.parametrize("key", ["y", "d"])
async def test_what_was_begun_refused_or_run_dry_is_not_left_as_well(key: str) -> None:
    acting = Remembered(agent_store())
    acting.refusal = "somebody was faster"
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, submit_plan())
        await pilot.press(key)
        await until(pilot, lambda: "somebody was faster" in text_of(pilot))
        acting.refusal = ""
        await pilot.press(key)
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmSheet))
    assert left(acting) == []


async def test_a_log_that_cannot_be_written_does_not_keep_the_dialog_open() -> None:
    acting = Remembered(agent_store())
    acting.unrecorded = "the audit log could not be written: No space left on device"
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, submit_plan())
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmSheet))
        await until(pilot, lambda: any("not on record yet" in one.message for one in pilot.app._notifications))


@pytest.mark.parametrize("size", [(60, 15), (50, 12)])
async def test_the_way_out_and_the_keys_are_in_sight_however_small_the_terminal_is(size: tuple[int, int]) -> None:
    async with acting_deck(Remembered(agent_store())).run_test(size=size) as pilot:
        await shown(pilot, rollback_plan())
        said = text_of(pilot)
        assert "[ Cancel ]" in said
        assert "esc cancel" in said
