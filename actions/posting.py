"""Our own firing alerts, posted to an Alertmanager as Prometheus posts its own.

An alert is sent when it begins to fire and again every minute, each time with an end four minutes ahead, so that the
Alertmanager lets go of it by itself where nobody sends it any more. One that has resolved is sent with its end for a
quarter of an hour. What could not be sent is sent with the next turn.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from actions.alertmanager import AlertmanagerWriter
from fleet.alertmanager_api import alerts_body
from fleet.alerts.managers import MARK
from fleet.alerts.model import AlertReading, AlertState
from fleet.clock import Clock

RESEND: Final = timedelta(seconds=60)
"""How often an alert is sent again (Prometheus's `--rules.alert.resend-delay`)."""
AHEAD: Final = 4 * RESEND
"""How far ahead the end of one stands that fires."""
KEEP_RESOLVED: Final = timedelta(minutes=15)
"""For how long one is sent that has resolved."""
BATCH: Final = 64
"""Alerts of one request, as Prometheus sends them."""


class _Posted(Struct):
    """An alert that was sent, or is to be: `sent_at` None while it was not."""

    reading: AlertReading
    starts_at: datetime
    sent_at: datetime | None = None
    resolved_at: datetime | None = None


class AlertPoster:
    """Posts to one Alertmanager. `readings` gives our own alerts as they are now; `identify` the id of the row of an
    alert with these labels, by which it is known when it comes back."""

    def __init__(
        self,
        writer: AlertmanagerWriter,
        readings: Callable[[], Iterable[AlertReading]],
        identify: Callable[[Mapping[str, str]], str],
        clock: Clock,
        external_labels: Mapping[str, str],
    ) -> None:
        self.target = writer.target
        self._writer = writer
        self._readings = readings
        self._identify = identify
        self._clock = clock
        self._external = dict(external_labels)
        self._posted: dict[str, _Posted] = {}

    async def post(self) -> int:
        """Send what is due; how many alerts fire. Raises OutsideError, after which what was not sent is due again."""
        now = self._clock.now()
        self._take(now)
        # Before it was sent: the clock was set back.
        due = [
            id
            for id, one in self._posted.items()
            if one.sent_at is None or not timedelta(0) <= now - one.sent_at < RESEND
        ]
        for start in range(0, len(due), BATCH):
            batch = {id: self._posted[id] for id in due[start : start + BATCH]}
            await self._writer.post(alerts_body(self._written(id, one, now) for id, one in batch.items()), len(batch))
            for one in batch.values():
                one.sent_at = now
        return sum(1 for one in self._posted.values() if one.resolved_at is None)

    def _take(self, now: datetime) -> None:
        """Bring what is posted in step with what fires now."""
        firing = {
            self._identify(one.labels): one
            for one in self._readings()
            if one.state is AlertState.FIRING and not one.claimed
        }
        for id, reading in firing.items():
            one = self._posted.get(id)
            if one is None or one.resolved_at is not None:
                self._posted[id] = _Posted(reading, reading.fired_at or reading.since or now)
            else:
                one.reading = reading
        for id, one in list(self._posted.items()):
            if id not in firing and one.resolved_at is None:
                one.resolved_at, one.sent_at = now, None
            if one.resolved_at is not None and abs(now - one.resolved_at) > KEEP_RESOLVED:
                del self._posted[id]

    def _written(
        self, id: str, one: _Posted, now: datetime
    ) -> tuple[Mapping[str, str], Mapping[str, str], datetime, datetime, str]:
        ends_at = one.resolved_at or now + AHEAD
        labels = {**self._external, **one.reading.labels}
        return labels, one.reading.annotations, min(one.starts_at, ends_at), ends_at, f"{MARK}{id}"
