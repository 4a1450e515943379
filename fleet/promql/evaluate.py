"""Evaluates a query over a storage, at one time or at every step of a range, as Prometheus 2.42 does.

Pure and synchronous: samples come from the storage, times are handed in. The same query may be evaluated over any
storage, any number of times.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.function import Vector
from fleet.promql.labels import EMPTY, Labels
from fleet.promql.limits import DEFAULT_INTERVAL_MS, DEFAULT_LIMITS, STEP_WORK, EvalLimits, over, too_deep
from fleet.promql.node import Kind, Node
from fleet.promql.parse import Query
from fleet.promql.selectors import Span, timed_by
from fleet.promql.storage import Latest, Matchers, Series, Storage

__all__ = ["Answer", "EvalLimits", "Evaluation", "Matrix", "Value", "instant", "ranged", "stepwise"]

Matrix = tuple[Series, ...]
Value = Vector | float | str | Matrix


class Answer(Struct, frozen=True):
    """What a query gives: a Vector, a scalar as float, a string, or the series of a matrix; and what there is to say
    about it."""

    value: Value
    warnings: tuple[str, ...] = ()


class Spent:
    """What was read and made so far, and warnings so far, shared by an evaluation and those of its subqueries."""

    __slots__ = ("samples", "text", "warnings", "work")

    def __init__(self) -> None:
        self.samples = self.work = self.text = 0
        self.warnings: dict[str, None] = {}


class Evaluation:
    """One run of a query over steps from `first_ms` to `last_ms` (the same for an instant query); `at_ms` is the step
    it is at. A subquery runs in one of its own.

    `query_start_ms` and `query_end_ms` are what `@ start()` and `@ end()` mean. `interval_ms` is the step of subqueries
    that name none. `memo` holds what several steps share.
    """

    __slots__ = (
        "_query", "_spent", "at_ms", "first_ms", "interval_ms", "last_ms", "limits", "memo", "query_end_ms",
        "query_start_ms", "single", "storage",
    )  # fmt: skip

    def __init__(
        self,
        query: Query,
        storage: Storage,
        first_ms: int,
        last_ms: int,
        *,
        limits: EvalLimits = DEFAULT_LIMITS,
        interval_ms: int = DEFAULT_INTERVAL_MS,
        outer: "Evaluation | None" = None,
    ) -> None:
        self._query = query
        self.storage = storage
        self.first_ms = self.at_ms = first_ms
        self.last_ms = last_ms
        self.single = first_ms == last_ms
        self.limits = limits
        self.interval_ms = interval_ms
        self.memo: dict[int, Any] = {}
        self.query_start_ms: int = outer.query_start_ms if outer else first_ms
        self.query_end_ms: int = outer.query_end_ms if outer else last_ms
        self._spent: Spent = outer._spent if outer else Spent()

    def inner(self, first_ms: int, last_ms: int) -> "Evaluation":
        """The evaluation of a subquery."""
        return Evaluation(
            self._query, self.storage, first_ms, last_ms, limits=self.limits, interval_ms=self.interval_ms, outer=self
        )

    def count(self, series: int, samples: int) -> None:
        """Notes what a selector read. Raises QueryError (`limit`) where that is too much."""
        if series > self.limits.series:
            raise over(f"a selector matches more than {self.limits.series:,} series")
        self._spent.samples += samples
        if self._spent.samples > self.limits.samples:
            raise over(
                f"query processing would load too many samples into memory in query execution: {self.limits.samples:,}"
            )

    def work(self, amount: int) -> None:
        """Notes what a step cost. Raises QueryError (`limit`) where all steps together cost too much."""
        self._spent.work += amount
        if self._spent.work > self.limits.work:
            raise over(
                "too many steps over too many series: make steps longer, or ranges and subqueries shorter "
                f"(limit {self.limits.work:,})"
            )

    def text(self, characters: int) -> None:
        """Notes the length of a label that was made. Raises QueryError (`limit`) where all together are too long."""
        self._spent.text += characters
        if self._spent.text > self.limits.text:
            raise over(f"more than {self.limits.text:,} characters of labels are made")

    def warn(self, text: str) -> None:
        """Adds a warning to the answer, once."""
        self._spent.warnings[text] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What there is to say so far."""
        return tuple(self._spent.warnings)

    def node(self, argument: Any) -> Node:
        """What an argument of a function was compiled to."""
        return self._query.node_of(argument)

    def vector(self, argument: Any) -> Vector:
        """The value of an argument that is an instant vector."""
        value: Vector = self.node(argument).run(self)
        return value

    def scalar(self, argument: Any) -> float:
        """The value of an argument that is a scalar."""
        value: float = self.node(argument).run(self)
        return value

    def string(self, argument: Any) -> str:
        """The value of an argument that is a string."""
        value: str = self.node(argument).run(self)
        return value

    def matrix(self, argument: Any) -> Span:
        """The window and the series of an argument that is a range vector."""
        node = self.node(argument)
        assert node.windows is not None  # noqa: S101 - the parser gives range vectors where they are wanted
        span: Span = node.windows(self)
        return span

    def latest(self, argument: Any) -> Latest | None:
        """The newest samples with their own times, where `argument` is a plain instant selector (in parentheses or
        not), None where it is anything else. `timestamp()` tells the two apart."""
        selection = self.node(argument).selection
        return timed_by(selection, self) if selection is not None else None

    def matchers(self, argument: Any) -> Matchers | None:
        """The matchers (the metric name among them) where `argument` is an instant or range selector, None where it is
        anything else. `absent()` makes labels of them."""
        selection = self.node(argument).selection
        return selection.matchers if selection is not None else None


def instant(
    query: Query,
    storage: Storage,
    at_ms: int,
    *,
    limits: EvalLimits = DEFAULT_LIMITS,
    interval_ms: int = DEFAULT_INTERVAL_MS,
) -> Answer:
    """The answer at one time, as of `/api/v1/query`. `interval_ms` is the step of subqueries that name none.

    Raises QueryError: a limit, or data that the expression has no answer for.
    """
    evaluation = Evaluation(query, storage, at_ms, at_ms, limits=limits, interval_ms=interval_ms)
    try:
        value = query.root.run(evaluation)
    except RecursionError as error:
        raise too_deep() from error
    if query.root.kind is Kind.MATRIX:
        value = _sorted(value)
    return Answer(value, evaluation.warnings)


def ranged(
    query: Query,
    storage: Storage,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    *,
    limits: EvalLimits = DEFAULT_LIMITS,
    interval_ms: int = DEFAULT_INTERVAL_MS,
) -> Answer:
    """The answer at every step from `start_ms` to `end_ms`, as of `/api/v1/query_range`: a matrix, sorted by labels.

    Raises QueryError as `instant`, and for an expression that is neither a scalar nor an instant vector.
    """
    _check_range(query, start_ms, end_ms, step_ms, limits)
    evaluation = Evaluation(query, storage, start_ms, end_ms, limits=limits, interval_ms=interval_ms)
    try:
        series = walk(query.root, evaluation, step_ms, query.size)
    except RecursionError as error:
        raise too_deep() from error
    return Answer(_sorted(series), evaluation.warnings)


def stepwise(
    query: Query,
    storage: Storage,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    *,
    limits: EvalLimits = DEFAULT_LIMITS,
    interval_ms: int = DEFAULT_INTERVAL_MS,
) -> Generator[None, None, Answer]:
    """As `ranged`, which is the value of the generator, for those who may not hold an event loop so long: each `next`
    evaluates one step."""
    _check_range(query, start_ms, end_ms, step_ms, limits)
    evaluation = Evaluation(query, storage, start_ms, end_ms, limits=limits, interval_ms=interval_ms)
    columns = _Columns(limits.series, query.size)
    try:
        for at_ms in range(start_ms, end_ms + 1, step_ms):
            columns.take(query.root, evaluation, at_ms)
            yield
    except RecursionError as error:
        raise too_deep() from error
    return Answer(_sorted(columns.series()), evaluation.warnings)


def _sorted(series: Iterable[Series]) -> Matrix:
    return tuple(sorted(series, key=lambda one: one.labels.pairs))


def _check_range(query: Query, start_ms: int, end_ms: int, step_ms: int, limits: EvalLimits) -> None:
    if query.root.kind not in (Kind.VECTOR, Kind.SCALAR):
        kind = {Kind.MATRIX: "range vector", Kind.STRING: "string"}[query.root.kind]
        raise QueryError(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
    if step_ms <= 0:
        raise QueryError("zero or negative query resolution step widths are not accepted")
    if end_ms < start_ms:
        raise QueryError("end timestamp must not be before start time")
    if (end_ms - start_ms) // step_ms > limits.steps:
        raise over(f"more than {limits.steps:,} steps: make the step longer or the range shorter")


def walk(node: Node, evaluation: Evaluation, step_ms: int, size: int) -> list[Series]:
    """The value of `node`, which has `size` parts, at every step, as series. A scalar is a series without labels."""
    columns = _Columns(evaluation.limits.series, size)
    for at_ms in range(evaluation.first_ms, evaluation.last_ms + 1, step_ms):
        columns.take(node, evaluation, at_ms)
    return columns.series()


class _Columns:
    """Instant vectors turned into series."""

    def __init__(self, most: int, size: int) -> None:
        self._most = most
        self._step_work = STEP_WORK * size
        self._columns: dict[Labels, tuple[list[int], list[float]]] = {}
        self._labels: Sequence[Labels] = ()
        self._current: list[tuple[list[int], list[float]]] = []

    def take(self, node: Node, evaluation: Evaluation, at_ms: int) -> None:
        """Evaluates `node` at a step. A scalar is a series without labels."""
        evaluation.at_ms = at_ms
        value = node.run(evaluation)
        vector = Vector((EMPTY,), (value,)) if node.kind is Kind.SCALAR else value
        evaluation.work(self._step_work + STEP_WORK * len(vector.labels))
        self.add(at_ms, vector)

    def add(self, at_ms: int, vector: Vector) -> None:
        """Appends a vector. Raises QueryError (`limit`)."""
        if vector.labels is not self._labels and vector.labels != self._labels:
            columns = self._columns
            self._current = [columns.setdefault(labels, ([], [])) for labels in vector.labels]
            self._labels = vector.labels
            if len(columns) > self._most:
                raise over(f"the result has more than {self._most:,} series")
        for (times, values), value in zip(self._current, vector.values, strict=True):
            times.append(at_ms)
            values.append(value)

    def series(self) -> list[Series]:
        """The series so far."""
        return [Series(labels, times, values) for labels, (times, values) in self._columns.items()]
