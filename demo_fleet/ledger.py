"""What the demo's coordinator knows: agents, controllers, tasks, counters, its cache and its request budget.

It follows the real coordinator, a single-process server whose registry and task list live in memory: heartbeats fill
the controllers and never expire, counters count enqueues and not depth, and a cached answer may be out of date.
All times come in from outside as epoch seconds.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct

ALLOWED = (
    "analyze", "analyze-all", "auto-apply", "ci-check", "fix", "fix-all", "status", "validate",
    "optimize-performance", "enhance-review-engine", "implement-feature", "integrate-api", "enhance-ui",
    "implement-todo", "mcp_github_list_workflows", "mcp_github_list_workflow_runs", "mcp_github_get_job_logs",
    "quantum_orchestrate", "quantum_analyze", "quantum_finance", "quantum_learning", "multiverse_navigate",
    "consciousness_expand", "dimensional_compute", "modify-fail",
)  # fmt: skip
"""The commands that the coordinator takes; the names are the protocol's."""

EXIT_CODES = {"status": 0, "modify-fail": 1}
"""Commands with a script behind them. All others end in `error`, as they do where the scripts are not installed."""

RUN_S = 2.0
"""How long a command runs."""
TASKS_KEPT = 500
"""Finished tasks above this are forgotten, but still counted: a demo may run for days."""
STATUS_TTL_S, HEALTH_TTL_S, CONTROLLERS_TTL_S = 30.0, 60.0, 15.0


class CoordinatorTask(Struct, kw_only=True):
    """A task as the coordinator holds it. `ends_at` is set while it runs; `made_at` where an operator queued it."""

    id: str
    agent: str
    command: str
    project: str | None
    status: str = "queued"
    meta: dict[str, Any] | None = None
    outcome: dict[str, Any] = {}
    ends_at: float | None = None
    made_at: float | None = None

    def record(self) -> dict[str, Any]:
        """The task as it is sent: no times, no priority, and the outcome only once there is one."""
        head = {"id": self.id, "agent": self.agent, "command": self.command, "project": self.project}
        meta = {} if self.meta is None else {"meta": self.meta}
        return {**head, "status": self.status, **meta, **self.outcome}


class Ledger:
    """The coordinator's memory. `exit_codes` says which commands have a script, and how it ends."""

    def __init__(self, new_id: Callable[[], str], exit_codes: dict[str, int] | None = None) -> None:
        self._new_id = new_id
        self._exit_codes = EXIT_CODES if exit_codes is None else exit_codes
        self._agents: dict[str, tuple[str, ...]] = {}
        self._controllers: dict[str, tuple[str | None, float]] = {}
        self._tasks: dict[str, CoordinatorTask] = {}
        self._forgotten = {"completed": 0, "failed": 0}
        self._cache: dict[str, tuple[float, Any]] = {}
        self.counters = dict.fromkeys(
            ("tasks_assigned", "tasks_dlq", "tasks_executed", "tasks_failed", "tasks_queued"), 0
        )

    def register(self, agent: str, capabilities: tuple[str, ...] = ()) -> None:
        """An agent makes itself known; the cached status is dropped."""
        self._agents[agent] = capabilities
        self._invalidate()

    def forget(self, agent: str) -> None:
        """The coordinator was told that an agent is gone for good."""
        if self._agents.pop(agent, None) is not None:
            self._invalidate()

    def heartbeat(self, agent: str, project: str | None, now: float) -> None:
        """A controller is alive."""
        self._controllers[agent] = (project, now)
        self._invalidate()

    def enqueue(self, agent: str, command: str, project: str | None, task_id: str | None = None) -> CoordinatorTask:
        """A new task, queued; the cached status is dropped."""
        task = self._add(CoordinatorTask(id=task_id or self._new_id(), agent=agent, command=command, project=project))
        self._invalidate()
        return task

    def enqueue_alert(self, project: str | None, meta: dict[str, Any]) -> CoordinatorTask:
        """A task made from a failed workflow. The cached status stays as it is, out of date."""
        return self._add(
            CoordinatorTask(id=self._new_id(), agent="workflow-monitor", command="ci-check", project=project, meta=meta)
        )

    def task(self, task_id: str) -> CoordinatorTask | None:
        """The task of that id, if there is one."""
        return self._tasks.get(task_id)

    def queued(self) -> list[CoordinatorTask]:
        """The tasks that wait, oldest first."""
        return [task for task in self._tasks.values() if task.status == "queued"]

    def execute(self, task: CoordinatorTask, now: float) -> None:
        """Start a queued task. The cached status stays as it is."""
        task.status = "running"
        task.ends_at = now + RUN_S

    def start(self, task_id: str) -> None:
        """A controller takes a task; it will report the end."""
        task = self._tasks.get(task_id)
        if task is not None and task.status == "queued":
            task.status = "running"

    def settle(self, now: float) -> None:
        """Finish what has run its time by `now`."""
        for task in self._tasks.values():
            if task.ends_at is not None and task.ends_at <= now:
                self._finish(task)
        self._forget_old()

    def finish(self, task_id: str, code: int) -> None:
        """A controller reports the end of a task."""
        task = self._tasks.get(task_id)
        if task is not None and task.status == "running":
            self._finish(task, code)

    def agents(self) -> list[str]:
        """Names of registered agents, in order of registration."""
        return list(self._agents)

    def controllers(self) -> list[dict[str, Any]]:
        """Controllers with their last heartbeat, epoch seconds."""
        return [
            {"agent": agent, "project": project, "last_heartbeat": seen}
            for agent, (project, seen) in self._controllers.items()
        ]

    def tasks(self) -> list[dict[str, Any]]:
        """All tasks, oldest first."""
        return [task.record() for task in self._tasks.values()]

    def analytics(self, now: float) -> dict[str, Any]:
        """Counts, and the last ten tasks. The success rate counts queued tasks as not successful."""
        words = [task.status for task in self._tasks.values()]
        completed = self._forgotten["completed"] + words.count("success")
        failed = self._forgotten["failed"] + words.count("failed") + words.count("error")
        total = len(words) + sum(self._forgotten.values())
        return {
            "total_tasks": total,
            "queued_tasks": words.count("queued"),
            "running_tasks": words.count("running"),
            "completed_tasks": completed,
            "failed_tasks": failed,
            "success_rate": completed / total * 100 if total else 0,
            "recent_tasks": self.tasks()[-10:],
            "timestamp": now,
        }

    def cached(self, key: str, now: float) -> Any | None:
        """What the cache holds for `key`, or None."""
        entry = self._cache.get(key)
        return entry[1] if entry is not None and now < entry[0] else None

    def remember(self, key: str, value: Any, ttl_s: float, now: float) -> None:
        """Put an answer into the cache."""
        self._cache[key] = (now + ttl_s, value)

    def _add(self, task: CoordinatorTask) -> CoordinatorTask:
        self._tasks[task.id] = task
        self.counters["tasks_queued"] += 1
        return task

    def _finish(self, task: CoordinatorTask, code: int | None = None) -> None:
        task.ends_at = None
        code = self._exit_codes.get(task.command) if code is None else code
        self.counters["tasks_executed"] += 1
        if code is None:
            script = f"./Tools/Automation/{task.command}.sh"
            task.status = "error"
            task.outcome = {"stderr": f"[Errno 2] No such file or directory: '{script}'"}
        else:
            task.status = "success" if code == 0 else "failed"
            said = f"{task.command}: {'done' if code == 0 else 'could not be done'}\n"
            task.outcome = {"returncode": code, "stdout": said, "stderr": ""}
        if task.status != "success":
            self.counters["tasks_failed"] += 1

    def _forget_old(self) -> None:
        if len(self._tasks) <= TASKS_KEPT:
            return
        for task in list(self._tasks.values())[: len(self._tasks) - TASKS_KEPT]:
            if task.status in ("success", "failed", "error"):
                self._forgotten["completed" if task.status == "success" else "failed"] += 1
                del self._tasks[task.id]

    def _invalidate(self) -> None:
        self._cache.pop("status", None)
        self._cache.pop("controllers", None)


class RequestBudget:
    """So many requests per client address within a sliding window; what is refused is not counted."""

    def __init__(self, most: int = 50, window_s: float = 60.0) -> None:
        self._most = most
        self._window_s = window_s
        self._seen: dict[str, deque[float]] = {}

    @property
    def clients(self) -> int:
        """How many addresses were ever counted."""
        return len(self._seen)

    def take(self, client: str, now: float) -> bool:
        """Count a request of `client`; False where it has none left."""
        times = self._seen.setdefault(client, deque())
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True
