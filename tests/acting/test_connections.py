"""Connections that break at every place, servers that hang, are busy or lie: never two sends of one intent, never a
lost record, never a wrong “succeeded”, through the whole of acting."""

import time
from pathlib import Path

import pytest

from fleet.actions.action import Action, ActionState
from tests.acting.bench import Whole, gateway, job, whole
from tests.acting.target import DONE, Cut, Target, once, status

pytestmark = pytest.mark.anyio

CUTS = [Cut.BEFORE, Cut.IN_THE_REQUEST, Cut.UNDONE, Cut.BEFORE_ANSWER, Cut.IN_ANSWER, Cut.AFTER, Cut.HANG]


def on_record(it: Whole, action: Action) -> None:
    """The intent and the end stand in the log, and the end in the records."""
    sent = ["sent"] * max(1, len(action.stages))
    assert it.audited(action.id)[: len(sent) + 2] == ["intent", *sent, "outcome"]
    assert it.kept()[action.id].state is action.state is it.store.actions[action.id].state
    assert it.kept()[action.id].outcome == action.outcome


@pytest.mark.parametrize("cut", CUTS)
async def test_a_task_is_sent_once_wherever_its_connection_ends(cut: Cut, tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url, timeout="300ms")]}) as it:
        target.faults = [cut]
        done = await it.submit()
        assert target.tried == 1
        assert target.keys == ([done.id] if cut not in (Cut.BEFORE, Cut.IN_THE_REQUEST) else [])
        assert done.state is (ActionState.SUCCEEDED if cut in DONE else ActionState.UNKNOWN)
        assert bool(target.done) is (done.state is ActionState.SUCCEEDED)
        assert ("reconcile" in done.next_step) is (done.state is ActionState.UNKNOWN)
        on_record(it, done)


@pytest.mark.parametrize("cut", CUTS)
async def test_a_task_that_nobody_follows_has_succeeded_only_where_the_answer_came(cut: Cut, tmp_path: Path) -> None:
    async with (
        Target() as target,
        whole(tmp_path, {"templates": [job(target.url, timeout="300ms", follow=None)]}) as it,
    ):
        target.faults = [cut]
        done = await it.submit()
        assert target.tried == 1
        assert done.state is (ActionState.SUCCEEDED if cut is Cut.AFTER else ActionState.UNKNOWN)
        assert ("settle it by hand" in done.next_step) is (done.state is ActionState.UNKNOWN)
        assert "reconcile" not in done.next_step, "nobody can be asked"
        on_record(it, done)


@pytest.mark.parametrize("cut", CUTS)
async def test_a_rollback_is_sent_once_and_judged_by_what_is_live(cut: Cut, tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"rollbacks": [gateway(target.url, timeout="300ms")]}) as it:
        target.faults = [cut]
        done = await it.roll()
        assert target.tried == 1
        assert (done.state is ActionState.SUCCEEDED) is (set(target.instances.values()) == {"r2"})
        assert done.state in (ActionState.SUCCEEDED, ActionState.UNKNOWN, ActionState.FAILED)
        on_record(it, done)
        await it.desk.refresh()
        assert not it.store.locks


async def test_of_a_batch_only_what_was_surely_not_done_is_sent_again_and_each_under_its_own_key(
    tmp_path: Path,
) -> None:
    faults: list[Cut | bytes] = [
        Cut.AFTER,
        Cut.UNDONE,
        status("429 Too Many Requests", "Retry-After: 0"),
        Cut.BEFORE_ANSWER,
        status("422 Unprocessable Content", body=b'{"detail": "not that"}'),
        status("503 Service Unavailable", "Retry-After: 0"),
        Cut.AFTER,
        Cut.BEFORE,
        status("500 Internal Server Error"),
    ]
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        target.faults = list(faults)
        done = await it.submit(*({"text": f"task {number}"} for number in range(8)))
        sent = {wrote.key: wrote.body["text"] for wrote in target.wrote}
        assert all(sent[wrote.key] == wrote.body["text"] for wrote in target.wrote)
        again = [key for key in set(target.keys) if target.keys.count(key) > 1]
        assert len(again) == 2
        assert all(target.keys.count(key) == 2 for key in again)
        for number, item in enumerate(done.items):
            key = done.id if number == 0 else f"{done.id}-{number}"
            assert (item.state is ActionState.SUCCEEDED) is (key in target.done), item
        assert done.state is ActionState.UNKNOWN
        assert done.count(ActionState.REFUSED) == 1
        on_record(it, done)


async def test_a_busy_server_gets_the_same_request_again_after_as_long_as_it_asked(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        target.faults = [status("429 Too Many Requests", "Retry-After: 1")]
        began = time.monotonic()
        done = await it.submit()
        assert time.monotonic() - began >= 1.0
        assert (done.state, target.keys) == (ActionState.SUCCEEDED, [done.id, done.id])
        assert target.wrote[0].body == target.wrote[1].body == {"text": "hi"}
        on_record(it, done)


async def test_a_503_that_does_not_say_when_is_not_sent_again_unless_keys_count_there(tmp_path: Path) -> None:
    async with Target() as target:
        templates = [job(target.url), job(target.url, name="keyed", repeatable=True)]
        async with whole(tmp_path, {"templates": templates}) as it:
            target.faults = [status("503 Service Unavailable")]
            done = await it.submit()
            assert (done.state, len(target.wrote)) == (ActionState.UNKNOWN, 1)
            target.faults = [status("503 Service Unavailable", "Retry-After: 0")]
            again = await it.submit(template="keyed")
            assert (again.state, target.keys[1:]) == (ActionState.SUCCEEDED, [again.id] * 2)
            assert once({done.id, again.id})


@pytest.mark.parametrize("staged", [False, True])
async def test_a_server_that_says_yes_and_does_nothing_has_failed(staged: bool, tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"rollbacks": [gateway(target.url)]}) as it:
        target.faults = [Cut.LIE] * 3
        done = await it.roll(staged=staged)
        assert done.state in (ActionState.FAILED, ActionState.TIMED_OUT)
        assert len(target.wrote) == (3 if staged else 1)
        assert set(target.instances.values()) == {"r3"}
        on_record(it, done)


async def test_one_that_says_it_is_live_while_instances_run_another_has_not_succeeded(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"rollbacks": [gateway(target.url)]}) as it:
        plan = await it.desk.plan_rollback("gateway", "r2")
        target.faults = [Cut.LIE]
        id = await it.start(plan)
        target.live = "r2"
        done = await it.desk.ended(id)
        assert done.state in (ActionState.FAILED, ActionState.TIMED_OUT)
        assert "4 of 4 instances are not at r2" in done.outcome
        assert len(target.wrote) == 1


async def test_one_that_answers_for_another_task_is_not_believed(tmp_path: Path) -> None:
    async with Target() as target:
        template = job(target.url, id="id", follow={"url": f"{target.url}/tasks/{{id}}"})
        async with whole(tmp_path, {"templates": [template], "actions": {"follow": "1s"}}) as it:
            target.faults, target.answer = [Cut.LIE], {"id": "t-somebody-elses"}
            done = await it.submit()
            assert done.state is ActionState.UNKNOWN
            assert (len(target.wrote), target.done) == (1, {})
            on_record(it, done)
