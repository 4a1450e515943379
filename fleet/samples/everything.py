"""What an ad hoc query can see: the kept samples, and beside them what the views have anyway.

`Samples` keeps what somebody asked for. A query that is typed in asks for a series now and wants an answer now, so
series of pages that are not kept, or not for long enough, are filled up from the history of the views (the last 60
pages of a target) and from the last page itself; fleetdeck's own series, which have no such history, are there with
their present value. Staleness is rougher there: the history does not know scrapes that failed between two pages, and
has no NaN. What rules and SLOs are evaluated over is never filled up.

To look through the pages of a thousand targets takes longer than an event loop may be held. So it is done once for a
question, whatever the number of its steps, and can be done in pieces (`gather`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from fleet.errors import QueryError
from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME, Labels
from fleet.promql.limits import over
from fleet.promql.matching import series_test, value_test
from fleet.promql.storage import Latest, Matchers, MatchOp, Series
from fleet.samples.feed import Feed
from fleet.samples.own import OwnSeries
from fleet.samples.samples import SCRAPED, Samples
from fleet.samples.targets import labels_of_series, target_pairs
from fleet.store import Store

_TARGETS_A_PIECE = 50


class Older(NamedTuple):
    """Points of a series that are not among the samples: those before `until_ms`, from which on it is kept (infinite
    where it is not)."""

    labels: Labels
    times: Sequence[int]
    values: Sequence[float]
    until_ms: float

    def place(self, after_ms: int, until_ms: int) -> int:
        """Where the newest point with `after_ms < t <= until_ms` is; -1 where there is none."""
        if until_ms >= self.until_ms:
            return -1
        at = bisect_right(self.times, until_ms) - 1
        return at if at >= 0 and self.times[at] > after_ms else -1


class Gathered:
    """A `Storage` for one question: the kept samples, and what was found beside them for each of its selectors."""

    def __init__(self, samples: Samples, older: Mapping[Matchers, Sequence[Older]]) -> None:
        self._samples = samples
        self._of = older

    @property
    def is_kept(self) -> bool:
        """Whether all that was found is kept by now, so that there is nothing to be looked for again."""
        return all(one.until_ms < inf for found in self._of.values() for one in found)

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """As `Storage.latest`."""
        kept = self._samples.latest(matchers, after_ms, until_ms)
        older = self._of.get(matchers, ())
        found = [(one, at) for one in older if (at := one.place(after_ms, until_ms)) >= 0]
        if not found:
            return kept
        return Latest(
            [*kept.labels, *[one.labels for one, _ in found]],
            [*kept.times, *[one.times[at] for one, at in found]],
            [*kept.values, *[one.values[at] for one, at in found]],
        )

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        """As `Storage.range`."""
        before = {}
        for one in self._of.get(matchers, ()):
            low, high = bisect_left(one.times, from_ms), bisect_right(one.times, until_ms)
            if low < high:
                before[one.labels] = one.times[low:high], one.values[low:high]
        for series in self._samples.range(matchers, from_ms, until_ms):
            older = before.pop(series.labels, None)
            if older is None:
                yield series
            else:
                yield Series(series.labels, [*older[0], *series.times], [*older[1], *series.values])
        for labels, (times, values) in before.items():
            yield Series(labels, times, values)


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
        return self.gathered((matchers,)).latest(matchers, after_ms, until_ms)

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        """As `Storage.range`."""
        return self.gathered((matchers,)).range(matchers, from_ms, until_ms)

    def gathered(self, selectors: Iterable[Matchers]) -> Gathered:
        """As `gather`, in one go."""
        pieces = self.gather(selectors)
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                found: Gathered = end.value
                return found

    def gather(self, selectors: Iterable[Matchers], most: float = inf) -> Generator[None, None, Gathered]:
        """What there is for these selectors: the value of the generator, whose steps take some milliseconds each.

        Raises QueryError (`limit`) as soon as one of them turns out to match more than `most` series.
        """
        older: dict[Matchers, list[Older]] = {}
        for matchers in dict.fromkeys(selectors):
            if self._samples.count(matchers) > most:
                raise _too_many(most)
            found = older[matchers] = []
            for piece in (self._from_pages(matchers), self._of_now(matchers)):
                for one in piece:
                    if one is None:
                        yield
                    else:
                        found.append(one)
                    if len(found) > most:
                        raise _too_many(most)
        return Gathered(self._samples, older)

    # ── what is not kept; None now and then, where others may have their turn ──

    def _from_pages(self, matchers: Matchers) -> Iterator[Older | None]:
        """What is older than the samples, of what stands on the last pages of targets that answer."""
        name_fits, fits = _name_test(matchers), series_test(matchers)
        for number, (target, page) in enumerate(self._pages()):
            if number % _TARGETS_A_PIECE == 0:
                yield None
            named = [series for series in page.series if name_fits(series.name)]
            own = target_pairs(self._feed.labels(target)) if named else None
            for series in named:
                assert own is not None  # noqa: S101  # there is one where there are series
                labels = labels_of_series(series, own)
                if fits(labels):
                    older = self._older(target, series, labels)
                    if older is not None:
                        yield older

    def _older(self, target: str, series: SeriesId, labels: Labels) -> Older | None:
        since = self._samples.since_ms(labels)
        until = inf if since is None else since
        points = [point for point in self._history(target, series) if point[0] < until]
        return Older(labels, [at for at, _ in points], [value for _, value in points], until) if points else None

    def _of_now(self, matchers: Matchers) -> Iterator[Older | None]:
        """What is only known as of now: fleetdeck's own series, and whether targets answer."""
        yield None
        at, has = (_ms(self._now()),), self._samples.has
        for labels, value in (*self._own_now(matchers), *self._scrapes(matchers)):
            if not has(labels):
                yield Older(labels, at, (value,), inf)

    def _pages(self) -> list[tuple[str, Page]]:
        """A list, because scrapes go on between the pieces."""
        return [
            (target, scrape.page)
            for target, scrape in self._store.scrapes.items()
            if scrape.page is not None and not scrape.failures and not self._is_gone(target)
        ]

    def _is_gone(self, target: str) -> bool:
        agent = self._store.agents.get(target)
        return agent is not None and agent.gone_since is not None

    def _history(self, target: str, series: SeriesId) -> Iterable[tuple[int, float]]:
        points = self._store.history.column(target, series)
        if points:
            return [(round(at * 1000), value) for at, value in points]
        # The history had no room for the target: there is only its last page.
        scrape, seen = self._store.scrapes.get(target), self._store.scrapes.seen(target)
        if scrape is None or scrape.page is None or seen is None or series not in scrape.page.series:
            return []
        return [(_ms(seen), scrape.page.values[scrape.page.series.index(series)])]

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
    for matcher in matchers:
        if matcher.name == NAME and matcher.op is MatchOp.EQUAL:
            # It is asked of each series of each page.
            return matcher.value.__eq__
    tests = [value_test(matcher) for matcher in matchers if matcher.name == NAME]
    return lambda name: all(test(name) for test in tests)


def _too_many(most: float) -> QueryError:
    return over(f"a selector matches more than {most:,.0f} series")


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)
