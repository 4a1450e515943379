"""The events of an orchestrator about its jobs, heard only where listening takes nothing away from anybody.

They are sent in one of two ways, and which it is its interface tells: to everybody, or from a group in Redis, where who
reads an event takes it away from who else reads in that group.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from actions.submission.header_auth import HeaderAuth, read_header
from actions.submission.orchestrator_jobs import Job, job_of
from actions.submission.orchestrator_pages import OrchestratorPages
from fleet.actions.action import ActionState
from fleet.errors import OutsideError
from transport.sse import ServerEvent, listen
from transport.time_limit import TimeLimit

Listening = Literal["no", "bus", "any"]
STREAM: Final = "/events/stream"
UNASKED_S: Final = 30.0
"""How long the stream is kept open after the last look; longer than the pause between two looks ever is."""
ANEW_S: Final = 300.0
"""After which a stream is opened anew, because one that is silent may be dead."""
AGAIN_S: Final = 1.0
"""Before it is opened again where it was cut or refused."""
_STATES: Final = {
    "ingestion.queued": "queued",
    "ingestion.started": "processing",
    "ingestion.progress": "processing",
    "ingestion.completed": "completed",
    "ingestion.failed": "failed",
}


class OrchestratorEvents:
    """Waits for `for_s` seconds at a time. `listening`: not at all, where events are sent to everybody, or always."""

    def __init__(
        self,
        url: str,
        auth: HeaderAuth | None,
        root: Path,
        pages: OrchestratorPages,
        listening: Listening,
        for_s: float,
    ) -> None:
        self._listener = _Listener(f"{url}{STREAM}?last_id=%3E&event_types={','.join(_STATES)}", auth, root)
        self._pages = pages
        self._listening = listening
        self._for_s = for_s
        self._kind: str | None = None

    async def heard(self, ids: Collection[str]) -> dict[str, Job]:
        """What was said of these jobs since they were first asked for, by id, once each has ended or the time is over.
        Nothing where it cannot be heard: only a quarter of the events would come anyway, each of four worker processes
        sends its own."""
        if not ids or not await self._may_listen():
            return {}
        self._listener.ask(ids)
        with suppress(TimeoutError):
            async with TimeLimit(self._for_s):
                await self._listener.ended(ids)
        return {id: self._listener.heard[id] for id in ids if id in self._listener.heard}

    async def _may_listen(self) -> bool:
        if self._listening != "bus":
            return self._listening == "any"
        if self._kind is None:
            try:
                self._kind = stream_kind(await self._pages.interface())
            except OutsideError:
                return False
        return self._kind == "event_types"


class _Listener:
    """Keeps the stream open from one look to the next, because an event is sent once and never again. It leaves when
    each job that it was asked for has ended, or nobody asks any more."""

    def __init__(self, url: str, auth: HeaderAuth | None, root: Path) -> None:
        self.heard: dict[str, Job] = {}
        """The last event of each job that was asked for, by its id; the one that it ended by stays."""
        self._url = url
        self._auth = auth
        self._root = root
        self._open: set[str] = set()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leaving: asyncio.TimerHandle | None = None

    def ask(self, ids: Collection[str]) -> None:
        """Listen for these, too."""
        self._open.update(id for id in ids if not _has_ended(self.heard.get(id)))
        loop = asyncio.get_running_loop()
        if self._open and (self._task is None or self._task.done()):
            self._task = loop.create_task(self._listen())
        if self._leaving is not None:
            self._leaving.cancel()
        self._leaving = loop.call_later(UNASKED_S, self._leave)

    async def ended(self, ids: Collection[str]) -> None:
        """Wait until each of these has ended."""
        while not self._open.isdisjoint(ids):
            self._news.clear()
            await self._news.wait()

    def _leave(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._open.clear()
        self.heard.clear()

    async def _listen(self) -> None:
        while self._open:
            # A stream that is cut, or was silent for long, is opened anew: what was heard before stays.
            with suppress(OutsideError):
                header = read_header(self._auth, self._root)
                headers = {} if header is None else {header[0]: header[1].reveal()}
                await listen(self._url, self._take, for_s=ANEW_S, headers=headers)
            await asyncio.sleep(AGAIN_S)

    def _take(self, event: ServerEvent) -> bool:
        job = event_job(event)
        if job is not None and job.id in self._open:
            self.heard[job.id] = job
            if _has_ended(job):
                self._open.discard(job.id)
            self._news.set()
        return not self._open


def _has_ended(job: Job | None) -> bool:
    return job is not None and job.state is not ActionState.RUNNING


def stream_kind(openapi: Any) -> str:
    """How events are sent, by the parameter of their stream: `event_types` to everybody, `last_id` from a group of
    Redis, or `neither`."""
    try:
        named = {one["name"] for one in openapi["paths"][STREAM]["get"].get("parameters", ())}
    except (TypeError, LookupError, AttributeError):
        return "neither"
    return next((name for name in ("last_id", "event_types") if name in named), "neither")


def event_job(event: ServerEvent) -> Job | None:
    """The job that an event is about, in either of the two formats; None where it is about none."""
    said = _decoded(event.data)
    if not isinstance(said, dict):
        return None
    state = _STATES.get(str(said.get("event_type") or event.type))
    data = said.get("data")
    if isinstance(data, str):
        data = _decoded(data)
    # In one format the numbers stand in `data`, in the other beside the id.
    about = {**said, **(data if isinstance(data, dict) else {})}
    if state is None or not said.get("job_id"):
        return None
    return job_of({**about, "job_id": said["job_id"], "status": state, "error_message": about.get("error")})


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
