"""When an operator who looks elsewhere is to be told of an alert, and in what words. Pure: times are handed in.

Told is the edge: an alert that begins to fire while nothing suppresses it, once until it has stopped. What fired before
the dashboard was opened is no news. Several edges are one notice, and notices keep their distance from each other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from fleet.alerts.model import Alert, AlertState
from fleet.severity import SEVERITY_RANK, Severity
from fleet.store import Slice
from fleet.text import scrub

LEAST_GAP_S = 10.0
"""Seconds between two notices, at least."""
LONGEST = 160
"""Characters of a notice."""
_NAMED = 2


class NotifyWish(Struct, frozen=True, kw_only=True):
    """From which severity on the terminal's bell rings and a notification (OSC 9) is sent; None: never. `claimed`:
    also for alerts that a system only claims of itself."""

    bell: Severity | None = None
    osc9: Severity | None = None
    claimed: bool = False

    @property
    def is_on(self) -> bool:
        """Whether there is anything to do at all."""
        return self.bell is not None or self.osc9 is not None


class Notice(Struct, frozen=True):
    """What is to be sent now: whether the bell rings, and the text of the notification ("" for none)."""

    bell: bool
    text: str


class Notices:
    """The edges of `alerts` since it was made (`since` is that moment), gathered into notices."""

    def __init__(self, alerts: Slice[str, Alert], wish: NotifyWish, fleet: str, since: datetime) -> None:
        self._alerts = alerts
        self._wish = wish
        self._fleet = scrub(fleet, 40)
        self._since = since
        self._told = {id for id, alert in alerts.items() if alert.state is AlertState.FIRING}
        self._waiting: dict[str, Alert] = {}
        self._last: datetime | None = None

    def note(self, changed: Iterable[str], removed: Iterable[str]) -> None:
        """Take over what changed in the slice."""
        for id in removed:
            self._end(id)
        for id in changed:
            alert = self._alerts.get(id)
            if alert is None or alert.state is not AlertState.FIRING:
                self._end(id)
            elif id not in self._told and not alert.suppressed:
                self._told.add(id)
                if self._is_wanted(alert):
                    self._waiting[id] = alert

    def due_in_s(self, now: datetime) -> float | None:
        """Seconds until a notice may be taken; None where there is nothing to tell."""
        if not self._waiting:
            return None
        if self._last is None:
            return 0.0
        return max(0.0, LEAST_GAP_S - (now - self._last).total_seconds())

    def take(self, now: datetime) -> Notice | None:
        """What is to be told now; None where there is nothing, or it is too soon."""
        if self.due_in_s(now) != 0.0:
            return None
        alerts, self._waiting, self._last = list(self._waiting.values()), {}, now
        bell = any(_reaches(alert, self._wish.bell) for alert in alerts)
        worth = [alert for alert in alerts if _reaches(alert, self._wish.osc9)]
        return Notice(bell, notice_text(self._fleet, worth) if worth else "")

    def _end(self, id: str) -> None:
        self._told.discard(id)
        self._waiting.pop(id, None)

    def _is_wanted(self, alert: Alert) -> bool:
        if alert.claimed and not self._wish.claimed:
            return False
        began = alert.fired_at or alert.since
        # A server that is asked for the first time tells of what has fired for days.
        if began is not None and began < self._since - timedelta(seconds=1):
            return False
        return _reaches(alert, self._wish.bell) or _reaches(alert, self._wish.osc9)


def notice_text(fleet: str, alerts: list[Alert]) -> str:
    """`fleetdeck prod: critical AgentDown (coder-1), high QueueStuck and 3 more`. It begins with our own words, for a
    number at its start would be a command to some terminals."""
    ordered = sorted(alerts, key=lambda one: (SEVERITY_RANK[one.severity], _words(one)))
    named = ", ".join(_words(alert) for alert in ordered[:_NAMED])
    more = f" and {len(ordered) - _NAMED:,} more" if len(ordered) > _NAMED else ""
    text = scrub(f"fleetdeck {fleet}: {named}", LONGEST - len(more))
    return text + more


def _words(alert: Alert) -> str:
    who = next((alert.labels[name] for name in ("agent", "tool", "service", "instance") if alert.labels.get(name)), "")
    about = f" ({scrub(who, 32)})" if who else ""
    return f"{alert.severity.value} {scrub(alert.name, 48)}{about}"


def _reaches(alert: Alert, least: Severity | None) -> bool:
    return least is not None and SEVERITY_RANK[alert.severity] <= SEVERITY_RANK[least]
