"""The alert book: what all sources say, as one table. The single writer of `store.alerts`, `alert_groups`, `silences`.

Each source delivers all that it says now; the book compares, so that the cost follows what changed and not how much
there is. Sources that say the same alert are one row. On top of what the sources say stand silences, inhibition and
flap detection. Pure: times are handed in, and nothing happens between calls.

Ten thousand new alerts are half a second of work. So what a source says can be offered, and is then taken in by steps
(`offer`, `take_in`); whatever else changes the book in between first brings that to its end, so that the order is that
of the calls.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from msgspec.structs import replace

from fleet.alerts.explained import TARGET_LABELS, Explained, needs_data
from fleet.alerts.flapping import FlapRule, flapping_since
from fleet.alerts.groups import Groups
from fleet.alerts.held import Held
from fleet.alerts.inhibition import Inhibitor, InhibitRule, default_rules
from fleet.alerts.known import Known, Reader
from fleet.alerts.matching import LabelIndex
from fleet.alerts.model import Alert, AlertReading, AlertState, Silence
from fleet.alerts.said import Said
from fleet.store import Store

KEEP_RESOLVED_S: Final = 900.0
"""Seconds that a resolved alert stays a row, as Prometheus keeps it."""
AT_ONCE: Final = 500
"""Rows that a silence, a reason or the time may change in one go; more are made by `take_in`."""
_PIECE, _SAID = 100, 2_000
"""Rows made, and readings noted, between two pauses."""
OWN: Final = "fleetdeck"
"""The source of the alerts that fleetdeck raises itself."""


class AlertBook:
    """Everything that is wrong, by every source.

    `by` is the label that lines are grouped by, "" for name and severity. `inhibit` are the rules of inhibition.
    Raises QueryError where one of them has a wrong pattern.
    """

    def __init__(
        self,
        store: Store,
        *,
        reader: Reader | None = None,
        inhibit: Iterable[InhibitRule] | None = None,
        flap: FlapRule | None = None,
        by: str = "",
        keep_resolved_s: float = KEEP_RESOLVED_S,
    ) -> None:
        self._store = store
        self._reader = reader or Reader()
        self._flap = flap or FlapRule()
        self._keep = timedelta(seconds=keep_resolved_s)
        self._sources: dict[str, Said] = {}
        self._known: dict[str, Known] = {}
        self._index = LabelIndex()
        self._inhibitor = Inhibitor(default_rules() if inhibit is None else inhibit)
        self._explained = Explained(self._index)
        self._held = Held(self._index)
        self._groups = Groups(by)
        self._flapping: set[str] = set()
        self._ends: list[tuple[datetime, str]] = []
        self._stale: set[str] = set()
        self._ranks: dict[str, int] = {}
        self._offered: deque[tuple[str, tuple[AlertReading, ...], datetime, bool]] = deque()
        self._going: Iterator[None] | None = None

    # ── what sources say ──

    def expect(self, source: str) -> None:
        """Give `source` its place before those that are not known yet: of sources that say the same alert, the first
        has the word."""
        self._ranks.setdefault(source, len(self._ranks))

    def deliver(self, source: str, readings: Sequence[AlertReading], at: datetime, *, stale: bool = False) -> None:
        """All that `source` says at a time. `stale`: it is away; what it said last stays, and `readings` is not looked
        at. The same tuple as last time costs nothing."""
        self._finish()
        self._exhaust(self._taking(source, readings, at, stale=stale))

    def offer(self, source: str, readings: Sequence[AlertReading], at: datetime, *, stale: bool = False) -> None:
        """As `deliver`, but it is `take_in` that takes it in. Of two offers of a source the later one counts."""
        if not stale:
            self._offered = deque(one for one in self._offered if one[0] != source)
        self._offered.append((source, tuple(readings), at, stale))

    def take_in(self, enough: Callable[[], bool]) -> bool:
        """Go on with what was offered, and with rows that wait to be made, until `enough()` says so; True where some of
        it is left."""
        while self._going is not None or self._offered:
            if self._going is None:
                source, readings, at, stale = self._offered.popleft()
                self._going = self._taking(source, readings, at, stale=stale)
            if any(enough() for _ in self._going):
                return True
            self._going = None
        return False

    def _taking(
        self, source: str, readings: Sequence[AlertReading], at: datetime, *, stale: bool = False
    ) -> Iterator[None]:
        said = self._sources.get(source)
        if said is None:
            said = self._sources[source] = Said()
            self.expect(source)
        if stale:
            yield from self._mark_stale(source, said, at)
            return
        changed = yield from said.take(readings, at, self._reader.id)
        if source in self._stale:
            self._stale.discard(source)
            changed = changed.union(said.rows)
        numbers: list[str] = []
        others: list[str] = []
        for place, id in enumerate(changed):
            (numbers if self._say(source, id, said.rows.get(id)) else others).append(id)
            if place % _SAID == _SAID - 1:
                yield
        yield from self._settling(others, at)
        yield from self._renumber(source, numbers, at)

    def forget(self, source: str, at: datetime) -> None:
        """`source` is no longer asked: nothing that it alone said is known any more. Its rows go at once."""
        self._finish()
        said = self._sources.pop(source, None)
        if said is None:
            return
        self._stale.discard(source)
        for id in said.rows:
            known = self._known[id]
            known.said.pop(source, None)
            if not known.said:
                known.timeline = ()
        self._exhaust(self._settling(said.rows, at))

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that have delivered, in order."""
        return tuple(self._sources)

    def away(self) -> dict[str, datetime | None]:
        """The sources that are away, with the time of their last answer (None: never)."""
        return {source: self._sources[source].at for source in sorted(self._stale)}

    def answered_at(self, source: str) -> datetime | None:
        """When `source` last said what it says."""
        said = self._sources.get(source)
        return None if said is None else said.at

    def said_by(self, source: str) -> tuple[AlertReading, ...]:
        """The last answer of `source`."""
        said = self._sources.get(source)
        return () if said is None else tuple(said.rows.values())

    def fires(self, name: str, source: str = "") -> bool:
        """Whether an alert of that name fires by the last answer of `source` (any source where it is "")."""
        found = self._index.having("alertname", name)
        return any(
            reading.state is AlertState.FIRING
            for id in found
            for word, reading in self._known[id].said.items()
            if source in ("", word) and word not in self._stale
        )

    def id_of(self, labels: Mapping[str, str]) -> str:
        """The id that an alert with these labels has."""
        return self._reader.id(labels)

    def needing(self, targets: Iterable[str]) -> frozenset[str]:
        """The ids of alerts that need the data of a target known by one of these names (its labels `agent`, `instance`
        or `job`), and are not resolved."""
        found = {id for target in targets for label in TARGET_LABELS for id in self._index.having(label, target)}
        rows = self._store.alerts
        there = ((id, row) for id in found if (row := rows.get(id)) is not None)
        return frozenset(id for id, row in there if row.state is not AlertState.RESOLVED and needs_data(row.expr))

    # ── what operators and time do ──

    def put_silences(self, origin: str, silences: Iterable[Silence], at: datetime) -> None:
        """All silences of an origin ("local", or the name of an Alertmanager) as they are at a time. One whose
        pattern is wrong holds nothing."""
        silences = tuple(silences)
        if self._held.has(origin, silences):
            # Their time is `step`'s, and what is being taken in goes on undisturbed.
            return
        self._finish()
        self._settle(self._held.put(origin, silences, at), at)

    def explain(self, reasons: Mapping[str, frozenset[str]], at: datetime) -> None:
        """What fleetdeck itself knows to explain alerts: the alerts that need the data of a target that does not
        answer, by the id of the alert that says so."""
        self._finish()
        self._settle(self._explained.put(reasons), at)

    def step(self, at: datetime) -> None:
        """Let time pass: silences begin and end, what flapped is calm, resolved rows go."""
        self._finish()
        dirty = self._held.step(at)
        while self._ends and self._ends[0][0] <= at:
            dirty.add(heappop(self._ends)[1])
        for id in self._flapping:
            known = self._known[id]
            if flapping_since(known.timeline, at, known.row.flapping_since if known.row else None, self._flap) is None:
                dirty.add(id)
        self._settle(dirty & self._known.keys(), at)

    def group_by(self, label: str) -> None:
        """Group the lines by a label; "" for name and severity."""
        if label == self._groups.by:
            return
        self._finish()
        self._groups = Groups(label)
        for alert in self._store.alerts.values():
            self._groups.change(None, alert)
        lines = self._groups.flush()
        self._store.alert_groups.replace({key: line for key, line in lines.items() if line is not None})

    def reconfigure(self, reader: Reader, inhibit: Iterable[InhibitRule], at: datetime) -> None:
        """Go on with other words and rules. Raises QueryError, with nothing changed, for a wrong pattern."""
        inhibitor = Inhibitor(inhibit)
        self._finish()
        self._reader, self._inhibitor = reader, inhibitor
        for id, known in self._known.items():
            if known.row is not None:
                inhibitor.change(id, known.row.labels, fires=known.row.state is AlertState.FIRING)
        self._settle(set(self._known), at)

    # ── settling ──

    def _mark_stale(self, source: str, said: Said, at: datetime) -> Iterator[None]:
        if source in self._stale:
            return
        self._stale.add(source)
        if said.at is not None:
            for id in said.rows:
                self._store.alerts.touch(id, said.at)
        yield from self._settling(set(said.rows), at)

    def _say(self, source: str, id: str, reading: AlertReading | None) -> bool:
        """Note what `source` says of an alert now. True where no more than its value and annotations are new, so that
        its row keeps its place in every respect."""
        known = self._known.get(id)
        if reading is None:
            if known is not None:
                known.said.pop(source, None)
            return False
        if known is None:
            known = self._known[id] = Known(id)
        before, known.said[source] = known.said.get(source), reading
        return known.is_renumbered(before, reading)

    def _settle(self, ids: Collection[str], at: datetime) -> None:
        """Make the rows of `ids` anew, at once where they are few."""
        pieces = self._settling(ids, at)
        if len(ids) > AT_ONCE:
            self._going = pieces
        else:
            self._exhaust(pieces)

    def _finish(self) -> None:
        """Bring what is under way to its end."""
        self.take_in(_never)

    @staticmethod
    def _exhaust(pieces: Iterator[None]) -> None:
        for _ in pieces:
            continue

    def _settling(self, ids: Collection[str], at: datetime) -> Iterator[None]:
        """Make the rows of `ids` anew, then those that they inhibit, then the lines and counts that this changed. No
        row is seen before all of them are known to be inhibited or not."""
        rows: dict[str, Alert | None] = {}
        affected: set[str] = set()
        for place, id in enumerate(ids):
            rows[id] = self._settled(id, at)
            affected |= self._note(id, rows[id])
            if place % _PIECE == _PIECE - 1:
                yield
        for id in affected - rows.keys():
            rows[id] = self._known[id].row
        for place, (id, row) in enumerate(rows.items()):
            self._put(id, row, at)
            if place % _PIECE == _PIECE - 1:
                yield
        for key, line in self._groups.changed_lines():
            if line is None:
                self._store.alert_groups.drop(key)
            else:
                self._store.alert_groups.put(key, line)
            yield
        yield from self._held.write(self._store.silences, self._store.alerts)

    def _renumber(self, source: str, ids: Sequence[str], at: datetime) -> Iterator[None]:
        """Put the values and annotations that `source` gives now into the rows of `ids`."""
        for place, id in enumerate(ids):
            known = self._known[id]
            if known.row is not None:
                known.row = known.renumbered(known.row, known.said[source])
                if self._store.alerts.put(id, known.row):
                    self._store.alerts.touch(id, at)
            if place % _PIECE == _PIECE - 1:
                yield

    def _settled(self, id: str, at: datetime) -> Alert | None:
        known = self._known[id]
        row = known.settled(at, self._ranks.__getitem__, self._stale, self._reader)
        if row is None:
            return None
        was = known.row.flapping_since if known.row is not None else None
        flaps = flapping_since(known.timeline, at, was, self._flap)
        if (row.flapping, row.flapping_since) != (flaps is not None, flaps):
            row = replace(row, flapping=flaps is not None, flapping_since=flaps)
        if row.state is AlertState.RESOLVED and not row.flapping and self._is_over(known, row, at):
            return None
        return row

    def _is_over(self, known: Known, row: Alert, at: datetime) -> bool:
        ends_at = (row.resolved_at or at) + self._keep
        if ends_at <= at:
            return True
        if known.ends_at != ends_at:
            known.ends_at = ends_at
            heappush(self._ends, (ends_at, known.id))
        return False

    def _note(self, id: str, row: Alert | None) -> set[str]:
        """Tell the indexes about a row; the ids whose inhibition this may change."""
        if row is None:
            self._index.drop(id)
            self._held.drop(id)
            self._flapping.discard(id)
            return self._inhibitor.change(id, None, fires=False)
        was = self._known[id].row
        (self._flapping.add if row.flapping else self._flapping.discard)(id)
        fires, affected = row.state is AlertState.FIRING, set[str]()
        other = was is None or was.labels != row.labels
        if other:
            if was is not None:
                affected |= self._inhibitor.change(id, None, fires=False)
            self._index.put(id, row.labels)
            self._held.add(id, row.labels)
        if other or (was is not None and (was.state is AlertState.FIRING) is not fires):
            affected |= self._inhibitor.change(id, row.labels, fires=fires)
        return affected

    def _put(self, id: str, row: Alert | None, at: datetime) -> None:
        known = self._known.get(id)
        if known is None:
            return
        was = known.row
        if row is None:
            if was is not None:
                self._groups.change(was, None)
                self._held.changed(id)
            known.row = known.ends_at = None
            known.timeline = ()
            if not known.said:
                del self._known[id]
            self._store.alerts.drop(id)
            return
        row = self._suppressed(known, row)
        if was is not None and was.state is not row.state:
            self._held.changed(id)
        known.row = row
        self._groups.change(was, row)
        if self._store.alerts.put(id, row) and not row.stale:
            self._store.alerts.touch(id, at)

    def _suppressed(self, known: Known, row: Alert) -> Alert:
        """The row with what silences and inhibits it."""
        readings = known.said.values()
        silenced = sorted({word for reading in readings for word in reading.silenced_by} | self._held.of(known.id))
        inhibited = {word for reading in readings for word in reading.inhibited_by}
        inhibited.update(self._inhibitor.by(known.id), self._explained.by(known.id))
        reasons = tuple(sorted(inhibited)) if row.state is not AlertState.RESOLVED else ()
        by = self._held.acknowledged_by(silenced)
        if (row.silenced_by, row.inhibited_by, row.acknowledged_by) == (tuple(silenced), reasons, by):
            return row
        return replace(row, silenced_by=tuple(silenced), inhibited_by=reasons, acknowledged_by=by)


def _never() -> bool:
    return False
