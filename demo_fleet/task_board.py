"""A JSON API that takes tasks, as a modern one would: keys make a repeated request harmless, tasks can be cancelled.

`POST /tasks` `{"text": …, "agent": …, "priority": 1–9}` → 201 with the task, or 200 with the one that the same
`Idempotency-Key` made before; `GET /tasks/ID`, `GET /tasks?key=…&status=…`, `DELETE /tasks/ID`. A task without a text
is refused with 422, and so is one that has the word `forbidden`. Tasks are worked off as of the moment somebody asks:
nothing runs while nobody looks.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct

from demo_fleet.http_api import ApiReply
from demo_fleet.moment import Moment

WORKERS = 8
WORK_S = 1.5
"""Script seconds that a task takes."""
TASKS_KEPT = 5_000
_MOST_CHARACTERS = 20_000
_LISTED = 500


class BoardTask(Struct, kw_only=True):
    """A task. Times are the script's; it runs from `starts` to `ends`."""

    id: str
    text: str
    agent: str | None
    priority: int
    key: str
    made: float
    starts: float
    ends: float
    cancelled: float | None = None

    def status(self, t: float) -> str:
        """`queued`, `running`, `done`, `failed` or `cancelled` at `t`."""
        if self.cancelled is not None:
            return "cancelled"
        if t < self.starts:
            return "queued"
        if t < self.ends:
            return "running"
        return "failed" if "fail" in self.text.lower().split() else "done"


class TaskBoard:
    """The tasks that were given, and who works on them when."""

    def __init__(self, moment: Callable[[], Moment], new_id: Callable[[], str]) -> None:
        self._moment = moment
        self._new_id = new_id
        self._tasks: dict[str, BoardTask] = {}
        self._by_key: dict[str, str] = {}
        self._free = [0.0] * WORKERS

    def answer(self, method: str, path: str, query: str, body: object, key: str) -> ApiReply | None:
        """The reply to a request at `/tasks` or below; None for any other path."""
        task_id = path.removeprefix("/tasks/")
        if path == "/tasks":
            if method == "POST":
                return self._take(body, key)
            return self._listing(query) if method == "GET" else ApiReply(405, {"error": "GET and POST only"})
        if not path.startswith("/tasks/"):
            return None
        task = self._tasks.get(task_id)
        if task is None:
            return ApiReply(404, {"error": "no such task"})
        if method == "DELETE":
            return self._cancel(task)
        return ApiReply(200, self._record(task)) if method == "GET" else ApiReply(405, {"error": "GET and DELETE only"})

    def _take(self, body: object, key: str) -> ApiReply:
        if key and key in self._by_key:
            return ApiReply(200, self._record(self._tasks[self._by_key[key]]))
        wrong = _wrong(body)
        if wrong or not isinstance(body, dict):
            return ApiReply(422, {"error": wrong})
        t = self._moment().t
        worker = min(range(WORKERS), key=lambda number: self._free[number])
        starts = max(self._free[worker], t + 0.5)
        self._free[worker] = starts + WORK_S
        task = BoardTask(
            id=self._new_id(), text=body["text"], agent=body.get("agent"), priority=body.get("priority", 5), key=key,
            made=t, starts=starts, ends=starts + WORK_S,
        )  # fmt: skip
        self._tasks[task.id] = task
        if key:
            self._by_key[key] = task.id
        self._forget_old()
        return ApiReply(201, self._record(task))

    def _cancel(self, task: BoardTask) -> ApiReply:
        t = self._moment().t
        status = task.status(t)
        if status in ("done", "failed"):
            return ApiReply(409, {"error": f"it is {status} already"})
        if task.cancelled is None:
            task.cancelled = t
        return ApiReply(200, self._record(task))

    def _listing(self, query: str) -> ApiReply:
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        t = self._moment().t
        found = [
            task
            for task in self._tasks.values()
            if asked.get("key", task.key) == task.key and asked.get("status", task.status(t)) == task.status(t)
        ]
        return ApiReply(200, {"tasks": [self._record(task) for task in found[-_LISTED:]], "count": len(found)})

    def _record(self, task: BoardTask) -> dict[str, Any]:
        moment = self._moment()
        status = task.status(moment.t)
        end = task.cancelled if task.cancelled is not None else task.ends
        begun = status in ("running", "done", "failed")
        return {
            "id": task.id,
            "status": status,
            "agent": task.agent,
            "priority": task.priority,
            "key": task.key,
            "created_at": moment.zulu(task.made),
            "started_at": moment.zulu(task.starts) if begun else None,
            "finished_at": moment.zulu(end) if status in ("done", "failed", "cancelled") else None,
            "output": f"{len(task.text)} characters read\n" if status == "done" else "",
            "error": "the task asked to fail" if status == "failed" else None,
        }

    def _forget_old(self) -> None:
        while len(self._tasks) > TASKS_KEPT:
            oldest = self._tasks.pop(next(iter(self._tasks)))
            self._by_key.pop(oldest.key, None)


def _wrong(body: object) -> str:
    """What is wrong with the body of a new task, "" where nothing is."""
    if not isinstance(body, dict):
        return "the body must be a JSON object"
    text, agent, priority = body.get("text"), body.get("agent"), body.get("priority", 5)
    if not isinstance(text, str) or not text.strip():
        return "text must not be empty"
    if len(text) > _MOST_CHARACTERS:
        return f"text has more than {_MOST_CHARACTERS} characters"
    if "forbidden" in text.lower().split():
        return "the policy of this board forbids such a task"
    if agent is not None and not isinstance(agent, str):
        return "agent must be a text"
    if isinstance(priority, bool) or not isinstance(priority, int) or not 1 <= priority <= 9:
        return "priority must be a whole number from 1 to 9"
    return ""
