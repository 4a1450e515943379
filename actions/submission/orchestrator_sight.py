"""What is seen of jobs that an orchestrator was given. What it says of its own jobs is wrong in known ways
(`actions.submission.orchestrator_jobs`), so the job, the list of jobs, a hash in Redis where one is configured, and
events are asked, and the one that knows most is believed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from actions.submission.lost_answers import ids_on_record, likely, nobody_knows, sent_body
from actions.submission.orchestrator_answers import INGEST
from actions.submission.orchestrator_events import OrchestratorEvents
from actions.submission.orchestrator_hashes import OrchestratorHashes
from actions.submission.orchestrator_jobs import Job, best
from actions.submission.orchestrator_pages import OrchestratorPages
from fleet.actions.action import ActionState, Observed
from fleet.actions.plan import Plan
from fleet.store import Store
from fleet.vocabulary import TaskState

ONE_BY_ONE: Final = 50
"""Jobs that are asked for by themselves in one look, where the list does not know them."""
_SKEW: Final = timedelta(seconds=5)

View = tuple[str, Job]
"""Where a job was seen, and how."""


class OrchestratorSight:
    """Looks for the jobs of a plan."""

    def __init__(
        self, pages: OrchestratorPages, hashes: OrchestratorHashes, events: OrchestratorEvents, store: Store
    ) -> None:
        self._pages = pages
        self._hashes = hashes
        self._events = events
        self._store = store

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's job, as `Doer.look` says. Raises OutsideError."""
        hashed = await self._hashes.look(plan, {number: found.get("job_id", "") for number, found in items.items()})
        ids = hashed.ids
        listed = await self._pages.jobs() if any(_is_open(hashed.jobs.get(id)) for id in ids.values()) else {}
        seen: dict[int, Observed] = {}
        shown: dict[str, list[View]] = {}
        for number, id in ids.items():
            views = [(where, jobs[id]) for where, jobs in (("Redis", hashed.jobs), ("the list", listed)) if id in jobs]
            found, shown[id] = best(views), views
            if not id:
                seen[number] = self._guessed(_chunks_sent(plan, number), since, set(ids.values()), listed)
            elif found is not None and not _is_open(found[1]):
                seen[number] = found[1].observed(found[0])
            elif len(seen) < ONE_BY_ONE:
                seen[number] = await self._asked(id, views, listed, hashed.note)
            else:
                seen[number] = _later(found)
        return {**seen, **await self._heard(ids, seen, shown)}

    async def _asked(self, id: str, views: list[View], listed: Mapping[str, Job], note: str) -> Observed:
        """The job itself, which lies, beside what is known from elsewhere."""
        job = await self._pages.job(id)
        found = best([*views, *([("the job itself", job)] if job is not None else ())])
        if found is not None:
            return found[1].observed(found[0])
        if job is not None:
            why = "the list is empty, as it is when its database fails" if not listed else "the list does not show it"
            return Observed(
                state=ActionState.RUNNING,
                sentence=f"it says unknown, 0 of 0 chunks, of every job; {why}{note}",
                task=TaskState.UNKNOWN,
            )
        if not listed:
            sentence = f"it knows no job {id}; its list is empty, as it is when its database fails{note}"
            return Observed(state=ActionState.UNKNOWN, sentence=sentence)
        return nobody_knows(f"it knows no job {id} any more{note}")

    def _guessed(self, chunks: int | None, since: datetime, taken: set[str], listed: Mapping[str, Job]) -> Observed:
        """What is said of a document of which no job's id came back."""
        others = taken | ids_on_record(self._store, "job_id")
        like = [
            (id, job.observed("the list"))
            for id, job in listed.items()
            if id not in others
            and job.created_at is not None
            and job.created_at >= since - _SKEW
            and chunks in (None, job.total)
        ]
        found = likely("job", like)
        if found is not None:
            return found
        if not listed:
            return nobody_knows("no id came back, and its list is empty, as it is when its database fails")
        return nobody_knows(
            "no id came back, and no job like it is listed; that it was not queued is likely, not certain"
        )

    async def _heard(
        self, ids: Mapping[int, str], seen: Mapping[int, Observed], shown: Mapping[str, list[View]]
    ) -> dict[int, Observed]:
        """What events say of those that have not ended, where they know no less than what is shown of them."""
        waiting = {ids[number]: number for number, one in seen.items() if not one.final and ids[number]}
        heard = await self._events.heard(waiting.keys())
        told = {id: best([("an event", job), *shown[id]]) for id, job in heard.items()}
        return {waiting[id]: view[1].observed(view[0]) for id, view in told.items() if view is not None}


def _is_open(job: Job | None) -> bool:
    return job is None or job.state is ActionState.RUNNING


def _later(found: View | None) -> Observed:
    if found is not None:
        return found[1].observed(found[0])
    return Observed(state=ActionState.RUNNING, sentence="nothing is said of it yet")


def _chunks_sent(plan: Plan, number: int) -> int | None:
    """How many chunks an item has, where the plan still says it."""
    chunks = (sent_body(plan, number, INGEST) or {}).get("chunks")
    return len(chunks) if isinstance(chunks, list) else None
