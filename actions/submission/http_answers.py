"""What the answers of a JSON API mean: of one that took a task or did not, and of one that says how a task is."""

from typing import Any, Final

from actions.submission.answers import json_of, quoted, said_by, tail_of, unanswered, unknown
from actions.submission.http_options import FollowOptions, HttpOptions, Meaning
from fleet.actions.action import ActionState, Observed, Result, StepRead, Verdict
from fleet.actions.holes import captured
from fleet.actions.plan import ActKind
from fleet.text import scrub
from fleet.vocabulary import TaskState, task_state

WAIT_S: Final = 5.0
"""Seconds before it is sent again to a server that does not say when."""
_MEANINGS: Final[dict[Meaning, Verdict]] = {
    "done": Verdict.DONE,
    "again": Verdict.AGAIN,
    "refused": Verdict.REFUSED,
    "failed": Verdict.FAILED,
    "unknown": Verdict.UNKNOWN,
}
_STATES: Final = {
    TaskState.QUEUED: ActionState.RUNNING,
    TaskState.RUNNING: ActionState.RUNNING,
    TaskState.WAITING: ActionState.RUNNING,
    TaskState.DONE: ActionState.SUCCEEDED,
    TaskState.FAILED: ActionState.FAILED,
    TaskState.CANCELLED: ActionState.CANCELLED,
    TaskState.UNKNOWN: ActionState.UNKNOWN,
}


def read_taken(options: HttpOptions, result: Result, act: ActKind) -> StepRead:
    """What the answer to a request that writes means."""
    silent = unanswered(result)
    if silent is not None:
        return silent
    status = result.status or 0
    verdict = _verdict(options, result, status)
    said = said_by(result)
    if verdict is Verdict.AGAIN:
        wait_s = result.retry_after_s if result.retry_after_s is not None else WAIT_S
        return StepRead(verdict=verdict, sentence=f"{status}, later: {said}", again_after_s=wait_s)
    if verdict is not Verdict.DONE:
        return StepRead(verdict=verdict, sentence=f"{status}: {said}")
    wrong = captured({"error": options.error}, result.text).get("error") if options.error else None
    if wrong:
        return StepRead(verdict=Verdict.REFUSED, sentence=f"{status}, but: {scrub(wrong, 200)}")
    return (
        _taken(options, result, status)
        if act is ActKind.SUBMIT
        else StepRead(verdict=verdict, sentence=f"{status}: {said}", found={"status": str(status)})
    )


def _verdict(options: HttpOptions, result: Result, status: int) -> Verdict:
    meaning = options.statuses.get(str(status))
    if meaning is not None:
        return _MEANINGS[meaning]
    if status in options.success or (not options.success and 200 <= status <= 299):
        return Verdict.DONE
    if status == 429 or (status == 503 and result.retry_after_s is not None):
        return Verdict.AGAIN
    if status in (307, 308) or 400 <= status <= 499:
        return Verdict.REFUSED
    if status >= 500 and options.repeatable:
        return Verdict.AGAIN
    # A 2xx that is no success here, a redirect (which often follows what was done), a server that failed midway.
    return Verdict.UNKNOWN


def _taken(options: HttpOptions, result: Result, status: int) -> StepRead:
    wanted = ({"id": options.id} if options.id is not None else {}) | options.captures
    if wanted and json_of(result) is None:
        return unknown(f"{status}, but what came is no JSON: {quoted(result)}")
    found = {name: scrub(text) for name, text in captured(wanted, result.text).items()}
    missing = sorted(wanted.keys() - found.keys())
    sentence = f"taken ({status})" + (f" as {found['id']}" if "id" in found else "")
    if missing:
        sentence += f"; the answer has no {', '.join(missing)}: it cannot be followed"
    return StepRead(verdict=Verdict.DONE, sentence=sentence, found={"status": str(status), **found})


def read_state(follow: FollowOptions, result: Result, act: ActKind) -> Observed:
    """How a task is, from an answer with a status below 500 that is not 429."""
    status = result.status or 0
    if not 200 <= status <= 299:
        gone = "the server does not know it" if status in (404, 410) else "the server does not say"
        return Observed(state=ActionState.UNKNOWN, sentence=f"{gone} ({status}: {said_by(result)})")
    body = json_of(result)
    if body is None:
        return Observed(state=ActionState.UNKNOWN, sentence=f"what came is no JSON: {quoted(result)}")
    word = captured({"state": follow.state}, result.text).get("state")
    if not word:
        return Observed(state=ActionState.UNKNOWN, sentence=f"the answer has no {follow.state}")
    meaning = follow.words.get(word)
    task = TaskState(meaning) if meaning is not None else task_state(word)
    state = _STATES[task]
    final = state in (ActionState.SUCCEEDED, ActionState.FAILED, ActionState.CANCELLED)
    sentence = scrub(word, 80) if state is not ActionState.UNKNOWN else f"{scrub(word, 80)!r}, whatever that means"
    tail = tail_of(_at(body, follow.output)) if follow.output is not None else ""
    if act is ActKind.CANCEL and final:
        done = state is ActionState.CANCELLED
        state = ActionState.SUCCEEDED if done else ActionState.FAILED
        sentence = "it is cancelled" if done else f"it had ended before: {sentence}"
    # It is known to the server, whatever is heard of it later.
    found = {"status": str(status)} if act is ActKind.SUBMIT else {}
    return Observed(state=state, sentence=sentence, final=final, tail=tail, found=found, task=task)


def _at(body: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body
