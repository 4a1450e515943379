"""What an HTTP answer must be before a discovery source reads it."""

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer
from fleet.text import scrub

LONGEST_S = 60.0
"""Time-out of the request itself. The supervisor's own, which is configured, is the one that ends a slow look."""

_OK = 200
_TOO_MANY = 429


def want_ok(answer: Answer) -> Answer:
    """`answer` where its status is 200. Raises OutsideError (rate limited, or the status) otherwise."""
    if answer.status == _OK:
        return answer
    detail = f"{answer.status} from {scrub(answer.url, 200)}"
    if answer.status == _TOO_MANY:
        raise OutsideError(Fault.RATE_LIMITED, detail, retry_after_s=_retry_after(answer))
    raise OutsideError(Fault.STATUS, detail)


def _retry_after(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
