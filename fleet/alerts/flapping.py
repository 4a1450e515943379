"""Flap detection: an alert that begins and ends again and again is one trouble and not many."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from fleet.alerts.model import AlertState, Change


class FlapRule(Struct, frozen=True, kw_only=True):
    """Flapping: `edges` or more within `window_s`; calm again once there was none for `calm_s`.

    An edge is a change into or out of firing."""

    edges: int = 4
    window_s: float = 1800.0
    calm_s: float = 900.0


def edges(timeline: Sequence[Change]) -> list[datetime]:
    """When an alert began to fire or stopped, oldest first."""
    times, fired = [], False
    for change in timeline:
        fires = change.to is AlertState.FIRING
        if fires is not fired:
            times.append(change.at)
        fired = fires
    return times


def flapping_since(timeline: Sequence[Change], at: datetime, was: datetime | None, rule: FlapRule) -> datetime | None:
    """Since when an alert flaps at a time, None where it does not. `was` is what was said before."""
    times = edges(timeline)
    if was is not None:
        return was if times and at - times[-1] < timedelta(seconds=rule.calm_s) else None
    recent = [time for time in times if at - time < timedelta(seconds=rule.window_s)]
    return recent[0] if len(recent) >= rule.edges else None
