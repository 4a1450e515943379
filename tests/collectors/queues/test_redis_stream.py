"""Streams, groups and jobs in a real Redis, as hx-citadel's workers leave them behind."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from collectors.queues.redis_stream import KIND, RedisStreamOptions, RedisStreamProbe, entry_time
from collectors.stream_jobs import judge
from collectors.stream_state import WINDOW
from config.values import RedisUrl, Seconds
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.vocabulary import TaskState
from fleet.work import QueueReading
from tests.collectors.queues.reach import NOON, reach
from tests.real_redis import RealRedis, requires_redis

pytestmark = [pytest.mark.anyio, requires_redis]

JITTER_S = 2.0
STREAM, GROUP = "shield:ingestion_queue", "lightrag-workers"
NOON_MS = int(NOON.timestamp() * 1000)


@asynccontextmanager
async def probing(server: RealRedis, **options: Any) -> AsyncIterator[RedisStreamProbe]:
    probe = KIND.build(
        RedisStreamOptions(url=RedisUrl(server.url), stream=STREAM, group=GROUP, **options), reach(Path("/"))
    )
    assert isinstance(probe, RedisStreamProbe)
    try:
        yield probe
    finally:
        await probe.aclose()


async def look(server: RealRedis, **options: Any) -> QueueReading:
    async with probing(server, **options) as probe:
        return await probe.probe()


def put(client: "redis.Redis", count: int, job: str = "j1") -> list[Any]:
    """Chunks as the orchestrator queues them, a second apart, the first at noon."""
    return [
        client.xadd(
            STREAM,
            {
                "job_id": job,
                "chunk_id": f"{job}::{number}",
                "content": b"\xff text",
                "source_uri": "https://example.invalid/a",
                "source_type": "web",
                "retry_count": "0",
                "timestamp": "2026-03-01T12:00:00",
            },
            id=f"{NOON_MS + 1000 * number}-{len(job)}",
        )
        for number in range(count)
    ]


def take(client: "redis.Redis", consumer: str, count: int) -> list[bytes]:
    answer: Any = client.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=count)
    [[_, entries]] = answer
    return [entry[0] for entry in entries]


def finish(client: "redis.Redis", ids: list[bytes]) -> None:
    """As its workers do: acknowledge, then delete."""
    client.xack(STREAM, GROUP, *ids)
    client.xdel(STREAM, *ids)


def counts_since_start(client: "redis.Redis") -> bool:
    return int(client.info("server")["redis_version"].split(".")[0]) >= 7


async def test_waiting_and_in_flight(server: RealRedis, client: "redis.Redis") -> None:
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    put(client, 6)
    finish(client, take(client, "worker-0", 2))
    held = take(client, "worker-1", 1)
    reading = await look(server)
    assert (reading.queued, reading.running, reading.failed, reading.dead_letter) == (3, 1, None, None)
    assert reading.oldest_queued_at == entry_time(f"{NOON_MS + 3000}-0")
    running = reading.tasks[0]
    assert (running.id, running.state, running.agent) == (held[0].decode(), TaskState.RUNNING, "worker-1")
    assert (running.title, running.kind) == ("j1::2", "web")
    assert [task.title for task in reading.tasks[1:]] == ["j1::3", "j1::4", "j1::5"]
    assert reading.tasks_complete
    assert reading.anomalies == ()
    known = (6.0, 2.0, 2) if counts_since_start(client) else (None, None, None)
    assert (reading.arrived_total, reading.completed_total, reading.done) == known


async def test_more_than_a_window_waits(server: RealRedis, client: "redis.Redis") -> None:
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    put(client, WINDOW + 40)
    finish(client, take(client, "worker-0", 10))
    take(client, "worker-0", 5)
    reading = await look(server)
    assert (reading.queued, reading.running) == (WINDOW + 25, 5)
    assert not reading.tasks_complete


async def test_workers_that_keep_acknowledged_entries(server: RealRedis, client: "redis.Redis") -> None:
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    put(client, WINDOW + 40)
    client.xack(STREAM, GROUP, *take(client, "worker-0", 20))
    reading = await look(server)
    if counts_since_start(client):
        assert reading.queued == WINDOW + 20
    else:
        assert reading.queued is None
        assert "this Redis tells no lag" in reading.anomalies[0]
    client.xack(STREAM, GROUP, *take(client, "worker-0", 30))
    assert (await look(server)).queued == WINDOW - 10


async def test_entries_that_were_trimmed_while_in_flight(server: RealRedis, client: "redis.Redis") -> None:
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    put(client, 4)
    take(client, "worker-0", 3)
    client.xtrim(STREAM, maxlen=1, approximate=False)
    reading = await look(server)
    assert (reading.queued, reading.running) == (1, 3)
    assert reading.anomalies == ("3 in flight are gone from the stream (trimmed or deleted)",)
    assert reading.tasks[0].detail == "gone from the stream"


async def test_a_stream_that_is_not_there_is_empty(server: RealRedis) -> None:
    reading = await look(server)
    assert (reading.queued, reading.running) == (0, 0)
    assert reading.anomalies == ("there is no stream shield:ingestion_queue",)


async def test_a_group_that_is_not_there(server: RealRedis, client: "redis.Redis") -> None:
    put(client, 3)
    client.xgroup_create(STREAM, "metrics-collector", id="0")
    reading = await look(server)
    assert (reading.queued, reading.running) == (3, None)
    assert reading.oldest_queued_at == NOON
    assert reading.anomalies == (
        "the stream has no group lightrag-workers (there are metrics-collector): nobody takes from it",
    )


async def test_a_group_that_nobody_joined(server: RealRedis, client: "redis.Redis") -> None:
    put(client, 1)
    client.xgroup_create(STREAM, GROUP, id="0")
    assert (await look(server)).anomalies == ("entries wait and the group has no consumer",)


async def test_another_type_of_key_is_named(server: RealRedis, client: "redis.Redis") -> None:
    client.lpush(STREAM, "x")
    with pytest.raises(OutsideError, match="shield:ingestion_queue is a list, no stream") as caught:
        await look(server)
    assert caught.value.fault is Fault.PAYLOAD


async def test_what_is_in_flight_for_too_long_is_told_with_its_worker(server: RealRedis, client: "redis.Redis") -> None:
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    put(client, 2)
    first, second = take(client, "worker-2", 2)
    client.xclaim(STREAM, GROUP, "worker-2", 0, [first], idle=7_200_000, retrycount=4)
    reading = await look(server)
    assert reading.anomalies == ("1 in flight for longer than 1h, the longest with worker-2",)
    stuck = next(task for task in reading.tasks if task.id == first.decode())
    assert stuck.detail == "delivered 4 times"
    assert stuck.started_at is not None
    assert abs((NOON - stuck.started_at).total_seconds() - 7200) < 60
    assert (await look(server, stuck_after=Seconds(86400))).anomalies == ()
    assert second.decode() in {task.id for task in reading.tasks}


async def test_two_looks_at_a_standing_stream_are_equal(server: RealRedis, client: "redis.Redis") -> None:
    """Else every sweep would wake every pane: idle times grow by the millisecond."""
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    put(client, 3)
    take(client, "worker-0", 2)
    async with probing(server) as probe:
        for _ in range(20):
            began = time.monotonic()
            first, second = await probe.probe(), await probe.probe()
            # The probe's clock stands, Redis's does not: of two looks too far apart one would be right to differ.
            if time.monotonic() - began < JITTER_S:
                break
    assert first == second


async def test_jobs_are_judged_by_their_chunks_and_not_by_their_status(
    server: RealRedis, client: "redis.Redis"
) -> None:
    def job(number: int, status: str, processed: object, total: object, **more: str) -> None:
        fields = {"job_id": f"uuid-{number}", "job_type": "lightrag_ingestion", "status": status, **more}
        client.hset(f"job:{number}", mapping={**fields, "chunks_processed": processed, "chunks_total": total})  # type: ignore[dict-item]

    job(1, "queued", 3, 3, created_at="2026-03-01T11:00:00")
    job(2, "queued", 0, 3)
    job(3, "queued", 1, 3)
    job(4, "completed", 1, 3)
    job(5, "failed", 1, 3, error_message="boom \x1b[31m")
    job(6, "processing", 221, 100)
    client.set("job:text", "no hash")
    client.hset("other:1", "job_id", "x")
    reading = await look(server, jobs="job:*")
    found = {task.id: task for task in reading.tasks}
    assert {name: task.state for name, task in found.items()} == {
        "uuid-1": TaskState.DONE,
        "uuid-2": TaskState.QUEUED,
        "uuid-3": TaskState.RUNNING,
        "uuid-4": TaskState.UNKNOWN,
        "uuid-5": TaskState.FAILED,
        "uuid-6": TaskState.DONE,
    }
    assert (found["uuid-1"].detail, found["uuid-1"].raw_state) == ("done (status stuck)", "queued")
    assert found["uuid-1"].title == "3 of 3 chunks"
    assert found["uuid-5"].detail == "boom \\x1b[31m"
    assert reading.done is None
    said = " | ".join(reading.anomalies)
    assert "1 job done whose status stays behind" in said
    assert "1 job called completed before all chunks are" in said
    assert "1 job with more chunks processed than there are" in said


async def test_many_jobs_are_listed_up_to_the_limit(server: RealRedis, client: "redis.Redis") -> None:
    pipe = client.pipeline()
    for number in range(700):
        pipe.hset(f"job:{number}", mapping={"status": "queued", "chunks_total": 1, "chunks_processed": number % 2})
    pipe.execute()
    assert len((await look(server, jobs="job:*")).tasks) == 700


def test_a_job_without_chunk_counts_keeps_its_word() -> None:
    assert judge(TaskState.QUEUED, None, None) == (TaskState.QUEUED, "")
    assert judge(TaskState.QUEUED, 0, 0) == (TaskState.QUEUED, "")


async def test_an_entry_may_carry_its_task_as_json(server: RealRedis, client: "redis.Redis") -> None:
    client.xadd(STREAM, {"data": '{"title": "Summarise", "type": "llm", "assigned_agent": "writer", "priority": 2}'})
    client.xadd(STREAM, {"data": b'{"title": "broken \x85'})
    reading = await look(server)
    assert (reading.tasks[0].title, reading.tasks[0].kind, reading.tasks[0].priority) == ("Summarise", "llm", 2)
    assert reading.tasks[1].title.startswith("data=")


@pytest.mark.parametrize("made_up", ["1-1", "0-5", "99999999999999999-0", "x"])
def test_a_made_up_id_is_no_time(made_up: str) -> None:
    assert entry_time(made_up) is None


@pytest.mark.parametrize("url", ["http://x", "redis://h/zero", "redis://h?ssl_cert_reqs=none", "redis://h:99999999"])
def test_a_url_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError, match="Redis"):
        KIND.build(RedisStreamOptions(url=RedisUrl(url), stream="s", group="g"), reach(Path("/")))
