"""The tasks of a tools-automation coordinator as it shows them: the ten newest in its analytics, all of them in
`/status`, which may be half a minute old and is empty whenever its cache is cold."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from actions.performing.secrets import unrepeated
from actions.submission.answers import tail_of
from actions.submission.header_auth import HeaderAuth, read_header
from actions.submission.pages import page_json
from fleet.actions.action import ActionState, Observed
from fleet.actions.ports import ActReach
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.ports import Answer
from fleet.task_records import whole
from fleet.text import scrub
from fleet.vocabulary import TaskState, task_state

ANALYTICS, STATUS, AGENTS = "/api/tasks/analytics", "/status", "/api/agents/status"
STATUS_AGE_S: Final = 30.0
"""How long the coordinator keeps `/status`: asking more often brings nothing new."""
NEWEST_AGE_S: Final = 4.0
"""How long our own look at the newest is good enough: all of a host have 50 requests a minute."""

Record = dict[str, Any]


class Listing(Struct, frozen=True, kw_only=True):
    """Tasks by id. `whole`: they are all that the coordinator has. `fresh`: it was asked just now, so that a task which
    is not among them was not there."""

    tasks: Mapping[str, Record]
    whole: bool = False
    fresh: bool = True


class CoordinatorTasks:
    """Reads one coordinator: one request at a time, each over a connection of its own, because an idle connection would
    block everybody else."""

    def __init__(self, url: str, client_id: str, auth: HeaderAuth | None, reach: ActReach) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError("url: no http:// or https:// address")
        self._url = url.rstrip("/")
        self._headers = {"X-Client-Id": client_id}
        self._auth = auth
        self._reach = reach
        self._newest = Listing(tasks={})
        self._newest_at: datetime | None = None
        self._all = Listing(tasks={})
        self._all_at: datetime | None = None

    async def newest(self) -> Listing:
        """The ten newest. Raises OutsideError."""
        if self._is_recent(self._newest_at, NEWEST_AGE_S):
            return replace(self._newest, fresh=False)
        body = await self._json(ANALYTICS)
        said = body.get("analytics", body)
        listed = said.get("recent_tasks") if isinstance(said, dict) else None
        if not isinstance(listed, list):
            raise OutsideError(Fault.PAYLOAD, f"{ANALYTICS} lists no tasks")
        tasks = _by_id(listed)
        total = whole(said.get("total_tasks"))
        self._newest = Listing(tasks=tasks, whole=total is not None and total == len(tasks))
        self._newest_at = self._reach.clock.now()
        return self._newest

    async def all(self) -> Listing | None:
        """All tasks; None where it does not say."""
        if self._is_recent(self._all_at, STATUS_AGE_S):
            return replace(self._all, fresh=False)
        self._all_at = self._reach.clock.now()
        try:
            body = await self._twice()
        except OutsideError as error:
            return replace(self._all, fresh=False) if error.fault is Fault.RATE_LIMITED else None
        listed = body.get("tasks")
        if not isinstance(listed, list):
            return None
        self._all = Listing(tasks=_by_id(listed), whole=True)
        return self._all

    def _is_recent(self, at: datetime | None, age_s: float) -> bool:
        return at is not None and timedelta(0) <= self._reach.clock.now() - at < timedelta(seconds=age_s)

    async def registered(self) -> frozenset[str]:
        """The agents that it knows. Raises OutsideError."""
        body = await self._json(AGENTS)
        agents = body.get("agents")
        named = agents.get("registered_agents") if isinstance(agents, dict) else None
        if not isinstance(named, list):
            raise OutsideError(Fault.PAYLOAD, f"{AGENTS} names no agents")
        return frozenset(one for one in named if isinstance(one, str))

    async def _twice(self) -> Record:
        """`/status`, which answers nothing where its cache is cold, and the same request again from the cache."""
        try:
            return await self._json(STATUS)
        except OutsideError as error:
            if error.fault not in (Fault.EMPTY, Fault.RESET):
                raise
        return await self._json(STATUS)

    async def _json(self, path: str) -> Record:
        body = page_json(await self._get(path), path)
        if not isinstance(body, dict):
            raise OutsideError(Fault.PAYLOAD, f"{path} is no object")
        return body

    async def _get(self, path: str) -> Answer:
        secret = read_header(self._auth, self._reach.root)
        answer = await self._reach.http.get(
            self._url + path, accept="application/json", headers=self._headers, secret=secret, close=True, alone=True
        )
        return unrepeated(answer, secret)


def observed(record: Record) -> Observed:
    """What a task's record says. An exit code that contradicts its word is believed."""
    word = scrub(str(record.get("status", "")), 40)
    state = task_state(word)
    code = record.get("returncode")
    code = code if isinstance(code, int) and not isinstance(code, bool) else None
    tail = tail_of(record.get("stdout"), record.get("stderr"))
    ended = "" if code is None else f", exit code {code}"
    if state is TaskState.DONE and code not in (None, 0):
        sentence = f"it says {word}, and its exit code is {code}"
        return Observed(state=ActionState.FAILED, sentence=sentence, final=True, tail=tail, task=TaskState.FAILED)
    if state is TaskState.DONE:
        return Observed(state=ActionState.SUCCEEDED, sentence=f"{word}{ended}", final=True, tail=tail, task=state)
    if state is TaskState.FAILED:
        last = tail.rpartition("\n")[2]
        said = f"{word}{ended}{': ' if last else ''}{last}"
        return Observed(state=ActionState.FAILED, sentence=scrub(said), final=True, tail=tail, task=state)
    if state is TaskState.CANCELLED:
        return Observed(state=ActionState.CANCELLED, sentence=word, final=True, tail=tail, task=state)
    return Observed(state=ActionState.RUNNING, sentence=word or "it gives no state", tail=tail, task=state)


def _by_id(listed: list[Any]) -> dict[str, Record]:
    return {one["id"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)}
