"""An alerting rule as it runs: from the vector of its expression to its alerts and the series written for them."""

from collections.abc import Generator, Iterator
from functools import partial

from fleet.alerts.model import AlertReading, AlertState
from fleet.errors import QueryError
from fleet.promql.function import Vector
from fleet.promql.labels import NAME, Labels
from fleet.rules.active import ActiveAlert, differ, moment
from fleet.rules.model import Rule
from fleet.rules.restore import Remembered
from fleet.rules.texts import Ask, ExpandNamed, Reads, Texts

ALERTS = "ALERTS"
FOR_STATE = "ALERTS_FOR_STATE"
_ALERTNAME, _ALERTSTATE = "alertname", "alertstate"

_PIECE = 16
"""Alerts between two pauses: the templates of a new one take some 50 µs."""

Sample = tuple[Labels, float]


class AlertingRule:
    """One alerting rule. `active` holds its alerts by their label set: pending, firing, and resolved ones that are
    still reported. `revision` counts the evaluations that changed what would be read; up to `read_revision` the
    readings are made."""

    def __init__(self, rule: Rule, expand: ExpandNamed) -> None:
        self.rule = rule
        self.active: dict[Labels, ActiveAlert] = {}
        self.remembered = Remembered()
        self.revision = 0
        self.read_revision = -1
        self._expand = partial(expand, rule.alert)
        self._labels = Texts.of(rule.labels)
        self._annotations = Texts.of(rule.annotations)
        self._known: dict[Labels, tuple[float, Labels]] = {}
        self._for_ms = round(rule.for_s * 1000)
        self._keep_ms = round(rule.keep_firing_for_s * 1000)

    def evaluating(self, at_ms: int, vector: Vector, limit: int, ask: Ask) -> Generator[None, None, list[Sample]]:
        """Take in what the expression gave, in pieces, and return the samples to write. States change all at once,
        between two pieces, so that what is seen meanwhile is of before or of after.

        Raises QueryError where two of its elements are one alert (nothing changed then), or where there are more
        pending and firing alerts than `limit` (all are forgotten then, as in Prometheus).
        """
        found = yield from self._found(vector, ask)
        before = len(self.active)
        for labels, (sample, value) in found.items():
            self._take(labels, sample, value, at_ms)
        live = list(self._advance(found, at_ms))
        self.remembered.evaluated()
        if limit and len(live) > limit:
            self.active.clear()
            self.revision += 1
            raise QueryError(f"exceeded limit of {limit} with {len(live)} alerts", "execution")
        if self.runs_queries:
            for labels in found:
                yield
                self._annotate(self.active[labels], ask)
        samples: list[Sample] = []
        for place, alert in enumerate(live):
            if alert.series is None:
                alert.series = self._series(alert)
            samples += ((alert.series[0], 1.0), (alert.series[1], float(alert.active_at // 1000)))
            if place % _PIECE == _PIECE - 1:
                yield
        if before != len(self.active) or any(alert.reading is None for alert in self.active.values()):
            self.revision += 1
        return samples

    def read(self) -> Iterator[None]:
        """Make the readings that are not made yet, in pieces: `readings` costs little afterwards."""
        for place, alert in enumerate(list(self.active.values())):
            if alert.reading is None:
                alert.reading = self._reading(alert)
                if place % _PIECE == _PIECE - 1:
                    yield
        self.read_revision = self.revision

    def readings(self) -> Iterator[AlertReading]:
        """The alerts as they are; the same object again for one that did not change."""
        for alert in self.active.values():
            if alert.reading is None:
                alert.reading = self._reading(alert)
            yield alert.reading

    def annotations(self, alert: ActiveAlert) -> dict[str, str]:
        """The annotations of an alert, expanded when they are first asked for."""
        stale = self._annotations.reads is Reads.VALUE and differ(alert.expanded_for, alert.value)
        if alert.annotations is None or stale:
            self._annotate(alert, _no_query)
        return alert.annotations or {}

    def inherit(self, old: "AlertingRule") -> None:
        """Take over the alerts of the same rule as it was before an edit; texts are expanded anew."""
        self.active, self.remembered = old.active, old.remembered
        self.revision = old.revision + 1
        for alert in self.active.values():
            alert.annotations = None
            alert.changed()

    @property
    def runs_queries(self) -> bool:
        """Whether its annotations run queries: they cannot be expanded later."""
        return self._annotations.reads is Reads.QUERY

    def _found(self, vector: Vector, ask: Ask) -> Generator[None, None, dict[Labels, Sample]]:
        found: dict[Labels, Sample] = {}
        known: dict[Labels, tuple[float, Labels]] = {}
        made = 0
        for sample, value in zip(vector.labels, vector.values, strict=True):
            labels = self._known_identity(sample, value)
            if labels is None:
                labels, made = self._identity(sample, value, ask), made + 1
                if made % _PIECE == 0:
                    yield
            known[sample] = value, labels
            if labels in found:
                raise QueryError(
                    "vector contains metrics with the same labelset after applying alert labels", "execution"
                )
            found[labels] = sample, value
        self._known = known
        return found

    def _known_identity(self, sample: Labels, value: float) -> Labels | None:
        """The label set of the alert that `sample` was last time, where it is that still."""
        reads, known = self._labels.reads, self._known.get(sample)
        if known is None or reads is Reads.QUERY or (reads is Reads.VALUE and differ(known[0], value)):
            return None
        return known[1]

    def _identity(self, sample: Labels, value: float, ask: Ask) -> Labels:
        """The label set of the alert that `sample` is."""
        own = self._labels.expanded(self._expand, sample, value, ask)
        return sample.nameless().having({**own, _ALERTNAME: self.rule.name})

    def _take(self, labels: Labels, sample: Labels, value: float, at_ms: int) -> None:
        alert = self.active.get(labels)
        if alert is None or alert.state is AlertState.RESOLVED:
            since = self.remembered.active_at(labels, at_ms, self._for_ms)
            self.active[labels] = ActiveAlert(labels, sample, value, at_ms if since is None else since)
        else:
            alert.seen(sample, value)

    def _advance(self, found: dict[Labels, Sample], at_ms: int) -> Iterator[ActiveAlert]:
        """Every alert's next state; those that are pending or firing."""
        for labels, alert in list(self.active.items()):
            if labels not in found:
                if alert.missing(at_ms, self._keep_ms):
                    del self.active[labels]
                    continue
                if alert.state is AlertState.RESOLVED:
                    continue
            alert.ripen(at_ms, self._for_ms)
            yield alert

    def _series(self, alert: ActiveAlert) -> tuple[Labels, Labels]:
        """ALERTS and ALERTS_FOR_STATE of an alert. Where a label's template came to nothing, the series carries the
        template itself: so does Prometheus's."""
        base = {**self.rule.labels, **alert.labels.as_dict(), _ALERTNAME: self.rule.name}
        state = {**base, NAME: ALERTS, _ALERTSTATE: alert.state.value}
        return Labels.of(state), Labels.of({**base, NAME: FOR_STATE})

    def _annotate(self, alert: ActiveAlert, ask: Ask) -> None:
        made = self._annotations.expanded(self._expand, alert.sample, alert.value, ask)
        alert.expanded_for = alert.value
        if made != alert.annotations:
            alert.annotations, alert.reading = made, None

    def _reading(self, alert: ActiveAlert) -> AlertReading:
        return AlertReading(
            labels=alert.labels.as_dict(),
            annotations=self.annotations(alert),
            state=alert.state,
            value=alert.value,
            since=moment(alert.active_at),
            fired_at=moment(alert.fired_at),
            resolved_at=moment(alert.resolved_at),
            expr=self.rule.expr,
            for_s=self.rule.for_s,
            rule=self.rule.where,
        )


def _no_query(text: str) -> Vector:
    raise QueryError(f"a query in a template that was taken for one without: {text}", "execution")
