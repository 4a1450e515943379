"""The coordinator's contract and its quirks, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from demo_fleet.coordinator import Coordinator
from demo_fleet.ledger import Ledger
from demo_fleet.routes import Routes
from fleet.clock import ManualClock
from tests.demo_fleet.fleets import START
from tests.demo_fleet.wire import Got, ask, get, parsed, post, raw

pytestmark = pytest.mark.anyio
FREE = {"X-Client-Id": "test_client"}


class Site:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        numbers = iter(range(1000))
        self.ledger = Ledger(lambda: f"task-{next(numbers)}")
        self.disk = 61.5
        routes = Routes(self.ledger, self.clock, lambda: "new-id", disk_percent=lambda: self.disk)
        self.coordinator = Coordinator(routes, self.clock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.coordinator.port}"

    async def json(self, path: str) -> Any:
        return json.loads((await get(self.url + path, FREE)).body)

    async def post(self, path: str, body: object) -> Got:
        return await post(self.url + path, json.dumps(body).encode(), FREE)


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    it = Site()
    await it.coordinator.start()
    try:
        yield it
    finally:
        await it.coordinator.stop()


@pytest.mark.parametrize("path", ["/status", "/controllers"])
async def test_a_cold_cache_answers_nothing_and_then_it_does(path: str) -> None:
    async with site() as it:
        assert await ask(it.url + path, headers=FREE) == b""
        first = await get(it.url + path, FREE)
        assert first.status == 200
        assert json.loads(first.body)["ok"] is True
        await it.post("/heartbeat", {"agent": "controller-1", "project": "x"})
        assert await ask(it.url + path, headers=FREE) == b""
        assert json.loads((await get(it.url + path, FREE)).body)["controllers"] == [
            {"agent": "controller-1", "project": "x", "last_heartbeat": START.timestamp()}
        ]
        it.clock.advance(31)
        assert await ask(it.url + path, headers=FREE) == b""


async def test_a_warm_health_cache_answers_twice_on_one_connection() -> None:
    async with site() as it:
        assert (await ask(it.url + "/health")).count(b"HTTP/1.0 ") == 1
        it.clock.advance(30)
        warm = await ask(it.url + "/health")
        assert warm.count(b"HTTP/1.0 ") == 2
        body = json.loads(parsed(warm).body)
        assert body["timestamp"] == START.timestamp()  # half a minute old by now
        assert body["uptime"] is True
        assert b"HTTP/1.0 500" in warm
        it.clock.advance(31)
        assert (await ask(it.url + "/health")).count(b"HTTP/1.0 ") == 1


async def test_a_full_disk_is_a_503_with_a_body_and_never_cached() -> None:
    async with site() as it:
        it.disk = 95.0
        for _ in range(2):
            answer = await get(it.url + "/health")
            assert answer.status == 503
            assert json.loads(answer.body)["issues"] == ["Low disk space: 95.0% used"]


async def test_an_idle_connection_blocks_everybody_else() -> None:
    async with site() as it:
        _, idle = await asyncio.open_connection("127.0.0.1", it.coordinator.port)
        other = asyncio.ensure_future(get(it.url + "/health"))
        await asyncio.wait([other], timeout=0.15)
        assert not other.done()
        idle.close()
        assert (await other).status == 200


async def test_the_head_of_a_reply() -> None:
    async with site() as it:
        raw_answer = await ask(it.url + "/api/agents/status", headers=FREE | {"X-Correlation-ID": "c-1"})
        assert raw_answer.startswith(b"HTTP/1.0 200 OK\r\n")
        answer = parsed(raw_answer)
        assert answer.headers["server"].startswith("MCP-Local/0.1")
        assert answer.headers["x-frame-options"] == "DENY"
        assert "x-correlation-id" not in answer.headers
        assert not answer.body.endswith(b"\n")
        assert answer.body.startswith(b'{\n  "ok": true')
        posted = await post(it.url + "/register", b'{"agent": "a"}', FREE | {"X-Correlation-ID": "c-1"})
        assert posted.headers["x-correlation-id"] == "c-1"
        assert (await it.post("/register", {"agent": "a"})).headers["x-correlation-id"] == "new-id"


async def test_metrics_have_no_length() -> None:
    async with site() as it:
        await it.post("/run", {"agent": "a", "command": "status"})
        answer = await get(it.url + "/metrics", FREE)
        assert answer.headers["content-type"] == "text/plain; version=0.0.4"
        assert "content-length" not in answer.headers
        assert "# TYPE tasks_queued counter\ntasks_queued 1\n" in answer.text


async def test_agents_and_analytics() -> None:
    async with site() as it:
        await it.post("/register", {"agent": "planner-1", "capabilities": ["planning"]})
        agents = (await it.json("/api/agents/status"))["agents"]
        assert agents["registered_agents"] == ["planner-1"]
        assert agents["active_controllers"] == 0
        empty = (await it.json("/api/tasks/analytics"))["analytics"]
        assert empty["success_rate"] == 0
        assert empty["recent_tasks"] == []
        system = (await it.json("/api/metrics/system"))["system_metrics"]
        assert system["server_uptime"] < 0


async def test_a_task_from_queued_to_its_end() -> None:
    async with site() as it:
        made = json.loads((await it.post("/run", {"agent": "a", "command": "status"})).body)
        assert made == {"ok": True, "task_id": "task-0", "queued": True}
        it.clock.advance(100)
        assert (await it.json("/api/tasks/analytics"))["analytics"]["queued_tasks"] == 1  # nobody executes it
        started = await it.post("/execute_task", {"task_id": "task-0"})
        assert json.loads(started.body) == {"ok": True, "executing": True, "task_id": "task-0"}
        assert (await it.json("/api/tasks/analytics"))["analytics"]["running_tasks"] == 1
        it.clock.advance(3)
        analytics = (await it.json("/api/tasks/analytics"))["analytics"]
        assert analytics["success_rate"] == 100
        (task,) = analytics["recent_tasks"]
        assert task["status"] == "success"
        assert task["returncode"] == 0
        assert set(task) == {"id", "agent", "command", "project", "status", "returncode", "stdout", "stderr"}
        again = await it.post("/execute_task", {"task_id": "task-0"})
        assert again.status == 409
        assert json.loads(again.body) == {"error": "task_not_queued", "status": "success"}


async def test_tasks_that_fail_and_tasks_without_a_script() -> None:
    async with site() as it:
        for command in ("modify-fail", "analyze"):
            await it.post("/run", {"agent": "a", "command": command, "execute": True})
        it.clock.advance(3)
        failed, errored = (await it.json("/api/tasks/analytics"))["analytics"]["recent_tasks"]
        assert (failed["status"], failed["returncode"]) == ("failed", 1)
        assert errored["status"] == "error"
        assert "returncode" not in errored
        assert "No such file" in errored["stderr"]


async def test_the_status_cache_does_not_notice_that_a_task_ended() -> None:
    async with site() as it:
        await it.post("/run", {"agent": "a", "command": "status", "execute": True})
        await ask(it.url + "/status", headers=FREE)
        it.clock.advance(3)
        assert (await it.json("/status"))["tasks"][0]["status"] == "running"
        assert (await it.json("/api/tasks/analytics"))["analytics"]["completed_tasks"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/register", {}, 400, "agent_required"),
        ("/heartbeat", {}, 400, "agent_required"),
        ("/run", {"agent": "a"}, 400, "agent_and_command_required"),
        ("/run", {"agent": "a", "command": "rm"}, 403, "command_not_allowed"),
        ("/execute_task", {}, 400, "task_id_required"),
        ("/execute_task", {"task_id": "nope"}, 404, "task_not_found"),
        ("/workflow_alert", {"workflow": "CI"}, 400, "workflow_and_conclusion_required"),
        ("/nowhere", {}, 404, "not_found"),
        ("/register", ["x"], 500, "internal_server_error: 'list' object has no attribute 'get'"),
    ],
)
async def test_errors_are_words_without_ok(path: str, body: object, status: int, error: str) -> None:
    async with site() as it:
        answer = await it.post(path, body)
        assert answer.status == status
        found = json.loads(answer.body)
        assert found["error"] == error
        assert "ok" not in found
        if status == 403:
            assert len(found["allowed"]) == 25


@pytest.mark.parametrize("body", [b"{bad", b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_json_is_said_so(body: bytes) -> None:
    async with site() as it:
        answer = await post(it.url + "/register", body, FREE)
        assert (answer.status, json.loads(answer.body)) == (400, {"error": "invalid_json"})


async def test_a_workflow_alert_becomes_a_task() -> None:
    async with site() as it:
        alert = {"workflow": "CI", "conclusion": "failure", "head_branch": "main", "run_id": 42}
        assert json.loads((await it.post("/workflow_alert", alert)).body)["enqueued"] is True
        (task,) = (await it.json("/api/tasks/analytics"))["analytics"]["recent_tasks"]
        assert (task["agent"], task["command"], task["project"]) == ("workflow-monitor", "ci-check", "main")
        assert task["meta"]["run_id"] == 42


async def test_the_request_budget() -> None:
    async with site() as it:
        for number in range(50):
            method = "GET" if number % 2 else "POST"
            assert parsed(await ask(it.url + "/api/agents/status", method)).status in (200, 404)
            it.clock.advance(0.1)
        refused = await get(it.url + "/api/agents/status")
        assert (refused.status, json.loads(refused.body)) == (429, {"error": "rate_limited"})
        assert "retry-after" not in refused.headers
        assert (await post(it.url + "/heartbeat", b'{"agent": "x"}')).status == 429
        assert (await get(it.url + "/health")).status == 200
        assert (await get(it.url + "/health?x=1")).status == 429
        assert (await get(it.url + "/v1/health")).status == 429
        assert (await get(it.url + "/metrics", FREE)).status == 200
        it.clock.advance(55.1)  # the first of the fifty has left the window
        assert (await get(it.url + "/metrics")).status == 200


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
async def test_other_methods_get_html(method: str) -> None:
    async with site() as it:
        answer = await ask(it.url + "/run", method)
        assert answer.startswith(b"HTTP/1.0 501 Unsupported method")
        assert (b"<!DOCTYPE HTML>" in answer) == (method != "HEAD")


async def test_options_and_nonsense() -> None:
    async with site() as it:
        preflight = parsed(await ask(it.url + "/run", "OPTIONS", headers=FREE))
        assert preflight.status == 200
        assert "content-length" not in preflight.headers
        for nonsense in (b"hello\r\n\r\n", b"\r\n\r\n", b"GET / HTTP/1.0 extra\r\n\r\n"):
            assert parsed(await raw("127.0.0.1", it.coordinator.port, nonsense)).status == 400
        huge = b"POST /run HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
        assert parsed(await raw("127.0.0.1", it.coordinator.port, huge)).status == 400
        assert (await get(it.url + "/health")).status == 200
