"""What one source of alerts said last, and what of it is other than before."""

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime

from fleet.alerts.model import AlertReading, AlertState

_LOOKED, _DIGESTED = 2_000, 200
"""Readings that are compared, and those that are digested, between two pauses."""
_RANK = {AlertState.FIRING: 0, AlertState.PENDING: 1, AlertState.RESOLVED: 2}


class Said:
    """The last answer of a source. `rows` are its readings by alert id, `at` the time of its last answer."""

    __slots__ = ("_ids", "_readings", "at", "rows")

    def __init__(self) -> None:
        self._readings: Sequence[AlertReading] = ()
        self._ids: list[str] = []
        self.rows: dict[str, AlertReading] = {}
        self.at: datetime | None = None

    def take(
        self, readings: Sequence[AlertReading], at: datetime, digest: Callable[[Mapping[str, str]], str]
    ) -> Generator[None, None, set[str]]:
        """Take an answer in, in pieces; the ids of the alerts that it changes. Nothing is other than before until the
        last piece.

        A reading that is the same object as before costs one look, an equal one a comparison; only labels that were
        not there before are digested. Of two readings with one id the one that fires stands.
        """
        if readings is self._readings:
            self.at = at
            return set()
        readings = tuple(readings)
        ids = yield from self._identified(readings, digest)
        before = self.rows
        rows = dict(zip(ids, readings, strict=True))
        if len(rows) < len(ids):
            rows = _worst(ids, readings)
        changed = before.keys() - rows.keys()
        for place, (id, reading) in enumerate(rows.items()):
            old = before.get(id)
            if old is not reading and old != reading:
                changed.add(id)
            if place % _LOOKED == _LOOKED - 1:
                yield
        self._readings, self._ids, self.rows, self.at = readings, ids, rows, at
        return changed

    def _identified(
        self, readings: tuple[AlertReading, ...], digest: Callable[[Mapping[str, str]], str]
    ) -> Generator[None, None, list[str]]:
        """The id of each reading; most stand where they stood."""
        old, ids = self._readings, self._ids
        if len(old) == len(readings) and all(map(_same_labels, old, readings)):
            return ids
        by_object = {id(reading): one for reading, one in zip(old, ids, strict=True)}
        found = []
        for place, reading in enumerate(readings):
            known = by_object.get(id(reading))
            if known is None and place < len(old) and old[place].labels == reading.labels:
                known = ids[place]
            found.append(known or digest(reading.labels))
            if place % _DIGESTED == _DIGESTED - 1:
                yield
        return found


def _same_labels(one: AlertReading, other: AlertReading) -> bool:
    return one is other or one.labels is other.labels or one.labels == other.labels


def _worst(ids: Sequence[str], readings: Sequence[AlertReading]) -> dict[str, AlertReading]:
    rows: dict[str, AlertReading] = {}
    for id, reading in zip(ids, readings, strict=True):
        there = rows.get(id)
        if there is None or _RANK[reading.state] < _RANK[there.state]:
            rows[id] = reading
    return rows
