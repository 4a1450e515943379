"""History: bounded, in order, and honest about gaps and resets."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model import Page, SeriesId
from fleet.series import BLOCK_POINTS, RING_POINTS, Block, History, Ring, increase, rate_per_s

A, B, C = (SeriesId(name) for name in "abc")


def page(**values: float) -> Page:
    return Page(series=tuple(SeriesId(name) for name in values), values=tuple(values.values()))


@given(st.lists(st.floats(allow_nan=False), max_size=60), st.integers(1, 20))
def test_a_ring_keeps_the_last_points_in_order(values: list[float], capacity: int) -> None:
    ring = Ring(capacity)
    for at, value in enumerate(values):
        ring.add(float(at), value)
    kept = list(enumerate(values))[-capacity:]
    assert ring.points() == kept
    assert ring.values(3) == [value for _, value in kept[-3:]]
    assert ring.last() == (kept[-1] if kept else None)
    assert len(ring) == len(kept)


def test_a_clock_that_goes_back_replaces_the_last_point() -> None:
    ring = Ring(4)
    ring.add(10.0, 1.0)
    ring.add(9.0, 2.0)
    assert ring.points() == [(10.0, 2.0)]
    for at in range(11, 20):
        ring.add(float(at), float(at))
    ring.add(5.0, -1.0)
    assert ring.last() == (19.0, -1.0)
    assert [at for at, _ in ring.points(since=18.0)] == [18.0, 19.0]


def test_a_block_follows_series_that_come_and_go() -> None:
    block = Block((A, B), capacity=3)
    block.add(1.0, page(a=1, b=2))
    block.add(2.0, page(b=3, c=4))
    block.add(3.0, page(a=5, b=6, c=7))
    assert block.column(A) == [(3.0, 5.0)]
    assert block.column(B) == [(1.0, 2.0), (2.0, 3.0), (3.0, 6.0)]
    assert block.column(C) == [(2.0, 4.0), (3.0, 7.0)]
    assert block.column(SeriesId("other")) == []


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.floats(allow_nan=False), min_size=0), max_size=12))
def test_a_block_agrees_with_a_table_of_pages(pages: list[dict[str, float]]) -> None:
    block = Block((), capacity=5)
    for at, values in enumerate(pages):
        block.add(float(at), page(**values))
    last = list(enumerate(pages))[-5:]
    # A series that the newest page does not have is forgotten with it; one that it has keeps its unbroken past.
    for name in pages[-1] if pages else ():
        column = dict(block.column(SeriesId(name)))
        unbroken = [(at, values[name]) for at, values in reversed(last) if name in values]
        assert set(column.items()) <= set(unbroken)
        assert column[float(last[-1][0])] == last[-1][1][name]


def test_history_never_holds_more_than_its_budget() -> None:
    history = History(budget=2 * RING_POINTS)
    for name in ("x", "y", "z"):
        history.add(("agent", name, "latency_s"), 1.0, 0.5)
    assert history.last(("agent", "x", "latency_s")) == 0.5
    assert history.last(("agent", "z", "latency_s")) is None
    assert history.refused == 1
    history.drop("agent", "x")
    history.add(("agent", "z", "latency_s"), 2.0, 0.5)
    assert history.values(("agent", "z", "latency_s")) == [0.5]


def test_a_target_that_grows_new_series_cannot_break_the_budget() -> None:
    history = History(budget=2 * BLOCK_POINTS * 3)
    history.add_page("t", 1.0, page(a=1))
    history.add_page("t", 2.0, page(a=2, b=2, c=2, d=2))
    assert history.refused == 1
    assert history.column("t", A) == [(1.0, 1.0)]
    history.add_page("t", 3.0, page(a=3, b=3))
    assert history.column("t", A) == [(1.0, 1.0), (3.0, 3.0)]
    history.drop("agent", "t")
    assert history.column("t", A) == []
    history.add_page("u", 1.0, page(a=1, b=1))
    assert history.refused == 1


def test_nothing_known_is_not_a_point() -> None:
    history = History()
    history.add(("agent", "x", "latency_s"), 1.0, None)
    assert history.points(("agent", "x", "latency_s")) == []
    assert len(history) == 0


def test_a_counter_that_restarts_counts_from_zero() -> None:
    assert increase([(0, 10), (1, 15), (2, 3), (3, 4)]) == 9
    assert rate_per_s([(0, 10), (1, 15), (2, 3), (3, 4)]) == 3


@pytest.mark.parametrize("points", [[], [(0.0, 1.0)], [(0.0, math.nan), (1.0, 2.0)]])
def test_growth_needs_two_points(points: list[tuple[float, float]]) -> None:
    assert increase(points) is None
    assert rate_per_s(points) is None


def test_a_gap_is_passed_over() -> None:
    assert increase([(0, 1), (1, math.nan), (2, 5)]) == 4
    assert rate_per_s([(0, 1), (1, math.nan), (2, 5), (3, math.nan)]) == 2


def test_points_at_one_moment_have_no_rate() -> None:
    assert rate_per_s([(1, 1), (1, 5)]) is None


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.sampled_from([1.0, 60.0, 3600.0, 90_000.0]))
def test_a_rough_ring_keeps_seven_digits_and_the_times(values: list[float], every_s: float) -> None:
    ring, start = Ring(10, rough=True), 1_795_000_000.0
    for number, value in enumerate(values):
        ring.add(start + number * every_s, value)
    kept = [(start + number * every_s, value) for number, value in enumerate(values)][-10:]
    assert [at for at, _ in ring.points()] == pytest.approx([at for at, _ in kept], abs=0.1)
    assert ring.values() == pytest.approx([value for _, value in kept], rel=1e-6)
    ring.add(start - 5.0, 7.0)
    assert (ring.values()[-1], len(ring)) == (7.0, len(kept)), "a clock that goes back replaces the last point"


def test_pages_leave_half_of_the_budget_to_the_rows() -> None:
    history = History(budget=4 * BLOCK_POINTS * 2)
    for name in ("t", "u", "v"):
        history.add_page(name, 1.0, page(a=1))
    assert [len(history.column(name, A)) for name in ("t", "u", "v")] == [1, 1, 0]
    assert history.refused == 1


def test_what_is_configured_one_by_one_is_always_kept() -> None:
    """Rates are made of it, and there are few."""
    history = History(budget=RING_POINTS)
    for what in ("agent", "queue", "backlog", "host"):
        for second in range(3):
            history.add((what, "x", "y"), float(second), 16_777_217.0 + second)
    assert history.points(("queue", "x", "y")) == [(0.0, 16777217.0), (1.0, 16777218.0), (2.0, 16777219.0)]
    history.drop("queue", "x")
    history.add(("agent", "z", "y"), 1.0, 1.0)
    assert history.last(("agent", "z", "y")) is None, "what was kept beside the budget gives it no room"
