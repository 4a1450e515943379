"""The log of changes of state: the single writer of the store's events, bounded, and fair when much happens at once.

One that flaps would push everything else out of a bounded log, and so would thousands that go down together. So a
subject keeps its last hundred changes only, and of many alike changes at one time the first are told and the others
counted.
"""

from collections import Counter, deque
from datetime import datetime

from fleet.model import Event, EventKind
from fleet.store import Slice

MOST = 2_000
MOST_OF_ONE = 100
"""Events of one subject."""
MOST_ALIKE = 50
"""Alike changes of one judgement that are told one by one."""


class EventLog:
    """Appends events, newest last; the oldest go when there are more than `most`, or `most_of_one` of a subject."""

    def __init__(self, events: Slice[int, Event], most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._events = events
        self._most = most
        self._most_of_one = most_of_one
        self._of: dict[tuple[EventKind, str], deque[int]] = {}
        self._seq = 0

    def add(
        self,
        kind: EventKind,
        subject: str,
        *,
        at: datetime,
        before: str,
        after: str,
        detail: str = "",
        bad: bool = False,
    ) -> None:
        """Record that `subject` went from `before` to `after`."""
        self._seq += 1
        event = Event(
            seq=self._seq, at=at, kind=kind, subject=subject, before=before, after=after, detail=detail, bad=bad
        )
        self._events.put(self._seq, event)
        own = self._of.setdefault((kind, subject), deque())
        own.append(self._seq)
        if len(own) > self._most_of_one:
            self._events.drop(own.popleft())
        if len(self._events) > self._most:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = self._events[next(iter(self._events))]
        self._events.drop(oldest.seq)
        key = (oldest.kind, oldest.subject)
        self._of[key].popleft()
        if not self._of[key]:
            del self._of[key]


class Crowd:
    """The changes of agents in one judgement: of those that are alike only the first few are told one by one."""

    def __init__(self, log: EventLog, most: int = MOST_ALIKE) -> None:
        self._log = log
        self._most = most
        self._alike: Counter[tuple[str, str, bool]] = Counter()

    def add(self, subject: str, *, at: datetime, before: str, after: str, detail: str = "", bad: bool = False) -> None:
        """Record that the agent `subject` went from `before` to `after`."""
        change = (before, after, bad)
        self._alike[change] += 1
        if self._alike[change] <= self._most:
            self._log.add(EventKind.AGENT, subject, at=at, before=before, after=after, detail=detail, bad=bad)

    def finish(self, at: datetime) -> None:
        """Record how many others changed alike."""
        for (before, after, bad), count in self._alike.items():
            if count > self._most:
                subject = f"{count - self._most:,} more agents"
                self._log.add(EventKind.AGENT, subject, at=at, before=before, after=after, detail="at once", bad=bad)
