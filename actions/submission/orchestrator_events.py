"""The events of an orchestrator about its jobs, heard only where listening takes nothing away from anybody.

They are sent in one of two ways, and which it is its interface tells: to everybody, or from a group in Redis, where who
reads an event takes it away from who else reads in that group.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from actions.submission.header_auth import HeaderAuth, read_header
from actions.submission.orchestrator_jobs import Job, job_of
from actions.submission.orchestrator_pages import OrchestratorPages
from fleet.actions.action import ActionState
from fleet.errors import OutsideError
from transport.sse import ServerEvent, listen

Listening = Literal["no", "bus", "any"]
STREAM: Final = "/events/stream"
_STATES: Final = {
    "ingestion.queued": "queued",
    "ingestion.started": "processing",
    "ingestion.progress": "processing",
    "ingestion.completed": "completed",
    "ingestion.failed": "failed",
}


class OrchestratorEvents:
    """Listens for `for_s` seconds at a time. `listening`: not at all, where events are sent to everybody, or always."""

    def __init__(
        self,
        url: str,
        auth: HeaderAuth | None,
        root: Path,
        pages: OrchestratorPages,
        listening: Listening,
        for_s: float,
    ) -> None:
        self._url = f"{url}{STREAM}?last_id=%3E&event_types={','.join(_STATES)}"
        self._auth = auth
        self._root = root
        self._pages = pages
        self._listening = listening
        self._for_s = for_s
        self._kind: str | None = None

    async def heard(self, ids: Collection[str]) -> dict[str, Job]:
        """What is said of these jobs, by id, until each has ended or the time is over. Nothing where it cannot be
        heard: only a quarter of the events would come anyway, each of four worker processes sends its own."""
        if not ids or not await self._may_listen():
            return {}
        heard: dict[str, Job] = {}

        def take(event: ServerEvent) -> bool:
            job = event_job(event)
            if job is not None and job.id in ids and not _has_ended(heard.get(job.id)):
                heard[job.id] = job
            return all(_has_ended(heard.get(id)) for id in ids)

        try:
            header = read_header(self._auth, self._root)
            headers = {} if header is None else {header[0]: header[1].reveal()}
            await listen(self._url, take, for_s=self._for_s, headers=headers)
        except OutsideError:
            return {}
        return heard

    async def _may_listen(self) -> bool:
        if self._listening != "bus":
            return self._listening == "any"
        if self._kind is None:
            try:
                self._kind = stream_kind(await self._pages.interface())
            except OutsideError:
                return False
        return self._kind == "event_types"


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
