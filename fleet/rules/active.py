"""An alert of a rule while it is followed: the state machine of Prometheus's alerting rules, one label set at a time.

    inactive ── condition holds ──▶ pending ── for `for` ──▶ firing ── condition gone ──▶ resolved (kept 15 min)
                                       └── condition gone ──▶ inactive         └── keep_firing_for: firing still

Times are evaluation times in milliseconds, never those of a clock: late and missed evaluations change nothing but when
a change is seen.
"""

import math
from datetime import UTC, datetime

from fleet.alerts.model import AlertReading, AlertState
from fleet.promql.labels import Labels

RESOLVED_RETENTION_MS = 15 * 60_000
"""How long a resolved alert is still reported: Prometheus's resolvedRetention."""


class ActiveAlert:
    """One alert. `sample` is the label set that the expression gave, from which templates are expanded."""

    __slots__ = (
        "active_at", "annotations", "expanded_for", "fired_at", "held", "keep_since", "labels", "reading",
        "resolved_at", "sample", "series", "state", "value",
    )  # fmt: skip

    def __init__(self, labels: Labels, sample: Labels, value: float, at_ms: int) -> None:
        self.labels = labels
        self.sample = sample
        self.value = value
        self.state = AlertState.PENDING
        self.active_at = at_ms
        self.fired_at: int | None = None
        self.resolved_at: int | None = None
        self.keep_since: int | None = None
        self.held = 0
        """Evaluations for which it keeps firing though its condition was not seen: it was restored, data may lack."""
        self.annotations: dict[str, str] | None = None
        """None: to be expanded when somebody reads them."""
        self.expanded_for: float = value
        """The value that `annotations` were expanded for."""
        self.series: tuple[Labels, Labels] | None = None
        """Its ALERTS and ALERTS_FOR_STATE series in the present state."""
        self.reading: AlertReading | None = None
        """As it was read last; None after a change."""

    def changed(self) -> None:
        """Forget what was derived from the state."""
        self.series = None
        self.reading = None

    def seen(self, sample: Labels, value: float) -> None:
        """The condition holds, with this value."""
        self.keep_since = None
        self.held = 0
        if sample is not self.sample and sample != self.sample:
            self.sample, self.annotations, self.reading = sample, None, None
        if differ(value, self.value):
            self.value = value
            self.reading = None

    def missing(self, at_ms: int, keep_firing_for_ms: int) -> bool:
        """The condition does not hold. Whether the alert is to be forgotten."""
        if self.state is AlertState.FIRING:
            if self.held > 0:
                self.held -= 1
                return False
            if keep_firing_for_ms > 0:
                if self.keep_since is None:
                    self.keep_since = at_ms
                if at_ms - self.keep_since < keep_firing_for_ms:
                    return False
            self.state, self.resolved_at = AlertState.RESOLVED, at_ms
            self.changed()
            return False
        return (
            self.state is AlertState.PENDING
            or self.resolved_at is None
            or at_ms - self.resolved_at > RESOLVED_RETENTION_MS
        )

    def ripen(self, at_ms: int, for_ms: int) -> None:
        """Fire when the condition has held for long enough."""
        if self.state is AlertState.PENDING and at_ms - self.active_at >= for_ms:
            self.state, self.fired_at = AlertState.FIRING, at_ms
            self.changed()


def differ(one: float, other: float) -> bool:
    """Whether two values differ; NaN does not differ from NaN."""
    return one != other and not (math.isnan(one) and math.isnan(other))


def moment(at_ms: int | None) -> datetime | None:
    """Milliseconds since the epoch as a time; None where there is none, or where no datetime can hold it."""
    try:
        return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
