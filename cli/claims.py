"""The way of claimed alerts from their jobs into the book, where `cli.judging.judgement` takes them in by steps."""

from collections.abc import Sequence
from datetime import datetime

from fleet.alerts.book import AlertBook
from fleet.alerts.model import AlertReading
from fleet.clock import Clock


class BookKeeper:
    """Delivers what jobs bring to the alert book; a failure has the time of the clock."""

    def __init__(self, book: AlertBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def deliver(self, source: str, readings: Sequence[AlertReading], at: datetime) -> None:
        """All that a source says."""
        self._book.offer(source, readings, at)

    def failed(self, source: str) -> None:
        """A source does not answer: what it said last stays, and is stale."""
        self._book.offer(source, (), self._clock.now(), stale=True)
