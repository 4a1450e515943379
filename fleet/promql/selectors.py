"""Instant and range selectors."""

from bisect import bisect_left, bisect_right
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from fleet.promql.function import Vector
from fleet.promql.labels import NAME
from fleet.promql.limits import LOOKBACK_MS, STEP_WORK
from fleet.promql.node import Kind, Node, Selection
from fleet.promql.storage import Latest, Matchers, MatchOp, Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Sized

    from fleet.promql.evaluate import Evaluation


class Span(NamedTuple):
    """What a range vector is at one time: the samples of each series at `from_ms <= t <= until_ms`."""

    from_ms: int
    until_ms: int
    series: "Sequence[Series]"


class Stream(NamedTuple):
    """A Span whose series are walked once."""

    from_ms: int
    until_ms: int
    series: "Iterable[Series]"


def one_name(matchers: Matchers) -> bool:
    """Whether only series of one metric can match."""
    return any(matcher.name == NAME and matcher.op is MatchOp.EQUAL and matcher.value for matcher in matchers)


def latest_of(selection: Selection, evaluation: "Evaluation") -> Latest:
    """The newest samples within the look-back, with their own times."""
    until = selection.until_ms(evaluation)
    return _latest(selection, evaluation, until - LOOKBACK_MS, until)


def timed_by(selection: Selection, evaluation: "Evaluation") -> Latest:
    """The newest samples as `timestamp()` sees them. Beside `@` Prometheus forgets the offset here, but for what it
    reads from its storage: the samples are those that both times would see."""
    until = selection.until_ms(evaluation)
    other = until if selection.at is None else until + selection.offset_ms
    return _latest(selection, evaluation, max(until, other) - LOOKBACK_MS, min(until, other))


def _latest(selection: Selection, evaluation: "Evaluation", from_ms: int, until_ms: int) -> Latest:
    if from_ms > until_ms:
        return Latest((), (), ())
    latest = evaluation.storage.latest(selection.matchers, from_ms - 1, until_ms)
    evaluation.count(len(latest.labels), len(latest.labels))
    if not evaluation.single:
        evaluation.work(STEP_WORK * latest.touched)
    return latest


def instant_selector(selection: Selection) -> Node:
    """A vector of the newest samples within the look-back."""

    def run(evaluation: "Evaluation") -> Vector:
        latest = latest_of(selection, evaluation)
        return Vector(latest.labels, latest.values)

    return Node(Kind.VECTOR, run, distinct=one_name(selection.matchers), selection=selection)


def range_selector(selection: Selection) -> Node:
    """A range vector: of every series the samples of the range, both ends included."""

    def windows(evaluation: "Evaluation") -> Span:
        until = selection.until_ms(evaluation)
        if evaluation.single:
            return _read(evaluation, selection.matchers, until - selection.range_ms, until)
        whole = _whole(evaluation, selection)
        return counted(evaluation, whole.series, cut(whole.series, until - selection.range_ms, until))

    def stream(evaluation: "Evaluation") -> Span | Stream:
        if not evaluation.single:
            return windows(evaluation)
        until = selection.until_ms(evaluation)
        return _streamed(evaluation, selection.matchers, until - selection.range_ms, until)

    def run(evaluation: "Evaluation") -> "Sequence[Series]":
        return windows(evaluation).series

    return Node(
        Kind.MATRIX, run, distinct=one_name(selection.matchers), selection=selection, windows=windows, stream=stream
    )


def _whole(evaluation: "Evaluation", selection: Selection) -> Span:
    """All samples that any step of the evaluation will look at, read once."""
    known = evaluation.memo.get(id(selection))
    if isinstance(known, Span):
        return known
    newest = selection.until_ms(evaluation, evaluation.last_ms)
    oldest = selection.until_ms(evaluation, evaluation.first_ms) - selection.range_ms
    whole = _read(evaluation, selection.matchers, oldest, newest)
    evaluation.memo[id(selection)] = whole
    return whole


def _read(evaluation: "Evaluation", matchers: Matchers, from_ms: int, until_ms: int) -> Span:
    """Takes one series more than there may be, so that a selector that is too wide ends early."""
    series = list(islice(evaluation.storage.range(matchers, from_ms, until_ms), evaluation.limits.series + 1))
    evaluation.count(len(series), sum([len(times) for _, times, _ in series]))
    return Span(from_ms, until_ms, series)


def _streamed(evaluation: "Evaluation", matchers: Matchers, from_ms: int, until_ms: int) -> Stream:
    """The same, one series after the other: a hundred thousand at once would cost the garbage collector as much again
    as evaluating them."""

    def counted() -> "Iterator[Series]":
        series = samples = 0
        for one in evaluation.storage.range(matchers, from_ms, until_ms):
            series += 1
            samples += len(one.times)
            if not series & 0xFFF:
                evaluation.count(series, samples)
                samples = 0
            yield one
        evaluation.count(series, samples)

    return Stream(from_ms, until_ms, counted())


def counted(evaluation: "Evaluation", series: "Sized", span: Span) -> Span:
    """`span`, which was cut from `series`, once what it costs is noted. Raises QueryError (`limit`)."""
    evaluation.work(STEP_WORK * len(series) + sum([len(times) for _, times, _ in span.series]))
    return span


def cut(series: "Iterable[Series]", from_ms: int, until_ms: int) -> Span:
    """The samples of `series` from `from_ms` to `until_ms`, both included; series without any are left out."""
    found = []
    for labels, times, values in series:
        low = bisect_left(times, from_ms)
        high = bisect_right(times, until_ms, low)
        if low < high:
            found.append(Series(labels, times[low:high], values[low:high]))
    return Span(from_ms, until_ms, found)
