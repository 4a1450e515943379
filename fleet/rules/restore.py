"""What is kept of alerts over a restart, and how they come back.

Prometheus keeps `ALERTS_FOR_STATE` in its database and, after the second evaluation that follows a start, moves the
alerts that are active then back to where they were (`--rules.alert.for-outage-tolerance` 1 h,
`--rules.alert.for-grace-period` 10 min). Here the same holds for pending alerts, to the letter:

- nothing is restored after an outage of more than an hour;
- the outage does not count towards `for`;
- an alert that had less than ten minutes to go waits ten, so that a start does not page before data settle; one whose
  rule has a `for` shorter than that begins anew.

Alerts that were firing are treated better than there, where one with a short `for` is pending again after every start:
they go on firing, with the times they had, through the first two evaluations whether or not their condition can be seen
(rates need two samples), and are resolved by the next one that does not find it. Resolved ones are reported for the
rest of their 15 minutes.
"""

from collections.abc import Iterable

from msgspec import Struct

from fleet.alerts.model import AlertState
from fleet.promql.labels import Labels
from fleet.rules.active import RESOLVED_RETENTION_MS, ActiveAlert

OUTAGE_TOLERANCE_MS = 3_600_000
GRACE_PERIOD_MS = 600_000
EVALUATIONS = 2
"""Evaluations after a start in which an alert may come back."""
VERSION = 1


class KeptAlert(Struct, frozen=True, kw_only=True):
    """An alert as it is kept; times in milliseconds since the epoch. `annotations` only where they cannot be expanded
    again, because they run queries."""

    labels: dict[str, str]
    sample: dict[str, str]
    value: float
    state: AlertState
    active_at: int
    fired_at: int | None = None
    resolved_at: int | None = None
    keep_since: int | None = None
    annotations: dict[str, str] | None = None


class KeptRule(Struct, frozen=True, kw_only=True):
    """The alerts of a rule. A rule is known again by its group, its name and its labels; `number` tells those apart
    that have all of these in common."""

    group: str
    name: str
    labels: dict[str, str] = {}
    number: int = 0
    alerts: tuple[KeptAlert, ...] = ()

    @property
    def key(self) -> tuple[str, str, tuple[tuple[str, str], ...], int]:
        """What it is known again by."""
        return self.group, self.name, tuple(sorted(self.labels.items())), self.number


class EngineState(Struct, frozen=True, kw_only=True):
    """The alerts of all rules at `at_ms`, the time of the newest evaluation."""

    at_ms: int
    rules: tuple[KeptRule, ...] = ()
    version: int = VERSION


class Remembered:
    """The pending alerts of a rule that may come back in the first evaluations after a start."""

    def __init__(self, alerts: Iterable[KeptAlert] = (), down_at_ms: int = 0) -> None:
        self._since = {Labels.of(alert.labels): alert.active_at for alert in alerts}
        self._down_at = down_at_ms
        self._left = EVALUATIONS

    def active_at(self, labels: Labels, at_ms: int, for_ms: int) -> int | None:
        """Since when an alert that is active again is taken to be active; None: since now."""
        since = self._since.pop(labels, None) if self._since else None
        if since is None or for_ms < GRACE_PERIOD_MS:
            return None
        remaining = for_ms - (self._down_at - since)
        if remaining <= 0:
            return since
        if remaining < GRACE_PERIOD_MS:
            return at_ms + GRACE_PERIOD_MS - for_ms
        return since + at_ms - self._down_at

    def evaluated(self) -> None:
        """An evaluation is done."""
        self._left -= 1
        if self._left <= 0 and self._since:
            self._since = {}


def kept(alert: ActiveAlert, annotations: dict[str, str] | None) -> KeptAlert:
    """An alert to keep."""
    return KeptAlert(
        labels=alert.labels.as_dict(),
        sample=alert.sample.as_dict(),
        value=alert.value,
        state=alert.state,
        active_at=alert.active_at,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        keep_since=alert.keep_since,
        annotations=annotations,
    )


def revived(alert: KeptAlert, now_ms: int) -> ActiveAlert | None:
    """An alert that was firing or resolved, as it goes on after a start; None where it does not."""
    if alert.state is AlertState.PENDING:
        return None
    if alert.state is AlertState.RESOLVED and now_ms - (alert.resolved_at or 0) > RESOLVED_RETENTION_MS:
        return None
    again = ActiveAlert(Labels.of(alert.labels), Labels.of(alert.sample), alert.value, alert.active_at)
    again.state = alert.state
    again.fired_at, again.resolved_at, again.keep_since = alert.fired_at, alert.resolved_at, alert.keep_since
    again.annotations = alert.annotations
    again.held = EVALUATIONS if alert.state is AlertState.FIRING else 0
    return again
