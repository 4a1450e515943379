"""The log of changes of state: the single writer of the store's events, bounded."""

from datetime import datetime

from fleet.model import Event, EventKind
from fleet.store import Slice

MOST = 2_000


class EventLog:
    """Appends events, newest last; the oldest go when there are more than `most`."""

    def __init__(self, events: Slice[int, Event], most: int = MOST) -> None:
        self._events = events
        self._most = most
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
        self._events.put(
            self._seq,
            Event(seq=self._seq, at=at, kind=kind, subject=subject, before=before, after=after, detail=detail, bad=bad),
        )
        if len(self._events) > self._most:
            self._events.drop(next(iter(self._events)))
