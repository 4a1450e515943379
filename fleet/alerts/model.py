"""Alerts and silences as values.

A source of alerts (our rules, a Prometheus, an Alertmanager, the files of a fleet) delivers `AlertReading`s: what it
says now, all of it. `fleet.alerts.book` makes the rows of them, of which it is the single writer.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fleet.promql.storage import Matchers
from fleet.severity import Severity


class AlertState(StrEnum):
    """Where an alert is. `inactive` alerts are no rows."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class AlertReading(Struct, frozen=True, kw_only=True):
    """An alert as its source says it.

    `labels` have `alertname` and identify it within its source. `since` is when it became active (pending) by the
    source, `fired_at` when it began to fire. `value` is that of the expression, None where there is none. `claimed`
    says that a system wrote it about itself, `stale` that it did so long ago and never said that it ended;
    `silenced_by`, `inhibited_by`, `receivers` are what an Alertmanager says. `rule` is where the rule stands.
    """

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    state: AlertState = AlertState.FIRING
    value: float | None = None
    since: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    expr: str = ""
    for_s: float = 0.0
    rule: str = ""
    claimed: bool = False
    stale: bool = False
    generator_url: str = ""
    receivers: tuple[str, ...] = ()
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the alert."""
        return self.labels.get("alertname", "")


class AlertsReading(Struct, frozen=True, kw_only=True):
    """One look at alerts that a system writes about itself: all that it says now. `problems` are sentences for the
    operator; `cut` counts what limits left out."""

    alerts: tuple[AlertReading, ...] = ()
    problems: tuple[str, ...] = ()
    cut: int = 0


class Change(Struct, frozen=True, gc=False):
    """A change of an alert's state, when we saw it."""

    at: datetime
    to: AlertState
    value: float | None = None


class Alert(Struct, frozen=True, kw_only=True):
    """An alert as a row. `id` is stable over restarts: a digest of name and labels (sources that say the same alert are
    one row; `sources` names them all, `source` the first).

    `severity` is the mapped word, `severity_raw` the source's own. `acknowledged_by` is the name on the silence that
    acknowledges it, `silenced_by` the ids of the silences that hold now, `inhibited_by` the ids of alerts that
    explain it. `timeline` holds the last changes, oldest first; `flapping` says that there were many of late, and
    `flapping_since` when that began: the row keeps its place while it lasts. `stale`: every source that says it is
    away and the row is its last answer, or it is a claim that has aged out.
    """

    id: str
    name: str
    state: AlertState
    severity: Severity
    severity_raw: str = ""
    since: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    value: float | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    source: str = ""
    sources: tuple[str, ...] = ()
    claimed: bool = False
    acknowledged_by: str | None = None
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    flapping: bool = False
    flapping_since: datetime | None = None
    stale: bool = False
    expr: str = ""
    for_s: float = 0.0
    rule: str = ""
    generator_url: str = ""
    receivers: tuple[str, ...] = ()
    timeline: tuple[Change, ...] = ()

    @property
    def suppressed(self) -> bool:
        """Whether nobody needs to be told of it."""
        return bool(self.acknowledged_by or self.silenced_by or self.inhibited_by)


class AlertGroup(Struct, frozen=True, kw_only=True):
    """The alerts of one name and severity as a line of the pane. `alerts` are their ids, worst and newest first;
    `shared` the labels that all of them have. `since` is when the newest of the worst ones began.

    `key` is the line's own, as in `store.alert_groups`. `by` is the label that was grouped by, where it is not name and
    severity: `name` is then that label's value, and `severity` the worst among them."""

    name: str
    key: str = ""
    by: str = ""
    severity: Severity
    severity_raw: str = ""
    firing: int = 0
    pending: int = 0
    resolved: int = 0
    suppressed: int = 0
    since: datetime | None = None
    shared: dict[str, str] = {}
    alerts: tuple[str, ...] = ()
    claimed: bool = False


class SilenceState(StrEnum):
    """As in Alertmanager."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


ACK = "ACK!"
"""How the comment of a silence begins that acknowledges (karma's convention, which kthxbye extends)."""


class Silence(Struct, frozen=True, kw_only=True):
    """A silence. `origin` is "local" or the name of the Alertmanager that holds it. `acknowledges`: it was made by `a`
    and is renewed while what it silences fires."""

    id: str
    matchers: Matchers
    starts_at: datetime
    ends_at: datetime
    created_by: str = ""
    comment: str = ""
    state: SilenceState = SilenceState.ACTIVE
    origin: str = "local"
    acknowledges: bool = False
    matched: int = 0
    """Alerts that it holds now."""
