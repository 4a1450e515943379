"""What a coordinator's answers to `/register`, `/run` and `/execute_task` mean. Pure."""

from typing import Any, Final

from actions.submission.answers import failed, json_of, member, refused, said_by, unanswered, unknown
from fleet.actions.action import Result, StepRead, Verdict
from fleet.text import scrub

REGISTER: Final = "/register"
RUN: Final = "/run"
EXECUTE: Final = "/execute_task"
WINDOW_S: Final = 60.0
"""The window in which it counts requests; it says nothing of when there is room again."""


def read_answer(url: str, result: Result) -> StepRead:
    """What the answer to a request to `url` means."""
    silent = unanswered(result)
    if silent is not None:
        return silent
    body = json_of(result)
    word = member(body, "error")
    if result.status == 429:
        wait_s = result.retry_after_s if result.retry_after_s is not None else WINDOW_S
        sentence = f"its 50 requests a minute, shared by all of this host, are used up: again in {wait_s:.0f} s"
        return StepRead(verdict=Verdict.AGAIN, sentence=sentence, again_after_s=wait_s)
    if url.endswith(REGISTER):
        return read_registered(result, word)
    return read_executed(result, body, word) if url.endswith(EXECUTE) else read_queued(result, body, word)


def read_registered(result: Result, word: str) -> StepRead:
    """The answer of `/register`; `word` is its error."""
    if result.status == 200 and not word:
        return StepRead(verdict=Verdict.DONE, sentence="registered")
    return refused(f"the agent could not be registered: {result.status} {word or said_by(result)}")


def read_queued(result: Result, body: Any, word: str) -> StepRead:
    """The answer of `/run`."""
    status = result.status or 0
    id = member(body, "task_id")
    if 200 <= status < 300 and id and not word:
        return StepRead(verdict=Verdict.DONE, sentence=f"queued as task {id}", found={"task_id": id})
    if status == 403 and word == "command_not_allowed":
        return refused(f"this command is not allowed there; allowed: {_allowed(body)}")
    if word and status < 500:
        return refused(f"it answered {status} {word}")
    if status == 503 and word:
        return failed(f"it could not take it: 503 {word}")
    if 300 <= status < 500:
        return refused(f"it answered {status}: {said_by(result)}")
    return unknown(f"it answered {status} without a task's id ({said_by(result)}); the task may have been queued")


def read_executed(result: Result, body: Any, word: str) -> StepRead:
    """The answer of `/execute_task`."""
    status = result.status or 0
    if 200 <= status < 300 and not word and isinstance(body, dict):
        return StepRead(verdict=Verdict.DONE, sentence="it is being executed")
    if status == 409 and word == "task_not_queued":
        state = member(body, "status") or "not queued"
        return StepRead(verdict=Verdict.DONE, sentence=f"it was {state} already: a controller had taken it")
    if status == 404 and word == "task_not_found":
        return failed("the coordinator does not know the task any more: what waits is lost when it restarts")
    if status == 403:
        return failed("it may not be executed there, and is shown as running for ever: the coordinator set it so first")
    if status < 500:
        return failed(f"it is queued, and not executed: {status} {word or said_by(result)}")
    return unknown(f"it is queued; whether it is executed is not known: it answered {status} {word or said_by(result)}")


def _allowed(body: Any) -> str:
    listed = body.get("allowed") if isinstance(body, dict) else None
    words = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    return scrub(", ".join(words), 600) or "nothing is listed"
