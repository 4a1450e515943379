"""Silences and acknowledgements as rules without I/O: what they match, when they hold, what stands in their comment.

An acknowledgement is a short silence on exactly one alert whose comment begins with `ACK!` (karma's convention). It is
renewed while the alert fires and ended when it resolves, so that nobody has to think of it again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from fleet.alerts.matching import LabelIndex, Matching
from fleet.alerts.model import ACK, Alert, AlertState, Silence, SilenceState
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.text import scrub

ACK_S = 900.0
"""Seconds that an acknowledgement lasts unless it is renewed."""
RENEW_BELOW_S = 300.0
"""Seconds before its end from which an acknowledgement is renewed."""
DEFAULT_S = 3600.0
"""Seconds that a silence lasts where nothing else is asked for, as amtool has it."""
LONGEST_S = 366 * 86_400.0
"""Seconds that a silence may last at most."""
COMMENT_CHARS = 512
"""Characters that are kept of a comment or a name."""


class Matched(Struct, frozen=True):
    """What matchers mean now: `count` of `total` alerts."""

    count: int
    total: int

    def __str__(self) -> str:
        return f"matches {self.count:,} of {self.total:,}"


class MatchCounter:
    """Counts what matchers match, once per key press: made when the editor opens, and asked for each text in it."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._index = LabelIndex((alert.id, alert.labels) for alert in alerts if alert.state is not AlertState.RESOLVED)

    def count(self, matchers: Matchers) -> Matched:
        """How many alerts `matchers` match; none without any matcher. Raises QueryError for a wrong pattern."""
        return Matched(len(self.ids(matchers)), len(self._index))

    def ids(self, matchers: Matchers) -> set[str]:
        """Which alerts `matchers` match."""
        return self._index.matching(matchers) if matchers else set()


def state_at(silence: Silence, at: datetime) -> SilenceState:
    """Where a silence is at a time."""
    if silence.ends_at <= at:
        return SilenceState.EXPIRED
    return SilenceState.PENDING if at < silence.starts_at else SilenceState.ACTIVE


def aged(silence: Silence, at: datetime) -> Silence:
    """The silence with its state at a time."""
    state = state_at(silence, at)
    return silence if state is silence.state else replace(silence, state=state)


def is_ack(comment: str) -> bool:
    """Whether a comment says that its silence acknowledges."""
    return comment.lstrip().startswith(ACK)


def ack_comment(reason: str) -> str:
    """The comment of an acknowledgement."""
    return f"{ACK} {scrub(reason, COMMENT_CHARS)}".rstrip()


def exactly(labels: Mapping[str, str]) -> Matchers:
    """Matchers for the alert that has exactly these labels."""
    return tuple(Matcher(name, MatchOp.EQUAL, value) for name, value in sorted(labels.items()) if value)


def shared_matchers(alerts: Iterable[Alert]) -> Matchers:
    """Matchers for the labels that all of `alerts` have: what a silence editor starts with."""
    shared: dict[str, str] | None = None
    for alert in alerts:
        pairs = alert.labels.items()
        shared = dict(pairs) if shared is None else dict(shared.items() & pairs)
    return exactly(shared or {})


def check_matchers(matchers: Matchers) -> Matching:
    """The matchers of a silence, compiled. Raises QueryError: none, a wrong pattern, or each of them matches nothing
    said (Alertmanager refuses a silence all of whose matchers match the empty text)."""
    from fleet.errors import QueryError

    matching = Matching(matchers)
    if not matchers:
        raise QueryError("a silence needs at least one matcher")
    if matching.holds({}):
        raise QueryError("a silence needs a matcher that does not match the empty text; this one would hold everything")
    return matching
