"""Readings and silences for the tests of the alert book."""

from datetime import UTC, datetime, timedelta

from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import AlertReading, AlertState, Silence

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def reading(name: str = "Down", state: AlertState = AlertState.FIRING, **labels: str) -> AlertReading:
    return AlertReading(labels={"alertname": name, "severity": "critical", **labels}, state=state)


def silence(id: str, matchers: str, start: float = 0, end: float = 3600, *, by: str = "", ack: bool = False) -> Silence:
    return Silence(
        id=id,
        matchers=parse_matchers(matchers),
        starts_at=at(start),
        ends_at=at(end),
        created_by=by,
        acknowledges=ack,
    )
