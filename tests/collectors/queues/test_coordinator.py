"""The coordinator's queue against a server that speaks its HTTP/1.0 and tells its lies."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from collectors.queues.coordinator import KIND, CoordinatorQueueOptions, HeaderAuth
from config.values import HttpUrl, SecretRef
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.vocabulary import TaskState
from fleet.work import QueueReading
from tests.collectors.queues.reach import reach
from tests.plain_http import PlainHttp

pytestmark = pytest.mark.anyio

COUNTERS = "# TYPE tasks_queued counter\ntasks_queued {}\n# TYPE tasks_executed counter\ntasks_executed {}\n"


class Coordinator:
    """Answers as it is told: `pages[path]` is (status, content type, body); None closes without an answer."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, bytes] | None] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = outer.pages.get(self.path, (404, "application/json", b'{"error":"not_found"}'))
                if page is None:
                    return
                self.send_response(page[0])
                self.send_header("Content-Type", page[1])
                self.end_headers()
                self.wfile.write(page[2])

            def log_message(self, format: str, *args: Any) -> None:
                """The test's output is not this server's log."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def says(self, analytics: object, queued: object = 0, executed: object = 0) -> None:
        self.pages["/api/tasks/analytics"] = (200, "application/json", json.dumps(analytics).encode())
        self.pages["/metrics"] = (200, "text/plain; version=0.0.4", COUNTERS.format(queued, executed).encode())


@pytest.fixture
def coordinator() -> Iterator[Coordinator]:
    made = Coordinator()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def analytics(queued: object, running: object, done: object, failed: object, **more: object) -> dict[str, object]:
    said = {"queued_tasks": queued, "running_tasks": running, "completed_tasks": done, "failed_tasks": failed}
    return {"ok": True, "analytics": {**said, "recent_tasks": [], **more}}


async def look(coordinator: Coordinator, http: PlainHttp | None = None) -> QueueReading:
    probe = KIND.build(CoordinatorQueueOptions(url=HttpUrl(coordinator.url)), reach(Path("/"), http_client=http))
    reading = await probe.probe()
    assert isinstance(reading, QueueReading)
    return reading


async def test_counts_counters_and_recent_tasks(coordinator: Coordinator) -> None:
    recent = [
        {"id": "a1", "agent": "alpha", "command": "status", "project": "Tools", "status": "success", "stdout": "ok\n"},
        {"id": "a2", "agent": "alpha", "command": "modify-fail", "project": None, "status": "error", "stderr": "no"},
        {"id": "a3", "agent": "beta", "command": "fix", "project": None, "status": "queued", "meta": {"x": 1}},
    ]
    coordinator.says(analytics(4, 0, 2, 2, total_tasks=8, recent_tasks=recent, success_rate=90.0), 8, 4)
    http = PlainHttp()
    reading = await look(coordinator, http)
    assert (reading.queued, reading.running, reading.done, reading.failed) == (4, 0, 2, 2)
    assert (reading.arrived_total, reading.completed_total) == (8.0, 4.0)
    assert reading.dead_letter is None
    assert not reading.tasks_complete
    assert [found.state for found in reading.tasks] == [TaskState.DONE, TaskState.FAILED, TaskState.QUEUED]
    assert (reading.tasks[0].title, reading.tasks[0].detail, reading.tasks[0].created_at) == (
        "status Tools",
        "ok",
        None,
    )
    assert reading.anomalies == ("it claims 90 % success; of the tasks that ended it is 50 %",)
    assert http.asked == [("/api/tasks/analytics", True, True), ("/metrics", True, True)]


async def test_an_empty_coordinator_is_whole_and_says_nothing_odd(coordinator: Coordinator) -> None:
    coordinator.says(analytics(0, 0, 0, 0, total_tasks=0, success_rate=0))
    reading = await look(coordinator)
    assert (reading.queued, reading.done) == (0, 0)
    assert reading.tasks_complete
    assert reading.anomalies == ()


async def test_a_restart_is_told_and_its_bump_is_no_arrival(coordinator: Coordinator) -> None:
    probe = KIND.build(CoordinatorQueueOptions(url=HttpUrl(coordinator.url)), reach(Path("/")))
    seen = []
    for queued, executed in ((8, 4), (9, 4), (7, 0), (9, 1)):
        coordinator.says(analytics(3, 0, 2, 2, total_tasks=7), queued, executed)
        reading = await probe.probe()
        assert isinstance(reading, QueueReading)
        seen.append((reading.arrived_total, reading.completed_total, any("restarted" in s for s in reading.anomalies)))
    assert seen == [(8.0, 4.0, False), (9.0, 4.0, False), (9.0, 4.0, True), (11.0, 5.0, False)]


async def test_sums_and_lists_that_do_not_add_up(coordinator: Coordinator) -> None:
    recent = [{"id": str(n), "command": "fix", "status": "running"} for n in range(3)]
    coordinator.says(analytics(1, 1, 4, 0, total_tasks=9, recent_tasks=recent), 3, 2)
    assert (await look(coordinator)).anomalies == (
        "it claims 9 tasks in all, its states add up to 6",
        "it shows 3 running tasks and counts 1",
        "it counted 3 arrivals and holds 6 tasks",
        "it counted 2 executions; 4 tasks have ended",
    )


async def test_numbers_that_are_none_are_unknown(coordinator: Coordinator) -> None:
    coordinator.says(analytics(-1, "3", None, True), "NaN", "+Inf")
    reading = await look(coordinator)
    assert (reading.queued, reading.running, reading.done, reading.failed) == (None, 3, None, None)
    assert (reading.arrived_total, reading.completed_total) == (None, None)
    assert reading.anomalies == ("queued_tasks is -1", "failed_tasks is True")


async def test_the_flat_shape_of_the_agents_dashboard(coordinator: Coordinator) -> None:
    coordinator.says({"total_tasks": 5, "completed": 4, "failed": 0, "running": 1, "success_rate": 100.0})
    reading = await look(coordinator)
    assert (reading.queued, reading.running, reading.done, reading.failed) == (None, 1, 4, 0)


@pytest.mark.parametrize(
    "metrics",
    [(500, "text/html", b"<h1>no</h1>"), (429, "application/json", b"{}"), (200, "text/plain", b"{{{ 1"), None],
)
async def test_without_its_counters_the_reading_still_stands(
    coordinator: Coordinator, metrics: tuple[int, str, bytes] | None
) -> None:
    coordinator.says(analytics(2, 0, 0, 0))
    coordinator.pages["/metrics"] = metrics
    reading = await look(coordinator)
    assert (reading.queued, reading.arrived_total) == (2, None)
    assert "its counters cannot be read" in reading.anomalies[0]


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (None, Fault.EMPTY),
        ((429, "application/json", b'{"error": "rate_limited"}'), Fault.RATE_LIMITED),
        ((503, "application/json", b"{}"), Fault.STATUS),
        ((200, "text/html", b"<html>"), Fault.PAYLOAD),
        ((200, "application/json", b"[]"), Fault.PAYLOAD),
        ((200, "application/json", b'{"analytics": {"a": 1}}'), Fault.PAYLOAD),
        ((200, "application/json", b"[" * 5000), Fault.PAYLOAD),
    ],
)
async def test_without_analytics_there_is_no_reading(
    coordinator: Coordinator, page: tuple[int, str, bytes] | None, fault: Fault
) -> None:
    coordinator.pages["/api/tasks/analytics"] = page
    with pytest.raises(OutsideError) as caught:
        await look(coordinator)
    assert caught.value.fault is fault


async def test_the_header_goes_with_both_requests_and_is_never_seen(coordinator: Coordinator, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush")
    (tmp_path / "token").chmod(0o600)
    auth = HeaderAuth(header="X-Auth-Token", secret=SecretRef(file="token"))
    coordinator.says(analytics(0, 0, 0, 0))
    http = PlainHttp()
    probe = KIND.build(
        CoordinatorQueueOptions(url=HttpUrl(coordinator.url), auth=auth), reach(tmp_path, http_client=http)
    )
    await probe.probe()
    given = [secret for secret in http.secrets if secret is not None]
    assert [(name, value.reveal()) for name, value in given] == [("X-Auth-Token", "hush")] * 2
    assert "hush" not in repr(vars(probe))


@pytest.mark.parametrize("url", ["127.0.0.1:5005", "ftp://host", "http://", "http://u:p@host"])
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError, match="url"):
        KIND.build(CoordinatorQueueOptions(url=HttpUrl(url)), reach(Path("/")))


async def test_the_captured_replies(coordinator: Coordinator, shared: Path) -> None:
    folder = shared / "fixtures" / "tools-automation"
    coordinator.pages["/api/tasks/analytics"] = _captured(folder / "mcp_64_analytics.http")
    coordinator.pages["/metrics"] = _captured(folder / "mcp_65_metrics.http")
    reading = await look(coordinator)
    assert (reading.queued, reading.running, reading.done, reading.failed) == (4, 0, 2, 2)
    assert (reading.arrived_total, reading.completed_total) == (8.0, 4.0)
    assert len(reading.tasks) == 8
    assert reading.tasks_complete


def _captured(path: Path) -> tuple[int, str, bytes]:
    raw = path.read_bytes()
    head, _, body = raw[raw.index(b"HTTP/1.0") :].replace(b"\r\n", b"\n").partition(b"\n\n")
    kind = next(line.split(b": ")[1] for line in head.splitlines() if line.startswith(b"Content-Type"))
    return 200, kind.decode(), body.partition(b"### curl exit")[0]
