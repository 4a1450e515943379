"""What an orchestrator's answer to a document means. Pure."""

from typing import Any, Final

from actions.submission.answers import json_of, member, refused, said_by, unanswered, unknown
from fleet.actions.action import Result, StepRead, Verdict
from fleet.text import scrub

INGEST: Final = "/lightrag/ingest-async"
"""Where documents are taken."""
WAIT_S: Final = 30.0
"""How long is waited where it asks to and does not say how long."""


def read_ingested(result: Result) -> StepRead:
    """What the answer means. One without a job's id is no success, whatever its status."""
    silent = unanswered(result)
    if silent is not None:
        return silent
    status, body = result.status or 0, json_of(result)
    id = member(body, "job_id")
    if 200 <= status < 300 and id:
        return StepRead(verdict=Verdict.DONE, sentence=f"accepted as job {id}", found={"job_id": id})
    if status == 429:
        wait_s = result.retry_after_s if result.retry_after_s is not None else WAIT_S
        return StepRead(verdict=Verdict.AGAIN, sentence="it asks to wait (429)", again_after_s=wait_s)
    if 300 <= status < 500:
        return refused(_against(result, status, body))
    return unknown(f"it answered {status} without a job's id ({said_by(result)}); parts of it may have been queued")


def _against(result: Result, status: int, body: Any) -> str:
    """Why it does not take it."""
    if status == 400 and "host header" in result.text.lower():
        return "it does not take this address for its own (“Invalid host header”): use the name of its host"
    if status == 422:
        return f"it cannot read the request: {_invalid(body) or said_by(result)}"
    if status in (404, 405):
        return f"it has no {INGEST} here ({status}): this deployment may lack that part"
    return f"it answered {status}: {member(body, 'detail') or said_by(result)}"


def _invalid(body: Any) -> str:
    """What a 422 says: which field, and why."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(detail, list):
        return member(body, "detail")
    said = [
        f"{'.'.join(str(part) for part in one.get('loc', ()) if part != 'body')}: {one.get('msg', '')}"
        for one in detail[:5]
        if isinstance(one, dict) and isinstance(one.get("loc", ()), list | tuple)
    ]
    return scrub("; ".join(said), 300)
