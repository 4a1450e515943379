"""Time, injected: the one module of the project that reads a clock.

Everything that needs the time takes a `Clock`, so that a test, a snapshot or a replay can stand still or run fast.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


class Clock(Protocol):
    """Wall time for what is shown and stored; monotonic seconds for durations, deadlines and schedules.

    Wall time may be set, monotonic seconds are not; `fleet.timekeeper` tells when it was.
    """

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin; never goes back. The sleep of the machine counts, where it can be known."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        # Linux's CLOCK_MONOTONIC stands still while the machine sleeps, its CLOCK_BOOTTIME does not.
        return time.clock_gettime(_BOOT) if _BOOT is not None else time.monotonic()


_BOOT: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self._elapsed += seconds
