"""The natural order of alerts: what has to be looked at first stands first.

Firing before pending, both before what is suppressed, and that before what is resolved; then the worst severity, then
the newest. A flapping alert keeps the place that it had when that began; a claim that has aged out stands with what is
suppressed.
"""

from datetime import datetime

from fleet.alerts.model import Alert, AlertState
from fleet.severity import SEVERITY_RANK

Key = tuple[int, int, float, str]

FIRING, PENDING, SUPPRESSED, RESOLVED = range(4)
"""The shelves of the order."""


def shelf(alert: Alert) -> int:
    """Which of the four shelves an alert stands on."""
    if alert.state is AlertState.RESOLVED and not alert.flapping:
        return RESOLVED
    if alert.suppressed or (alert.claimed and alert.stale):
        return SUPPRESSED
    return PENDING if alert.state is AlertState.PENDING and not alert.flapping else FIRING


def began(alert: Alert) -> datetime | None:
    """The time by which an alert is new."""
    return alert.flapping_since or alert.since


def order_key(alert: Alert) -> Key:
    """What alerts are sorted by, ascending; the id makes it unique."""
    since = began(alert)
    newest = -since.timestamp() if since is not None else 0.0
    return (shelf(alert), SEVERITY_RANK[alert.severity], newest, alert.id)
