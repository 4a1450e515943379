"""Lists in a real Redis: which end is next, what is held, what is dead, and what is no text."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from collectors.queues.redis_list import KIND, NEWEST, OLDEST, RedisListOptions, RedisListProbe
from config.values import RedisUrl
from fleet.errors import Fault, OutsideError
from fleet.vocabulary import TaskState
from fleet.work import QueueReading
from tests.collectors.queues.reach import reach
from tests.real_redis import RealRedis, requires_redis

pytestmark = [pytest.mark.anyio, requires_redis]


async def look(server: RealRedis, **options: Any) -> QueueReading:
    probe = KIND.build(RedisListOptions(url=RedisUrl(server.url), key="jobs", **options), reach(Path("/")))
    assert isinstance(probe, RedisListProbe)
    try:
        return await probe.probe()
    finally:
        await probe.aclose()


def job(number: int) -> str:
    return json.dumps({"id": f"j{number}", "title": f"job {number}", "created_at": 1_760_000_000 + number})


async def test_a_missing_key_is_a_known_zero(server: RealRedis) -> None:
    reading = await look(server)
    assert (reading.queued, reading.running, reading.dead_letter) == (0, None, None)
    assert (reading.tasks_complete, reading.anomalies) == (True, ())
    beside = await look(server, processing="held", dead_letter="dead")
    assert (beside.queued, beside.running, beside.dead_letter) == (0, 0, 0)


async def test_the_three_lists(server: RealRedis, client: "redis.Redis") -> None:
    for number in range(4):
        client.lpush("jobs", job(number))
    client.rpoplpush("jobs", "held")
    client.lpush("dead", job(99))
    reading = await look(server, processing="held", dead_letter="dead")
    assert (reading.queued, reading.running, reading.dead_letter) == (3, 1, 1)
    assert [(task.id, task.state) for task in reading.tasks] == [
        ("j0", TaskState.RUNNING),
        ("j1", TaskState.QUEUED),
        ("j2", TaskState.QUEUED),
        ("j3", TaskState.QUEUED),
        ("j99", TaskState.FAILED),
    ]
    assert reading.oldest_queued_at is not None
    assert reading.oldest_queued_at.timestamp() == 1_760_000_001
    assert reading.tasks_complete


async def test_a_list_that_is_taken_from_the_left(server: RealRedis, client: "redis.Redis") -> None:
    for number in range(3):
        client.rpush("jobs", job(number))
    assert [task.id for task in (await look(server, oldest="left")).tasks] == ["j0", "j1", "j2"]


@pytest.mark.parametrize("oldest", ["left", "right"])
async def test_of_a_long_list_both_ends_are_shown(server: RealRedis, client: "redis.Redis", oldest: str) -> None:
    push = client.rpush if oldest == "left" else client.lpush
    push("jobs", *(job(number) for number in range(1000)))
    reading = await look(server, oldest=oldest)
    shown = [int(task.id[1:]) for task in reading.tasks]
    assert shown == [*range(OLDEST), *range(1000 - NEWEST, 1000)]
    assert reading.queued == 1000
    assert not reading.tasks_complete


async def test_items_that_are_no_json_are_shown_by_their_text(server: RealRedis, client: "redis.Redis") -> None:
    client.rpush("jobs", b"\x1b]0;x\x07\xff\xfe", "plain", "plain", '{"broken', "[1]", "x" * 5000)
    tasks = (await look(server, oldest="left")).tasks
    assert tasks[0].title == "\\x1b]0;x\\x07\\xff\\xfe"
    assert [task.title for task in tasks[1:5]] == ["plain", "plain", '{"broken', "[1]"]
    assert tasks[2].id == f"{tasks[1].id}#2"
    assert len(tasks[5].title) == 512


async def test_a_celery_message_has_its_name_and_id_in_its_headers(server: RealRedis, client: "redis.Redis") -> None:
    client.lpush("jobs", json.dumps({"body": "W10=", "headers": {"task": "app.render", "id": "c1", "retries": 0}}))
    [task] = (await look(server)).tasks
    assert (task.id, task.kind, task.title) == ("c1", "app.render", "app.render")


@pytest.mark.parametrize("key", ["jobs", "held"])
async def test_another_type_of_key_is_named(server: RealRedis, client: "redis.Redis", key: str) -> None:
    client.hset(key, "a", "b")
    with pytest.raises(OutsideError, match=f"the key {key} is a hash, no list") as caught:
        await look(server, processing="held")
    assert caught.value.fault is Fault.PAYLOAD
