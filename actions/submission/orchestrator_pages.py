"""The pages of an orchestrator: a job by itself, the list of jobs, and what it says of its own interface."""

from typing import Any, Final
from urllib.parse import quote

from actions.performing.secrets import unrepeated
from actions.submission.header_auth import HeaderAuth, read_header
from actions.submission.orchestrator_jobs import Job, job_of
from actions.submission.pages import page_json
from fleet.actions.ports import ActReach
from fleet.errors import Fault, OutsideError

LISTED: Final = 100
"""Jobs that the list shows at most."""


class OrchestratorPages:
    """Reads one orchestrator."""

    def __init__(self, url: str, auth: HeaderAuth | None, reach: ActReach) -> None:
        self._url = url
        self._auth = auth
        self._reach = reach

    async def job(self, id: str) -> Job | None:
        """What a job says of itself; None where it is not known there. Raises OutsideError."""
        record = await self._json(f"/jobs/{quote(id, safe='')}", missing=True)
        if record is None:
            return None
        if not isinstance(record, dict):
            raise OutsideError(Fault.PAYLOAD, "what it says of a job is no object")
        return job_of({**record, "job_id": id})

    async def jobs(self) -> dict[str, Job]:
        """The newest jobs by id, of all of which it is true that a database which fails shows none. Raises
        OutsideError."""
        body = await self._json(f"/jobs?limit={LISTED}")
        listed = body.get("jobs") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise OutsideError(Fault.PAYLOAD, "/jobs lists no jobs")
        return {job.id: job for job in (job_of(one) for one in listed if isinstance(one, dict)) if job.id}

    async def interface(self) -> Any:
        """Its OpenAPI document; None where it has none. Raises OutsideError."""
        return await self._json("/openapi.json", missing=True)

    async def _json(self, path: str, *, missing: bool = False) -> Any:
        """A page's JSON; None for 404 where it may be missing."""
        secret = read_header(self._auth, self._reach.root)
        asked = await self._reach.http.get(self._url + path, accept="application/json", secret=secret)
        answer = unrepeated(asked, secret)
        if answer.status == 404 and missing:
            return None
        if answer.status == 400 and b"host header" in answer.body.lower():
            raise OutsideError(Fault.CONFIG, "it does not take this address for its own; use the name of its host")
        return page_json(answer, path.partition("?")[0])
