"""The dead-man's switch: not knowing is itself an alert.

What fleetdeck raises by itself, so that silence never looks like health:

- `FleetdeckRulesNotEvaluated`: a group of rules was not evaluated for several of its intervals.
- `FleetdeckRuleFails`: a rule cannot be evaluated, so that whatever it watches is not watched.
- `AlertSourceAway`: a source of alerts does not answer; its alerts are the last that it gave.
- `AlertDataAway`: a target does not answer whose data alerts need; it inhibits them.
- `DeadMansSwitch`: a configured heartbeat, an alert that always fires, does not fire.
- `NothingObserved`: nothing at all has answered for a while.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from fleet.alerts.book import OWN, AlertBook
from fleet.alerts.model import AlertReading
from fleet.model import ProbeKind, Source, SourceState
from fleet.severity import Severity
from fleet.times import span_text

INTERVALS: Final = 5
"""Intervals without an evaluation until rules count as not evaluated."""
UNOBSERVED_S: Final = 120.0
"""Seconds without any answer until nothing is observed."""
_Key = tuple[object, ...]
_GIVING_DATA = (ProbeKind.METRICS, ProbeKind.DISCOVERY)


class Heartbeat(Struct, frozen=True, kw_only=True):
    """An alert that must always fire, by `source` ("": by any), else it has been missing for longer than `every_s`."""

    alert: str
    source: str = ""
    every_s: float = 300.0
    severity: Severity = Severity.CRITICAL


class RuleState(Struct, frozen=True, kw_only=True):
    """How a rule does, as its engine says: `evaluated_at` None where it never was evaluated, `error` in a sentence."""

    group: str
    name: str
    interval_s: float
    evaluated_at: datetime | None = None
    error: str = ""


def _never(source: str) -> datetime | None:
    return None


class DeadMan:
    """Judges, after everything else was judged, what is not known, and delivers that to the book.

    Nothing is called missing before it had as long as it may take, counted from the first `step`.
    """

    def __init__(self, book: AlertBook, heartbeats: Iterable[Heartbeat] = ()) -> None:
        self._book = book
        self.heartbeats = tuple(heartbeats)
        self._started: datetime | None = None
        self._beat: dict[Heartbeat, datetime] = {}
        self._since: dict[_Key, datetime] = {}
        self._raised_now: dict[_Key, datetime] = {}
        self._seen: Callable[[str], datetime | None] = _never

    def step(
        self,
        at: datetime,
        rules: Sequence[RuleState] = (),
        sources: Mapping[str, Source] | None = None,
        seen: Callable[[str], datetime | None] = _never,
    ) -> None:
        """`rules` are all rules that are evaluated here, `sources` the rows of `store.sources`. `seen` says when each
        of these answered last: the row says it only while it fails."""
        self._seen = seen
        started = self._started = min(self._started or at, at)
        sources = sources or {}
        self._raised_now = {}
        data = list(self._data_away(sources, at))
        readings = [
            *self._rules(rules, started, at),
            *self._away(at),
            *(reading for reading, _ in data),
            *self._hearts(started, at),
            *self._nothing(sources, started, at),
        ]
        # What is no longer raised begins anew when it comes again.
        self._since = self._raised_now
        self._book.deliver(OWN, tuple(readings), at)
        self._book.explain({self._book.id_of(reading.labels): held for reading, held in data}, at)

    def _rules(self, rules: Sequence[RuleState], started: datetime, at: datetime) -> Iterable[AlertReading]:
        late: dict[str, datetime] = {}
        for rule in rules:
            last = rule.evaluated_at or started
            if at - last > timedelta(seconds=INTERVALS * rule.interval_s):
                late[rule.group] = min(last, late.get(rule.group, last))
            if rule.error:
                yield self._raised(
                    "FleetdeckRuleFails",
                    Severity.WARNING,
                    {"group": rule.group, "rule": rule.name},
                    f"the rule {rule.name} cannot be evaluated: {rule.error}",
                    at,
                )
        for group, last in late.items():
            yield self._raised(
                "FleetdeckRulesNotEvaluated",
                Severity.CRITICAL,
                {"group": group},
                f"the rules of {group} were not evaluated for more than {INTERVALS} intervals",
                last,
            )

    def _away(self, at: datetime) -> Iterable[AlertReading]:
        for source, last in self._book.away().items():
            yield self._raised(
                "AlertSourceAway",
                Severity.WARNING,
                {"source": source},
                f"{source} does not answer: " + ("it never did" if last is None else "its alerts are the last it gave"),
                last or at,
            )

    def _data_away(self, sources: Mapping[str, Source], at: datetime) -> Iterable[tuple[AlertReading, frozenset[str]]]:
        for source in sources.values():
            if source.state is not SourceState.FAILING or source.kind not in _GIVING_DATA:
                continue
            held = self._book.needing(target_names(source))
            if held:
                reading = self._raised(
                    "AlertDataAway",
                    Severity.WARNING,
                    {"source": source.id},
                    f"{source.id} does not answer, and alerts need its data: {source.error}",
                    self._answered(source) or at,
                )
                yield reading, held

    def _hearts(self, started: datetime, at: datetime) -> Iterable[AlertReading]:
        for heart in self.heartbeats:
            if self._book.fires(heart.alert, heart.source):
                self._beat[heart] = at
                continue
            last = self._beat.get(heart, started)
            if at - last > timedelta(seconds=heart.every_s):
                whose = f" by {heart.source}" if heart.source else ""
                yield self._raised(
                    "DeadMansSwitch",
                    heart.severity,
                    {"heartbeat": heart.alert, **({"source": heart.source} if heart.source else {})},
                    f"{heart.alert}{whose} has not fired for {span_text(heart.every_s)}: what would raise alerts may "
                    "be dead",
                    last,
                )

    def _nothing(self, sources: Mapping[str, Source], started: datetime, at: datetime) -> Iterable[AlertReading]:
        outside = [row for row in sources.values() if row.kind not in (ProbeKind.HOST, ProbeKind.SELF)]
        answered = [when for row in outside if (when := self._answered(row)) is not None]
        last = max(answered, default=started)
        longest = max((row.every_s for row in outside), default=0.0)
        if at - last > timedelta(seconds=max(UNOBSERVED_S, 3 * min(longest, 3600.0))):
            yield self._raised(
                "NothingObserved",
                Severity.CRITICAL,
                {},
                f"nothing has answered since {last:%H:%M:%S}Z: what is shown is old"
                if answered
                else "nothing is observed: no source has ever answered",
                last,
            )

    def _answered(self, source: Source) -> datetime | None:
        """When it last did: only the row of one that fails says so itself."""
        times = [when for when in (source.last_success, self._seen(source.id)) if when is not None]
        return max(times, default=None)

    def _raised(
        self, name: str, severity: Severity, labels: dict[str, str], summary: str, since: datetime
    ) -> AlertReading:
        key = (name, *sorted(labels.items()))
        # It began when that was first seen, whatever is known of it later.
        since = self._raised_now[key] = self._since.get(key, since)
        return AlertReading(
            labels={"alertname": name, "severity": severity.value, **labels},
            annotations={"summary": summary},
            since=since,
            rule=OWN,
        )


def target_names(source: Source) -> set[str]:
    """What the series of a source's page may be labelled with: its own name, and the host and port of its address."""
    from urllib.parse import urlsplit

    names = {source.id.partition(":")[2]}
    if "://" in source.target:
        names.add(urlsplit(source.target).netloc)
    return names - {""}
