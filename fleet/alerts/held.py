"""Which silences hold which alerts, kept up to date as either changes."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from fleet.alerts.matching import LabelIndex, Matching
from fleet.alerts.model import Alert, AlertState, Silence, SilenceState
from fleet.alerts.silences import aged, state_at
from fleet.errors import QueryError
from fleet.promql.storage import Matchers
from fleet.store import Slice

_NONE: frozenset[str] = frozenset()


class Held:
    """The silences of all origins. An id stands for one silence, whoever says it."""

    def __init__(self, index: LabelIndex) -> None:
        self._index = index
        self._silences: dict[str, Silence] = {}
        self._origins: dict[str, tuple[Silence, ...]] = {}
        self._matching: dict[str, Matching] = {}
        self._active: dict[str, set[str]] = {}
        """By active silence: the alerts that it matches."""
        self._named: dict[str, set[str]] = {}
        """Active silences by the name of the alerts that they are for; "" for those that do not say."""
        self._of: dict[str, set[str]] = {}
        self._dirty: set[str] = set()

    def put(self, origin: str, silences: Iterable[Silence], at: datetime) -> set[str]:
        """All silences of an origin; the ids of the alerts that this changes."""
        new = tuple(silences)
        if self._origins.get(origin) == new:
            return self.step(at)
        self._origins[origin] = new
        wanted = {one.id: aged(one, at) for all_ in self._origins.values() for one in all_}
        changed: set[str] = set()
        for id in self._silences.keys() - wanted.keys():
            changed |= self._end(id)
            del self._silences[id]
            self._dirty.add(id)
        for silence in wanted.values():
            changed |= self._set(silence)
        return changed

    def has(self, origin: str, silences: tuple[Silence, ...]) -> bool:
        """Whether these are all silences of an origin already."""
        return self._origins.get(origin, ()) == silences

    def step(self, at: datetime) -> set[str]:
        """Silences begin and end; the ids of the alerts that this changes."""
        changed: set[str] = set()
        for silence in list(self._silences.values()):
            if silence.state is not state_at(silence, at):
                changed |= self._set(aged(silence, at))
        return changed

    def add(self, id: str, labels: Mapping[str, str]) -> None:
        """An alert came, or has other labels."""
        self.drop(id)
        for silence in (*self._named.get(labels.get("alertname", ""), ()), *self._named.get("", ())):
            if silence not in self._of.get(id, _NONE) and self._matching[silence].holds(labels):
                self._of.setdefault(id, set()).add(silence)
                self._active[silence].add(id)
                self._dirty.add(silence)

    def drop(self, id: str) -> None:
        """An alert went."""
        for silence in self._of.pop(id, ()):
            self._active[silence].discard(id)
            self._dirty.add(silence)

    def changed(self, id: str) -> None:
        """An alert has another state."""
        self._dirty.update(self._of.get(id, ()))

    def of(self, id: str) -> set[str] | frozenset[str]:
        """The silences that hold an alert now."""
        return self._of.get(id, _NONE)

    def acknowledged_by(self, silences: Iterable[str]) -> str | None:
        """Who acknowledged, by the newest acknowledgement among these; None where none is one."""
        found = [one for id in silences if (one := self._silences.get(id)) is not None and one.acknowledges]
        return max(found, key=lambda one: (one.starts_at, one.id)).created_by or "?" if found else None

    def write(self, rows: Slice[str, Silence], alerts: Mapping[str, Alert]) -> Iterator[None]:
        """Bring the rows of the silences that changed in step, one by one, with how many alerts each holds."""
        dirty, self._dirty = self._dirty, set()
        for id in dirty:
            silence = self._silences.get(id)
            if silence is None:
                rows.drop(id)
                continue
            held = self._active.get(id, _NONE)
            matched = sum(1 for one in held if one in alerts and _is_live(alerts[one]))
            rows.put(id, silence if silence.matched == matched else replace(silence, matched=matched))
            yield

    def _set(self, silence: Silence) -> set[str]:
        id, was = silence.id, self._silences.get(silence.id)
        if was == silence:
            return set()
        self._silences[id] = silence
        self._dirty.add(id)
        held = self._active.get(id, set())
        if was is not None and (was.matchers, was.state) == (silence.matchers, silence.state):
            same = (was.created_by, was.acknowledges, was.starts_at) == (
                silence.created_by,
                silence.acknowledges,
                silence.starts_at,
            )
            return set() if same else set(held)
        changed = self._end(id)
        return changed | self._begin(silence) if silence.state is SilenceState.ACTIVE else changed

    def _begin(self, silence: Silence) -> set[str]:
        try:
            matching = Matching(silence.matchers)
            ids = self._index.matching(matching) if silence.matchers else set()
        except QueryError:
            return set()
        self._matching[silence.id], self._active[silence.id] = matching, ids
        self._named.setdefault(_name(silence.matchers), set()).add(silence.id)
        for id in ids:
            self._of.setdefault(id, set()).add(silence.id)
        return set(ids)

    def _end(self, id: str) -> set[str]:
        ids = self._active.pop(id, None)
        if ids is None:
            return set()
        named = self._named[_name(self._matching.pop(id).matchers)]
        named.discard(id)
        for one in ids:
            of = self._of[one]
            of.discard(id)
            if not of:
                del self._of[one]
        return ids


def _is_live(alert: Alert) -> bool:
    """Whether an alert still needs to be held; what flaps comes again."""
    return alert.state is not AlertState.RESOLVED or alert.flapping


def _name(matchers: Matchers) -> str:
    return next((one.value for one in matchers if one.name == "alertname" and one.op.value == "="), "")
