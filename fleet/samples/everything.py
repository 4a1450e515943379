"""What an ad hoc query can see: the kept samples, and beside them what the views have anyway.

`Samples` keeps what somebody asked for. A query that is typed in asks for a series now and wants an answer now, so
series of pages that are not kept, or not for long enough, are filled up from the history of the views (the last 60
pages of a target) and from the last page itself; fleetdeck's own series, which have no such history, are there with
their present value. Staleness is rougher there: the history does not know scrapes that failed between two pages, and
has no NaN. What rules and SLOs are evaluated over is never filled up.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME, Labels
from fleet.promql.matching import series_test, value_test
from fleet.promql.storage import Latest, Matchers, Series
from fleet.samples.feed import Feed
from fleet.samples.own import OwnSeries
from fleet.samples.samples import SCRAPED, Samples
from fleet.samples.targets import labels_of_series, target_pairs
from fleet.store import Store


class Everything:
    """A `Storage` over `samples` and the store."""

    def __init__(self, samples: Samples, store: Store, feed: Feed, own: OwnSeries, now: Callable[[], datetime]) -> None:
        self._samples = samples
        self._store = store
        self._feed = feed
        self._own = own
        self._now = now

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """As `Storage.latest`."""
        kept = self._samples.latest(matchers, after_ms, until_ms)
        labels, times, values = list(kept.labels), list(kept.times), list(kept.values)
        for one, at, value in self._others(matchers, after_ms, until_ms):
            labels.append(one)
            times.append(at)
            values.append(value)
        return Latest(labels, times, values)

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        """As `Storage.range`."""
        kept = {one.labels: one for one in self._samples.range(matchers, from_ms, until_ms)}
        for target, labels, series in self._on_pages(matchers):
            first = kept[labels].times[0] if labels in kept else until_ms + 1
            older = [
                (at, value) for at, value in self._history(target, series) if from_ms <= at <= until_ms and at < first
            ]
            if older:
                kept[labels] = _before(labels, older, kept.get(labels))
        for labels, value in self._own_now(matchers):
            at = _ms(self._now())
            if labels not in kept and from_ms <= at <= until_ms and not self._samples.has(labels):
                kept[labels] = Series(labels, (at,), (value,))
        yield from kept.values()

    # ── what is not kept ──

    def _others(self, matchers: Matchers, after_ms: int, until_ms: int) -> Iterator[tuple[Labels, int, float]]:
        has = self._samples.has
        for target, labels, series in self._on_pages(matchers):
            if not has(labels):
                points = [point for point in self._history(target, series) if after_ms < point[0] <= until_ms]
                if points:
                    yield labels, *points[-1]
        at = _ms(self._now())
        if after_ms < at <= until_ms:
            for labels, value in (*self._own_now(matchers), *self._scrapes(matchers)):
                if not has(labels):
                    yield labels, at, value

    def _on_pages(self, matchers: Matchers) -> Iterator[tuple[str, Labels, SeriesId]]:
        """(target, labels, series) of what matches on the last pages of targets that answer."""
        name_fits, fits = _name_test(matchers), series_test(matchers)
        for target, page in self._pages():
            own = target_pairs(self._feed.labels(target))
            for series in page.series:
                if name_fits(series.name):
                    labels = labels_of_series(series, own)
                    if fits(labels):
                        yield target, labels, series

    def _pages(self) -> Iterator[tuple[str, Page]]:
        for target, scrape in self._store.scrapes.items():
            agent = self._store.agents.get(target)
            if scrape.page is not None and not scrape.failures and not (agent and agent.gone_since):
                yield target, scrape.page

    def _history(self, target: str, series: SeriesId) -> Iterable[tuple[int, float]]:
        points = self._store.history.column(target, series)
        if points:
            return [(round(at * 1000), value) for at, value in points]
        # The history had no room for the target: there is only its last page.
        page, seen = self._store.scrapes[target].page, self._store.scrapes.seen(target)
        if page is None or seen is None:
            return []
        return [(_ms(seen), page.values[page.series.index(series)])]

    def _scrapes(self, matchers: Matchers) -> Iterator[tuple[Labels, float]]:
        """`up` of every target."""
        fits = series_test(matchers)
        if not _name_test(matchers)(SCRAPED[0].name):
            return
        for target, scrape in self._store.scrapes.items():
            labels = labels_of_series(SCRAPED[0], target_pairs(self._feed.labels(target)))
            if fits(labels):
                yield labels, 0.0 if scrape.failures else 1.0

    def _own_now(self, matchers: Matchers) -> Iterator[tuple[Labels, float]]:
        fits = series_test(matchers)
        return ((labels, value) for labels, value in self._own.now(_name_test(matchers), self._now()) if fits(labels))


def _name_test(matchers: Matchers) -> Callable[[str], bool]:
    tests = [value_test(matcher) for matcher in matchers if matcher.name == NAME]
    return lambda name: all(test(name) for test in tests)


def _before(labels: Labels, older: list[tuple[int, float]], kept: Series | None) -> Series:
    """The older points, and the kept ones behind them."""
    times, values = [at for at, _ in older], [value for _, value in older]
    return Series(labels, [*times, *kept.times], [*values, *kept.values]) if kept else Series(labels, times, values)


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)
