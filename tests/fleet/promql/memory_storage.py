"""A storage over dicts, the plainest thing that keeps the contract of `fleet.promql.storage.Storage`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fleet.promql.labels import Labels
from fleet.promql.matching import series_test
from fleet.promql.storage import Latest, Matchers, Series, is_stale


class MemoryStorage:
    """Series by their labels, answered in the order of their labels, as blocks of Prometheus are."""

    def __init__(self) -> None:
        self._series: dict[Labels, tuple[list[int], list[float]]] = {}

    def add(self, labels: Labels | Mapping[str, str], times: Sequence[int], values: Sequence[float]) -> None:
        """Appends samples, times in milliseconds and later than those that are there."""
        key = labels if isinstance(labels, Labels) else Labels.of(labels)
        kept = self._series.setdefault(key, ([], []))
        kept[0].extend(times)
        kept[1].extend(values)

    def _matching(self, matchers: Matchers) -> Iterable[Labels]:
        return sorted(filter(series_test(matchers), self._series))

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        found: list[tuple[Labels, int, float]] = []
        for labels in self._matching(matchers):
            times, values = self._series[labels]
            at = bisect_right(times, until_ms) - 1
            if at >= 0 and times[at] > after_ms and not is_stale(values[at]):
                found.append((labels, times[at], values[at]))
        return Latest([f[0] for f in found], [f[1] for f in found], [f[2] for f in found])

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        for labels in self._matching(matchers):
            times, values = self._series[labels]
            low, high = bisect_left(times, from_ms), bisect_right(times, until_ms)
            kept = [at for at in range(low, high) if not is_stale(values[at])]
            if kept:
                yield Series(labels, [times[at] for at in kept], [values[at] for at in kept])
