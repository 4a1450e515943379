"""What happened to time between two looks: a clock that was set, or a stretch in which nobody was looking.

A monitor that is stopped, or whose machine sleeps, must not take the age of its own answers for the silence of its
fleet; and a clock that is put right (NTP, an operator) makes nothing older or younger than it was. Both show only in
the difference between the two clocks, so somebody has to look at them regularly.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from fleet.clock import Clock

SET_BY_S = 2.0
"""How far the time of day must jump against the monotonic clock to count as set: smaller steps are drift."""
PAUSE_S = 2.0
"""How much later than it should the next look must come to count as a pause."""
_MOST = 16


class Change(Struct, frozen=True):
    """`set_by_s`: how far the time of day was set (negative: back), 0 where it was not. `paused_s`: for how long
    nobody looked, 0 where that was no longer than usual."""

    set_by_s: float = 0.0
    paused_s: float = 0.0


class Timekeeper:
    """Compares the two clocks of another at every look, and is a clock itself, on which the time of day runs evenly in
    between. So nothing is dated by a clock that was set before everything else was put right."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = (clock.now(), clock.monotonic())

    def now(self) -> datetime:
        """The time of day of the last look, and the seconds since then."""
        at, tick = self._last
        return at + timedelta(seconds=self._clock.monotonic() - tick)

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin."""
        return self._clock.monotonic()

    def look(self, expected_s: float) -> Change:
        """What happened since the last look, which was meant to be at most `expected_s` seconds ago. The time of day
        is that of the other clock from here on."""
        now, tick = self._clock.now(), self._clock.monotonic()
        (was, before), self._last = self._last, (now, tick)
        elapsed = tick - before
        set_by = (now - was).total_seconds() - elapsed
        late = elapsed - expected_s
        return Change(set_by if abs(set_by) >= SET_BY_S else 0.0, elapsed if late >= PAUSE_S else 0.0)


class Gaps:
    """Stretches of time that do not count towards the age of what was seen before them; the last few are kept."""

    def __init__(self) -> None:
        self._gaps: list[tuple[datetime, float]] = []

    def add(self, since: datetime, length_s: float) -> None:
        """Nothing was seen for `length_s` from `since` on."""
        self._gaps = [*self._gaps[1 - _MOST :], (since, length_s)]

    def after(self, seen: datetime | None) -> float:
        """Seconds of the gaps, and of the rest of one, that came after `seen`; 0 for None."""
        if not self._gaps or seen is None:
            return 0.0
        return sum(max(0.0, min(length, length - (seen - since).total_seconds())) for since, length in self._gaps)

    def shift(self, by: timedelta) -> None:
        """The clock that these times were read from was set."""
        self._gaps = [(since + by, length) for since, length in self._gaps]
