"""The one-minute roll-ups of one indicator and group, as far back as its longest window, with sums at once.

Hours that are over are packed (`fleet.slo.minutes`); sums up to the start of each hour stand beside them, so the sum
over any window is two look-ups and a difference, whatever its length. A minute long past may still be changed (by a
counter that was not seen for a while); the sums behind it are then made anew when they are next asked for.
"""

from array import array
from typing import NamedTuple

from fleet.errors import ParseError
from fleet.slo.minutes import MINUTES, Minute, Prefix, pack, prefix, prefix_of, unpack


class Sums(NamedTuple):
    """Over some minutes: good and total events, samples, and how many of the minutes had any."""

    good: float
    total: float
    samples: int
    seen_minutes: int


UNCHANGED = 1 << 62

NOTHING = Sums(0.0, 0.0, 0, 0)


class Track:
    """Minutes are numbered from the epoch (seconds // 60), hours likewise."""

    def __init__(self, keep_hours: int) -> None:
        """`keep_hours` is how many are kept; the oldest go."""
        self._keep = max(2, keep_hours)
        self._first = 0
        self._packed: list[bytes] = []
        self._open: dict[int, list[Minute]] = {}
        self._prefixes: dict[int, Prefix] = {}
        self._before = tuple(array("d") for _ in range(4))
        self._summed = 0
        self._unsaved: set[int] = set()
        self.last_seen = -1
        """The newest minute with samples; −1 where there was none."""
        self.changed_from = UNCHANGED
        """The oldest minute that changed since whoever makes something of it set this to UNCHANGED."""

    def __len__(self) -> int:
        """Hours from the oldest kept to the newest."""
        return len(self._packed)

    @property
    def hours(self) -> range:
        """The hours that are kept."""
        return range(self._first, self._first + len(self._packed))

    def keep(self, hours: int) -> None:
        """Keep another number of hours from now on; the oldest go."""
        self._keep = max(2, hours)
        self._trim()

    def add(self, minute: int, good: float, total: float, samples: int) -> None:
        """Count events of a minute. One older than what is kept is dropped."""
        minutes = self._dense(minute // MINUTES)
        if minutes is None:
            return
        old = minutes[minute % MINUTES]
        minutes[minute % MINUTES] = (old[0] + good, old[1] + total, old[2] + samples)
        if samples and minute > self.last_seen:
            self.last_seen = minute
        self.changed_from = min(self.changed_from, minute)
        self._touched(minute // MINUTES)

    def spread(self, first: int, last: int, good: float, total: float) -> None:
        """Lay events evenly over the minutes `first … last`, none of which counts as seen for that."""
        first = max(first, last - self._keep * MINUTES)
        count = last - first + 1
        for hour in range(first // MINUTES, last // MINUTES + 1):
            minutes = self._dense(hour)
            if minutes is None:
                continue
            start, end = max(first - hour * MINUTES, 0), min(last - hour * MINUTES + 1, MINUTES)
            minutes[start:end] = [(g + good / count, t + total / count, n) for g, t, n in minutes[start:end]]
            self._touched(hour)
        self.changed_from = min(self.changed_from, first)

    def fill(self, hour: int, good: float, total: float, samples: int) -> None:
        """Lay events evenly over an hour, each minute of which has `samples`."""
        minutes = self._dense(hour)
        if minutes is None:
            return
        part = 1 / MINUTES
        minutes[:] = [(g + good * part, t + total * part, n + samples) for g, t, n in minutes]
        if samples:
            self.last_seen = max(self.last_seen, hour * MINUTES + MINUTES - 1)
        self._touched(hour)
        self.changed_from = min(self.changed_from, hour * MINUTES)

    def put(self, minute: int, value: Minute) -> None:
        """Set a minute."""
        minutes = self._dense(minute // MINUTES)
        if minutes is None or minutes[minute % MINUTES] == value:
            return
        minutes[minute % MINUTES] = value
        if value[2] and minute > self.last_seen:
            self.last_seen = minute
        self._touched(minute // MINUTES)

    def load(self, hour: int, data: bytes) -> None:
        """Take an hour from disk; what memory has of it stays. One that turns out to be none of ours is empty."""
        if hour in self.hours and (self._packed[hour - self._first] or hour in self._open):
            return
        if self._room(hour) is None:
            return
        index = hour - self._first
        self._packed[index] = data
        self._summed = min(self._summed, index)
        if (hour + 1) * MINUTES > self.last_seen:
            seen = self._prefix(hour).seen
            minutes = [minute for minute in range(MINUTES) if seen[minute + 1] > seen[minute]]
            self.last_seen = max(self.last_seen, hour * MINUTES + minutes[-1] if minutes else -1)

    def sums(self, start: int, end: int) -> Sums:
        """Over the minutes `start <= m < end`."""
        if not self._packed or end <= start:
            return NOTHING
        low, high = self._up_to(start), self._up_to(end)
        good, total = high[0] - low[0], high[1] - low[1]
        # Samples and minutes are whole numbers in doubles.
        return Sums(
            good if good > 0.0 else 0.0, total if total > 0.0 else 0.0, int(high[2] - low[2]), int(high[3] - low[3])
        )

    def minute(self, minute: int) -> Minute:
        """What is kept of one minute."""
        hour = minute // MINUTES
        if hour in self._open:
            return self._open[hour][minute % MINUTES]
        found = self.sums(minute, minute + 1)
        return (found.good, found.total, found.samples)

    def unsaved(self) -> list[tuple[int, bytes]]:
        """The hours that changed since they were last handed out here, packed; they then count as saved."""
        changed, self._unsaved = self._unsaved, set()
        return [(hour, self._data(hour)) for hour in sorted(changed) if hour in self.hours]

    def unsave(self, hour: int) -> None:
        """What was handed out was not saved after all."""
        self._unsaved.add(hour)

    def unsave_all(self) -> None:
        """Nothing of what was handed out is saved any more."""
        self._unsaved.update(hour for hour in self.hours if hour in self._open or self._packed[hour - self._first])

    def _data(self, hour: int) -> bytes:
        return pack(self._open[hour]) if hour in self._open else self._packed[hour - self._first]

    def _touched(self, hour: int) -> None:
        self._unsaved.add(hour)
        self._prefixes.pop(hour, None)
        self._summed = min(self._summed, hour - self._first)

    def _dense(self, hour: int) -> list[Minute] | None:
        minutes = self._open.get(hour)
        if minutes is not None:
            return minutes
        if self._room(hour) is None:
            return None
        self._close(hour)
        try:
            minutes = unpack(self._packed[hour - self._first])
        except ParseError:
            minutes = unpack(b"")
        self._open[hour] = minutes
        return minutes

    def _close(self, opening: int) -> None:
        """Pack the hours that are open, but for the newest: before another is opened."""
        newest = max((*self._open, opening), default=opening)
        for hour in [hour for hour in self._open if hour < newest - 1]:
            minutes = self._open.pop(hour)
            self._prefixes.pop(hour, None)
            if hour in self.hours:
                self._packed[hour - self._first] = pack(minutes)

    def _room(self, hour: int) -> int | None:
        """See that `hour` has a place; None where it is older than what is kept."""
        if not self._packed:
            self._first = hour
        last = self._first + len(self._packed) - 1
        if hour < self._first:
            if hour <= last - self._keep:
                return None
            self._packed[:0] = [b""] * (self._first - hour)
            self._first, self._summed = hour, 0
        elif hour > last:
            if hour - last > self._keep:
                self._forget()
                self._first, last = hour, hour - 1
            self._packed += [b""] * (hour - last)
            self._trim()
        return hour

    def _forget(self) -> None:
        self._packed.clear()
        self._open.clear()
        self._prefixes.clear()
        self._summed = 0

    def _trim(self) -> None:
        """Drop the oldest hours. The sums stay as they are: only differences are ever asked for."""
        over = len(self._packed) - self._keep
        if over <= 0:
            return
        del self._packed[:over]
        self._first += over
        for column in self._before:
            del column[:over]
        self._summed = max(0, self._summed - over)
        for hour in [hour for hour in self._open if hour < self._first]:
            del self._open[hour]
            self._prefixes.pop(hour, None)

    def _prefix(self, hour: int) -> Prefix:
        minutes = self._open.get(hour)
        if minutes is None:
            try:
                return prefix(self._packed[hour - self._first])
            except ParseError:
                self._packed[hour - self._first] = b""
                return prefix(b"")
        found = self._prefixes.get(hour)
        if found is None:
            found = self._prefixes[hour] = prefix_of(minutes)
        return found

    def _sum_up(self, until: int) -> None:
        """Make the sums before each hour, as far as index `until`."""
        good, total, samples, seen = self._before
        for column in self._before:
            del column[self._summed + 1 :]
            if not column:
                column.append(0.0)
        for index in range(len(good) - 1, until):
            inner = self._prefix(self._first + index)
            good.append(good[index] + inner.good[MINUTES])
            total.append(total[index] + inner.total[MINUTES])
            samples.append(samples[index] + inner.samples[MINUTES])
            seen.append(seen[index] + inner.seen[MINUTES])
        self._summed = max(self._summed, len(good) - 1)

    def _up_to(self, minute: int) -> tuple[float, float, float, float]:
        """Sums over everything before `minute`."""
        inside = minute - self._first * MINUTES
        most = len(self._packed) * MINUTES
        inside = 0 if inside < 0 else most if inside > most else inside
        index, inner = divmod(inside, MINUTES)
        if index > self._summed or index >= len(self._before[0]):
            self._sum_up(index)
        before = self._before
        good, total, samples, seen = before[0][index], before[1][index], before[2][index], before[3][index]
        if not inner:
            return good, total, samples, seen
        hour = self._first + index
        part = self._prefixes.get(hour) if hour in self._open else None
        if part is None:
            part = self._prefix(hour)
        return (
            good + part.good[inner],
            total + part.total[inner],
            samples + part.samples[inner],
            seen + part.seen[inner],
        )
