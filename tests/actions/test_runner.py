"""The one way in which everything is done, against a target whose every answer is decided here."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actions.limits import RunLimits
from actions.locks.files import FileLocks
from fleet.actions.action import ActionState, Confirmation, Lock
from fleet.actions.plan import ActKind, AgentsUp, GatePasses, HttpRequest, RevisionLive, Stage, Step, Target, Tier
from fleet.errors import RefusedError
from fleet.model import AgentStatus
from fleet.vocabulary import AgentState
from tests.actions.runner_bench import ANN, Bench, Judge, http, plan

pytestmark = pytest.mark.anyio
ROLLS: dict[str, Any] = {"act": ActKind.ROLLBACK, "tier": Tier.NAME}


async def test_what_was_submitted_succeeds_when_its_target_says_so_and_the_receipt_says_it(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    row = await it.run(plan())
    assert (row.state, row.outcome, row.actor, row.reason) == (
        ActionState.SUCCEEDED,
        "seen succeeded",
        "ann@here",
        "it burns",
    )
    assert [key for key, _ in it.world.sends] == ["k1"]
    assert it.decisions() == ["intent", "sent", "outcome"]
    assert it.store.actions["k1"].audit == tuple(line["seq"] for line in it.lines()) == (1, 2, 3)
    assert [kept.audit for kept in it.records.read()] == [(1, 2, 3)]
    assert [(line["outcome"], line["status"], line["idempotency_key"]) for line in it.lines()] == [
        ("", None, "k1"),
        ("", 200, "k1"),
        ("succeeded", 200, "k1"),
    ]
    assert it.lines()[0]["plan_sha256"] == it.lines()[1]["plan_sha256"] == it.lines()[2]["plan_sha256"] != ""
    assert [kept.state for kept in it.records.read()] == [ActionState.SUCCEEDED]
    assert [note[:3] for note in it.notes] == [
        ("svc", "", "submit begun"),
        ("svc", "submit begun", "submit succeeded"),
    ]
    assert all(note[3].startswith("by ann@here: do it") for note in it.notes)
    assert await it.locks.held() == ()


async def test_an_act_whose_end_cannot_be_told_ends_all_the_same_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of a slip of ours")

    monkeypatch.setattr("actions.carrying.ending", broken)
    it = Bench(tmp_path)
    row = await it.run(plan())
    assert row.state is ActionState.UNKNOWN
    assert row.outcome == "it was cut off by an error of fleetdeck itself (ZeroDivisionError: of a slip of ours)"
    assert await it.locks.held() == (), "nobody else is kept waiting"
    (kept,) = it.records.read()
    assert not kept.ended, "the next start finds it without an end, and offers to reconcile"


async def test_the_intent_is_on_disk_before_anything_is_sent(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.hang = True
    await it.runner.start(plan(), ANN)
    await it.world.inside.wait()
    assert it.decisions() == ["intent"]
    (kept,) = it.records.read()
    assert (kept.state, kept.items[0].state, kept.items[0].tries) == (ActionState.SENT, ActionState.SENT, 1)
    assert [lock.title for lock in await it.locks.held()] == ["do it"]
    await it.runner.close()


async def test_a_busy_target_is_asked_again_with_the_same_key_after_as_long_as_it_asked(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers = ["busy", "unreached", "ok"]
    row = await it.run(plan())
    assert (row.state, row.items[0].tries) == (ActionState.SUCCEEDED, 3)
    assert {key for key, _ in it.world.sends} == {"k1"}
    assert it.clock.monotonic() >= 7.0


async def test_one_that_stays_busy_is_given_up_and_says_that_nothing_was_done(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers = ["busy"] * 20
    row = await it.run(plan())
    assert (row.state, len(it.world.sends)) == (ActionState.FAILED, 6)
    assert row.outcome == "given up after 6 tries: status 429"


async def test_where_nobody_listens_the_items_after_the_first_are_tried_once_until_one_is_reached(
    tmp_path: Path,
) -> None:
    it = Bench(tmp_path, limits=RunLimits(at_once=1))
    it.world.answers = [*["unreached"] * 6, "unreached", "unreached", "ok", "unreached"]
    row = await it.run(plan(items=5))
    states = [(item.state, item.tries) for item in row.items]
    failed, done = ActionState.FAILED, ActionState.SUCCEEDED
    assert states == [(failed, 6), (failed, 1), (failed, 1), (done, 1), (done, 2)]
    assert row.items[1].sentence == "given up like the one before: no such host"
    assert it.clock.monotonic() < 60


async def test_a_lost_answer_is_never_sent_again_but_looked_at(tmp_path: Path) -> None:
    for answer, state in (("lost", ActionState.SUCCEEDED), ("lost before", ActionState.FAILED)):
        it = Bench(tmp_path / answer)
        it.world.answers = [answer]
        row = await it.run(plan())
        assert (row.state, len(it.world.sends)) == (state, 1)


async def test_a_lost_answer_that_nobody_can_be_asked_about_is_unknown_until_it_is_reconciled(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers, it.world.away = ["lost"], True
    row = await it.run(plan())
    assert row.state is ActionState.UNKNOWN
    assert "reconcile" in row.next_step
    assert (await it.runner.reconcile("k1", "bob@here")).state is ActionState.UNKNOWN
    it.world.away = False
    row = await it.runner.reconcile("k1", "bob@here")
    assert (row.state, row.outcome, len(it.world.sends)) == (ActionState.SUCCEEDED, "reconciled: seen succeeded", 1)
    assert it.decisions() == ["intent", "sent", "outcome", "reconciled", "reconciled"]
    assert it.lines()[-1]["actor"] == "bob@here"
    with pytest.raises(RefusedError, match="nothing to ask"):
        await it.runner.reconcile("k1", "bob@here")


async def test_what_reconciling_finds_running_is_followed_on(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers, it.world.away, it.world.at_once = ["lost"], True, ActionState.RUNNING
    await it.run(plan())
    it.world.away = False
    assert (await it.runner.reconcile("k1", "bob@here")).state is ActionState.RUNNING
    it.world.truth["k1"] = ActionState.SUCCEEDED
    assert (await it.runner.ended("k1")).state is ActionState.SUCCEEDED
    assert len(it.world.sends) == 1


async def test_what_was_seen_running_has_not_finished_in_time_and_what_was_not_seen_is_unknown(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.at_once = ActionState.RUNNING
    row = await it.run(plan())
    assert (row.state, row.outcome) == (ActionState.TIMED_OUT, "not finished within 1m; last: seen running")
    it = Bench(tmp_path / "away")
    it.world.away = True
    row = await it.run(plan())
    assert row.state is ActionState.UNKNOWN
    assert row.outcome.startswith("nothing was seen of it within 1m")
    assert it.world.looks < 20


async def test_a_batch_goes_on_where_items_fail_and_counts_them(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers = ["refused" if number % 20 == 7 else "ok" for number in range(200)]
    row = await it.run(plan(items=200))
    assert (row.state, row.outcome) == (ActionState.FAILED, "190 submitted, 10 refused")
    keys = [key for key, _ in it.world.sends]
    assert len(keys) == len(set(keys)) == 200
    it = Bench(tmp_path / "lost")
    it.world.answers, it.world.away = ["ok", "lost", "refused"], True
    row = await it.run(plan(items=3))
    assert row.state is ActionState.UNKNOWN


async def test_items_to_one_target_go_one_after_the_other_and_a_few_at_once(tmp_path: Path) -> None:
    it = Bench(tmp_path, limits=RunLimits(at_once=2))
    inside, most, two, perform = list[str](), list[tuple[int, int]](), asyncio.Event(), it.world.perform

    async def watched(effect: HttpRequest, *, key: str = "", tell: object = None) -> object:
        target = f"t{int(key.partition('-')[2] or 0) % 5}"
        inside.append(target)
        most.append((len(inside), len(inside) - len(set(inside))))
        if len(inside) == 2:
            two.set()
        await two.wait()
        inside.remove(target)
        return await perform(effect, key=key)

    it.world.perform = watched  # type: ignore[assignment, method-assign]
    assert (await it.run(plan(items=20))).state is ActionState.SUCCEEDED
    assert max(most) == (2, 0)


async def test_holes_are_filled_from_what_the_item_found_before(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    run = Step(title="run", target="t", effect=http(), captures={"task": "id"})
    execute = Step(title="execute", target="t", effect=http("http://target/x/⟦task⟧", '{"task_id": "⟦task⟧"}'))
    row = await it.run(plan(steps=(run, execute)))
    assert row.state is ActionState.SUCCEEDED
    effect = it.world.sends[1][1]
    assert isinstance(effect, HttpRequest)
    assert (effect.url, json.loads(effect.body)) == ("http://target/x/t-1", {"task_id": "t-1"})
    assert row.items[0].found == {"task": "t-1"}
    lost = Step(title="execute", target="t", effect=http("http://target/x/⟦nothing⟧"))
    row = await it.run(plan(key="k2", steps=(run, lost)))
    assert (row.state, len(it.world.sends)) == (ActionState.FAILED, 3)
    assert "nothing fills" in row.outcome


# ── refusals ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_everything_that_stands_against_it_refuses_it_on_the_record(tmp_path: Path) -> None:
    it = Bench(tmp_path, read_only="read-only by the configuration")
    with pytest.raises(RefusedError, match="read-only by the configuration"):
        await it.run(plan())
    it = Bench(tmp_path)
    it.world.refusals = ("the revision is another one now",)
    assert await it.runner.preflight(plan()) == ("the revision is another one now",)
    for wrong, why in (
        (plan(), "another one now"),
        (plan(refusals=("the root holds no marker",)), "no marker"),
        (plan(steps=()), "nothing to do"),
    ):
        with pytest.raises(RefusedError, match=why):
            await it.run(wrong)
    assert it.world.sends == []
    assert it.records.read() == ()
    assert it.store.actions == {}
    assert set(it.decisions()) == {"refused"}
    it.world.refusals = ()
    assert (await it.run(plan())).state is ActionState.SUCCEEDED


@pytest.mark.parametrize(
    ("tier", "given", "why"),
    [
        (Tier.YES, Confirmation(by="ann"), "not confirmed"),
        (Tier.NAME, Confirmation(by="ann", yes=True, reason="r"), "type svc exactly"),
        (Tier.NAME, Confirmation(by="ann", yes=True, typed="SVC", reason="r"), "type svc exactly"),
        (Tier.NAME, Confirmation(by="ann", yes=True, typed="svc", reason="  "), "needs a reason"),
        (Tier.TWO, Confirmation(by="ann", yes=True, typed="svc", reason="r", code="123456"), "no operator with codes"),
    ],
)
async def test_what_a_tier_wants_must_be_entered(tmp_path: Path, tier: Tier, given: Confirmation, why: str) -> None:
    it = Bench(tmp_path)
    with pytest.raises(RefusedError, match=why):
        await it.run(plan(tier=tier), given)
    assert it.world.sends == []


async def test_agents_of_which_nothing_new_is_known_are_not_acted_on_from_tier_two_on(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.store.status.put("svc", AgentStatus(name="svc", state=AgentState.STALE))
    with pytest.raises(RefusedError, match="too old: svc is stale"):
        await it.run(plan(tier=Tier.NAME))
    assert (await it.run(plan())).state is ActionState.SUCCEEDED


async def test_two_operators_do_not_act_on_one_target_at_one_time(tmp_path: Path) -> None:
    ann, bob = Bench(tmp_path), Bench(tmp_path, owner="bob@there")
    ann.world.hang = True
    await ann.runner.start(plan(), ANN)
    await ann.world.inside.wait()
    bob.clock.advance(90)
    assert await bob.runner.preflight(plan(key="k2")) == ("ann@here is at work on svc for 1m (do it)",)
    with pytest.raises(RefusedError, match="ann@here is at work on svc"):
        await bob.run(plan(key="k2"), Confirmation(by="bob@there", yes=True))
    await ann.runner.close()
    assert (await bob.run(plan(key="k2"))).state is ActionState.SUCCEEDED


async def test_a_plan_is_started_once_also_by_two_programs_and_after_a_new_start(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    results = await asyncio.gather(*(it.runner.start(plan(), ANN) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["RefusedError", "RefusedError", "str"]
    await it.runner.ended("k1")
    with pytest.raises(RefusedError, match="started already"):
        await it.run(plan())
    later = Bench(tmp_path)
    await later.runner.recover()
    with pytest.raises(RefusedError, match="started already"):
        await later.run(plan())
    assert len(it.world.sends) == 1


async def test_a_dry_run_sends_nothing_and_says_what_would_be_refused(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    id = await it.runner.start(plan(), Confirmation(by="ann"), dry_run=True)
    row = it.store.actions[id]
    assert (row.dry_run, row.state, row.outcome) == (
        True,
        ActionState.CANCELLED,
        "dry run: nothing was sent; 1 step would be carried out",
    )
    it.world.refusals = ("no",)
    id = await it.runner.start(plan(), Confirmation(by="ann"), dry_run=True)
    assert it.store.actions[id].state is ActionState.REFUSED
    assert [(line["decision"], line["dry_run"]) for line in it.lines()] == [("planned", True)] * 2
    assert (it.world.sends, it.records.read()) == ([], ())
    it.world.refusals = ()
    assert it.store.actions[id].audit == (1, 2)
    row = await it.run(plan())
    assert (row.state, row.audit) == (ActionState.SUCCEEDED, (1, 2, 3, 4, 5))


async def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    (tmp_path / "acts").write_text("no folder")
    with pytest.raises(RefusedError, match="the record cannot be kept"):
        await it.run(plan())
    (tmp_path / "acts").unlink()
    it = Bench(tmp_path / "other")
    (tmp_path / "other").write_text("no folder")
    with pytest.raises(RefusedError, match="cannot be"):
        await it.run(plan())
    assert it.world.sends == []


# ── stages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CHECK = AgentsUp(agents=("svc-1",))
STAGES = tuple(
    Stage(title=title, share=share, checks=(CHECK,), hold_s=10, within_s=60)
    for title, share in (("canary", 0.1), ("half", 0.5), ("all", 1.0))
)


async def test_stages_pass_when_their_checks_have_held_long_enough(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(None, False, True))
    row = await it.run(plan(stages=STAGES, checks=(GatePasses(gate="g"),), **ROLLS))
    assert (row.state, [stage.state for stage in row.stages]) == (ActionState.SUCCEEDED, ["passed"] * 3)
    assert row.outcome == "the post-condition holds: gate: True"
    assert it.clock.monotonic() >= 30
    # One URL is asked three times: the target must not take the later ones for the first.
    assert [key for key, _ in it.world.sends] == ["k1", "k1.s2", "k1.s3"]


async def test_stages_of_which_nothing_is_checked_follow_by_their_time_and_not_at_once(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(True))
    bare = tuple(replace(stage, checks=()) for stage in STAGES)
    row = await it.run(plan(stages=bare, checks=(GatePasses(gate="g"),), **ROLLS))
    assert (row.state, [stage.state for stage in row.stages]) == (ActionState.SUCCEEDED, ["passed"] * 3)
    assert it.clock.monotonic() >= 30
    assert len(it.world.sends) == 3


async def test_a_stage_whose_checks_fail_stops_and_the_later_ones_are_skipped(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(False))
    row = await it.run(plan(stages=STAGES, before="v1", **ROLLS))
    assert (row.state, [stage.state for stage in row.stages]) == (ActionState.FAILED, ["failed", "skipped", "skipped"])
    assert row.outcome == "stopped in stage 1 of 3 (canary): not within 1m: agents: False"
    assert row.next_step.startswith("undo it, which takes svc back to v1")
    assert len(it.world.sends) == 1


async def test_after_a_stage_that_failed_nobody_is_sent_back_to_what_burned(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(False))
    row = await it.run(plan(stages=STAGES, before="v1", before_bad="answers burned at 10× while v1 was live", **ROLLS))
    assert row.next_step.startswith("roll on with b")
    assert row.next_step.endswith("undoing goes back to v1, and answers burned at 10× while v1 was live")


async def test_nothing_known_is_no_pass_and_a_break_begins_anew(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(None))
    assert (await it.run(plan(stages=STAGES[:1], **ROLLS))).state is ActionState.FAILED
    it = Bench(tmp_path / "break", judge=Judge(*[True] * 9, None, *[True] * 12))
    assert (await it.run(plan(stages=STAGES[:1], **ROLLS))).state is ActionState.SUCCEEDED
    assert it.clock.monotonic() >= 20
    it = Bench(tmp_path / "late", judge=Judge(*[False] * 55, *[True] * 7, False))
    assert (await it.run(plan(stages=STAGES[:1], **ROLLS))).state is ActionState.FAILED
    assert 60 <= it.clock.monotonic() <= 65


async def test_what_was_seen_before_the_clock_was_set_does_not_count(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(True))
    jumped = list[float]()

    async def sleep(seconds: float) -> None:
        await Bench.sleep(it, seconds)
        if it.clock.monotonic() >= 5 and not jumped:
            jumped.append(it.clock.monotonic())
            it.clock._start -= timedelta(hours=1)

    it = Bench(tmp_path, judge=it.judge, sleep=sleep)
    row = await it.run(plan(stages=STAGES[:1], **ROLLS))
    assert row.state is ActionState.SUCCEEDED
    assert it.clock.monotonic() >= 5 + 5 + 10
    assert all(since <= it.clock.now() or since.hour == 9 for _, since in it.judge.asked)


@pytest.mark.parametrize("before", [True, None], ids=["while they held", "before they were known"])
async def test_time_in_which_nobody_looked_is_none_in_which_checks_held_or_were_late(
    before: bool | None, tmp_path: Path
) -> None:
    """Fleetdeck is stopped for an hour, five seconds into a stage whose checks must hold for ten within a minute."""
    stopped = list[float]()

    async def sleep(seconds: float) -> None:
        await Bench.sleep(it, seconds)
        if it.clock.monotonic() >= 5 and not stopped:
            stopped.append(3600.0)
            it.clock.advance(3600.0)

    it = Bench(tmp_path, judge=Judge(*[before] * 7, True), sleep=sleep)
    row = await it.run(plan(stages=STAGES[:1], **ROLLS))
    assert (row.state, stopped) == (ActionState.SUCCEEDED, [3600.0])
    assert len(it.judge.asked) >= (10 if before else 7 + 10)


async def test_a_rollback_that_does_not_restore_the_post_condition_is_a_failure(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(False))
    row = await it.run(plan(checks=(GatePasses(gate="g"),), **ROLLS))
    assert row.state is ActionState.FAILED
    assert row.outcome.startswith("the post-condition does not hold: not within")
    assert row.next_step.startswith("undo it")


async def test_a_lost_answer_is_made_up_for_by_the_revision_that_is_live_and_by_nothing_less(tmp_path: Path) -> None:
    for check, state in (
        (RevisionLive(revision="v1"), ActionState.SUCCEEDED),
        (RevisionLive(revision="v1", is_all=False), ActionState.UNKNOWN),
        (GatePasses(gate="g"), ActionState.UNKNOWN),
    ):
        it = Bench(tmp_path / str(check), judge=Judge(True))
        it.world.answers, it.world.away = ["lost"], True
        row = await it.run(plan(checks=(check,), **ROLLS))
        assert row.state is state


# ── stopping ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_stopping_cuts_off_what_is_on_its_way_and_sends_nothing_more(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.hang = True
    it.world.away = True
    await it.runner.start(plan(items=20), ANN)
    await it.world.inside.wait()
    await it.runner.abort("k1", "bob@here")
    row = await it.runner.ended("k1")
    assert row.state is ActionState.UNKNOWN
    assert row.outcome.startswith("stopped by bob@here")
    assert 1 <= len(it.world.sends) <= 4
    # What was being written down when it was stopped did not leave.
    assert row.count(ActionState.UNKNOWN) == len(it.world.sends)
    assert row.count(ActionState.CANCELLED) == 20 - len(it.world.sends)
    assert set(it.decisions()) == {"intent", "aborted", "outcome"}
    with pytest.raises(RefusedError, match="nothing to stop: it is unknown"):
        await it.runner.abort("k1", "bob@here")


async def test_stopping_between_stages_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    judge = Judge(None)
    it = Bench(tmp_path, judge=judge)

    async def sleep(seconds: float) -> None:
        await Bench.sleep(it, seconds)
        if it.clock.monotonic() > 5:
            await it.runner.abort("k1", "bob@here")

    it = Bench(tmp_path, judge=judge, sleep=sleep)
    it.world.at_once = ActionState.RUNNING
    row = await it.run(plan(stages=STAGES, **ROLLS))
    assert (row.state, [stage.state for stage in row.stages]) == (
        ActionState.CANCELLED,
        ["stopped", "skipped", "skipped"],
    )
    assert row.next_step.startswith("undo it")


async def test_of_what_somebody_else_changed_meanwhile_the_last_look_is_told_and_nobody_is_sent_back(
    tmp_path: Path,
) -> None:
    it = Bench(tmp_path, judge=Judge(False))

    async def sleep(seconds: float) -> None:
        await Bench.sleep(it, seconds)
        await it.runner.abort("k1", "bob@here")

    it = Bench(tmp_path, judge=it.judge, sleep=sleep)
    row = await it.run(plan(checks=(RevisionLive(revision="v2"),), revision="v2", before="v1", **ROLLS))
    assert (row.state, row.holds) == (ActionState.CANCELLED, (False,))
    gone = "it was in place, and is no more: revision: False"
    assert (row.outcome, row.items[0].sentence) == (f"stopped by bob@here; {gone}", gone)
    assert row.next_step == "look who changed svc meanwhile: revision: False; roll anew where that is still wanted"
    # The same where nobody stopped it.
    it = Bench(tmp_path / "later", judge=it.judge)
    row = await it.run(plan(checks=(RevisionLive(revision="v2"),), revision="v2", before="v1", **ROLLS))
    assert row.outcome == "the post-condition does not hold: not within 30s: revision: False"
    assert row.next_step.startswith("look who changed svc")


async def test_nobody_is_advised_to_ask_for_what_cannot_be_asked_for(tmp_path: Path) -> None:
    for asked_by, advised in ((("id",), "nobody can be asked"), ((), "reconcile it")):
        it = Bench(tmp_path / advised)
        it.world.answers, it.world.away = ["lost"], True
        row = await it.run(plan(asked_by=asked_by))
        assert (row.state, row.items[0].found) == (ActionState.UNKNOWN, {})
        assert row.next_step.startswith(advised)


async def test_an_error_of_our_own_ends_as_unknown_and_not_in_silence(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.answers = ["bug"]
    row = await it.run(plan())
    assert row.state is ActionState.UNKNOWN
    assert "ZeroDivisionError" in row.outcome
    assert it.decisions() == ["intent", "outcome"]
    assert await it.locks.held() == ()


async def test_a_lock_that_is_lost_stops_it(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(None), limits=RunLimits(renew_s=0.001))
    gone = asyncio.Event()

    async def sleep(seconds: float) -> None:
        for path in (tmp_path / "locks").glob("*.lock"):
            path.unlink()
        await asyncio.sleep(0.002)
        gone.set()

    it = Bench(tmp_path, judge=it.judge, limits=RunLimits(renew_s=0.001), sleep=sleep)
    await it.runner.start(plan(stages=STAGES, **ROLLS), ANN)
    run = it.runner._runs["k1"]
    await gone.wait()
    while not run.stopped:  # noqa: ASYNC110  # it looks at the files itself, in its own time
        await asyncio.sleep(0.001)
    assert "taken away" in run.stopped
    await it.runner.close()
    assert len(it.world.sends) == 1


class SlowLocks(FileLocks):
    """Locks of which one is being renewed when it is let go of; with `holds_up` letting the first go takes until it is
    cancelled, and `stuck` tells when it does."""

    def __init__(self, folder: Path, *, holds_up: bool = False) -> None:
        super().__init__(folder)
        self.holds_up = holds_up
        self.renewing, self.releasing, self.renewed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.stuck = asyncio.Event()

    async def renew(self, target: str) -> None:
        self.renewing.set()
        await self.releasing.wait()
        try:
            await super().renew(target)
        finally:
            self.renewed.set()

    async def release(self, target: str) -> None:
        await self.renewing.wait()
        await super().release(target)
        self.releasing.set()
        await self.renewed.wait()
        if self.holds_up:
            self.holds_up = False
            self.stuck.set()
            await asyncio.Event().wait()


async def test_a_lock_that_is_let_go_of_while_it_is_renewed_is_not_lost(tmp_path: Path) -> None:
    it = Bench(tmp_path, locks=SlowLocks(tmp_path / "locks"), limits=RunLimits(renew_s=0))
    row = await it.run(plan())
    assert (row.state, row.outcome) == (ActionState.SUCCEEDED, "seen succeeded")


async def test_who_stops_it_while_its_locks_are_let_go_of_leaves_none_behind(tmp_path: Path) -> None:
    locks = SlowLocks(tmp_path / "locks", holds_up=True)
    it = Bench(tmp_path, locks=locks, limits=RunLimits(renew_s=0))
    await it.runner.start(plan(targets=(Target(name="svc"), Target(name="other"))), ANN)
    await locks.stuck.wait()
    await it.runner.abort("k1", "bob@here")
    await it.runner.ended("k1")
    assert await locks.held() == ()


# ── after a crash ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_crash_left_is_shown_as_unknown_or_as_surely_not_sent(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    it.world.hang = True
    await it.runner.start(plan(), ANN)
    await it.world.inside.wait()
    (kept,) = it.records.read()
    other = Bench(tmp_path)
    assert await other.runner.recover() == ()
    assert other.store.actions["k1"].state is ActionState.SENT
    await it.runner.close()
    # As a process leaves it that was killed.
    await it.records.keep(kept)
    later = Bench(tmp_path)
    (row,) = await later.runner.recover()
    assert (row.state, row.items[0].state) == (ActionState.UNKNOWN, ActionState.UNKNOWN)
    assert (await later.runner.reconcile("k1", "ann@here")).state is ActionState.FAILED
    assert later.world.sends == []
    assert [one.state for one in later.records.read()] == [ActionState.FAILED]


async def test_one_whose_stages_did_not_all_pass_has_not_succeeded_whatever_is_seen(tmp_path: Path) -> None:
    it = Bench(tmp_path, judge=Judge(None))
    it.world.away = True
    it.world.answers = ["lost"]
    row = await it.run(plan(stages=STAGES, **ROLLS))
    assert row.state is ActionState.UNKNOWN
    it.world.away = False
    row = await it.runner.reconcile("k1", "ann@here")
    assert row.state is ActionState.FAILED


async def test_an_undo_is_shown_on_what_it_undid(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    await it.run(plan(**ROLLS))
    await it.run(plan(key="k2", act=ActKind.UNDO, tier=Tier.NAME, of="k1"))
    assert it.store.actions["k1"].undone_by == "k2"


async def test_what_an_undo_did_not_undo_says_why_and_nobody_is_sent_to_what_he_wanted_to_leave(
    tmp_path: Path,
) -> None:
    it = Bench(tmp_path, judge=Judge(True))
    await it.run(plan(**ROLLS))
    it.judge.says = [False]
    back = ROLLS | {"act": ActKind.UNDO, "of": "k1", "checks": (GatePasses(gate="g"),)}
    row = await it.run(plan(key="k2", revision="v2", before="v1", **back))
    advice = "look at svc first, and roll anew with b (fleetdeck rollback svc --to v2), or undo k1 anew"
    assert (row.state, row.next_step) == (ActionState.FAILED, advice)
    rolled = it.store.actions["k1"]
    assert (rolled.undone_by, rolled.next_step) == ("", f"undoing it (k2): failed; {row.outcome}; {advice}")
    assert rolled.next_step in [kept.next_step for kept in it.records.read()]


async def test_an_undo_of_which_the_answer_was_lost_has_undone_it_once_that_is_known(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    await it.run(plan(**ROLLS))
    it.world.answers, it.world.away = ["lost"], True
    row = await it.run(plan(key="k2", act=ActKind.UNDO, tier=Tier.NAME, of="k1"))
    assert row.state is ActionState.UNKNOWN
    assert it.store.actions["k1"].next_step.startswith("undoing it (k2): unknown; ")
    it.world.away = False
    assert (await it.runner.reconcile("k2", "ann@here")).state is ActionState.SUCCEEDED
    assert (it.store.actions["k1"].undone_by, it.store.actions["k1"].next_step) == ("k2", "")


async def test_a_lock_of_somebody_who_died_is_taken_over(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "locks")
    await locks.take(Lock(target="svc", owner="bob@there", since=Bench(tmp_path).clock.now()))
    it = Bench(tmp_path)
    with pytest.raises(RefusedError, match="bob@there"):
        await it.run(plan())
    await locks.release("svc")
    assert (await it.run(plan())).state is ActionState.SUCCEEDED
