"""Questions from the dashboard: over all that is in memory, in steps, within their limits."""

from collections.abc import Generator
from datetime import timedelta
from typing import TypeVar

import pytest

from cli.judging.queries import Queries
from fleet.errors import QueryError
from fleet.promql.evaluate import Answer, ranged, stepwise
from fleet.promql.function import Vector
from fleet.promql.parse import parse
from fleet.samples.everything import Everything
from tests.fleet.samples.asked import page
from tests.fleet.samples.test_own import START, Watched
from tui.queries.answers import curves_of

T = TypeVar("T")


def through(steps: Generator[None, None, T]) -> tuple[T, int]:
    """The value at the end, and how many steps there were."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: T = end.value
            return value, count
        count += 1


class Asking:
    """A fleet of so many agents with some pages each, and the questions about it."""

    def __init__(self, agents: int, pages: int = 3) -> None:
        self.watched = Watched()
        for number in range(agents):
            self.watched.agent(f"a{number}")
        everything = Everything(
            self.watched.samples, self.watched.store, self.watched.feed, self.watched.own, lambda: self.watched.at
        )
        self.queries = Queries(everything, self.watched.samples, self.watched.store)
        for _ in range(pages):
            self.scrape()

    def scrape(self) -> None:
        self.watched.at += timedelta(seconds=15)
        for number, name in enumerate(self.watched.store.agents):
            self.watched.ingest.page(name, page(m=float(number), n=1.0), self.watched.at)
        self.watched.judge()

    @property
    def now_s(self) -> float:
        return self.watched.at.timestamp()

    def answer(self, expr: str) -> Answer:
        return through(self.queries.ask(expr, self.now_s))[0]

    def curve(self, expr: str) -> list[int]:
        """How many points each curve has."""
        found, _ = through(self.queries.curves(expr, START.timestamp(), self.now_s))
        return [len(one.times) for one in curves_of(found)]


def test_what_nobody_kept_is_answered_and_kept_from_then_on() -> None:
    asking = Asking(3)
    total = asking.answer("sum(m)").value
    assert isinstance(total, Vector)
    assert list(total.values) == [3.0]
    assert not asking.watched.samples.may_want("m")
    asking.queries.follow("rate(m[1m])", 3600.0)
    assert asking.watched.samples.may_want("m")
    assert asking.watched.samples.reach_s >= 3660.0
    for _ in range(3):
        asking.scrape()
    before = asking.curve("sum(m)")
    asking.queries.leave()
    assert not asking.watched.samples.may_want("m")
    # From the first page on, though it was asked for after the third.
    assert before == [76]


def test_points_from_before_a_series_was_kept_are_still_drawn() -> None:
    asking = Asking(2)
    asking.queries.follow("m", 300.0)
    asking.scrape()
    assert asking.curve("m") == [46, 46]
    series = curves_of(through(asking.queries.curves("m", START.timestamp(), asking.now_s))[0])
    assert {tuple(set(one.values)) for one in series} == {(0.0,), (1.0,)}


def test_a_question_is_cut_into_steps() -> None:
    asking = Asking(120, pages=2)
    _, steps = through(asking.queries.ask("count(m)", asking.now_s))
    assert steps >= 3
    _, steps = through(asking.queries.curves("count(m)", asking.now_s - 3600, asking.now_s))
    assert steps >= 120


def test_too_many_series_end_it_before_they_are_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.judging.queries.SERIES", 100)
    asking = Asking(120, pages=1)
    with pytest.raises(QueryError, match="more than 100 series"):
        asking.answer('{__name__=~"m|n"}')
    asking.queries.follow("m", 300.0)
    asking.scrape()
    with pytest.raises(QueryError, match="more than 100 series"):
        asking.answer("sum(m)")


def test_what_is_no_expression_is_followed_by_nobody() -> None:
    asking = Asking(1)
    asking.queries.follow("m", 300.0)
    with pytest.raises(QueryError, match="1:4"):
        asking.queries.follow("m +", 300.0)
    assert asking.watched.samples.may_want("m")
    with pytest.raises(QueryError):
        asking.answer("rate(m)")


def test_names_are_those_of_pages_own_series_and_functions() -> None:
    names = Asking(1).queries.names()
    assert {"m", "up", "fleetdeck_agent_state", "histogram_quantile", "fleetdeck_slo_burn_rate"} <= set(names)
    assert list(names) == sorted(names)


@pytest.mark.parametrize("expr", ["m", "sum(rate(m[30s]))", "1", "m offset 15s", "max_over_time(m[45s:15s])"])
def test_in_steps_or_at_once_it_is_the_same(expr: str) -> None:
    asking = Asking(3, pages=6)
    asking.queries.follow(expr, 300.0)
    asking.scrape()
    start, end = round(START.timestamp() * 1000), round(asking.now_s * 1000)
    storage, query = asking.watched.samples, parse(expr)
    stepped, _ = through(stepwise(query, storage, start, end, 5_000))
    assert stepped == ranged(query, storage, start, end, 5_000)
