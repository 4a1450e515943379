"""Rolling back from the keyboard: what `b` finds, the sheet of revisions, the page where it is watched, proposals."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from cli.dashboard.late import late_acting
from fleet.actions.action import AUTO, Action, ActionState, Freeze, Lock, Proposal, StageState
from fleet.actions.revision import Revision, RollbackRow, Span
from fleet.errors import Fault, OutsideError, RefusedError
from tests.tui.acting_desk import acting_deck, clock_of, keys_of, settled, to_agent
from tests.tui.acting_stores import Remembered, rollback_plan
from tests.tui.factories import NOW, agent_store, deck
from tests.tui.rolling_stores import (
    BECAUSE,
    ago,
    coder_revisions,
    coder_row,
    ended,
    failed_stage,
    mid_stage,
    rolling,
    rolling_store,
    staged_plan,
    succeeded,
)
from tests.tui.test_app import table_of, text_of, typed, until
from tui.acting.ask import AskSheet
from tui.acting.confirm import ConfirmSheet
from tui.acting.picker import RollbackPicker
from tui.acting.receipt import ReceiptPage
from tui.acting.roll_tree import branches, fitted, tree_of
from tui.acting.watch import WatchPage
from tui.acting.which import WhichSheet

pytestmark = pytest.mark.anyio

SIZE, SMALL = (120, 40), (80, 24)


async def picker(pilot: Pilot[None]) -> RollbackPicker:
    """The sheet, once the revisions are there."""
    await until(pilot, lambda: isinstance(pilot.app.screen, RollbackPicker))
    screen = pilot.app.screen
    assert isinstance(screen, RollbackPicker)
    await until(pilot, lambda: not screen._busy)
    await pilot.pause()
    return screen


def told(pilot: Pilot[None]) -> list[str]:
    return [toast.message for toast in pilot.app._notifications]


def asked(acting: Remembered, what: str) -> list[tuple[Any, ...]]:
    return [one[1:] for one in acting.asked if one[0] == what]


# ── What is meant ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line", ["slos name:availability/coder", "gates", "rollbacks name:coder", "alerts name=SLOBurns severity=critical"]
)
async def test_b_opens_the_revisions_of_the_only_definition_that_fits(line: str) -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, line).run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "act.rollback" in keys_of(pilot)
        await pilot.press("b")
        await picker(pilot)
        assert "Roll back coder" in text_of(pilot)
        assert asked(acting, "revisions") == [("coder",)]


async def test_b_means_the_subject_of_a_page_and_the_alerts_of_a_group() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, "alerts").run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("home", "b")
        await picker(pilot)
        await pilot.press("escape")
        await typed(pilot, ":slos")
        await pilot.press("enter")
        await pilot.pause()
        for key in ("enter", "w"):
            assert table_of(pilot).go_to("availability/coder")
            await pilot.press(key)
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
            await pilot.press("b")
            await picker(pilot)
            await pilot.press("escape")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
            await pilot.press("escape")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_where_several_definitions_fit_they_are_listed_first() -> None:
    acting = rolling(rolling_store(proposed=True))
    async with acting_deck(acting, "agent coder-1").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhichSheet))
        assert "for coder-1" in text_of(pilot)
        assert "▼ r41" in text_of(pilot)
        await pilot.press("down", "enter")
        await picker(pilot)
        assert "Roll back prompts" in text_of(pilot)
        assert "OBJECTIVE" not in text_of(pilot)
        assert "all at once" in text_of(pilot)


async def test_what_nothing_rolls_back_has_no_key_and_is_said_where_it_is_typed() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, "agents").run_test(size=SIZE) as pilot:
        await to_agent(pilot, "planner-0")
        assert "act.rollback" not in keys_of(pilot)
        await pilot.press("b")
        assert (told(pilot), len(pilot.app.screen_stack)) == ([], 1)
        await to_agent(pilot, "coder-1")
        assert "act.rollback" in keys_of(pilot)
        await typed(pilot, ":rollback planner-0")
        await pilot.press("enter")
        await pilot.pause()
        assert "nothing that is configured rolls planner-0 back" in told(pilot)[-1]
        assert len(pilot.app.screen_stack) == 1


async def test_the_key_comes_with_a_definition_that_fits() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, "agents").run_test(size=SIZE) as pilot:
        await to_agent(pilot, "planner-0")
        assert "act.rollback" not in keys_of(pilot)
        acting.store.rollbacks.put("planners", RollbackRow(name="planners", kind="git", agents=("planner-0",)))
        assert "act.rollback" in keys_of(pilot)
        acting.store.rollbacks.drop("planners")
        assert "act.rollback" not in keys_of(pilot)


async def test_a_rollback_can_be_typed_with_its_revision() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await typed(pilot, ":rollback codr")
        await pilot.press("enter")
        assert "nothing that can be rolled back is called 'codr'" in text_of(pilot)
        await pilot.press("escape")
        await typed(pilot, ":rollback coder 2.3.5")
        await pilot.press("enter")
        assert (await picker(pilot))._list.cursor_key == "r39"
        await pilot.press("escape")
        await typed(pilot, ":rollback coder 9.9")
        await pilot.press("enter")
        assert (await picker(pilot))._list.cursor_key == "r41"
        assert "coder has no revision '9.9'" in text_of(pilot)
        await pilot.press("escape")
        await typed(pilot, ":rollback")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhichSheet))


@pytest.mark.parametrize("view", ["agents", "slos", "rollbacks"])
async def test_frozen_or_without_definitions_there_is_no_key(view: str) -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, view).run_test(size=SIZE) as pilot:
        await pilot.pause()
        if view == "agents":
            await to_agent(pilot, "coder-1")
        assert "act.rollback" in keys_of(pilot)
        acting.store.freeze.put("freeze", Freeze(frozen=True, why="read-only by the configuration"))
        assert "act.rollback" not in keys_of(pilot)
        app: Any = pilot.app
        app.roll_back(("coder",))
        assert len(pilot.app.screen_stack) == 1
        acting.store.freeze.drop("freeze")
        acting.store.rollbacks.replace({})
        assert "act.rollback" not in keys_of(pilot)


# ── The sheet of revisions ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [SMALL, SIZE])
async def test_the_last_good_revision_is_under_the_cursor_and_all_is_said_of_it(size: tuple[int, int]) -> None:
    acting = rolling(rolling_store(proposed=True))
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("b")
        screen = await picker(pilot)
        said = text_of(pilot)
        assert screen._list.cursor_key == "r41"
        for words in ("in stages, 10 % → 50 % → 100 %", "● live", "✖ missed", "▼ proposed", "✓ kept", "✖ unusable"):
            assert words in said
        for words in ("99.96%", "! managed by Argo CD", f"r41 is proposed: {BECAUSE}"[:60], "✓ kept  SLI"):
            assert words in said
        assert "instances 4, all at r42" in said
        assert "esc cancel" in said
        await pilot.press("end")
        await until(pilot, lambda: "SHA-256 differs" in text_of(pilot))


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (
            {"live_from": ago(hours=3), "live_until": ago(hours=2)},
            "was live  from 06:26:53 (3h ago) until 07:26:53 (2h",
        ),
        (
            {"lived": (Span(ago(hours=9), ago(hours=8)), Span(ago(hours=3), ago(hours=2))), "live_from": ago(hours=3)},
            "from 00:26:53 (9h ago) until 01:26:53 (8h ago), and from 06:26:53 (3h ago) until 07:26:53",
        ),
        (
            {"lived": tuple(Span(ago(hours=at), ago(hours=at - 1)) for at in (9, 6, 3)), "live_from": ago(hours=3)},
            "3 times: first from 00:26:53 (9h ago) until 01:26:53 (8h ago), last from 06:26:53",
        ),
        (
            {"lived": (Span(ago(hours=9), ago(hours=8)),), "live": True},
            "until 01:26:53 (8h ago), and now, since when is not known",
        ),
        ({"lived": (Span(ago(hours=2), NOW),), "live_from": ago(hours=2), "live": True}, "(2h ago) until now"),
        ({}, "objective  ? not known"),
    ],
)
async def test_a_revision_that_was_live_twice_was_not_live_in_between(times: dict[str, Any], said: str) -> None:
    acting = rolling(rolling_store())
    one = Revision(id="r41", name="2.3.7", **times)
    acting.listed["coder"] = coder_revisions(revisions=(one,), preferred="r41")
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        assert " ".join(said.split()) in " ".join(text_of(pilot).split())
        assert ("was live" in text_of(pilot)) == bool(times)


async def test_without_an_objective_it_is_said_once_that_nothing_judges() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, "rollbacks name:prompts").run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        said = text_of(pilot)
        assert (said.count("no slo is named"), "OBJECTIVE" in said, "objective" in said) == (1, False, False)


async def test_enter_plans_in_stages_and_s_all_at_once() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("b")
        screen = await picker(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        await settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("s", "down")
        assert "all at once, without stages" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        assert asked(acting, "plan_rollback") == [("coder", "r41", True), ("coder", "r40", False)]
        assert acting.writes() == []


async def test_a_sheet_that_was_open_before_its_stages_were_known_rolls_in_stages_all_the_same() -> None:
    acting = rolling(rolling_store())
    row, revisions = acting.store.rollbacks["coder"], acting.listed["coder"]
    acting.store.rollbacks.drop("coder")
    acting.listed["coder"] = OutsideError(Fault.REFUSED, "nothing listens there")
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await typed(pilot, ":rollback coder")
        await pilot.press("enter")
        await picker(pilot)
        assert "in stages" not in text_of(pilot)
        acting.store.rollbacks.put("coder", row)
        acting.listed["coder"] = revisions
        await pilot.press("r")
        await picker(pilot)
        assert "in stages, 10 % → 50 % → 100 %" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        assert asked(acting, "plan_rollback") == [("coder", "r41", True)]


@pytest.mark.parametrize("line", [":rollback", ":rollback coder", ":rollback nobody", ":submit"])
async def test_what_is_asked_for_before_there_is_a_configuration_is_said_to_be_too_early(line: str) -> None:
    app = deck(agent_store(), "agents", acting=late_acting(lambda: None))
    async with app.run_test(size=SIZE) as pilot:
        await typed(pilot, line)
        await pilot.press("enter")
        await until(pilot, lambda: "try again in a moment" in text_of(pilot) or bool(told(pilot)))
        assert "try again in a moment" in text_of(pilot) + " ".join(told(pilot))


async def test_what_is_confirmed_is_watched_from_then_on() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet) and pilot.app.screen._pending.found == ())
        await settled(pilot)
        await pilot.press("tab")
        for text in ("coder", "r42 burns"):
            await typed(pilot, text)
            await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchPage))
        assert [one[1] for one in acting.writes()] == [staged_plan().key]
        assert len(pilot.app.screen_stack) == 2


@pytest.mark.parametrize("error", [OutsideError(Fault.UNREACHABLE, "port 5010"), RefusedError("there is no such tree")])
async def test_a_target_that_does_not_answer_is_said_in_place_and_can_be_asked_again(error: Any) -> None:
    acting = rolling(rolling_store())
    acting.listed["coder"] = error
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        assert f"its revisions are not known: {error}" in text_of(pilot)
        await pilot.press("enter")
        assert asked(acting, "plan_rollback") == []
        acting.listed["coder"] = coder_revisions()
        await pilot.press("r")
        await until(pilot, lambda: "2.3.7" in text_of(pilot))
        acting.rolled = RefusedError("r41 is locked")
        await pilot.press("enter")
        await until(pilot, lambda: "r41 is locked" in text_of(pilot))
        assert isinstance(pilot.app.screen, RollbackPicker)


async def test_who_is_at_work_on_a_target_stands_above_its_revisions_for_as_long_as_that_is_so() -> None:
    acting = rolling(rolling_store())
    acting.store.locks.put("coder", Lock(target="coder", owner="anna@edge-1", since=ago(seconds=200)))
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        heading = (await picker(pilot)).query_one("#heading", Static)
        assert "locked 3m by anna@edge-1" in str(heading.render())
        acting.store.locks.drop("coder")
        await until(pilot, lambda: "locked" not in str(heading.render()))
        acting.store.locks.put("coder", Lock(target="coder", owner="bob@edge-2", since=ago(seconds=20)))
        await until(pilot, lambda: "locked <1m by bob@edge-2" in str(heading.render()))


async def test_while_a_target_is_asked_the_sheet_says_so_and_can_be_left() -> None:
    acting = rolling(rolling_store())
    acting.hangs = True
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await until(pilot, lambda: "asking what coder can be rolled to" in text_of(pilot))
        await pilot.press("enter", "r", "s")
        assert len(acting.asked) == 1
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_a_hostile_revision_is_drawn_as_text() -> None:
    hostile = "\x1b[2J[bold red]x[/]\u202e" + "y" * 400 + "\n\nline"
    acting = rolling(rolling_store())
    known = coder_revisions()
    bad = replace(known.revisions[1], name=hostile, author=hostile, changed=hostile, trouble=hostile)
    acting.listed["coder"] = replace(
        known, revisions=(known.revisions[0], bad), warnings=(hostile,) * 9, problems=(hostile,)
    )
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        said = text_of(pilot)
        assert not set(said) & set("\x1b\u202e")
        assert "esc cancel" in said
        assert "notes more, in the plan" in said


# ── Watching ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def watching(pilot: Pilot[None], row: Any) -> None:
    app: Any = pilot.app
    app.context.store.actions.put(row.id, row)
    await app.show_action(row.id)
    await pilot.pause()
    assert isinstance(app.screen, WatchPage)


@pytest.mark.parametrize("size", [SMALL, SIZE])
async def test_the_tree_says_where_it_is(size: tuple[int, int]) -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting).run_test(size=size) as pilot:
        await watching(pilot, mid_stage())
        said = text_of(pilot)
        for words in (
            "10 %        ✓ passed       26s",
            "50 %        ◆ checking     16s",
            "holds 6s of 10s",
            "100 %       ·",
        ):
            assert words in said
        for words in ("✓ 4 of 4 agents up", ": 1 (target <=2)", "afterwards  · waiting", "rolled coder-6", "burns 21"):
            assert words in said
        assert {"act.abort", "watch.receipt", "act.rollback"} <= keys_of(pilot)
        assert "act.undo" not in keys_of(pilot)


async def test_it_changes_by_what_the_store_says_and_tells_how_it_ended() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await watching(pilot, mid_stage())
        clock_of(pilot).advance(3.0)
        pilot.app.screen._follow()  # type: ignore[attr-defined]
        assert "holds 9s of 10s" in text_of(pilot)
        done = succeeded()
        acting.store.actions.put(done.id, done)
        await until(pilot, lambda: "the post-condition holds" in text_of(pilot))
        said = text_of(pilot)
        assert "afterwards  ✓ passed" in said
        assert "✓ SLO availability/coder: ok, burn rate 0.2" in said
        assert "act.abort" not in keys_of(pilot)
        clock_of(pilot).advance(60.0)
        pilot.app.screen._follow()  # type: ignore[attr-defined]
        assert text_of(pilot) == said
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchPage))


async def test_a_failed_stage_says_why_and_undo_is_one_key_away() -> None:
    acting = rolling(rolling_store())
    row = ended(failed_stage(), ActionState.FAILED)
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await watching(pilot, row)
        said = text_of(pilot)
        for words in ("✖ failed", "✖ sum(rate(", ": 3 (target <=2)", "– skipped", "undo it, which takes coder back"):
            assert words in said
        await pilot.press("U")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        assert asked(acting, "plan_undo") == [(row.id,)]
        assert acting.writes() == []


async def test_abort_asks_first() -> None:
    acting = rolling(rolling_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        row = mid_stage()
        await watching(pilot, row)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskSheet))
        await pilot.press("y")
        assert acting.writes() == []
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: bool(acting.writes()))
        assert asked(acting, "abort") == [(row.id, "ops@desk")]


async def test_what_goes_on_is_watched_from_both_tables_and_what_ended_has_its_receipt() -> None:
    store = rolling_store()
    row = mid_stage()
    store.actions.put(row.id, row)
    acting = rolling(store)
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchPage))
        await pilot.press("escape")
        await typed(pilot, ":actions")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchPage))
        store.actions.drop(row.id)
        await until(pilot, lambda: "gone" in text_of(pilot))
        await pilot.press("escape")
        store.actions.put(row.id, succeeded())
        await until(pilot, lambda: table_of(pilot).cursor_key == row.id)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))


async def test_without_stages_each_step_stands_with_what_came_of_it() -> None:
    acting = rolling(rolling_store())
    plain = replace(rollback_plan(), source="prompts")
    row = replace(mid_stage(stages=(), stage=0), plan=plain)
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await watching(pilot, row)
        assert "◐ running    roll out r41: 2 of 4 instances" in text_of(pilot)


def test_the_tree_fits_any_height_and_keeps_the_stage_that_goes_on() -> None:
    stages = tuple(StageState(title=f"wave {at}", state="passed" if at < 30 else "waiting") for at in range(60))
    large = replace(mid_stage(), stages=stages)
    for row in (mid_stage(), ended(failed_stage(), ActionState.FAILED), succeeded(), large):
        lines = tree_of(row, (), NOW)
        for room in range(1, len(lines) + 2):
            shown = fitted(lines, room)
            assert 1 <= len(shown) <= room
            assert len(branches(shown)) == len(shown)
    shown = fitted(tree_of(mid_stage(), (), NOW), 7)
    said = " ".join(cell.text for line in shown for cell in (*line.cells, *filter(None, (line.text,))))
    assert "4 of 4 agents up" in said
    assert "holds 6s" in said


# ── Proposals ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_proposal_is_told_once_and_not_over_a_dialog() -> None:
    store = rolling_store()
    acting = rolling(store)
    proposal = Proposal(target="coder", revision="r41", because=BECAUSE, since=NOW)
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        store.proposals.put("coder", proposal)
        await until(pilot, lambda: app._woken_by_proposal)
        app._tell_proposals()
        await pilot.pause()
        assert told(pilot) == []
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        app._tell_proposals()
        await pilot.pause()
        assert told(pilot) == [f"A rollback is ready (:rollback): coder to r41. {BECAUSE}"]
        for revision in ("r40", "", "r41"):
            store.proposals.replace({"coder": replace(proposal, revision=revision)} if revision else {})
            app._tell_proposals()
        await pilot.pause()
        assert len(told(pilot)) == 1
        store.proposals.replace({})
        app._tell_proposals()
        await pilot.pause()
        clock_of(pilot).advance(timedelta(hours=1).total_seconds())
        store.proposals.put("coder", proposal)
        app._tell_proposals()
        await pilot.pause()
        assert len(told(pilot)) == 2


async def test_pages_of_what_it_is_about_name_what_is_ready_and_b_begins_there() -> None:
    store = rolling_store(proposed=True)
    store.proposals.put("coder", Proposal(target="coder", revision="r40", because=BECAUSE, since=NOW))
    acting = rolling(store)
    async with acting_deck(acting, "slos name:availability/coder").run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "a rollback is ready" in text_of(pilot))
        await pilot.press("b")
        assert (await picker(pilot))._list.cursor_key == "r40"


async def test_a_row_without_stages_is_rolled_at_once() -> None:
    store = rolling_store()
    store.rollbacks.put("coder", coder_row(stages=()))
    acting = rolling(store)
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await picker(pilot)
        assert "picker.stages" not in keys_of(pilot)
        await pilot.press("s", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        assert asked(acting, "plan_rollback") == [("coder", "r41", False)]


async def test_what_goes_by_itself_is_told_before_when_it_begins_and_how_it_ended() -> None:
    store = rolling_store()
    acting = rolling(store)
    async with acting_deck(acting, "rollbacks name:coder").run_test(size=SIZE) as pilot:
        app: Any = pilot.app
        await pilot.pause()
        at = app.context.clock.now()
        proposal = Proposal(target="coder", revision="r41", because=BECAUSE, since=at, auto=True)
        store.proposals.put("coder", replace(proposal, acts_at=at + timedelta(seconds=20)))
        app._tell_proposals()
        await pilot.pause()
        assert told(pilot) == [f"coder rolls back to r41 by itself in 20s: {BECAUSE} (R freezes)"]
        plan = rollback_plan()
        begun = Action(id=plan.key, plan=plan, state=ActionState.RUNNING, actor=AUTO, reason=BECAUSE)
        store.actions.put(begun.id, begun)
        app._tell_proposals()
        await pilot.pause()
        what = f"{plan.source} is rolled back to {plan.revision} by itself: {BECAUSE} (:actions, where x stops it)"
        assert told(pilot)[1:] == [what]
        store.actions.put(begun.id, replace(begun, state=ActionState.FAILED, outcome="r41 is not live"))
        app._tell_proposals()
        await pilot.pause()
        assert told(pilot)[2:] == [f"{plan.source} to {plan.revision}, by itself: failed. r41 is not live"]
        store.proposals.put("coder", replace(proposal, held_back="1 of 1 in 24 hours is used up"))
        app._tell_proposals()
        await pilot.pause()
        held = "Not by itself: 1 of 1 in 24 hours is used up"
        assert told(pilot)[3:] == [f"A rollback is ready (:rollback): coder to r41. {BECAUSE}. {held}"]


async def test_the_row_and_the_sheet_say_what_is_not_done_by_itself_and_why() -> None:
    store = rolling_store()
    store.rollbacks.put("coder", replace(coder_row(), said="planner has 97 % of the bad events"))
    async with acting_deck(rolling(store), "rollbacks name:coder").run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "planner has 97" in text_of(pilot)
        await pilot.press("b")
        await picker(pilot)
        assert "planner has 97 % of the bad events" in text_of(pilot)
