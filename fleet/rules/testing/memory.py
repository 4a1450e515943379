"""Samples in memory for tests of rules: whole series, nothing dropped, one sample a time."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import re2

from fleet.errors import QueryError
from fleet.promql.labels import NAME, Labels
from fleet.promql.storage import Latest, Matcher, Matchers, MatchOp, Series, is_stale


class MemoryStorage:
    """A storage that is also a sink. Times of a series only ever grow."""

    def __init__(self) -> None:
        self._series: dict[Labels, tuple[list[int], array[float]]] = {}
        self._by_name: dict[str, list[Labels]] = {}
        self._chosen: dict[Matchers, tuple[int, list[Labels]]] = {}

    def may_want(self, name: str, /) -> bool:
        """All of it."""
        return True

    def add(self, labels: Labels, at_ms: int, value: float, /) -> None:
        """Keep a sample. Raises QueryError where the series has a later one, or another one at that time."""
        times, values = self._series.get(labels) or self._new(labels)
        if times and at_ms <= times[-1]:
            if at_ms < times[-1]:
                raise QueryError("out of order sample", "execution")
            if _bits(value) != _bits(values[-1]):
                raise QueryError("duplicate sample for timestamp", "execution")
            return
        times.append(at_ms)
        values.append(value)

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """As `Storage.latest`."""
        labels, times, values = [], [], []
        for one in self._matching(matchers):
            its_times, its_values = self._series[one]
            at = bisect_right(its_times, until_ms) - 1
            if at >= 0 and its_times[at] > after_ms and not is_stale(its_values[at]):
                labels.append(one)
                times.append(its_times[at])
                values.append(its_values[at])
        return Latest(labels, times, values)

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        """As `Storage.range`."""
        for one in self._matching(matchers):
            times, values = self._series[one]
            first, last = bisect_left(times, from_ms), bisect_right(times, until_ms)
            kept = [at for at in range(first, last) if not is_stale(values[at])]
            if kept:
                yield Series(one, [times[at] for at in kept], [values[at] for at in kept])

    def _new(self, labels: Labels) -> tuple[list[int], "array[float]"]:
        self._by_name.setdefault(labels.name, []).append(labels)
        return self._series.setdefault(labels, ([], array("d")))

    def _matching(self, matchers: Matchers) -> list[Labels]:
        known = self._chosen.get(matchers)
        if known is not None and known[0] == len(self._series):
            return known[1]
        names = [one.value for one in matchers if one.name == NAME and one.op is MatchOp.EQUAL]
        tests = [(one.name, _test(one)) for one in matchers]
        chosen = [
            labels
            for labels in (self._by_name.get(names[0], ()) if names else self._series)
            if all(test(labels.get(name)) for name, test in tests)
        ]
        self._chosen[matchers] = len(self._series), chosen
        return chosen


class _Test:
    """Whether a label's value fits a matcher; remembers its answers."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._known: dict[str, bool] = {}
        is_pattern = matcher.op in (MatchOp.MATCHES, MatchOp.NOT_MATCHES)
        self._pattern = re2.compile(f"(?s:{matcher.value})") if is_pattern else None

    def __call__(self, value: str) -> bool:
        if self._pattern is None:
            return (value == self._matcher.value) == (self._matcher.op is MatchOp.EQUAL)
        known = self._known.get(value)
        if known is None:
            fits = self._pattern.fullmatch(value) is not None
            known = self._known[value] = fits == (self._matcher.op is MatchOp.MATCHES)
        return known


def _test(matcher: Matcher) -> _Test:
    try:
        return _Test(matcher)
    except re2.error as error:
        raise QueryError(f"{matcher}: {error}") from error


def _bits(value: float) -> bytes:
    return array("d", (value,)).tobytes()
