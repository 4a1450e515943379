"""The actions view and the page of one act: what can be done about it, its receipt, its output as it comes."""

from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.screen import Screen

from fleet.actions.action import ActionState, Freeze, Item, StageState
from fleet.actions.plan import ActKind
from fleet.actions.taking_back import of_fact
from fleet.actions.template import Template
from tests.tui.acting_desk import SIZE, SMALL, acting_deck, keys_of, settled
from tests.tui.acting_stores import REVIEW, Remembered, acted_store, action, batch_action, rollback_plan
from tests.tui.factories import agent_store
from tests.tui.rolling_stores import ended, failed_stage, mid_stage, rolling_store, succeeded
from tests.tui.test_app import table_of, text_of, until
from tui.acting.act_facts import beside, circumstances, standing
from tui.acting.actions import ActionsScreen, abort_lines
from tui.acting.ask import AskSheet
from tui.acting.confirm import ConfirmSheet
from tui.acting.offers import can_settle, can_undo
from tui.acting.receipt import ReceiptPage
from tui.acting.settle import SettleSheet
from tui.acting.unlock import UnfreezeSheet
from tui.acting.watch import ends_of

pytestmark = pytest.mark.anyio


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
        ActionState.UNKNOWN: {"act.cancel", "act.reconcile", "act.settle"},
        ActionState.RUNNING: {"act.abort", "act.cancel"},
    }


@pytest.mark.parametrize("template", [replace(REVIEW, cancels=False), None])
async def test_what_cannot_be_cancelled_at_its_target_has_no_key_and_the_receipt_says_so(
    template: Template | None,
) -> None:
    store = acted_store()
    acting = Remembered(store, (template,) if template else ())
    lost = list(store.actions)[1]
    async with acting_deck(acting, "actions").run_test(size=SIZE) as pilot:
        assert table_of(pilot).go_to(lost)
        await pilot.pause()
        assert "act.cancel" not in keys_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "its target cannot cancel" in text_of(pilot))


def test_what_a_condition_says_stands_once_on_a_receipt() -> None:
    for row in (failed_stage(), succeeded(), mid_stage()):
        known = standing(replace(row, state=ActionState.FAILED), rolling_store())
        said = "\n".join("".join(cell.text for cell in one.value) for one in known)
        words = {text for stage in row.stages for text in stage.checks} | set(row.checks)
        wanted = {
            text: [*(one for stage in row.stages for one in stage.checks), *row.checks].count(text) for text in words
        }
        assert {text: said.count(text) for text in words} == wanted
    assert beside("not within 5m: gate: fail; 2 of 4 up; r41 is live", ("gate: fail", "2 of 4 up")) == (
        "not within 5m; r41 is live"
    )


@pytest.mark.parametrize(("state", "said"), [("stopped", "◌ stopped"), ("failed", "✖ failed")])
async def test_a_stage_that_was_stopped_has_not_failed(state: str, said: str) -> None:
    row = failed_stage()
    stages = tuple(replace(one, state=state) if one.state == "failed" else one for one in row.stages)
    row = ended(replace(row, stages=stages), ActionState.CANCELLED)
    store = rolling_store()
    store.actions.put(row.id, row)
    async with acting_deck(Remembered(store), "actions").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        for show in (app.show_action, app.show_receipt):
            await show(row.id)
            await pilot.pause()
            assert said in text_of(pilot)


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


@pytest.mark.parametrize("page", [False, True])
async def test_nothing_covers_what_became_of_an_abort_on_the_page_of_its_act(page: bool) -> None:
    store = acted_store()
    batch = list(store.actions)[2]
    app: Any = acting_deck(Remembered(store), "actions")
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        assert table_of(pilot).go_to(batch)
        await pilot.pause()
        if page:
            await app.show_action(batch)
            await pilot.pause()
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, AskSheet))
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: ("abort", batch, "ops@desk") in app.context.acting.writes())
        for _ in range(3):
            await pilot.pause()
        told = [toast.message for toast in app._notifications]
        assert any(message.startswith("abort asked for") for message in told) is not page


def test_what_takes_another_back_names_it_on_its_page_and_its_receipt() -> None:
    done = succeeded()
    undo = replace(done.plan, act=ActKind.UNDO, of=done.id, facts=(of_fact(ActKind.UNDO, done), *done.plan.facts))
    for facts, words in ((undo.facts, f"{done.id[:8]}: {done.plan.title}"), ((), done.id[:8])):
        row = replace(done, id="other", plan=replace(undo, facts=facts))
        for known in (*ends_of(row),), circumstances(row, rolling_store()):
            assert [one.value[0].text for one in known if one.name == "undoes"] == [words]


def test_a_receipt_says_once_that_it_was_a_dry_run() -> None:
    for outcome in ("", "dry run: nothing was sent; 3 steps would be carried out"):
        row = replace(succeeded(), dry_run=True, outcome=outcome)
        said = " ".join(cell.text for known in standing(row, rolling_store()) for cell in known.value)
        assert said.count("dry run") == 1


def test_who_stops_a_rollback_reads_how_far_it_is_and_what_can_be_done_after() -> None:
    said = {line.heading: line.text for line in abort_lines(mid_stage())}
    assert said["now"] == "running, stage 2 of 3 (50 %)"
    assert said["stays"].endswith("undo it afterwards")
    over = {line.heading: line.text for line in abort_lines(replace(succeeded(), state=ActionState.RUNNING))}
    assert over["now"] == "running"


async def test_the_mark_of_a_long_condition_stands_before_it_on_a_narrow_receipt() -> None:
    words = f"sum(rate(failed_total{{agent=~{'x' * 90}}}[10s])): 1 (target <=1)"
    stage = StageState(title="10 %", state="failed", checks=(words,), holds=(False,))
    row = ended(mid_stage(stages=(stage,)), ActionState.FAILED)
    store = rolling_store()
    store.actions.put(row.id, row)
    async with acting_deck(Remembered(store), "actions").run_test(size=SMALL) as pilot:
        app: Any = pilot.app
        await app.show_receipt(row.id)
        await until(pilot, lambda: "✖ sum(rate(failed_total" in text_of(pilot))


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
            "canary 10 %  ✓ passed",
            "INC-7",
            "anna@host",
            "lines 41, 42, 43",
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
        assert "1,234 characters before these left out" in text_of(pilot)
        await pilot.press("tab", "home")
        await until(pilot, lambda: "… 1,234 characters left out …" in text_of(pilot))
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


@pytest.mark.parametrize("page", [False, True])
async def test_what_nobody_can_see_is_settled_by_two_things_that_are_entered_and_nothing_less(page: bool) -> None:
    store = acted_store()
    acting = Remembered(store)
    lost = list(store.actions)[1]
    async with acting_deck(acting, "actions").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        assert table_of(pilot).go_to(lost)
        await pilot.pause()
        if page:
            await app.show_receipt(lost)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SettleSheet))
        await pilot.press("enter")
        await until(pilot, lambda: "how did it end" in text_of(pilot))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: "a reason is wanted" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SettleSheet))
        assert acting.writes() == []
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SettleSheet))
        await pilot.press("down", "down", "down", "tab", *"seen", "enter")
        await until(pilot, lambda: bool(acting.writes()))
        assert acting.writes() == [("settle", lost, ActionState.CANCELLED, "ops@desk", "seen")]


async def test_what_was_settled_by_hand_looks_like_nothing_that_was_seen() -> None:
    store = acted_store()
    lost = list(store.actions)[1]
    items = (
        Item(words="app-0", state=ActionState.SUCCEEDED, settled=True, sentence="settled by bob@there: succeeded"),
    )
    claimed = replace(store.actions[lost], state=ActionState.SUCCEEDED, settled="bob@there", items=items)
    store.actions.put(lost, replace(claimed, outcome="settled by bob@there: it is in the log there", next_step=""))
    assert not can_settle(claimed)
    async with acting_deck(Remembered(store), "actions").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        await until(pilot, lambda: "≠ succeeded" in text_of(pilot))
        await app.show_receipt(lost)
        await pilot.pause()
        said = text_of(pilot)
        assert "said by bob@there: nobody saw it" in said
        assert "● succeeded" not in said
        assert "act.settle" not in keys_of(pilot)


@pytest.mark.parametrize("state", [ActionState.RUNNING, ActionState.FAILED])
async def test_of_what_is_no_batch_the_state_alone_says_how_it_is_and_not_how_many_requests_were_answered(
    state: ActionState,
) -> None:
    store = agent_store()
    plan = rollback_plan()
    answered = (Item(words="roll gateway", state=ActionState.SUCCEEDED),)
    store.actions.put(plan.key, action(plan, state, items=answered))
    async with acting_deck(Remembered(store), "actions").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        await app.show_receipt(plan.key)
        await until(pilot, lambda: state.value in text_of(pilot))
        said = text_of(pilot)
        assert not any(words in said for words in ("of 1", "1 succeeded", "ended"))


async def test_what_is_asked_stands_at_the_bottom_with_what_it_is_about_in_sight() -> None:
    store = acted_store()
    lost = list(store.actions)[1]
    freeze = Freeze(frozen=True, why="frozen by bob@there", can_unfreeze=True, by="bob@there")
    store.freeze.put("freeze", freeze)
    async with acting_deck(Remembered(store), "actions").run_test(size=SMALL) as pilot:
        app: Any = pilot.app

        async def stands(sheet: type[Screen[Any]]) -> None:
            await until(pilot, lambda: isinstance(app.screen, sheet))
            await pilot.pause()
            assert app.screen.query_one(".form").region.bottom == SMALL[1]
            assert "STATE" in text_of(pilot)
            await pilot.press("escape")
            await pilot.pause()

        assert table_of(pilot).go_to(lost)
        await pilot.pause()
        await pilot.press("s")
        await stands(SettleSheet)
        app.unfreeze()
        await stands(UnfreezeSheet)
