"""What the time is for the demo fleet: seconds of the script, and the wall time that goes with it."""

import math
from datetime import UTC, datetime, timedelta

from msgspec import Struct


class Moment(Struct, frozen=True):
    """`t` seconds into the script, which began at `origin` and runs `speed` times as fast as the wall clock.

    Wall times are made of `t`, so that the time of a past event is the same whenever it is asked for.
    """

    t: float
    origin: datetime
    speed: float = 1.0

    @property
    def now(self) -> datetime:
        """The wall time of this moment."""
        return self.at(self.t)

    def at(self, t: float) -> datetime:
        """The wall time that belongs to the script's time `t`."""
        return self.origin + timedelta(seconds=t / self.speed)

    def epoch(self, t: float) -> int:
        """The same in whole seconds since 1970."""
        return math.floor(self.at(t).timestamp())

    def zulu(self, t: float) -> str:
        """The same as `2026-01-31T12:00:00Z`."""
        return self.at(t).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def floor(self, step_s: float) -> "Moment":
        """The latest multiple of `step_s` that is past."""
        return Moment(math.floor(self.t / step_s) * step_s, self.origin, self.speed)
