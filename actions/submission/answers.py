"""What the answer to a submission means as far as it is the same everywhere, and how an error is quoted."""

from typing import Any

import msgspec

from fleet.actions.action import Result, Sent, StepRead, Verdict
from fleet.text import scrub, scrub_lines

TAIL_LINES = 40
"""Lines of the end of an output that are shown."""
QUOTED = 200
"""Characters of an answer that are quoted."""


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


def quoted(result: Result) -> str:
    """The beginning of an answer, for a sentence."""
    if "html" in result.headers.get("content-type", "").lower() or result.text.lstrip().startswith("<"):
        return "a page for people"
    return scrub(result.text.strip(), QUOTED) or "nothing"


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
