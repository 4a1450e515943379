"""What Alertmanagers say, put together: several of them, alone or as clusters, become one set of alerts and silences.

The copies of a cluster say the same at slightly different times. Of a silence the copy that changed last stands, that
of a server that answers before that of one that does not; it is shown once, with the server it was taken from as its
origin. Alerts are rows of the book once by their labels. Pure; what is written back (`actions.routing`) asks here who
holds what.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from fleet.alertmanager_api import About, Held, HeldSilence
from fleet.alerts.book import AlertBook
from fleet.alerts.known import REPLICA_LABELS
from fleet.alerts.model import AlertReading, SilenceState
from fleet.alerts.silences import state_at

MARK: Final = "urn:fleetdeck:alert:"
"""How the generator of an alert begins that a fleetdeck posted; what follows is the alert's id."""


class Look(Struct, frozen=True, kw_only=True):
    """One look at an Alertmanager. `number` grows with each look at the same server, counted when it began."""

    number: int
    alerts: tuple[Held, ...] = ()
    silences: tuple[HeldSilence, ...] = ()
    about: About = About()


class Cluster(Struct, frozen=True):
    """Alertmanagers that share their silences, those that answer first. `known`: one of them has said who belongs
    to it."""

    names: tuple[str, ...]
    known: bool


class _Own(Struct, frozen=True):
    """An alert as it is known: its labels there, and here, and the id of its row. Making an id costs more than all else
    of a look."""

    said: dict[str, str]
    labels: dict[str, str]
    id: str
    external: dict[str, str]


def _read(held: Held, own: Mapping[str, _Own]) -> AlertReading:
    """A reading with the labels and ids of here."""
    reading, labels = held.reading, own[held.fingerprint].labels
    if labels == reading.labels and not reading.inhibited_by:
        return reading
    inhibited = tuple(own[mark].id for mark in reading.inhibited_by if mark in own)
    return replace(reading, labels=labels, inhibited_by=inhibited)


class _Instance:
    """One server: its last look, and whether it answers."""

    __slots__ = ("answers", "at", "labels", "look", "own", "readings")

    def __init__(self) -> None:
        self.look: Look | None = None
        self.at: datetime | None = None
        self.answers = False
        self.readings: tuple[AlertReading, ...] = ()
        self.own: dict[str, _Own] = {}
        """By fingerprint."""
        self.labels: dict[str, dict[str, str]] = {}
        """The labels of each alert as they are there, by the id of its row."""


class Managers:
    """The Alertmanagers of a configuration. `external_labels` are those that our own alerts are posted with."""

    def __init__(self, book: AlertBook, external_labels: Mapping[str, str] | None = None) -> None:
        self._book = book
        self._instances: dict[str, _Instance] = {}
        self._merged: dict[str, tuple[str, HeldSilence]] = {}
        self._ended: set[str] = set()
        self.external_labels = dict(external_labels or {})

    # ── what they say ──

    def expect(self, names: Sequence[str], at: datetime) -> None:
        """These are the servers now; what others said is forgotten."""
        for name in self._instances.keys() - set(names):
            del self._instances[name]
            self._book.forget(name, at)
            self._book.put_silences(name, (), at)
        self._instances = {name: self._instances.get(name) or _Instance() for name in names}
        for name in names:
            self._book.expect(name)
        self._put_silences(at)

    def deliver(self, name: str, look: Look, at: datetime) -> None:
        """What a server says at a time. A look that began before the last one that is known is left out."""
        one = self._instances.get(name)
        if one is None or (one.look is not None and look.number < one.look.number):
            return
        one.look, one.at, one.answers = look, at, True
        before, one.own = one.own, {}
        for held in look.alerts:
            known = before.get(held.fingerprint)
            if known is None or known.said != held.reading.labels or known.external != self.external_labels:
                own = self._own_labels(held.reading)
                known = _Own(held.reading.labels, own, self._book.id_of(own), self.external_labels)
            one.own[held.fingerprint] = known
        one.readings = tuple(_read(held, one.own) for held in look.alerts)
        one.labels = {known.id: known.said for known in one.own.values()}
        self._put_silences(at)
        self._put_alerts(name, one, at)

    def failed(self, name: str, at: datetime) -> None:
        """A server does not answer: what it said last stays, and is stale."""
        one = self._instances.get(name)
        if one is None:
            return
        one.answers = False
        self._book.deliver(name, (), at, stale=True)
        self._put_silences(at)

    # ── who holds what ──

    def answers(self, name: str) -> bool:
        """Whether a server answers."""
        return name in self._instances and self._instances[name].answers

    def clusters(self) -> tuple[Cluster, ...]:
        """The servers by cluster, in the order of the configuration."""
        found: list[tuple[list[str], set[str]]] = []
        for name, one in self._instances.items():
            peers = set() if one.look is None else set(one.look.about.peers)
            same = [group for group in found if group[1] & peers]
            for group in same:
                found.remove(group)
            names = [other for group in same for other in group[0]]
            found.append(([*names, name], peers.union(*(group[1] for group in same))))
        return tuple(
            Cluster(
                tuple(sorted(names, key=lambda name: not self.answers(name))),
                known=any(self._instances[name].look is not None for name in names),
            )
            for names, _ in found
        )

    def holding(self, alert_id: str) -> dict[str, dict[str, str]]:
        """The servers whose last answer has an alert, with its labels as they are there, but for those that only tell
        replicas apart."""
        return {
            name: {label: value for label, value in one.labels[alert_id].items() if label not in REPLICA_LABELS}
            for name, one in self._instances.items()
            if alert_id in one.labels
        }

    def silence(self, id: str) -> HeldSilence | None:
        """A silence of theirs by its id."""
        found = self._merged.get(id)
        return None if found is None else found[1]

    def silences(self) -> tuple[HeldSilence, ...]:
        """All silences, each once."""
        return tuple(held for _, held in self._merged.values())

    def having(self, silence_id: str) -> tuple[str, ...]:
        """The servers whose last answer has a silence, those that answer first."""
        names = [
            name
            for name, one in self._instances.items()
            if one.look is not None and any(held.silence.id == silence_id for held in one.look.silences)
        ]
        return tuple(sorted(names, key=lambda name: not self.answers(name)))

    # ── into the book ──

    def _put_silences(self, at: datetime) -> None:
        """Each silence once, from the server whose copy stands."""
        merged: dict[str, tuple[str, HeldSilence]] = {}
        for name, one in self._instances.items():
            for held in one.look.silences if one.look is not None else ():
                other = merged.get(held.silence.id)
                if other is None or self._stands_before(name, held, other):
                    merged[held.silence.id] = (name, held)
        self._merged = merged
        for name in self._instances:
            self._book.put_silences(name, [held.silence for origin, held in merged.values() if origin == name], at)
        ended = {id for id, (_, held) in merged.items() if state_at(held.silence, at) is SilenceState.EXPIRED}
        if ended != self._ended:
            self._ended = ended
            for name, one in self._instances.items():
                self._put_alerts(name, one, one.at or at)

    def _stands_before(self, name: str, held: HeldSilence, other: tuple[str, HeldSilence]) -> bool:
        mine, theirs = self.answers(name), self.answers(other[0])
        return mine if mine is not theirs else held.updated_at > other[1].updated_at

    def _put_alerts(self, name: str, one: _Instance, at: datetime) -> None:
        """A server that has not heard yet that a silence has ended still calls its alerts silenced."""
        if one.look is None:
            return
        ended, readings = self._ended, one.readings
        if ended and any(not ended.isdisjoint(reading.silenced_by) for reading in readings):
            readings = tuple(
                replace(reading, silenced_by=tuple(id for id in reading.silenced_by if id not in ended))
                for reading in readings
            )
        self._book.deliver(name, readings, at)
        if not one.answers:
            self._book.deliver(name, (), at, stale=True)

    def _own_labels(self, reading: AlertReading) -> dict[str, str]:
        """The labels of an alert, without those that were added when we posted it: it is the same alert."""
        if not reading.generator_url.startswith(MARK) or not self.external_labels:
            return reading.labels
        own = {name: value for name, value in reading.labels.items() if self.external_labels.get(name) != value}
        return own if self._book.id_of(own) == reading.generator_url.removeprefix(MARK) else reading.labels
