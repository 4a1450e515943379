"""One rule of a running group: it evaluates, writes, marks what vanished as stale, and remembers how it went."""

from collections.abc import Generator, Iterable, Iterator
from typing import Protocol, runtime_checkable

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.evaluate import Answer, EvalLimits, instant
from fleet.promql.function import Vector
from fleet.promql.labels import EMPTY, NAME, Labels
from fleet.promql.parse import Query, parse
from fleet.promql.storage import STALE, Matchers, Storage
from fleet.rules.alerting import ALERTS, FOR_STATE, AlertingRule, Sample
from fleet.rules.model import Rule
from fleet.rules.sink import Sink
from fleet.rules.texts import Ask, ExpandNamed

_MOST_TEMPLATE_QUERIES = 256
_PIECE = 64
"""Samples written between two pauses: a new series takes some 10 µs."""


class RuleHealth(Struct, frozen=True, kw_only=True):
    """How a rule does. `error` is that of its last evaluation, "" where it went well; `evaluated_at_ms` the time that
    it was evaluated for, None before the first; `samples` those it gave
    then, written or not.

    A rule whose evaluation fails does what Prometheus's does: its alerts stay as they are, neither aging nor resolved,
    it writes nothing, not even that its series ended, and the next evaluation goes on from there.
    """

    name: str
    group: str
    where: str
    alerting: bool
    error: str = ""
    evaluated_at_ms: int | None = None
    took_s: float = 0.0
    samples: int = 0


@runtime_checkable
class Preparing(Protocol):
    """A storage that can make ready for a selector in pieces."""

    def prepare(self, matchers: Matchers, /) -> Iterator[None]:
        """Make what answers about `matchers` need."""
        ...


class Surroundings(Struct, frozen=True):
    """What all rules of an engine share."""

    storage: Storage
    sink: Sink
    expand: ExpandNamed
    limits: EvalLimits
    interval_ms: int
    """The step of subqueries that name none: the default interval of groups."""
    queries: dict[str, Query]
    """Of templates, by their text."""

    def run(self, query: Query, at_ms: int) -> Vector:
        """What a query gives at a time. Raises QueryError."""
        return as_vector(instant(query, self.storage, at_ms, limits=self.limits, interval_ms=self.interval_ms))

    def prepare(self, query: Query) -> Iterator[None]:
        """Have the storage make ready, in pieces, for a query that was never run."""
        if isinstance(self.storage, Preparing):
            for wanted in query.wanted:
                yield from self.storage.prepare(wanted.matchers)

    def ask(self, at_ms: int) -> Ask:
        """Runs queries of templates at a time."""

        def query(text: str) -> Vector:
            known = self.queries.get(text)
            if known is None:
                if len(self.queries) >= _MOST_TEMPLATE_QUERIES:
                    self.queries.clear()
                known = self.queries[text] = parse(text)
            return self.run(known, at_ms)

        return query


class RunningRule:
    """One rule with its state."""

    def __init__(self, rule: Rule, group: str, around: Surroundings) -> None:
        self.rule = rule
        self.group = group
        self.alerting = AlertingRule(rule, around.expand) if rule.alert else None
        self.query: Query | None = None
        self.written: set[Labels] = set()
        """The series of the last evaluation that went well."""
        self.error = ""
        self.evaluated_at_ms: int | None = None
        self.took_s = 0.0
        """CPU or wall time of the last evaluation, as the engine's caller measures it."""
        self.longest_s = 0.0
        """The longest piece of it, which could not be cut."""
        self.samples = 0
        self._around = around
        try:
            self.query = parse(rule.expr)
        except QueryError as error:
            self.error = str(error)

    def evaluating(self, at_ms: int, limit: int) -> Iterator[None]:
        """Evaluate the rule at a time, in pieces; what goes wrong is its `error` until the next evaluation."""
        if self.query is None:
            return
        try:
            if self.evaluated_at_ms is None:
                yield from self._around.prepare(self.query)
            samples = yield from self._samples(self.query, at_ms, limit)
            yield
            yield from self._write(samples, at_ms)
        except QueryError as error:
            self.error, self.samples = str(error), 0
        self.evaluated_at_ms = at_ms

    def health(self) -> RuleHealth:
        """How it does."""
        return RuleHealth(
            name=self.rule.name,
            group=self.group,
            where=self.rule.where,
            alerting=self.alerting is not None,
            error=self.error,
            evaluated_at_ms=self.evaluated_at_ms,
            took_s=self.took_s,
            samples=self.samples,
        )

    def _samples(self, query: Query, at_ms: int, limit: int) -> Generator[None, None, list[Sample]]:
        vector = self._around.run(query, at_ms)
        yield
        if self.alerting is None:
            return recorded(self.rule, vector, limit)
        return (yield from self.alerting.evaluating(at_ms, vector, limit, self._around.ask(at_ms)))

    def _write(self, samples: list[Sample], at_ms: int) -> Iterator[None]:
        """Write samples, and staleness markers for the series that are not among them any more."""
        sink, self.error = self._around.sink, ""
        names = (self.rule.record,) if self.alerting is None else (ALERTS, FOR_STATE)
        asked = {name for name in names if sink.may_want(name)}
        written: set[Labels] = set()
        for labels, value in samples if asked else ():
            if labels.name in asked:
                try:
                    sink.add(labels, at_ms, value)
                    written.add(labels)
                except QueryError as error:
                    self.error = str(error)
                if len(written) % _PIECE == 0:
                    # Who looks at the rule meanwhile, to take it over, finds all that it wrote.
                    self.written |= written
                    yield
        ended = list(self.written - written) if self.written != written else []
        for first in range(0, len(ended), _PIECE):
            mark_stale(ended[first : first + _PIECE], sink, at_ms)
            yield
        self.written = written
        self.samples = len(samples)


def mark_stale(series: Iterable[Labels], sink: Sink, at_ms: int) -> None:
    """Say that these series ended. One that another rule writes at the same time goes on."""
    for labels in series:
        try:
            sink.add(labels, at_ms, STALE)
        except QueryError:
            continue


def recorded(rule: Rule, vector: Vector, limit: int) -> list[Sample]:
    """The series of a recording rule: the vector under the rule's name, with its labels set.

    Raises QueryError where two become one, or where there are more than `limit`.
    """
    changes = {**rule.labels, NAME: rule.record}
    named = [labels.having(changes) for labels in vector.labels]
    if len(set(named)) < len(named):
        raise QueryError("vector contains metrics with the same labelset after applying rule labels", "execution")
    if limit and len(named) > limit:
        raise QueryError(f"exceeded limit of {limit} with {len(named)} series", "execution")
    return list(zip(named, vector.values, strict=True))


def as_vector(answer: Answer) -> Vector:
    """An answer as rules take it: a vector, or a scalar as a vector of one. Raises QueryError for anything else."""
    value = answer.value
    if isinstance(value, Vector):
        return value
    if isinstance(value, float):
        return Vector((EMPTY,), (value,))
    raise QueryError("rule result is not a vector or scalar", "execution")
