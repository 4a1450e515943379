"""What the answer to a submission means as far as it is the same everywhere, and how an error is quoted."""

from http import HTTPStatus
from typing import Any

import msgspec

from fleet.actions.action import Result, Sent, StepRead, Verdict
from fleet.text import scrub, scrub_lines

TAIL_LINES = 40
"""Lines of the end of an output that are shown."""
QUOTED = 200
"""Characters of an answer that are quoted."""
_SENTENCES = ("detail", "message", "error", "reason", "title", "description", "error_description")
"""Where JSON APIs put what they have to say (RFC 7807, RFC 6749, and what is usual)."""


def unanswered(result: Result) -> StepRead | None:
    """What is known where no answer came; None where one did."""
    if result.sent is Sent.MAYBE:
        return StepRead(
            verdict=Verdict.UNKNOWN,
            sentence=f"it was sent and no answer came ({result.fault}); it may have been taken, and is not sent again",
        )
    if result.sent is Sent.NO:
        again = Verdict.AGAIN if result.passing else Verdict.FAILED
        wait_s = result.retry_after_s if result.retry_after_s is not None else 2.0
        return StepRead(verdict=again, sentence=f"it was not sent: {result.fault}", again_after_s=wait_s)
    return None


def json_of(result: Result) -> Any:
    """The JSON value of an answer; None where it is none."""
    try:
        return msgspec.json.decode(result.text)
    except (ValueError, RecursionError):
        return None


def member(body: Any, name: str) -> str:
    """A text or number of a JSON object as text, scrubbed; "" where there is none."""
    value = body.get(name) if isinstance(body, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return scrub(str(value), QUOTED)


def said_by(result: Result) -> str:
    """What an answer says, for a sentence: see `said_in`."""
    return said_in(result.text, result.status, result.headers.get("content-type", ""))


def said_in(text: str, status: int | None, content_type: str = "") -> str:
    """What a server says of what it was asked: the sentence in its JSON, or the beginning of its text, else the status
    in words. JSON itself is no sentence, and is never shown as one."""
    if not text.strip() and 200 <= (status or 0) <= 299:
        return "nothing"
    return message_in(text, content_type) or status_words(status)


def message_in(text: str, content_type: str = "") -> str:
    """The sentence in a JSON answer, or the beginning of a text; "" where there is none."""
    text = text.strip()
    if "html" in content_type.lower() or text.startswith("<"):
        return "a page for people"
    try:
        body = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        # JSON that was cut is none any more.
        return "" if text.startswith(("{", "[")) else scrub(text, QUOTED)
    return scrub(_sentence_of(body), QUOTED)


def _sentence_of(body: Any) -> str:
    if isinstance(body, str):
        return body.strip()
    for name in _SENTENCES if isinstance(body, dict) else ():
        said = body.get(name)
        if isinstance(said, dict):
            said = next((said[key] for key in _SENTENCES if isinstance(said.get(key), str)), None)
        if isinstance(said, str) and said.strip():
            return said.strip()
    return ""


def status_words(status: int | None) -> str:
    """A status in words: `not found`."""
    if status is not None and 300 <= status <= 399:
        return "it leads elsewhere, which is not followed"
    try:
        phrase = HTTPStatus(status or 0).phrase
    except ValueError:
        return "nothing"
    return phrase if phrase.isupper() else phrase.lower()


def quoted(result: Result) -> str:
    """What came in place of JSON."""
    return message_in(result.text, result.headers.get("content-type", "")) or "nothing"


def tail_of(*outputs: object) -> str:
    """The end of the outputs that there are, scrubbed line by line."""
    text = "\n".join(one.strip("\n") for one in outputs if isinstance(one, str) and one.strip())
    return scrub_lines("\n".join(text.split("\n")[-TAIL_LINES:])) if text else ""


def refused(sentence: str) -> StepRead:
    """The target does not take it."""
    return StepRead(verdict=Verdict.REFUSED, sentence=sentence)


def failed(sentence: str) -> StepRead:
    """It was not done."""
    return StepRead(verdict=Verdict.FAILED, sentence=sentence)


def unknown(sentence: str) -> StepRead:
    """Nobody knows."""
    return StepRead(verdict=Verdict.UNKNOWN, sentence=sentence)
