"""What an HTTP answer must be before a discovery source reads it."""

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer
from transport.urls import public_url

LONGEST_S = 60.0
"""Time-out of the request itself. The supervisor's own, which is configured, is the one that ends a slow look."""

_OK = 200
_TOO_MANY = 429


def want_ok(answer: Answer) -> Answer:
    """`answer` where its status is 200 and it is no page for people. Raises OutsideError (rate limited, the status, bad
    payload) otherwise."""
    if answer.status == _OK:
        if answer.is_html:
            raise OutsideError(Fault.PAYLOAD, f"HTML from {public_url(answer.url)[:200]}")
        return answer
    detail = f"{answer.status} from {public_url(answer.url)[:200]}"
    if answer.status == _TOO_MANY:
        raise OutsideError(Fault.RATE_LIMITED, detail, retry_after_s=_retry_after(answer))
    raise OutsideError(Fault.STATUS, detail)


def _retry_after(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
