"""Tasks for the workers of a real Redis: a stream with a group, and a list with its processing and dead letters."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from actions.tasks import redis_list, redis_stream
from fleet.actions.action import Action, ActionState, Item, Verdict
from fleet.actions.plan import Plan, RedisWrite, public
from fleet.actions.ports import ActReach, Doer
from fleet.errors import RefusedError
from tests.actions.submit_parts import NOON, Sent, carry_out, client, entry, reach_of, submissions
from tests.real_redis import RealRedis, requires_redis

pytestmark = [pytest.mark.anyio, requires_redis]

FIELDS = [{"name": "text", "required": True, "lines": True}, {"name": "priority", "type": "integer"}]


@pytest.fixture(scope="module")
def server() -> Iterator[RealRedis]:
    with RealRedis() as made:
        yield made


@pytest.fixture
def writer(server: RealRedis) -> Iterator["redis.Redis"]:
    with server.client() as made:
        made.flushall()
        yield made


@pytest.fixture
async def reach(tmp_path: Path) -> AsyncIterator[ActReach]:
    http = client()
    yield reach_of(http, tmp_path)
    await http.aclose()


class Desk:
    """One template over a Redis, and what is done with it."""

    def __init__(self, reach: ActReach, kind: Any, options: dict[str, Any], fields: list[Any] | None = None) -> None:
        self.reach = reach
        self.book = submissions(reach, entry(kind, "task", options, fields=fields or FIELDS))
        doer = self.book.doer("task")
        assert doer is not None
        self.doer: Doer = doer

    async def submit(self, *items: dict[str, Any]) -> tuple[Plan, Sent]:
        plan = await self.book.plan("task", items, [])
        return plan, await carry_out(self.reach, self.doer, plan)

    async def state(self, plan: Plan, found: dict[str, str], number: int = 0) -> tuple[ActionState, str]:
        seen = (await self.doer.look(plan, {number: found}, NOON))[number]
        found.update(seen.found)
        return seen.state, seen.sentence

    def action(self, plan: Plan, sent: Sent, state: ActionState = ActionState.RUNNING) -> Action:
        items = tuple(
            Item(words=words, state=state, found=sent.found.get(number, {})) for number, words in enumerate(plan.items)
        )
        return Action(id=plan.key, plan=public(plan), state=state, items=items)


def stream(reach: ActReach, server: RealRedis, **more: Any) -> Desk:
    fields = {"content": "{text}", "metadata": '{{"priority": "{priority}"}}', "job_id": "{key}", "timestamp": "{now}"}
    options = {"url": server.url, "stream": "jobs", "group": "workers", "entry": fields, **more}
    return Desk(reach, redis_stream.KIND, options)


def listing(reach: ActReach, server: RealRedis, **more: Any) -> Desk:
    options = {"url": server.url, "key": "jobs", "processing": "jobs:held", "dead_letter": "jobs:dead", **more}
    return Desk(reach, redis_list.KIND, options)


async def test_an_entry_is_followed_from_waiting_to_acknowledged(
    reach: ActReach, server: RealRedis, writer: "redis.Redis"
) -> None:
    writer.xgroup_create("jobs", "workers", id="0", mkstream=True)
    desk = stream(reach, server, max_length=1000)
    hostile = "two\nlines “and” {text} * 5-0"
    plan, sent = await desk.submit({"text": hostile, "priority": "3"})
    entries: Any = writer.xrange("jobs")
    ((id, fields),) = entries
    assert sent.found[0]["entry"] == id.decode() and fields[b"content"].decode() == hostile
    assert fields[b"metadata"] == b'{"priority": "3"}' and fields[b"timestamp"] == b"2026-03-01T12:00:00.000Z"
    assert fields[b"job_id"] == fields[b"idempotency_key"] == b"key1"
    found = sent.found[0]
    assert await desk.state(plan, found) == (ActionState.RUNNING, "it waits in the stream")
    writer.xreadgroup("workers", "w-1", {"jobs": ">"})
    state, said = await desk.state(plan, found)
    assert state is ActionState.RUNNING and said.startswith("w-1 has it since")
    writer.xack("jobs", "workers", id)
    assert (await desk.state(plan, found))[0] is ActionState.SUCCEEDED
    writer.xdel("jobs", id)
    assert await desk.state(plan, found) == (ActionState.SUCCEEDED, "worked off by w-1, and removed")


async def test_what_is_gone_unseen_is_no_success(reach: ActReach, server: RealRedis, writer: "redis.Redis") -> None:
    writer.xgroup_create("jobs", "workers", id="0", mkstream=True)
    desk = stream(reach, server)
    plan, sent = await desk.submit({"text": "a"}, {"text": "b"})
    writer.xdel("jobs", sent.found[1]["entry"])
    state, said = await desk.state(plan, sent.found[1], 1)
    assert state is ActionState.FAILED and "never given it" in said
    writer.xreadgroup("workers", "w-1", {"jobs": ">"})
    writer.xack("jobs", "workers", sent.found[0]["entry"])
    writer.xdel("jobs", sent.found[0]["entry"])
    assert (await desk.state(plan, dict(sent.found[0])))[0] is ActionState.UNKNOWN
    assured = stream(reach, server, gone_is_done=True)
    assert (await assured.state(plan, dict(sent.found[0])))[0] is ActionState.SUCCEEDED


async def test_the_hash_of_a_job_says_more_than_an_acknowledgement(
    reach: ActReach, server: RealRedis, writer: "redis.Redis"
) -> None:
    writer.xgroup_create("jobs", "workers", id="0", mkstream=True)
    desk = stream(reach, server, job="job:{key}")
    plan, sent = await desk.submit({"text": "a"})
    writer.xreadgroup("workers", "w-1", {"jobs": ">"})
    writer.xack("jobs", "workers", sent.found[0]["entry"])
    writer.hset("job:key1", mapping={"status": "processing", "chunks_total": 2, "chunks_processed": 1})
    assert (await desk.state(plan, sent.found[0]))[0] is ActionState.RUNNING
    writer.hset("job:key1", mapping={"status": "failed", "error_message": "no model"})
    state, said = await desk.state(plan, sent.found[0])
    assert state is ActionState.FAILED and "no model" in said


async def test_an_entry_whose_answer_was_lost_is_found_by_its_key(
    reach: ActReach, server: RealRedis, writer: "redis.Redis"
) -> None:
    writer.xgroup_create("jobs", "workers", id="0", mkstream=True)
    desk = stream(reach, server)
    plan, sent = await desk.submit(*({"text": str(number)} for number in range(700)))
    found: dict[str, str] = {"key": "key1-3"}
    assert (await desk.state(plan, found, 3))[0] is ActionState.RUNNING
    assert found["entry"] == sent.found[3]["entry"]
    other = await desk.book.plan("task", [{"text": "never sent"}], [])
    assert (await desk.state(other, {}))[0] is ActionState.UNKNOWN


async def test_a_waiting_entry_is_cancelled_and_a_held_one_is_not(
    reach: ActReach, server: RealRedis, writer: "redis.Redis"
) -> None:
    writer.xgroup_create("jobs", "workers", id="0", mkstream=True)
    desk = stream(reach, server)
    plan, sent = await desk.submit({"text": "a"}, {"text": "b"}, {"text": "c"})
    writer.xreadgroup("workers", "w-1", {"jobs": ">"}, count=1)
    action = desk.action(plan, sent)
    cancelling = await desk.book.plan_cancel(action)
    assert (cancelling.of, cancelling.items) == (plan.key, ("b", "c"))
    assert cancelling.warnings == ("1 task cannot be cancelled any more",)
    # A worker takes one between the plan and the act.
    writer.xreadgroup("workers", "w-1", {"jobs": ">"}, count=1)
    done = await carry_out(reach, desk.doer, cancelling)
    assert done.verdicts == [Verdict.FAILED, Verdict.DONE] and "a worker has it" in done.reads[0].sentence
    assert writer.xlen("jobs") == 2
    seen = await desk.doer.look(cancelling, {0: {}, 1: {}}, NOON)
    assert (seen[0].state, seen[1].state) == (ActionState.FAILED, ActionState.SUCCEEDED)
    after = tuple(Item(words=words, state=seen[number].state) for number, words in enumerate(cancelling.items))
    reach.store.actions.put(
        cancelling.key, Action(id=cancelling.key, plan=public(cancelling), state=ActionState.FAILED, items=after)
    )
    assert (await desk.state(plan, sent.found[2], 2))[0] is ActionState.CANCELLED
    assert (await desk.state(plan, sent.found[1], 1))[0] is ActionState.RUNNING
    with pytest.raises(RefusedError, match="nothing of it waits"):
        await desk.book.plan_cancel(desk.action(plan, sent))


async def test_a_list_item_is_followed_and_cancelled(reach: ActReach, server: RealRedis, writer: "redis.Redis") -> None:
    desk = listing(reach, server)
    plan, sent = await desk.submit({"text": "a", "priority": 2}, {"text": "b"}, {"text": "c"})
    assert json.loads(writer.lindex("jobs", -1) or b"") == {"text": "a", "priority": 2, "id": "key1"}
    assert await desk.state(plan, sent.found[0]) == (ActionState.RUNNING, "it waits in the list")
    writer.rpoplpush("jobs", "jobs:held")
    assert await desk.state(plan, sent.found[0]) == (ActionState.RUNNING, "a worker has it")
    cancelling = await desk.book.plan_cancel(desk.action(plan, sent))
    assert sorted(cancelling.items) == ["b", "c"]
    done = await carry_out(reach, desk.doer, cancelling)
    assert done.verdicts == [Verdict.DONE] * 2 and writer.llen("jobs") == 0
    seen = await desk.doer.look(cancelling, {0: {}, 1: {}}, NOON)
    assert {one.state for one in seen.values()} == {ActionState.SUCCEEDED}
    writer.rpoplpush("jobs:held", "jobs:dead")
    assert (await desk.state(plan, sent.found[0]))[0] is ActionState.FAILED
    writer.flushall()
    assert (await desk.state(plan, sent.found[0]))[0] is ActionState.UNKNOWN
    assert (await listing(reach, server, gone_is_done=True).state(plan, sent.found[0]))[0] is ActionState.SUCCEEDED
    assert (await listing(reach, server, gone_is_done=True).state(plan, {"key": "key1"}))[0] is ActionState.UNKNOWN


async def test_a_wrong_key_and_a_refusing_redis_are_refusals(
    reach: ActReach, server: RealRedis, writer: "redis.Redis"
) -> None:
    writer.set("jobs", "text")
    for desk, what in ((stream(reach, server), "stream"), (listing(reach, server), "list")):
        plan = await desk.book.plan("task", [{"text": "a"}], [])
        assert await desk.doer.guards(plan) == (f"the key jobs is a string, no {what}",)
        sent = await carry_out(reach, desk.doer, plan)
        assert sent.verdicts == [Verdict.REFUSED] and "WRONGTYPE" in sent.last.sentence
    writer.flushall()
    writer.config_set("maxmemory", "1")
    try:
        _, sent = await listing(reach, server).submit({"text": "a"})
        assert sent.verdicts == [Verdict.REFUSED] and writer.llen("jobs") == 0
    finally:
        writer.config_set("maxmemory", "0")


async def test_no_value_becomes_a_word_of_its_own_and_the_password_is_only_named(reach: ActReach) -> None:
    options = {"url": "redis://127.0.0.1:1/0", "stream": "jobs", "password": {"env": "NOT_SET"}}
    desk = Desk(reach, redis_stream.KIND, options, [{"name": "text", "private": True}])
    plan = await desk.book.plan("task", [{"text": "MAXLEN 0 * "}], [])
    effect = plan.steps[0].effect
    assert isinstance(effect, RedisWrite) and effect.secret is not None and effect.secret.env == "NOT_SET"
    assert effect.command == ("XADD", "jobs", "*", "text", "MAXLEN 0 * ", "idempotency_key", "key1")
    assert "MAXLEN 0" not in repr(public(plan))
    sent = await carry_out(reach, desk.doer, plan)
    assert sent.verdicts == [Verdict.FAILED] and "NOT_SET" in sent.last.sentence
