"""Acts whose end nobody saw: stages that nobody will send any more, ends that somebody says, and how long it took."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fleet.actions.action import Action, ActionState, Item, Lock
from fleet.actions.plan import ActKind, GatePasses, Stage
from fleet.errors import RefusedError
from fleet.views.actions import VIEW, state_cell
from fleet.views.view import Tone, look
from tests.actions.runner_bench import ANN, Bench, Judge, plan

pytestmark = pytest.mark.anyio

GATE = (GatePasses(gate="errors"),)
STAGES = tuple(
    Stage(title=title, share=share, checks=GATE, hold_s=10.0, within_s=30.0)
    for title, share in (("10 %", 0.1), ("50 %", 0.5), ("100 %", 1.0))
)
ROLLS: dict[str, Any] = {"act": ActKind.ROLLBACK, "before": "r2", "revision": "r1"}


async def killed(path: Path, stages: int = 1) -> Action:
    """What a program leaves on the disk that was killed once so many stages were sent, the last of them unanswered."""
    it = Bench(path / "it", judge=Judge(True))
    sent = 0

    async def perform(effect: Any, **more: Any) -> Any:
        nonlocal sent
        sent += 1
        it.world.hang = sent >= stages
        return await type(it.world).perform(it.world, effect, **more)

    it.world.perform = perform  # type: ignore[method-assign]
    it.world.at_once = ActionState.RUNNING
    await it.runner.start(plan(stages=STAGES, **ROLLS), ANN)
    await it.world.inside.wait()
    while sent < stages:
        await it.sleep(1.0)
    (kept,) = it.records.read()
    await it.runner.close()
    return kept


async def found(path: Path, left: Action, truth: ActionState = ActionState.RUNNING) -> Bench:
    """The next program, an hour later; `truth` is what its target says."""
    it = Bench(path / "later")
    it.clock.advance(3_600)
    await it.records.keep(left)
    it.world.truth["k1"] = truth
    await it.runner.recover()
    return it


async def test_a_roll_whose_next_stages_nobody_will_send_is_judged_at_once_and_says_how_far_it_came(
    tmp_path: Path,
) -> None:
    it = await found(tmp_path, await killed(tmp_path))
    row = it.store.actions["k1"]
    assert (row.state, [stage.state for stage in row.stages]) == (
        ActionState.UNKNOWN,
        ["stopped", "skipped", "skipped"],
    )
    assert row.outcome == "fleetdeck ended in stage 1 of 3 (10 %)"
    row = await it.runner.reconcile("k1", "bob@here")
    assert row.state is ActionState.FAILED
    assert row.outcome == "reconciled: fleetdeck ended in stage 1 of 3 (10 %): seen running"
    assert row.next_step == "undo it, which takes svc back to r2; or roll anew"
    assert it.world.sends == []
    assert [kept.state for kept in it.records.read()] == [ActionState.FAILED]


async def test_one_that_is_wholly_in_place_has_not_succeeded_although_and_says_so(tmp_path: Path) -> None:
    it = await found(tmp_path, await killed(tmp_path), ActionState.SUCCEEDED)
    row = await it.runner.reconcile("k1", "bob@here")
    assert row.state is ActionState.FAILED
    assert row.outcome.startswith("reconciled: fleetdeck ended in stage 1 of 3 (10 %), yet ")
    assert "roll anew" not in row.next_step


async def test_one_whose_target_cannot_be_asked_stays_unknown_and_may_be_settled(tmp_path: Path) -> None:
    it = await found(tmp_path, await killed(tmp_path))
    it.world.away = True
    row = await it.runner.reconcile("k1", "bob@here")
    assert row.state is ActionState.UNKNOWN
    assert "settle it by hand" in row.next_step


async def test_one_whose_last_stage_was_sent_is_followed_on(tmp_path: Path) -> None:
    it = await found(tmp_path, await killed(tmp_path, 3))
    row = it.store.actions["k1"]
    assert [stage.state for stage in row.stages] == ["passed", "passed", "stopped"]
    assert (await it.runner.reconcile("k1", "bob@here")).state is ActionState.RUNNING
    await it.runner.close()


async def test_what_was_killed_between_two_stages_has_none_under_way(tmp_path: Path) -> None:
    left = await killed(tmp_path, 2)
    first, second, third = left.stages
    left = replace(left, stages=(first, replace(second, state="waiting"), third))
    it = await found(tmp_path, left)
    assert it.store.actions["k1"].outcome.startswith("fleetdeck ended before stage 2 of 3 (50 %)")
    assert (await it.runner.reconcile("k1", "bob@here")).state is ActionState.FAILED


async def test_one_that_a_program_that_ended_left_says_in_which_stage_that_was(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(None))
    it.world.at_once = ActionState.RUNNING
    it.world.hang = True
    await it.runner.start(plan(stages=STAGES, **ROLLS), ANN)
    await it.world.inside.wait()
    await it.runner.close()
    row = it.store.actions["k1"]
    assert row.outcome.startswith("fleetdeck ended in stage 1 of 3 (10 %); ")
    assert (row.stages[0].state, row.stages[0].sentence) == ("stopped", "fleetdeck ended")


async def test_nothing_was_sent_is_nothing_to_be_asked_or_settled(tmp_path: Path) -> None:
    it = Bench(tmp_path / "it")
    left = Action(id="k1", plan=plan(), state=ActionState.CONFIRMED, items=(Item(words="one"),))
    await it.records.keep(left)
    (row,) = await it.runner.recover()
    assert (row.state, row.outcome) == (ActionState.CANCELLED, "fleetdeck ended before anything was sent")
    with pytest.raises(RefusedError, match="nothing to settle"):
        await it.runner.settle("k1", ActionState.FAILED, "bob@here", "x")


# ── how long it took ───────────────────────────────────────────────────────────────────────────────────────────────


def took_s(it: Bench) -> float | None:
    took = next(one for one in VIEW.fields if one.name == "took_s")
    found: float | None = took.value(it.store.actions["k1"], look(it.store, it.store.actions, "k1"))
    return found


async def test_reconciling_later_makes_nothing_take_longer(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.away = True
    it.world.answers = ["lost"]
    before = await it.run(plan())
    assert took_s(it) is None
    it.clock.advance(7_200)
    it.world.away = False
    row = await it.runner.reconcile("k1", "bob@here")
    assert (row.state, row.ended_at) == (ActionState.SUCCEEDED, before.ended_at)
    assert row.changed_at == it.clock.now()
    took = took_s(it)
    assert took is not None
    assert took < 60


async def test_how_long_it_took_is_not_known_of_what_ended_while_nobody_looked(tmp_path: Path) -> None:
    it = await found(tmp_path, await killed(tmp_path))
    assert took_s(it) is None
    row = await it.runner.reconcile("k1", "bob@here")
    assert (row.state, row.ended_at, took_s(it)) == (ActionState.FAILED, None, None)


# ── settled by hand ────────────────────────────────────────────────────────────────────────────────────────────────


async def lost(path: Path, **more: Any) -> Bench:
    """An act whose answer was lost, and whose target cannot be asked."""
    it = Bench(path, **more)
    it.world.away = True
    it.world.answers = ["lost"]
    row = await it.run(plan())
    assert row.state is ActionState.UNKNOWN
    return it


@pytest.mark.parametrize("state", [ActionState.SUCCEEDED, ActionState.FAILED, ActionState.CANCELLED])
async def test_what_nobody_can_see_is_settled_on_record_first_and_is_a_claim(
    state: ActionState, tmp_path: Path
) -> None:
    it = await lost(tmp_path)
    before = it.store.actions["k1"]
    row = await it.runner.settle("k1", state, "bob@here", " it stands in the log there ")
    assert (row.state, row.settled, row.outcome) == (
        state,
        "bob@here",
        "settled by bob@here: it stands in the log there",
    )
    assert (row.items[0].state, row.items[0].settled) == (state, True)
    assert row.items[0].sentence.startswith("settled by bob@here: ")
    assert (row.ended_at, row.succeeded) == (before.ended_at, False)
    assert state_cell(row).tone is not Tone.UP
    assert state_cell(row.items[0]).text.startswith("≠ ")
    assert [kept.settled for kept in it.records.read()] == ["bob@here"]
    line = it.lines()[-1]
    assert (line["decision"], line["outcome"], line["actor"]) == ("settled", state.value, "bob@here")
    assert line["reason"].strip() == "it stands in the log there"
    assert row.audit[-1] == line["seq"]
    said = "not done" if state is ActionState.CANCELLED else state.value
    assert it.notes[-1][:3] == ("svc", "submit unknown", f"submit settled as {said}")
    with pytest.raises(RefusedError, match=r"nothing to settle: it is .*, settled by bob@here"):
        await it.runner.settle("k1", state, "bob@here", "again")


async def test_it_is_refused_without_a_reason_for_what_is_known_and_where_another_program_is_at_work(
    tmp_path: Path,
) -> None:
    it = await lost(tmp_path)
    with pytest.raises(RefusedError, match="a reason is wanted"):
        await it.runner.settle("k1", ActionState.FAILED, "bob@here", "  ")
    with pytest.raises(RefusedError, match="cannot be settled as running"):
        await it.runner.settle("k1", ActionState.RUNNING, "bob@here", "x")
    other = Bench(tmp_path, owner="carl@here")
    claim = Lock(target="k1", owner="carl@here", since=it.clock.now(), action="k1", title="fleetdeck 7")
    assert await other.runner._starting._claims.take(claim) is None
    with pytest.raises(RefusedError, match="carl@here"):
        await it.runner.settle("k1", ActionState.FAILED, "bob@here", "x")
    await other.runner._starting._claims.release("k1")
    it.world.away = False
    assert (await it.runner.reconcile("k1", "bob@here")).state is ActionState.SUCCEEDED
    with pytest.raises(RefusedError, match="nothing to settle: it is succeeded"):
        await it.runner.settle("k1", ActionState.FAILED, "bob@here", "x")
    assert "settled" not in it.decisions()


async def test_it_is_not_settled_where_that_cannot_be_recorded(tmp_path: Path) -> None:
    it = await lost(tmp_path)
    (tmp_path / "audit.jsonl").chmod(0o666)
    with pytest.raises(RefusedError):
        await it.runner.settle("k1", ActionState.SUCCEEDED, "bob@here", "x")
    assert (it.store.actions["k1"].state, it.store.actions["k1"].settled) == (ActionState.UNKNOWN, "")
    assert [kept.state for kept in it.records.read()] == [ActionState.UNKNOWN]


async def test_what_another_program_settled_meanwhile_is_not_settled_again(tmp_path: Path) -> None:
    it = await lost(tmp_path)
    other = Bench(tmp_path)
    await other.runner.recover()
    await other.runner.settle("k1", ActionState.FAILED, "carl@here", "it is not there")
    with pytest.raises(RefusedError, match="settled by carl@here"):
        await it.runner.settle("k1", ActionState.SUCCEEDED, "bob@here", "x")
    assert it.store.actions["k1"].settled == "carl@here"


async def test_of_a_batch_only_what_is_in_doubt_is_settled_and_what_was_seen_stands(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers = ["ok", "refused", "lost", "ok"]
    row = await it.run(plan(items=4))
    it.world.away = True
    states = [ActionState.SUCCEEDED, ActionState.REFUSED, ActionState.UNKNOWN, ActionState.SUCCEEDED]
    items = tuple(replace(item, state=state) for item, state in zip(row.items, states, strict=True))
    it.runner._board.show(replace(row, items=items, state=ActionState.UNKNOWN))
    row = await it.runner.settle("k1", ActionState.SUCCEEDED, "bob@here", "it is there")
    assert [(item.state, item.settled) for item in row.items] == [
        (ActionState.SUCCEEDED, False),
        (ActionState.REFUSED, False),
        (ActionState.SUCCEEDED, True),
        (ActionState.SUCCEEDED, False),
    ]
    # What was refused was seen to be, whatever is said of the rest.
    assert row.state is ActionState.FAILED
    counts = next(one for one in VIEW.fields if one.name == "counts")
    assert counts.value(row, look(it.store, it.store.actions, "k1")) == {
        "refused": 1,
        "succeeded": 2,
        "settled as succeeded": 1,
    }


async def test_it_sends_nothing_and_is_possible_where_nothing_may_be_changed(tmp_path: Path) -> None:
    await lost(tmp_path)
    it = Bench(tmp_path, read_only="read-only by the configuration")
    await it.runner.recover()
    row = await it.runner.settle("k1", ActionState.FAILED, "bob@here", "it is not there")
    assert (row.state, it.world.sends) == (ActionState.FAILED, [])


async def test_an_undo_that_somebody_says_succeeded_has_undone_nothing_that_was_seen(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    await it.run(plan(**ROLLS))
    it.world.away = True
    it.world.answers = ["lost"]
    await it.run(plan(key="k2", act=ActKind.UNDO, of="k1"))
    await it.runner.settle("k2", ActionState.SUCCEEDED, "bob@here", "it is back")
    assert it.store.actions["k1"].undone_by == ""
