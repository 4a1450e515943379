"""What the demo's coordinator answers to each route, as values; `coordinator` puts them on the wire.

Written after the contract of the real one: a cold cache answers nothing, a warm health cache answers twice, an error
is `{"error": code}` without `ok`, and 50 requests a minute are allowed for each client address.
"""

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from demo_fleet.ledger import (
    ALLOWED,
    CONTROLLERS_TTL_S,
    HEALTH_TTL_S,
    STATUS_TTL_S,
    Ledger,
    RequestBudget,
)
from fleet.clock import Clock

_WHITELIST = frozenset({"test_client"})
"""Values of `X-Client-Id` that the request budget does not concern."""
_DISK_FULL_PERCENT = 90


class Request(Struct, frozen=True):
    """A request as it came. Header names are lower-case; `path` is as sent, with its query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client: str


class Answer(Struct, frozen=True):
    """A reply: a JSON object, or a text for `/metrics`. `correlation` is sent back on POST only."""

    status: int
    body: dict[str, Any] | str
    correlation: str | None = None


class Routes:
    """The coordinator's routes over its ledger. `disk_percent` is how full its disk is."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        budget: RequestBudget | None = None,
        disk_percent: Callable[[], float] = lambda: 61.5,
    ) -> None:
        self.ledger = ledger
        self._clock = clock
        self._new_id = new_id
        self._budget = budget or RequestBudget()
        self._disk_percent = disk_percent
        self._posts: dict[str, Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]] = {
            "/register": self._register,
            "/heartbeat": self._heartbeat,
            "/run": self._run,
            "/execute_task": self._execute,
            "/workflow_alert": self._workflow_alert,
            "/api/dashboard/refresh": self._refresh,
        }

    def allowed(self, request: Request) -> bool:
        """Whether the budget lets the request in. Only the exact `GET /health` is free."""
        exempt = request.method == "GET" and request.path == "/health"
        if exempt or request.headers.get("x-client-id") in _WHITELIST:
            return True
        return self._budget.take(request.client, self._now())

    def get(self, target: str) -> tuple[Answer, ...]:
        """The replies to a GET: none, one or two."""
        path = target.partition("?")[0]
        ledger, now = self.ledger, self._now()
        if path == "/status":
            return self._forgetful("status", STATUS_TTL_S, {"agents": ledger.agents(), "tasks": ledger.tasks()})
        if path == "/controllers":
            return self._forgetful("controllers", CONTROLLERS_TTL_S, {})
        if path in ("/health", "/v1/health"):
            return self._health(now)
        if path == "/metrics":
            return (Answer(200, self._metrics()),)
        if path == "/api/agents/status":
            return (Answer(200, {"ok": True, "agents": self._agents(now)}),)
        if path == "/api/tasks/analytics":
            return (Answer(200, {"ok": True, "analytics": ledger.analytics(now)}),)
        if path == "/api/metrics/system":
            return (Answer(200, {"ok": True, "system_metrics": self._system(now)}),)
        return (Answer(404, {"error": "not_found"}),)

    def post(self, request: Request) -> tuple[Answer, ...]:
        """The reply to a POST. Its path must be exact; a query makes it unknown."""
        status, body = self._posted(request)
        return (Answer(status, body, request.headers.get("x-correlation-id") or self._new_id()),)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _forgetful(self, key: str, ttl_s: float, data: dict[str, Any]) -> tuple[Answer, ...]:
        """A route whose answer is only ever sent from the cache: on a miss it is computed, kept, and not sent."""
        now = self._now()
        kept = self.ledger.cached(key, now)
        if kept is not None:
            return (Answer(200, kept),)
        self.ledger.remember(key, {"ok": True, **data, "controllers": self.ledger.controllers()}, ttl_s, now)
        return ()

    def _health(self, now: float) -> tuple[Answer, ...]:
        """A healthy answer is kept for a minute; sent from the cache it is followed by a second, failing reply."""
        kept = self.ledger.cached("health", now)
        if kept is not None:
            error = "internal_server_error: 'NoneType' object has no attribute 'get'"
            return Answer(200, kept), Answer(500, {"error": error})
        body = self._health_body(now)
        if not body["ok"]:
            return (Answer(503, body),)
        self.ledger.remember("health", body, HEALTH_TTL_S, now)
        return (Answer(200, body),)

    def _health_body(self, now: float) -> dict[str, Any]:
        words = [task["status"] for task in self.ledger.tasks()]
        disk = self._disk_percent()
        well = disk <= _DISK_FULL_PERCENT
        body: dict[str, Any] = {
            "ok": well,
            "status": "healthy" if well else "degraded",
            "timestamp": now,
            "uptime": True,
            "agents": {"registered": len(self.ledger.agents()), "controllers": len(self.ledger.controllers())},
            "tasks": {"total": len(words), "queued": words.count("queued"), "running": words.count("running")},
            "dependencies": {"ollama": {"available": False, "endpoint": "http://localhost:11434"}},
            "system": {
                "disk_free_gb": round(250 * (1 - disk / 100), 2),
                "disk_total_gb": 250.0,
                "disk_percent": disk,
                "cpu_percent": 6.4,
                "memory_percent": 31.2,
                "memory_available_gb": 21.98,
            },
        }
        return body if well else body | {"issues": [f"Low disk space: {disk}% used"]}

    def _agents(self, now: float) -> dict[str, Any]:
        agents, controllers = self.ledger.agents(), self.ledger.controllers()
        return {
            "total_agents": len(agents),
            "registered_agents": agents,
            "active_controllers": len(controllers),
            "controller_details": controllers,
            "timestamp": now,
        }

    def _system(self, now: float) -> dict[str, Any]:
        """The uptime is measured from a start that is never set, the requests are a sum of task counters."""
        return {
            "server_uptime": -2.6e-06,
            "total_requests": sum(self.ledger.counters.values()),
            "active_connections": self._budget.clients,
            "timestamp": now,
            "cpu_percent": 6.4,
            "memory_percent": 31.2,
            "disk_usage_percent": self._disk_percent(),
        }

    def _metrics(self) -> str:
        lines = []
        for name, value in sorted(self.ledger.counters.items()):
            lines += [f"# HELP {name} Simple MCP counter for {name}", f"# TYPE {name} counter", f"{name} {value}"]
        return "\n".join(lines) + "\n"

    def _posted(self, request: Request) -> tuple[int, dict[str, Any]]:
        try:
            data = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):
            return 400, {"error": "invalid_json"}
        if not isinstance(data, dict):
            return 500, {"error": f"internal_server_error: '{type(data).__name__}' object has no attribute 'get'"}
        route = self._posts.get(request.path)
        return (404, {"error": "not_found"}) if route is None else route(data)

    def _register(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        agent = data.get("agent")
        if not agent:
            return 400, {"error": "agent_required"}
        self.ledger.register(str(agent), tuple(map(str, data.get("capabilities") or ())))
        return 200, {"ok": True, "registered": agent}

    def _heartbeat(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        agent = data.get("agent")
        if not agent:
            return 400, {"error": "agent_required"}
        self.ledger.heartbeat(str(agent), data.get("project"), self._now())
        return 200, {"ok": True, "heartbeat": True, "agent": agent}

    def _run(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        agent, command = data.get("agent"), data.get("command")
        if not agent or not command:
            return 400, {"error": "agent_and_command_required"}
        if command not in ALLOWED:
            return 403, {"error": "command_not_allowed", "allowed": list(ALLOWED)}
        task = self.ledger.enqueue(str(agent), command, data.get("project"))
        task.made_at = self._now()
        if data.get("execute"):
            self.ledger.execute(task, self._now())
        return 200, {"ok": True, "task_id": task.id, "queued": True}

    def _execute(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        task_id = data.get("task_id")
        if not task_id:
            return 400, {"error": "task_id_required"}
        task = self.ledger.task(str(task_id))
        if task is None:
            return 404, {"error": "task_not_found"}
        if task.status != "queued":
            return 409, {"error": "task_not_queued", "status": task.status}
        self.ledger.execute(task, self._now())
        return 200, {"ok": True, "executing": True, "task_id": task.id}

    def _workflow_alert(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if not data.get("workflow") or not data.get("conclusion"):
            return 400, {"error": "workflow_and_conclusion_required"}
        meta = {key: data.get(key) for key in ("workflow", "conclusion", "url", "run_id", "action")}
        task = self.ledger.enqueue_alert(data.get("head_branch"), meta)
        task.made_at = self._now()
        return 200, {"ok": True, "enqueued": True, "task_id": task.id}

    def _refresh(self, _: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        now = self._now()
        refresh = {
            "dashboard_refreshed": True,
            "data_updated": True,
            "cache_cleared": False,
            "last_refresh": now,
            "next_refresh_scheduled": now + 300,
        }
        return 200, {"ok": True, "refresh": refresh}
