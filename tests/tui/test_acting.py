"""Acting from the keyboard: the dialog that every plan is confirmed in, the forms, the page of an act, the freeze."""

from typing import Any

import pytest
from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot

from fleet.actions.action import ActionState, Freeze, Item
from fleet.actions.plan import Plan, Tier
from fleet.clock import ManualClock
from tests.tui.acting_stores import (
    KEY,
    NOTE,
    REVIEW,
    Remembered,
    acted_store,
    action,
    batch_action,
    rollback_plan,
    submit_plan,
)
from tests.tui.factories import agent_store, deck
from tests.tui.test_app import table_of, text_of, typed, until
from tui.acting.actions import ActionsScreen
from tui.acting.ask import AskSheet
from tui.acting.confirm import ConfirmSheet
from tui.acting.many import BatchSheet, ItemInput
from tui.acting.offers import can_undo
from tui.acting.receipt import ReceiptPage
from tui.acting.submit import SubmitSheet
from tui.acting.task_fields import TaskInput
from tui.acting.unhurried import QUIET_S, Cancel, Quiet
from tui.acting.unlock import UnlockSheet
from tui.acting.watch import WatchPage
from tui.acting.which import WhichSheet
from tui.app import FleetdeckApp
from tui.screens.help import live_keys

pytestmark = pytest.mark.anyio

SIZE = (120, 40)
SMALL = (80, 24)
LONG_S = 100.0
"""Much longer than a dialog wants to be seen, and than a key of a test waits anywhere."""


def acting_deck(acting: Remembered, view: str = "agents", **more: object) -> FleetdeckApp:
    more.setdefault("operator", "ops@desk")
    return deck(acting.store, view, acting=acting, **more)


def clock_of(pilot: Pilot[None]) -> ManualClock:
    app: Any = pilot.app
    clock = app.context.clock
    assert isinstance(clock, ManualClock)
    return clock


async def settled(pilot: Pilot[None]) -> None:
    """Let the dialog on top be seen for as long as it wants to, by its clock."""
    screen = pilot.app.screen
    assert isinstance(screen, Quiet)
    await until(pilot, lambda: screen._hears_from is not None)
    clock_of(pilot).advance(LONG_S)
    screen.awake()
    await pilot.pause()


async def shown(pilot: Pilot[None], plan: Plan) -> ConfirmSheet:
    """The dialog over a plan, once it is known what stands against it and it can be read."""
    app: Any = pilot.app
    app.act(plan)
    await until(pilot, lambda: isinstance(app.screen, ConfirmSheet) and app.screen._against is not None)
    screen = app.screen
    assert isinstance(screen, ConfirmSheet)
    await settled(pilot)
    return screen


def keys_of(pilot: Pilot[None]) -> set[str]:
    return {key.id for key in live_keys(pilot.app.screen)}


# ── The dialog ─────────────────────────────────────────────────────────────────────────────────────────────────────


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
async def test_what_is_typed_before_the_dialog_could_be_read_is_dropped(tier: Tier) -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        app.act(replace(submit_plan(), tier=tier))
        await until(pilot, lambda: isinstance(app.screen, ConfirmSheet) and app.screen._against == ())
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
        screen._against = None
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
        await pilot.press("tab")
        await typed(pilot, "gatewax")
        await pilot.press("enter")
        assert "type gateway to confirm" in text_of(pilot)
        await pilot.press("backspace")
        await typed(pilot, "y")
        await pilot.press("enter", "enter")
        assert "a reason is wanted" in text_of(pilot)
        assert acting.writes() == []
        await typed(pilot, "r42 burns")
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


# ── Submitting ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def form(pilot: Pilot[None]) -> SubmitSheet:
    await until(pilot, lambda: isinstance(pilot.app.screen, SubmitSheet))
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, SubmitSheet)
    return screen


async def to_agent(pilot: Pilot[None], name: str) -> None:
    assert table_of(pilot).go_to(name)
    await pilot.pause()


async def test_t_opens_the_form_of_the_only_template_and_a_task_is_submitted() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        said = text_of(pilot)
        assert "reviews: 3 queued · worked off in 2m 20s" in said
        assert "the allow-list is not known" in said
        assert "review, test, document" in said
        await typed(pilot, "app-1")
        await pilot.press("tab", "down", "tab", "backspace")
        await typed(pilot, "7")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert asked[2] == ({"project": "app-1", "kind": "test", "priority": 7, "dry": False},)
        assert asked[3] == ("coder-1",)
        assert acting.writes() == []
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_a_wrong_value_is_told_at_its_field() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await typed(pilot, "app-1")
        await pilot.press("tab", "tab", "backspace")
        await typed(pilot, "12")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "✖ priority" in text_of(pilot))
        box = pilot.app.focused
        assert isinstance(box, TaskInput)
        assert box.value == "12"
        await pilot.press("backspace")
        assert "✖" not in text_of(pilot).split("Submit review")[1]


async def test_former_submissions_are_recalled_and_the_draft_comes_back() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        screen = await form(pilot)
        await typed(pilot, "draft")
        await pilot.press("ctrl+p")
        values = {name: row.box.value for name, row in screen._rows.items()}
        assert (values["project"], values["kind"], values["prompt"]) == ("app-7", "test", "one\\ntwo")
        await pilot.press("ctrl+p", "ctrl+p")
        assert screen._rows["project"].box.value == "app-6"
        await pilot.press("ctrl+n", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert asked[2][0]["prompt"] == "one\ntwo"
        await settled(pilot)
        await pilot.press("escape", "ctrl+n")
        assert screen._rows["project"].box.value == "draft"


async def test_of_several_templates_one_is_chosen_and_marked_agents_are_all_meant() -> None:
    other = replace(REVIEW, name="test")
    acting = Remembered(agent_store(), (REVIEW, other, NOTE))
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        for name in ("coder-1", "planner-0"):
            await to_agent(pilot, name)
            await pilot.press("space")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhichSheet))
        assert "2 agents" in text_of(pilot)
        assert "note" not in text_of(pilot).split("Submit what?")[1]
        await pilot.press("down", "enter")
        screen = await form(pilot)
        assert screen._desk.template.name == "test"
        assert screen._whom() == ("coder-1", "planner-0")


@pytest.mark.parametrize(
    ("line", "to"), [("queues name:reviews", ()), ("tasks t-0", ("coder-1",)), ("agent coder-1", ("coder-1",))]
)
async def test_t_on_a_queue_a_task_and_the_page_of_an_agent(line: str, to: tuple[str, ...]) -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting, line).run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("t")
        assert (await form(pilot))._whom() == to


async def test_submit_can_be_typed_from_anywhere_and_t_stays_what_it_was_on_alerts() -> None:
    acting = Remembered(agent_store(), (REVIEW, NOTE))
    async with acting_deck(acting, "alerts").run_test(size=SIZE) as pilot:
        await pilot.press("t")
        assert len(pilot.app.screen_stack) == 1
        await typed(pilot, ":submit nope")
        await pilot.press("enter")
        assert "no template 'nope'" in text_of(pilot)
        await pilot.press("escape")
        await typed(pilot, ":submit note")
        await pilot.press("enter")
        assert (await form(pilot))._desk.template.name == "note"


async def test_submit_is_for_the_marked_rows_as_t_is() -> None:
    acting = Remembered(agent_store(), (REVIEW, NOTE))
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        for name in ("coder-1", "planner-0"):
            await to_agent(pilot, name)
            await pilot.press("space")
        await typed(pilot, ":submit note")
        await pilot.press("enter")
        toasts = [toast.message for toast in pilot.app._notifications]
        assert toasts == ["the template note does not submit to 2 agents"]
        await typed(pilot, ":submit")
        await pilot.press("enter")
        assert (await form(pilot))._whom() == ("coder-1", "planner-0")


async def test_of_a_batch_it_is_said_whom_it_is_for() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        await typed(pilot, "project=a")
        await pilot.press("enter", "tab", "tab")
        await until(pilot, lambda: "1 item;" in text_of(pilot))
        await typed(pilot, ", planner-0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert asked[3] == ("coder-1", "planner-0")


async def test_where_no_template_fits_it_says_so() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "tester-3")
        await pilot.press("t")
        assert [toast.message for toast in pilot.app._notifications] == ["no template submits to tester-3"]


async def test_a_batch_is_pasted_checked_line_by_line_and_followed() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        lines = "\n".join(f'{{"project": "app-{number}"}}' for number in range(200))
        pilot.app.post_message(events.Paste(lines + '\n{"project": "no such name"}'))
        await until(pilot, lambda: "line 201: project" in text_of(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, BatchSheet)
        await pilot.press("backspace", "ctrl+u")
        await until(pilot, lambda: "200 items" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert (len(asked[2]), asked[3]) == (200, ("coder-1",))
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        assert len(pilot.app.screen_stack) == 2
        assert "0 of 200 ended" in text_of(pilot)


async def test_a_batch_is_read_from_a_file_or_typed() -> None:
    acting = Remembered(agent_store())
    acting.texts["tasks.jsonl"] = '{"project": "a"}\n\n{"project": "b"}\n'
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        await pilot.press("tab")
        await typed(pilot, "nope.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "there is no such file" in text_of(pilot))
        await pilot.press("ctrl+u")
        await typed(pilot, "tasks.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "2 items" in text_of(pilot))
        await typed(pilot, "project=c")
        await pilot.press("enter")
        await until(pilot, lambda: "3 items" in text_of(pilot))


# ── Acts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_keys_are_offered_only_where_they_can_do_something() -> None:
    store = acted_store()
    acting = Remembered(store)
    offered = {}
    async with acting_deck(acting, "actions").run_test(size=SIZE) as pilot:
        assert isinstance(pilot.app.screen, ActionsScreen)
        for key in store.actions:
            assert table_of(pilot).go_to(key)
            await pilot.pause()
            offered[store.actions[key].state] = {id for id in keys_of(pilot) if id.startswith("act.")} - {"act.freeze"}
    assert offered == {
        ActionState.SUCCEEDED: {"act.undo"},
        ActionState.UNKNOWN: {"act.cancel", "act.reconcile"},
        ActionState.RUNNING: {"act.abort", "act.cancel"},
    }


@pytest.mark.parametrize(("item", "offered"), [(ActionState.SUCCEEDED, True), (ActionState.CANCELLED, False)])
def test_a_rollback_that_was_stopped_is_undone_where_something_of_it_was_done(item: ActionState, offered: bool) -> None:
    done = next(iter(acted_store().actions.values()))
    stopped = replace(
        done,
        state=ActionState.CANCELLED,
        items=(Item(words="1", state=item), Item(words="2", state=ActionState.CANCELLED)),
    )
    assert can_undo(stopped) is offered


@pytest.mark.parametrize("page", [False, True])
async def test_undo_cancel_reconcile_and_abort_from_the_view_and_from_the_receipt(page: bool) -> None:
    store = acted_store()
    acting = Remembered(store)
    rolled, lost, batch = store.actions

    async def on(pilot: Pilot[None], key: str, *press: str) -> None:
        while len(pilot.app.screen_stack) > 1:
            await pilot.press("escape")
            await pilot.pause()
        assert table_of(pilot).go_to(key)
        await pilot.pause()
        if page:
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        await pilot.press(*press)

    async with acting_deck(acting, "actions").run_test(size=SIZE) as pilot:
        await on(pilot, rolled, "U")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        await settled(pilot)
        await pilot.press("escape")
        await on(pilot, lost, "r")
        await until(pilot, lambda: ("reconcile", lost, "ops@desk") in acting.asked)
        await on(pilot, batch, "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        await settled(pilot)
        await pilot.press("escape")
        assert ("plan_undo", rolled) in acting.asked
        assert ("plan_cancel", batch) in acting.asked
        assert acting.writes() == []
        await on(pilot, batch, "x", "y")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskSheet))
        assert acting.writes() == []
        await settled(pilot)
        assert "what was sent is not taken back" in text_of(pilot)
        await pilot.press("y")
        await until(pilot, lambda: acting.writes() == [("abort", batch, "ops@desk")])


async def test_a_receipt_says_all_that_is_known_and_follows_the_store() -> None:
    store = acted_store()
    rolled, _, batch = store.actions
    async with acting_deck(Remembered(store), "actions").run_test(size=(120, 60)) as pilot:
        app: Any = pilot.app
        await app.show_receipt(rolled)
        await pilot.pause()
        said = text_of(pilot)
        for part in (
            "r41 is live, and availability/gateway does not burn any more",
            "canary 10 %: passed",
            "INC-7",
            "anna@host",
            "line 41, line 42, line 43",
            "kubectl rollout undo deployment/gateway --to-revision=41",
            "roll to r42 again",
            "4 of 4 instances are new",
        ):
            assert part in said
        await pilot.press("escape")
        await app.show_action(batch)
        await pilot.pause()
        assert "▫ 10 refused" in text_of(pilot)
        await until(pilot, lambda: "403: the coordinator" in text_of(pilot))
        row = store.actions[batch]
        store.actions.put(batch, replace(row, state=ActionState.CANCELLED, outcome="stopped by ops@desk"))
        await until(pilot, lambda: "stopped by ops@desk" in text_of(pilot))
        assert "act.abort" not in keys_of(pilot)


async def test_output_is_followed_to_its_end_until_one_scrolls_back_and_says_what_was_dropped() -> None:
    store = acted_store()
    lost = list(store.actions)[1]
    row = replace(store.actions[lost], state=ActionState.RUNNING, ended_at=None, outcome="")

    def prints(lines: int, cut: int = 0) -> None:
        store.actions.put(lost, replace(row, output="\n".join(f"line {at:04}" for at in range(lines)), output_cut=cut))

    async with acting_deck(Remembered(store), "actions").run_test(size=SMALL) as pilot:
        app: Any = pilot.app
        store.actions.put(lost, row)
        await app.show_action(lost)
        await pilot.pause()
        assert "Output" not in text_of(pilot)
        prints(3)
        await until(pilot, lambda: "Output  3 lines" in text_of(pilot))
        prints(500, cut=1_234)
        await until(pilot, lambda: "line 0499" in text_of(pilot))
        assert "1,234 characters before them dropped" in text_of(pilot)
        await pilot.press("tab", "home")
        await until(pilot, lambda: "…line 0000" in text_of(pilot))
        prints(600, cut=1_234)
        await until(pilot, lambda: "Output  600 lines" in text_of(pilot))
        assert "line 0000" in text_of(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "line 0599" in text_of(pilot))
        prints(700, cut=1_234)
        await until(pilot, lambda: "line 0699" in text_of(pilot))


async def test_nothing_on_the_screen_changes_because_something_was_asked_for() -> None:
    store = acted_store()
    acting = Remembered(store)
    batch = batch_action()
    async with acting_deck(acting, "actions").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        await app.show_action(batch.id)
        await pilot.pause()
        before = text_of(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, AskSheet))
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: bool(acting.writes()))
        await pilot.pause()
        assert text_of(pilot).splitlines()[2:20] == before.splitlines()[2:20]


# ── Freezing ───────────────────────────────────────────────────────────────────────────────────────────────────────


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
