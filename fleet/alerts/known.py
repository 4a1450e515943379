"""One alert as the book remembers it: what each source says of it, and the row that comes of that."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from fleet.alerts.model import Alert, AlertReading, AlertState, Change
from fleet.severity import Severity, severity_of
from fleet.text import LABELS, scrub, scrub_labels, scrub_lines

REPLICA_LABELS: Final = ("replica", "prometheus_replica", "__replica__")
"""Labels that only tell the copies of one server apart: they are no part of an alert's identity."""
SEVERITY_LABELS: Final = ("severity", "level", "priority")
"""Labels that may hold the severity, the first that is there."""
TIMELINE: Final = 60
"""Changes that are kept of an alert."""
TEXT_CHARS: Final = 4096
"""Characters that are kept of an annotation."""

_RANK = {AlertState.FIRING: 0, AlertState.PENDING: 1, AlertState.RESOLVED: 2}


class Reader(Struct, frozen=True):
    """How alerts are read: the operator's own words for severities, the labels that hold them, and those that replicas
    differ by."""

    severities: Mapping[str, Severity] = {}
    severity_labels: tuple[str, ...] = SEVERITY_LABELS
    replica_labels: tuple[str, ...] = REPLICA_LABELS

    def id(self, labels: Mapping[str, str]) -> str:
        """A digest of name and labels, the same in every run."""
        digest = hashlib.blake2b(digest_size=8)
        for name in sorted(labels):
            if name not in self.replica_labels and labels[name]:
                digest.update(
                    f"{len(name)}:{name}={len(labels[name])}:{labels[name]};".encode("utf-8", "surrogatepass")
                )
        return digest.hexdigest()

    def severity(self, labels: Mapping[str, str]) -> tuple[Severity, str]:
        """The mapped word and the raw one."""
        raw = next((labels[name] for name in self.severity_labels if labels.get(name)), "")
        own = self.severities.get(raw.strip().lower())
        return own or severity_of(raw), raw


class Known:
    """An alert of the book. `said` is what each source says now; `row` the last row, None while it is none."""

    __slots__ = ("ended_at", "ends_at", "id", "row", "said", "timeline")

    def __init__(self, id: str) -> None:
        self.id = id
        self.said: dict[str, AlertReading] = {}
        self.row: Alert | None = None
        self.timeline: tuple[Change, ...] = ()
        self.ends_at: datetime | None = None
        """When the row goes, where it is resolved."""
        self.ended_at: datetime | None = None
        """When it resolved, remembered while a source goes on saying that it did."""

    def is_renumbered(self, before: AlertReading | None, now: AlertReading) -> bool:
        """Whether of the one source that says it nothing but value and annotations is new, and the row needs no more
        than these: it is there, fires or is pending, does not flap and is not old."""
        row = self.row
        return (
            before is not None
            and row is not None
            and len(self.said) == 1
            and row.state is before.state is not AlertState.RESOLVED
            and not (row.flapping or row.stale)
            and replace(now, value=before.value, annotations=before.annotations) == before
        )

    def renumbered(self, row: Alert, reading: AlertReading) -> Alert:
        """The row with the value and the annotations of a reading."""
        if row.annotations == reading.annotations:
            return replace(row, value=reading.value)
        return replace(row, value=reading.value, annotations=_annotations(reading))

    def settled(
        self, at: datetime, order: Callable[[str], int], stale: Collection[str], reader: Reader
    ) -> Alert | None:
        """The row as what is said now makes it, without what the book itself adds; None where it is no row."""
        if not self.said:
            return self._unsaid(at)
        sources = sorted(self.said, key=order)
        fresh = [source for source in sources if source not in stale] or sources
        first = min(fresh, key=lambda source: _RANK[self.said[source].state])
        old = all(source in stale for source in sources) or self.said[first].stale
        return self._made(self.said[first], sources, at, stale=old, reader=reader)

    def _unsaid(self, at: datetime) -> Alert | None:
        """Nobody says it any more: it is resolved if it ever fired, and never was if not."""
        row = self.row
        if row is None or not any(change.to is AlertState.FIRING for change in self.timeline):
            return None
        if row.state is AlertState.RESOLVED:
            return row
        # One that was pending again and came to nothing ended when it last ended.
        before = [change.at for change in self.timeline if change.to is AlertState.RESOLVED]
        ended = before[-1] if row.state is AlertState.PENDING and before else at
        self._note(AlertState.RESOLVED, at, row.value)
        return replace(row, state=AlertState.RESOLVED, resolved_at=ended, stale=False, timeline=self.timeline)

    def _made(self, reading: AlertReading, sources: list[str], at: datetime, *, stale: bool, reader: Reader) -> Alert:
        was = self.row
        self._note(reading.state, at, reading.value)
        labels, annotations = self._texts(reading, reader)
        severity, raw = reader.severity(labels)
        return Alert(
            id=self.id,
            name=labels.get("alertname", ""),
            state=reading.state,
            severity=severity,
            severity_raw=raw,
            since=reading.since or self._since(reading.state, at),
            fired_at=reading.fired_at or self._fired_at(reading.state, at),
            resolved_at=self._resolved_at(reading, at),
            value=reading.value,
            labels=labels,
            annotations=annotations,
            source=sources[0],
            sources=tuple(sources),
            claimed=all(self.said[source].claimed for source in sources),
            flapping=was is not None and was.flapping,
            flapping_since=None if was is None else was.flapping_since,
            stale=stale,
            expr=reading.expr,
            for_s=reading.for_s,
            rule=reading.rule,
            generator_url=scrub(reading.generator_url, TEXT_CHARS),
            receivers=_union(self.said[source].receivers for source in sources),
            timeline=self.timeline,
        )

    def _note(self, state: AlertState, at: datetime, value: float | None) -> None:
        if not self.timeline or self.timeline[-1].to is not state:
            self.timeline = (*self.timeline, Change(at, state, value))[-TIMELINE:]

    def _texts(self, reading: AlertReading, reader: Reader) -> tuple[dict[str, str], dict[str, str]]:
        """Labels and annotations, scrubbed; the very objects of the last row where they did not change."""
        said = reading.labels
        if len(self.said) > 1:
            # What copies of one server differ by is not said of all of them.
            differ = {
                name
                for name in reader.replica_labels
                if len({other.labels.get(name) for other in self.said.values()}) > 1
            }
            said = {name: value for name, value in said.items() if name not in differ}
        was = self.row
        labels = was.labels if was is not None and was.labels == said else scrub_labels(said)
        if was is not None and was.annotations == reading.annotations:
            return labels, was.annotations
        return labels, _annotations(reading)

    def _since(self, state: AlertState, at: datetime) -> datetime:
        was = self.row
        if was is not None and was.since is not None and (was.state is not AlertState.RESOLVED or state is was.state):
            return was.since
        return at

    def _fired_at(self, state: AlertState, at: datetime) -> datetime | None:
        was = self.row
        if was is not None and was.fired_at is not None and was.state is not AlertState.RESOLVED:
            return was.fired_at
        if was is not None and state is AlertState.RESOLVED:
            return was.fired_at
        return at if state is AlertState.FIRING else None

    def _resolved_at(self, reading: AlertReading, at: datetime) -> datetime | None:
        if reading.state is not AlertState.RESOLVED:
            self.ended_at = None
            return None
        self.ended_at = reading.resolved_at or self.ended_at or at
        return self.ended_at


def _annotations(reading: AlertReading) -> dict[str, str]:
    """Those of a reading, scrubbed."""
    annotations = list(reading.annotations.items())[:LABELS]
    return {scrub(name, 128): scrub_lines(value[:TEXT_CHARS], TEXT_CHARS) for name, value in annotations}


def _union(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for part in parts for word in part))
