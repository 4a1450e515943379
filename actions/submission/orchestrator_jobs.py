"""The jobs of an orchestrator as its four places show them: the job itself, the list, the hash in Redis, and events.

The job itself is claimed to be `unknown` with 0 of 0 chunks while it lives; a job stays `queued` when all its chunks
are done; a database that fails is an empty list with 200; each of four worker processes sends its own events only. So
no single place is believed where another one knows more.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from config.values import SecretRef
from fleet.actions.action import ActionState, Observed
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.task_records import whole
from fleet.text import scrub
from fleet.times import parse_time
from fleet.vocabulary import TaskState, task_state
from transport.redis import RedisLink, parse_place, understood
from transport.sse import ServerEvent

_ENDED: Final = {
    TaskState.DONE: ActionState.SUCCEEDED,
    TaskState.FAILED: ActionState.FAILED,
    TaskState.CANCELLED: ActionState.CANCELLED,
}
_EVENT_STATES: Final = {
    "ingestion.queued": "queued",
    "ingestion.started": "processing",
    "ingestion.progress": "processing",
    "ingestion.completed": "completed",
    "ingestion.failed": "failed",
}
EVENT_TYPES: Final = tuple(_EVENT_STATES)


class Job(Struct, frozen=True, kw_only=True):
    """A job as one place shows it. `total` and `processed` are chunks; None: it does not say."""

    id: str
    status: str = ""
    total: int | None = None
    processed: int | None = None
    error: str = ""
    created_at: datetime | None = None
    metadata: str = ""

    @property
    def all_done(self) -> bool:
        """Whether every chunk is done, whatever the status says."""
        return (
            bool(self.total) and self.processed is not None and self.total is not None and self.processed >= self.total
        )

    @property
    def says_nothing(self) -> bool:
        """`unknown`, 0 of 0: what is said of every job that lives."""
        return self.status in ("", "unknown") and not self.total

    @property
    def state(self) -> ActionState:
        """What it comes to."""
        said = _ENDED.get(task_state(self.status))
        if said is ActionState.SUCCEEDED and self.total and self.processed is not None and not self.all_done:
            # Its word and its numbers contradict each other.
            return ActionState.UNKNOWN
        if said is None and self.all_done:
            return ActionState.SUCCEEDED
        return ActionState.RUNNING if said is None else said

    def observed(self, where: str) -> Observed:
        """The same, in words."""
        state = self.state
        chunks = "" if self.total is None else f", {self.processed or 0} of {self.total} chunks"
        sentence = f"{self.status or 'no status'}{chunks} ({where})"
        if state is ActionState.SUCCEEDED and task_state(self.status) is not TaskState.DONE:
            sentence = f"done, {self.processed} of {self.total} chunks (status stuck at {self.status}, {where})"
        if state is ActionState.UNKNOWN:
            sentence = f"it says {self.status} with {self.processed} of {self.total} chunks ({where})"
        if self.error:
            sentence = f"{sentence}: {self.error}"
        return Observed(state=state, sentence=scrub(sentence), final=state is not ActionState.RUNNING)


def job_of(record: Mapping[str, Any]) -> Job:
    """A record of HTTP or of a hash. A count that is none is not known."""
    return Job(
        id=scrub(str(record.get("job_id", "")), 128),
        status=scrub(str(record.get("status") or ""), 40),
        total=whole(record.get("chunks_total")),
        processed=whole(record.get("chunks_processed")),
        error=scrub(str(record.get("error_message") or ""), 300),
        created_at=parse_time(record.get("created_at")),
        metadata=str(record.get("metadata") or ""),
    )


def best(jobs: Collection[tuple[str, Job]]) -> tuple[str, Job] | None:
    """The one to believe: one that has ended, else the one that has come furthest; None where none says anything."""
    telling = [(where, job) for where, job in jobs if not job.says_nothing]
    ended = [one for one in telling if one[1].state is not ActionState.RUNNING]
    if ended:
        failed = [one for one in ended if one[1].state is not ActionState.SUCCEEDED]
        return (failed or ended)[0]
    return max(telling, key=lambda one: one[1].processed or 0, default=None)


def event_job(event: ServerEvent) -> Job | None:
    """The job that an event is about, in either of the two formats; None where it is about none."""
    try:
        said = msgspec.json.decode(event.data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    kind = said.get("event_type") or event.type
    state = _EVENT_STATES.get(str(kind))
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


@asynccontextmanager
async def redis_link(url: str, password: SecretRef | None, root: Path) -> AsyncIterator[RedisLink]:
    """A connection for one look, closed after it. Raises OutsideError, also where its password cannot be had."""
    try:
        place = parse_place(url, password.read(root) if password is not None else None)
    except ConfigError as error:
        raise OutsideError(Fault.CONFIG, str(error)) from error
    link = RedisLink(place)
    try:
        with understood(place):
            yield link
    finally:
        await link.aclose()


def hash_of(pairs: Any) -> dict[str, str]:
    """What HGETALL answered, as text."""
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in pairs]
    return dict(zip(texts[::2], texts[1::2], strict=True))
