"""What can go wrong, as one tree:

    FleetdeckError
    ├── ConfigError      the configuration is wrong: where, and what would be right
    ├── FilterError      a filter or view expression cannot be read
    ├── QueryError       a PromQL expression cannot be read, or cannot be answered
    ├── ParseError       a payload from outside is malformed, at a byte or line
    ├── RefusedError     an act is not done: read-only, a guard, a lock, a wrong value; nothing was sent
    └── OutsideError     something that is watched failed: a `Fault` and a sentence
                         (probes and discovery sources raise nothing else)

A library's errors are translated into these in one place per library (`transport/`), always with `raise … from`.
"""

from enum import StrEnum


class FleetdeckError(Exception):
    """The root of everything that fleetdeck raises on purpose."""


class ConfigError(FleetdeckError):
    """A wrong configuration. `str()` is one line: `file:line: dotted.key: what is wrong (what would be right)`."""


class FilterError(FleetdeckError):
    """A filter or view expression that cannot be read; the message quotes the part that is wrong.

    `text` is the whole expression and `at` the 0-based character in it where it went wrong, where that can be told.
    """

    def __init__(self, message: str, *, text: str = "", at: int | None = None) -> None:
        super().__init__(message if at is None or not text else f"{message} (at character {at + 1})")
        self.text = text
        self.at = at

    def pointed(self) -> str:
        """The message, and under it the expression with a caret where it went wrong, if it is one line."""
        if self.at is None or not self.text.isprintable() or not self.text:
            return str(self)
        return f"{self}\n    {self.text}\n    {' ' * self.at}^"


class QueryError(FleetdeckError):
    """A PromQL expression that cannot be read, that asks for something left out, or whose answer would be ambiguous or
    too large. `kind` is Prometheus's word: `bad_data` (the expression is wrong), `execution` (this data), `limit`."""

    def __init__(self, message: str, kind: str = "bad_data") -> None:
        super().__init__(message)
        self.kind = kind


class ParseError(FleetdeckError):
    """A malformed payload.

    `offset` is the 0-based byte in the payload where reading stopped, or None where it cannot be told.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message} at byte {offset}")
        self.offset = offset


class RefusedError(FleetdeckError):
    """An act that is not done; the sentence says why. Nothing was sent."""


class Fault(StrEnum):
    """Why something outside failed, in the words that are shown."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "time-out"
    TLS = "TLS"
    DNS = "DNS"
    RESET = "connection reset"
    EMPTY = "empty reply"
    STATUS = "status"
    RATE_LIMITED = "rate limited"
    PAYLOAD = "bad payload"
    LIMIT = "over limit"
    MISSING = "missing"
    PERMISSION = "permission denied"
    PROTOCOL = "protocol error"
    CONFIG = "configuration"
    INTERNAL = "internal error"


class OutsideError(FleetdeckError):
    """Something that is watched failed. `fault` says how, `detail` says what and where, in a short sentence.

    `retry_after_s` is what the other side asked for (`Retry-After`), in seconds, or None. `sent` is False where what
    was to be sent surely did not reach the other side, True where it may have: then nobody knows whether it was done.
    """

    def __init__(
        self, fault: Fault, detail: str = "", *, retry_after_s: float | None = None, sent: bool = True
    ) -> None:
        self.fault = fault
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.sent = sent
        # `status 500 Internal Server Error` reads as one; the others are a kind and what came of it.
        between = " " if fault is Fault.STATUS else ": "
        super().__init__(f"{fault}{between}{detail}" if detail else str(fault))
