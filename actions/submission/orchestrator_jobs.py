"""The jobs of an orchestrator as its four places show them: the job itself, the list, the hash in Redis, and events.

The job itself is claimed to be `unknown` with 0 of 0 chunks while it lives; a job stays `queued` when all its chunks
are done; a database that fails is an empty list with 200; each of four worker processes sends its own events only. So
no single place is believed where another one knows more.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from actions.submission.queue_sight import ENDS
from fleet.actions.action import ActionState, Observed
from fleet.task_records import whole
from fleet.text import scrub
from fleet.times import parse_time
from fleet.vocabulary import TaskState, task_state


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
        said = ENDS.get(task_state(self.status))
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
        return Observed(
            state=state, sentence=scrub(sentence), final=state is not ActionState.RUNNING, task=self._task(state)
        )

    def _task(self, state: ActionState) -> TaskState:
        said = task_state(self.status)
        if state is ActionState.RUNNING:
            return TaskState.RUNNING if said is TaskState.QUEUED and self.processed else said
        return next((task for task, end in ENDS.items() if end is state), TaskState.UNKNOWN)


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
