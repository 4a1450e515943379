"""Which samples a selector sees: look-back, staleness, ranges, offsets, `@`, subqueries."""

import pytest

from fleet.errors import QueryError
from fleet.promql.evaluate import EvalLimits, instant
from fleet.promql.function import Vector
from fleet.promql.parse import parse
from fleet.promql.storage import STALE
from tests.fleet.promql.asking import MINUTE, matrix, series, steps, storage, vector
from tests.fleet.promql.memory_storage import MemoryStorage

MINUTES = storage({"x": range(21)})


def test_a_sample_is_seen_for_five_minutes_and_not_a_millisecond_longer() -> None:
    kept = storage({"x": [7]})

    assert vector(kept, "x", 5 * MINUTE) == {"x": 7}
    assert vector(kept, "x", 5 * MINUTE + 1) == {}
    assert vector(kept, "x", -1) == {}


def test_a_series_that_ended_is_gone_at_once_and_may_come_back() -> None:
    kept = MemoryStorage()
    kept.add(series("x"), [0, MINUTE, 3 * MINUTE], [1.0, STALE, 2.0])

    assert vector(kept, "x", MINUTE - 1) == {"x": 1}
    assert vector(kept, "x", MINUTE) == {}
    assert vector(kept, "x", 2 * MINUTE) == {}
    assert vector(kept, "x", 3 * MINUTE) == {"x": 2}
    assert matrix(kept, "x[5m]", 3 * MINUTE) == {"x": [(0, 1), (3 * MINUTE, 2)]}


def test_a_range_has_both_of_its_ends() -> None:
    assert matrix(MINUTES, "x[2m]", 5 * MINUTE) == {"x": [(3 * MINUTE, 3), (4 * MINUTE, 4), (5 * MINUTE, 5)]}
    assert matrix(MINUTES, "x[1m]", 60 * MINUTE) == {}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("x", 10),
        ("x offset 3m", 7),
        ("x offset -3m", 13),
        ("x @ 120", 2),
        ("x @ 120 offset 1m", 1),
        ("x offset -1m @ 120", 3),
        ("x @ start()", 10),
        ("x @ end() offset 10m", 0),
        ("sum_over_time(x[2m] @ 120)", 3),
        ("sum_over_time(x[2m] offset 8m)", 3),
    ],
)
def test_offset_and_at_move_the_time(expression: str, value: float) -> None:
    assert list(vector(MINUTES, expression, 10 * MINUTE).values()) == [value]


def test_a_subquery_steps_on_multiples_of_its_step() -> None:
    assert matrix(MINUTES, "x[5m:2m]", 7 * MINUTE + 30_000) == {
        "x": [(4 * MINUTE, 4), (6 * MINUTE, 6)]
    }  # fmt: skip
    assert matrix(MINUTES, "x[4m:2m]", 8 * MINUTE) == {"x": [(m * MINUTE, m) for m in (4, 6, 8)]}


def test_a_subquery_without_a_step_takes_the_evaluation_interval() -> None:
    query = parse("count_over_time(x[10m:])")

    def points(interval_ms: int) -> float:
        value = instant(query, MINUTES, 10 * MINUTE, interval_ms=interval_ms).value
        assert isinstance(value, Vector)
        return value.values[0]

    assert (points(60_000), points(300_000)) == (11, 3)


def test_a_subquery_before_the_epoch_is_aligned_too() -> None:
    kept = MemoryStorage()
    kept.add(series("x"), [-10 * MINUTE], [1.0])

    assert matrix(kept, "x[3m:2m]", -7 * MINUTE) == {"x": [(-10 * MINUTE, 1), (-8 * MINUTE, 1)]}


def test_subqueries_nest_and_move() -> None:
    assert list(vector(MINUTES, "max_over_time(sum_over_time(x[1m])[5m:1m] offset 5m)", 10 * MINUTE).values()) == [9]
    assert list(vector(MINUTES, "max_over_time((x * 2)[2m:1m] @ 300)", 0).values()) == [10]


def test_at_start_and_end_are_those_of_the_whole_query_in_a_subquery_too() -> None:
    assert steps(MINUTES, "sum_over_time((x @ end())[1m:1m])", 5 * MINUTE, 7 * MINUTE) == {
        "{}": [(m * MINUTE, 14) for m in (5, 6, 7)]
    }
    assert steps(MINUTES, "x @ start()", 5 * MINUTE, 6 * MINUTE) == {"x": [(5 * MINUTE, 5), (6 * MINUTE, 5)]}


AGENTS = storage({f'x{{agent="{name}"}}': [1] for name in ("a", "ab", "b")} | {"x": [1], 'x{agent="n\\nl"}': [1]})


@pytest.mark.parametrize(
    ("matcher", "agents"),
    [
        ('agent="a"', ["a"]),
        ('agent=""', [""]),
        ('agent!="a"', ["", "ab", "b", "n\nl"]),
        ('agent!=""', ["a", "ab", "b", "n\nl"]),
        ('agent=~"a"', ["a"]),
        ('agent=~"a|b"', ["a", "b"]),
        ('agent=~"a|"', ["", "a"]),
        ('agent=~"a.*"', ["a", "ab"]),
        ('agent=~".+"', ["a", "ab", "b"]),
        ('agent=~".*"', ["", "a", "ab", "b"]),
        ('agent=~"(?s).+"', ["a", "ab", "b", "n\nl"]),
        ('agent!~".+"', ["", "n\nl"]),
        ('agent!~".*"', ["n\nl"]),
        ('agent!~"a|b"', ["", "ab", "n\nl"]),
        ('agent=~"(?i)A"', ["a"]),
        ('agent=~"[[:alpha:]]{2}"', ["ab"]),
        ('agent=~"b$"', ["b"]),
        ('agent=~"^b"', ["b"]),
        ('other=~".*"', ["", "a", "ab", "b", "n\nl"]),
        ('other=~".+"', []),
    ],
)
def test_matchers(matcher: str, agents: list[str]) -> None:
    value = instant(parse(f"x{{{matcher}}}"), AGENTS, 0).value

    assert isinstance(value, Vector)
    assert [labels.get("agent") for labels in value.labels] == agents


def test_a_pattern_that_explodes_elsewhere_is_linear_here() -> None:
    kept = MemoryStorage()
    kept.add({"__name__": "x", "a": "a" * 50_000 + "!"}, [0], [1.0])

    assert vector(kept, 'x{a=~"(a+)+"}') == {}
    assert vector(kept, 'x{a=~"(a|aa)+$"}') == {}


def test_a_selector_that_is_too_wide_is_refused_and_not_cut_short() -> None:
    kept = storage({f'x{{i="{i}"}}': [1, 2] for i in range(50)})

    for expression in ("x", "sum(x)", "rate(x[5m])"):
        with pytest.raises(QueryError, match="49 series") as raised:
            instant(parse(expression), kept, MINUTE, limits=EvalLimits(series=49))
        assert raised.value.kind == "limit"
    with pytest.raises(QueryError, match="too many samples"):
        instant(parse("rate(x[5m])"), kept, MINUTE, limits=EvalLimits(samples=99))
    instant(parse("rate(x[5m])"), kept, MINUTE, limits=EvalLimits(series=50, samples=100))


def test_a_subquery_with_too_many_steps_is_refused() -> None:
    with pytest.raises(QueryError, match="more than 500,000 steps"):
        vector(MINUTES, "sum_over_time(x[10y:1ms])", MINUTE)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("timestamp(x)", 600),
        ("timestamp((x))", 600),
        ("timestamp(x offset 90s)", 540),
        ("timestamp(x @ 130)", 120),
        ("timestamp(x + 0)", 630),
        # Beside @ Prometheus sees what is in the look-back of both times.
        ("timestamp(x offset 2m @ 300)", 180),
        ("timestamp(x offset -2m @ 300)", 300),
    ],
)
def test_when_a_sample_was_taken(expression: str, value: float) -> None:
    assert list(vector(MINUTES, expression, 630_000).values()) == [value]


def test_beside_at_an_offset_beyond_the_look_back_leaves_nothing() -> None:
    assert vector(MINUTES, "timestamp(x offset 6m @ 600)", 0) == {}
