"""The agents on their sockets: what each effect of the script looks like from outside, and that it passes."""

import asyncio
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from demo_fleet.scenario import Effect
from tests.demo_fleet.fleets import frozen
from tests.demo_fleet.wire import get, parsed, raw

pytestmark = pytest.mark.anyio


async def test_a_healthy_agent_answers_its_three_pages(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        health = await get(it.fleet.url("planner-1", "health"))
        assert health.status == 200
        assert health.headers["content-type"] == "application/json"
        assert health.headers["date"] == "Sat, 31 Jan 2026 12:00:00 GMT"
        assert json.loads(health.body)["status"] == "healthy"
        assert (await get(it.fleet.url("planner-1", "healthz"))).text == "ok"
        metrics = await get(it.fleet.url("planner-1", "metrics"))
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "agent_cpu_usage_percent" in metrics.text
        assert (await get(it.fleet.url("planner-1", "nothing"))).status == 404


async def test_one_connection_carries_several_requests(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        parts = urlsplit(it.fleet.url("planner-1", "health"))
        assert parts.port is not None
        request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        last = b"HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answer = await raw("127.0.0.1", parts.port, request * 50 + last)
        assert answer.count(b"HTTP/1.1 200 OK") == 51
        assert answer.endswith(b"\r\n\r\n")  # HEAD has no body


@pytest.mark.parametrize(
    "request_bytes", [b"POST /health HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n", b"GET /x SPDY\r\n\r\n"]
)
async def test_what_is_no_request_for_a_page_is_refused(tmp_path: Path, request_bytes: bytes) -> None:
    async with frozen(tmp_path) as it:
        port = urlsplit(it.fleet.url("planner-1", "health")).port
        assert port is not None
        assert parsed(await raw("127.0.0.1", port, request_bytes)).status in (400, 405)


async def test_the_liar_is_healthy_while_its_exporter_fails(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        lie = it.step_of(Effect.LYING)
        await it.to(lie.from_s + 1)
        assert json.loads((await get(it.fleet.url(lie.target, "health"))).body)["status"] == "healthy"
        failing = await get(it.fleet.url(lie.target, "metrics"))
        assert failing.status == 500
        assert failing.headers["content-type"].startswith("text/html")
        await it.to(lie.to_s)
        assert (await get(it.fleet.url(lie.target, "metrics"))).status == 200


async def test_one_waits_for_a_person_and_one_is_degraded(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        waiting = it.step_of(Effect.WAITING)
        await it.to(waiting.from_s + 10)
        body = json.loads((await get(it.fleet.url(waiting.target, "health"))).body)
        assert body["status"] == "input_required"
        assert body["waiting_seconds"] == 10
        degraded = it.step_of(Effect.DEGRADED)
        await it.to(degraded.from_s)
        began = time.monotonic()
        answer = await get(it.fleet.url(degraded.target, "health"))
        assert time.monotonic() - began > 0.3
        assert answer.status == 503
        assert json.loads(answer.body)["issues"]


async def test_one_hangs_until_it_recovers(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        hang = it.step_of(Effect.HANGING)
        await it.to(hang.from_s)
        asked = asyncio.ensure_future(get(it.fleet.url(hang.target, "health")))
        assert (await get(it.fleet.url("planner-1", "health"))).status == 200
        await asyncio.wait([asked], timeout=0.1)
        assert not asked.done()
        await it.to(hang.to_s)
        with pytest.raises((ConnectionError, IndexError)):
            await asked  # let go without an answer
        assert (await get(it.fleet.url(hang.target, "health"))).status == 200


async def test_one_resets_connections(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        reset = it.step_of(Effect.RESETTING)
        await it.to(reset.from_s)
        with pytest.raises(ConnectionResetError):
            await get(it.fleet.url(reset.target, "health"))
        await it.to(reset.to_s)
        assert (await get(it.fleet.url(reset.target, "health"))).status == 200


@pytest.mark.parametrize("effect", [Effect.CRASHED, Effect.ABSENT])
async def test_who_is_not_there_refuses_and_comes_back_on_the_same_port(tmp_path: Path, effect: Effect) -> None:
    async with frozen(tmp_path) as it:
        gone = next(s for s in it.fleet.world.scenario.steps if s.effect is effect and s.from_s > 0)
        url, everybody = it.fleet.url(gone.target, "health"), it.fleet.listening
        await it.to(gone.from_s)
        with pytest.raises(ConnectionRefusedError):
            await get(url)
        await it.to(gone.to_s if gone.to_s < 360 else 360 + 22)
        uptime = json.loads((await get(url)).body)["uptime_seconds"]
        assert uptime == 0.0
        assert it.fleet.listening >= everybody


async def test_a_large_fleet_shares_few_sockets(tmp_path: Path) -> None:
    began = time.process_time()
    async with frozen(tmp_path, agents=1000) as it:
        assert time.process_time() - began < 3
        assert it.fleet.listening <= 64
        urls = [it.fleet.url(name, "metrics") for name in it.fleet.world.names]
        assert len(set(urls)) == 1000
        answers = await asyncio.gather(*(get(url) for url in urls[:200]))
        well = [name for name in it.fleet.world.names[:200] if name not in it.fleet.world.absent(0)]
        assert sum(answer.status == 200 for answer in answers) == len(well)
        assert all(
            f'agent_name="{name}"' in answer.text
            for name, answer in zip(it.fleet.world.names, answers, strict=False)
            if answer.status == 200
        )
        assert (await get(urls[0].replace(it.fleet.world.names[0], "nobody-1"))).status == 404


async def test_a_taken_port_is_passed_over(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    base = taken.sockets[0].getsockname()[1]
    async with taken, frozen(tmp_path, agents=3, base_port=base) as it:
        ports = [urlsplit(it.fleet.url(name, "health")).port for name in it.fleet.world.names]
        assert base not in ports
        assert (await get(it.fleet.url(it.fleet.world.names[0], "health"))).status == 200
