"""A fleet with one of everything that can be watched, and a deck that watches it all four times a second.

What is reached over TCP stands behind a `Proxy` of its own under a name that only this process can resolve. The fleet
lives in a loop in a thread of its own, so that many tests can break and mend the same one without a restart.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from cli.deck import Deck
from cli.judging.past import past_of
from cli.kinds import kind_tables
from config.load import load
from fleet.clock import SystemClock
from fleet.store import Store
from tests.faults.certificates import HOST, make_certificates
from tests.faults.proxy import Proxy, Streams
from tests.hostile_server import HostileServer, reply
from tests.real_redis import RealRedis

T = TypeVar("T")

EVERY_S, TIMEOUT_S = 0.25, 0.75
STALE_AFTER = 20
"""Intervals until what is not seen is stale, 5 s: a busy machine pauses for longer than the three that are usual."""
_METER_S = 0.05
PATIENCE_S = 30.0
FILE_BYTES, BODY_BYTES = 20_000, 100_000

HEALTHY = reply("200 OK", b'{"status": "healthy", "padding": "%s"}' % (b"x" * 200), "Content-Type: application/json")
METRICS = reply("200 OK", b"agent_tasks_queued 3\n" + b"# padding\n" * 20, "Content-Type: text/plain; version=0.0.4")
PAGE = reply(
    "200 OK",
    b'agent_status{agent_name="on-page"} 1\n' + b"# padding\n" * 20,
    "Content-Type: text/plain; version=0.0.4",
)


def json_reply(value: object) -> bytes:
    return reply("200 OK", json.dumps(value).encode(), "Content-Type: application/json")


AGENTS = json_reply({"agents": {"registered_agents": ["registered"], "total_agents": 1, "controller_details": []}})
ANALYTICS = json_reply(
    {"analytics": {"total_tasks": 2, "queued_tasks": 1, "running_tasks": 0, "completed_tasks": 1, "failed_tasks": 0}}
)
COUNTERS = reply("200 OK", b"tasks_queued 2\ntasks_executed 1\n", "Content-Type: text/plain; version=0.0.4")

ANSWERS = {
    "/prom/api/v1/rules?type=alert": json_reply(
        {
            "status": "success",
            "data": {
                "groups": [
                    {
                        "name": "theirs",
                        "file": "rules.yml",
                        "rules": [
                            {
                                "type": "alerting",
                                "name": "Theirs",
                                "query": "vector(1)",
                                "duration": 0,
                                "health": "ok",
                                "alerts": [
                                    {
                                        "labels": {"alertname": "Theirs", "host": f"web-{n}"},
                                        "state": "firing",
                                        "activeAt": "2026-01-01T00:00:00Z",
                                        "value": "1e+00",
                                    }
                                    for n in range(5)
                                ],
                            }
                        ],
                    }
                ]
            },
        }
    ),
    "/prom/api/v1/status/buildinfo": json_reply({"status": "success", "data": {"version": "2.42.0"}}),
    "/prom/api/v1/status/config": json_reply({"status": "success", "data": {"yaml": "global: {}"}}),
}
STATUS = json_reply({"cluster": {"status": "disabled"}, "versionInfo": {"version": "0.25.0"}, "padding": "x" * 100})
for base, held in (("/am", ["Held"]), ("/post", [])):
    ANSWERS[f"{base}/api/v2/alerts"] = json_reply(
        [
            {
                "labels": {"alertname": name, "padding": "x" * 100},
                "annotations": {},
                "startsAt": "2026-01-01T00:00:00Z",
                "endsAt": "2049-01-01T00:00:00Z",
                "updatedAt": "2026-01-01T00:00:00Z",
                "fingerprint": "0123456789abcdef",
                "receivers": [{"name": "team"}],
                "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
            }
            for name in held
        ]
    )
    ANSWERS[f"{base}/api/v2/silences"] = ANSWERS[f"{base}/api/v2/alerts/groups"] = json_reply([])
    ANSWERS[f"{base}/api/v2/receivers"] = json_reply([{"name": "team"}])
    ANSWERS[f"{base}/api/v2/status"] = STATUS


def claims(who: str) -> list[dict[str, object]]:
    """Alerts that a system writes about itself."""
    return [
        {"id": f"{who}-{n}", "message": f"{who} {n}", "level": "warning", "timestamp": time.time()} for n in range(10)
    ]


PATHS = ANSWERS | {
    "/claims": json_reply({"alerts": claims("api")}),
    "/health": HEALTHY,
    "/metrics-page": METRICS,
    "/page": PAGE,
    "/sd": b"",
    "/api/agents/status": AGENTS,
    "/api/tasks/analytics": ANALYTICS,
    "/metrics": COUNTERS,
}
"""What the HTTP server answers while it is well; what `/sd` does is known when the fleet is."""

FILES = {
    "agent_status": (
        "status.json",
        json.dumps({"agents": {f"status-{n}": {"status": "running", "last_seen": time.time()} for n in range(10)}}),
    ),
    "task_file": ("jobs.json", json.dumps({"tasks": [{"id": f"t{n}", "status": "queued"} for n in range(10)]})),
    "markdown": ("TODO.md", "# Plan\n\n- [x] one\n- [ ] two\n- [ ] three\n"),
    "batch_progress": (
        "progress.json",
        json.dumps(
            {
                "total_todos": 100,
                "processed": 50,
                "successful": 50,
                "failed": 0,
                "batches_completed": 5,
                "current_batch": 6,
            }
        ),
    ),
    "todo_list": ("todos.json", json.dumps({"todos": [{"id": n, "status": "open"} for n in range(5)]})),
    "csv": ("tracker.csv", "Task ID,Status\nT-1,Complete\nT-2,Open\n"),
    "alerts_json": ("alerts.json", json.dumps({"alerts": {"active_alerts": claims("file")}})),
    "todo_monitoring": (
        "monitor.json",
        json.dumps(
            {
                "alerts": [
                    {"type": f"t{n}", "message": f"grew {n}", "delta": 3, "timestamp": time.time()} for n in range(10)
                ]
            }
        ),
    ),
    "alert_files": ("alerts.d/alert_1700000000_disk.json", json.dumps(claims("folder")[0])),
    "rule file": (
        "rules.yml",
        """\
groups:
- name: ours
  interval: 1s
  rules:
  - {alert: Always, expr: vector(1)}
  - {alert: Turn, expr: 'floor(vector(time())) % 2', labels: {turn: '{{ $value }}'}, annotations: {
      summary: 'another one each second, so that there is always something to post'}}
""",
    ),
    "SLO file": (
        "slo.yml",
        """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: one}
spec:
  service: s
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {type: Prometheus,
    spec: {query: vector(1)}}}}}
  objectives: [{op: lte, value: 2, target: 0.99}]
""",
    ),
}
"""The files that sources, queues, backlogs, alerts, rules and objectives are read from, by kind: name and content."""


class Watcher(Struct, frozen=True):
    """Something that is watched: what it is called in the table, the job that watches it, and what it is reached by
    (`http`, `redis`, `file`, `process`, `kept` for what fleetdeck itself keeps, or `nothing` for what is always
    there). `slow`: it has an interval of its own, and is hurried here."""

    name: str
    job: str
    by: str
    slow: bool = False


WATCHERS = (
    Watcher("static", "discovery:static:hand", "nothing"),
    Watcher("agent_status", "discovery:agent_status:agent_status", "file"),
    Watcher("coordinator", "discovery:coordinator:coordinator", "http"),
    Watcher("metrics_page", "discovery:metrics_page:metrics_page", "http"),
    Watcher("file_sd", "discovery:file_sd:file_sd", "file"),
    Watcher("http_sd", "discovery:http_sd:http_sd", "http"),
    Watcher("processes", "discovery:processes:processes", "process"),
    Watcher("health", "health:behind-health", "http"),
    Watcher("metrics", "metrics:behind-metrics", "http"),
    Watcher("process", "process:worker", "process"),
    Watcher("host", "host:this machine", "nothing"),
    Watcher("coordinator queue", "queue:coordinator", "http"),
    Watcher("task_file", "queue:task_file", "file"),
    Watcher("redis_stream", "queue:redis_stream", "redis"),
    Watcher("redis_list", "queue:redis_list", "redis"),
    Watcher("markdown", "backlog:markdown", "file"),
    Watcher("batch_progress", "backlog:batch_progress", "file"),
    Watcher("todo_list", "backlog:todo_list", "file"),
    Watcher("csv", "backlog:csv", "file"),
    Watcher("Prometheus", "prometheus", "http"),
    Watcher("Alertmanager", "alertmanager:am", "http"),
    Watcher("posting", "alertmanager:post posting", "http", slow=True),
    Watcher("alerts_api", "alerts:alerts_api", "http"),
    Watcher("alerts_json", "alerts:alerts_json", "file"),
    Watcher("todo_monitoring", "alerts:todo_monitoring", "file"),
    Watcher("alert_files", "alerts:alert_files", "file"),
    Watcher("rule file", "rules", "file", slow=True),
    Watcher("SLO file", "slos", "file", slow=True),
    Watcher("silences", "kept", "kept", slow=True),
    Watcher("alert state", "kept", "kept", slow=True),
    Watcher("roll-ups", "kept", "kept", slow=True),
)
BY_NAME = {watcher.name: watcher for watcher in WATCHERS}


class SettableClock(SystemClock):
    """The machine's clocks, of which the time of day can be set, and that go on while the machine sleeps."""

    def __init__(self) -> None:
        self.set_by = timedelta(0)
        self.slept_s = 0.0

    def now(self) -> datetime:
        return super().now() + self.set_by + timedelta(seconds=self.slept_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.slept_s


class Fleet:
    """`start` and `stop` it; `do` runs a coroutine in its loop and gives what it gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificates = make_certificates(folder)
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.resolves = True
        self.clock = SettableClock()
        self.store = Store()
        self.proxies: dict[str, Proxy] = {}
        self.token = f"fleetdeck-fault-{os.getpid()}"
        self.redis: RealRedis | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="fleet")
        self.work: asyncio.Task[None] | None = None
        self.held_up_s = 0.0
        """For how long the loop did nothing that was due, in all."""

    # ── life ──

    def start(self) -> None:
        self._thread.start()
        self.do(self._start())

    def stop(self) -> None:
        try:
            self.do(self._stop())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(10)
            self.loop.close()
            self.end_worker()
            if self.redis is not None:
                self.redis.stop()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(4 * PATIENCE_S)

    async def _start(self) -> None:
        for name in FILES:
            self.write(name)
        self.start_redis()
        self.start_worker()
        self.origin = await HostileServer().__aenter__()
        self.control = await HostileServer().__aenter__()
        self.control.add("/health", HEALTHY)
        self.control.add("/metrics", METRICS)
        self.answer_well()
        self.write("file_sd")
        for watcher in WATCHERS:
            if watcher.by in ("http", "redis"):
                connect = self._to_redis if watcher.by == "redis" else self._to_origin
                self.proxies[watcher.name] = proxy = Proxy(connect, self.certificates)
                await proxy.start()
        (self.folder / "fleetdeck.yaml").write_text(self._config())
        past = past_of(self.folder / "state" / "fleet.json", writes=True)
        self.deck = Deck(load(self.folder / "fleetdeck.yaml", kind_tables()), self.store, self.clock, past=past)
        self.work = asyncio.create_task(self.deck.run())
        self._metering = asyncio.create_task(self._meter())
        await self.until(self.all_is_well, "everything is well at first")

    async def _stop(self) -> None:
        assert self.work is not None
        assert not self.work.done(), f"it ended by itself: {self.work.exception()!r}"
        self.work.cancel()
        self._metering.cancel()
        await asyncio.wait([self.work, self._metering])
        for proxy in self.proxies.values():
            await proxy.stop()
        await self.origin.__aexit__()
        await self.control.__aexit__()
        await self.loop.shutdown_default_executor()

    def _config(self) -> str:
        def url(name: str, path: str = "") -> str:
            return f"https://{HOST}:{self.proxies[name].port}{path}"

        def redis(name: str) -> dict[str, str]:
            return {"kind": name, "name": name, "url": f"rediss://{HOST}:{self.proxies[name].port}/0"}

        agents = [
            {"name": "control", "health": self.control.url("/health")},
            {"name": "behind-health", "health": url("health", "/health")},
            {"name": "behind-metrics", "metrics": url("metrics", "/metrics-page")},
        ]
        discovery = [
            {"kind": "static", "name": "hand", "agents": agents},
            {"kind": "agent_status", "name": "agent_status", "path": FILES["agent_status"][0]},
            {"kind": "coordinator", "name": "coordinator", "url": url("coordinator")},
            {"kind": "metrics_page", "name": "metrics_page", "url": url("metrics_page", "/page")},
            {"kind": "file_sd", "name": "file_sd", "files": ["targets.json"]},
            {"kind": "http_sd", "name": "http_sd", "url": url("http_sd", "/sd")},
            {"kind": "processes", "name": "processes", "match": self.token, "agent": "worker"},
        ]
        queues = [
            {"kind": "coordinator", "name": "coordinator", "url": url("coordinator queue")},
            {"kind": "task_file", "name": "task_file", "path": FILES["task_file"][0]},
            redis("redis_stream") | {"stream": "work", "group": "workers"},
            redis("redis_list") | {"key": "jobs"},
        ]
        backlog: list[dict[str, Any]] = [
            {"kind": kind, "name": kind, "path": FILES[kind][0]}
            for kind in ("markdown", "batch_progress", "todo_list", "csv")
        ]
        backlog[-1] |= {"status_column": "Status", "done": ["Complete"]}
        pace = {"every": EVERY_S, "timeout": TIMEOUT_S}
        every = dict.fromkeys(PROBE_KINDS, pace)
        parts: dict[str, Any] = {
            "every": EVERY_S,
            "timeout": TIMEOUT_S,
            "stale_after": STALE_AFTER,
            "keep_gone": "1h",
            "host": {"disks": [str(self.disk)]},
            "probes": every,
            "limits": {"file_bytes": FILE_BYTES, "body_bytes": BODY_BYTES},
            "discovery": discovery,
            "queues": queues,
            "backlog": backlog,
            "default_rules": False,
            "rules": [FILES["rule file"][0]],
            "slo_files": [FILES["SLO file"][0]],
            "prometheus": {"url": url("Prometheus", "/prom")} | pace,
            "alertmanager": [
                {"name": "am", "url": url("Alertmanager", "/am")} | pace,
                {"name": "post", "url": url("posting", "/post"), "post": True} | pace,
            ],
            "alerts": [
                {"kind": "alerts_api", "name": "alerts_api", "url": url("alerts_api", "/claims")} | pace,
                {"kind": "alerts_json", "name": "alerts_json", "path": FILES["alerts_json"][0]} | pace,
                {"kind": "todo_monitoring", "name": "todo_monitoring", "path": FILES["todo_monitoring"][0]} | pace,
                {"kind": "alert_files", "name": "alert_files", "folder": str(self.place("alert_files"))} | pace,
            ],
        }
        return json.dumps(parts)

    # ── what is watched ──

    def path(self, name: str) -> Path:
        return self.folder / ("targets.json" if name == "file_sd" else FILES[name][0])

    def place(self, name: str) -> Path:
        """What the configuration names: the file, or the folder that it stands in."""
        return self.path(name).parent if name == "alert_files" else self.path(name)

    def write(self, name: str) -> None:
        """The good content of a file, in the place of whatever is there; nobody sees a part of it."""
        path = self.path(name)
        if path.parent.is_symlink():
            path.parent.unlink()
        path.parent.mkdir(exist_ok=True)
        if name == "file_sd":
            if not hasattr(self, "control"):
                return
            group = {"targets": [f"127.0.0.1:{self.control.port}"], "labels": {"agent_name": "from-file"}}
            content = json.dumps([group])
        else:
            content = FILES[name][1]
        new = self.folder / "new"
        new.write_text(content)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        new.replace(path)

    def answer_well(self) -> None:
        """Have the HTTP server answer every path as it should."""
        group = {"targets": [f"127.0.0.1:{self.control.port}"], "labels": {"agent_name": "from-http"}}
        for path, answer in (PATHS | {"/sd": json_reply([group])}).items():
            self.origin.add(path, answer)

    def start_redis(self) -> None:
        """A new Redis, with a stream and a list, which are there before anybody reaches it."""
        new = RealRedis()
        fill(new)
        self.redis = new

    def start_worker(self) -> None:
        """A process that the fleet knows by its command line."""
        program = "import sys; sys.stdin.read()"
        self.worker = subprocess.Popen([sys.executable, "-c", program, self.token], stdin=subprocess.PIPE)

    def end_worker(self, *, reap: bool = True) -> None:
        if self.worker is not None and self.worker.poll() is None:
            self.worker.send_signal(signal.SIGKILL)
        if self.worker is not None and reap:
            self.worker.wait(10)
            if self.worker.stdin is not None:
                self.worker.stdin.close()

    async def _to_origin(self) -> Streams:
        return await asyncio.open_connection("127.0.0.1", self.origin.port)

    async def _to_redis(self) -> Streams:
        assert self.redis is not None
        return await asyncio.open_unix_connection(str(self.redis.path))

    def ports(self) -> list[int]:
        """Those that proxies listen on."""
        return [proxy.port for proxy in self.proxies.values()]

    # ── what is seen of it ──

    def said(self, watcher: Watcher) -> str:
        """What the row of a source says, and the agent, queue or backlog that it fills."""
        source = self.store.sources.get(watcher.job)
        name = watcher.job.partition(":")[2]
        row = self.store.queues.get(name) if watcher.job.startswith("queue") else self.store.backlog.get(name)
        status = self.store.status.get("worker" if watcher.by == "process" else name)
        parts = [*((source.error, *source.problems) if source else ()), *(row.anomalies if row else ())]
        return "; ".join([*parts, status.detail if status else ""])

    def data(self, watcher: Watcher) -> object:
        """What is known by a watcher, so that it can be compared; None for nothing."""
        store, (family, _, name) = self.store, watcher.job.partition(":")
        match family:
            case "discovery":
                source = name
                return sorted(n for n, a in store.agents.items() if source in a.sources and not a.gone_since)
            case "health":
                return store.health[name].reading if name in store.health else None
            case "metrics":
                scrape = store.scrapes.get(name)
                return scrape.page.values if scrape and scrape.page else None
            case "process":
                return name in store.status
            case "queue":
                queue = store.queues.get(name)
                return queue and (queue.queued, sum(task.queue == name for task in store.tasks.values()))
            case "alerts" | "prometheus" | "alertmanager" if not name.endswith(" posting"):
                source = name or family
                return sorted(str(row.labels) for row in store.alerts.values() if row.source == source)
            case "alertmanager":
                return any(request.path == "/post/api/v2/alerts" and request.body for request in self.origin.seen)
            case "rules":
                return any(row.name == "Always" and row.state.value == "firing" for row in store.alerts.values())
            case "slos":
                return sorted(store.slos)
            case "backlog":
                backlog = store.backlog.get(name)
                return backlog and (backlog.total, backlog.done)
        return bool(store.host)

    def is_well(self, watcher: Watcher) -> bool:
        """Whether it answers, wholly, and something is known by it."""
        source = self.store.sources.get(watcher.job)
        if source is None or source.state.value != "ok" or not self.data(watcher):
            return False
        status = self.store.status.get(watcher.job.partition(":")[2])
        return status is None or status.state.value == "up"

    def all_is_well(self) -> bool:
        """Whether everything is well, and every agent that can be looked at was."""
        looked_at = (name for name, agent in self.store.agents.items() if agent.health or agent.metrics)
        states = [self.store.status[name].state.value if name in self.store.status else "" for name in looked_at]
        return all(map(self.is_well, WATCHERS)) and set(states) == {"up"}

    async def _meter(self) -> None:
        while True:
            due = self.loop.time() + _METER_S
            await asyncio.sleep(_METER_S)
            self.held_up_s += max(0.0, self.loop.time() - due)

    async def between_looks(self, name: str) -> None:
        """Wait for a moment in which this watcher does not look; it lasts until the caller awaits something."""
        look = self.deck._supervisor._entries[BY_NAME[name].job]
        await self.until(lambda: not look.running, f"{name} has looked")

    def looks(self) -> int:
        """How often the health of the one agent that is always well was asked for: a clock of intervals."""
        return sum(request.path == "/health" for request in self.control.seen)

    async def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait until `condition` holds."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():  # files and sockets tell nobody
                    for watcher in WATCHERS:
                        if watcher.slow:
                            self.deck.hurry(watcher.job)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            rows = {watcher.name: self.said(watcher) for watcher in WATCHERS if not self.is_well(watcher)}
            raise AssertionError(f"not within {PATIENCE_S:g}s: {what}; rows: {rows}") from None


def fill(redis: RealRedis) -> None:
    """Put a stream and a list in the place of whatever is there, at once."""
    with redis.client() as client, client.pipeline(transaction=True) as all_at_once:
        all_at_once.delete("jobs", "work")
        all_at_once.rpush("jobs", "one", "two")
        all_at_once.xgroup_create("work", "workers", mkstream=True)
        all_at_once.xgroup_createconsumer("work", "workers", "worker")  # nothing is odd while all is well
        all_at_once.xadd("work", {"title": "first"})
        all_at_once.execute()


PROBE_KINDS = ("discovery", "health", "metrics", "process", "queue", "backlog", "host", "self")


def resolver(fleet: Callable[[], Fleet | None]) -> Callable[..., Any]:
    """`socket.getaddrinfo` that knows `HOST`, as long as the fleet has it resolve."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (HOST, HOST.encode()):
            return real(host, *args, **kwargs)
        current = fleet()
        if current is not None and not current.resolves:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real("127.0.0.1", *args, **kwargs)

    return getaddrinfo
