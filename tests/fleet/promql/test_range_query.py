"""Range queries, and answers in the envelope of Prometheus's API."""

import math

import pytest

from fleet.errors import QueryError
from fleet.promql.answer import envelope, error_envelope
from fleet.promql.evaluate import Answer, EvalLimits, instant, ranged
from fleet.promql.parse import parse
from fleet.promql.storage import STALE
from tests.fleet.promql.asking import MINUTE, series, steps, storage
from tests.fleet.promql.memory_storage import MemoryStorage

MINUTES = storage({'x{i="1"}': range(10), 'x{i="0"}': range(0, 20, 2)})


def test_every_step_is_an_instant_query() -> None:
    assert steps(MINUTES, "x", 8 * MINUTE, 15 * MINUTE, 5 * MINUTE) == {
        'x{i="0"}': [(8 * MINUTE, 16), (13 * MINUTE, 18)],
        'x{i="1"}': [(8 * MINUTE, 8), (13 * MINUTE, 9)],
    }
    for expression in ("x", "sum(x)", "rate(x[2m])", "max_over_time(x[3m:30s])", "x > 5", "topk(1, x)", "x offset 1m"):
        whole = steps(MINUTES, expression, 0, 12 * MINUTE, 45_000)
        single = {
            (labels, at): value
            for at in range(0, 12 * MINUTE + 1, 45_000)
            for labels, points in steps(MINUTES, expression, at, at).items()
            for _, value in points
        }
        assert {(labels, at): value for labels, points in whole.items() for at, value in points} == single


def test_the_last_step_is_not_after_the_end() -> None:
    (points,) = steps(MINUTES, "vector(1)", 0, 119_999).values()
    assert [at for at, _ in points] == [0, 60_000]


def test_a_scalar_is_a_series_without_labels() -> None:
    assert steps(MINUTES, "time()", 0, 2 * MINUTE) == {"{}": [(0, 0), (60_000, 60), (120_000, 120)]}


def test_a_series_that_ends_has_a_gap() -> None:
    kept = MemoryStorage()
    kept.add(series("x"), [0, MINUTE, 3 * MINUTE], [1.0, STALE, 2.0])

    assert steps(kept, "x", 0, 4 * MINUTE) == {"x": [(0, 1), (3 * MINUTE, 2), (4 * MINUTE, 2)]}


def test_two_series_that_become_one_are_refused_even_if_they_never_meet() -> None:
    kept = storage({"a": [1, 2, 3], "b": [None] * 20 + [1, 2, 3]})

    for expression in ('rate({__name__=~"a|b"}[2m])', '-{__name__=~"a|b"}'):
        with pytest.raises(QueryError, match="same labelset"):
            steps(kept, expression, 0, 22 * MINUTE)
    # What is looked at step by step may.
    assert steps(kept, '{__name__=~"a|b"} * 1', 0, 22 * MINUTE, 22 * MINUTE) == {"{}": [(0, 1), (22 * MINUTE, 3)]}


@pytest.mark.parametrize(("expression", "kind"), [("x[5m]", "range vector"), ('"a"', "string")])
def test_what_is_no_vector_and_no_scalar_has_no_range(expression: str, kind: str) -> None:
    with pytest.raises(QueryError, match=f'invalid expression type "{kind}" for range query'):
        steps(MINUTES, expression, 0, MINUTE)


def test_wrong_or_too_many_steps_are_refused() -> None:
    query = parse("x")
    with pytest.raises(QueryError, match="zero or negative"):
        ranged(query, MINUTES, 0, 10, 0)
    with pytest.raises(QueryError, match="end timestamp"):
        ranged(query, MINUTES, 10, 0, 1)
    with pytest.raises(QueryError, match="11,000 steps"):
        ranged(query, MINUTES, 0, 11_001, 1)
    with pytest.raises(QueryError, match="more than 1 series"):
        ranged(query, MINUTES, 0, 1, 1, limits=EvalLimits(series=1))


@pytest.mark.parametrize(
    ("expression", "data"),
    [
        (
            'x{i="1"} / 3',
            {"resultType": "vector", "result": [{"metric": {"i": "1"}, "value": [60, "0.3333333333333333"]}]},
        ),
        ('x{i="1"}', {"resultType": "vector", "result": [{"metric": {"__name__": "x", "i": "1"}, "value": [60, "1"]}]}),
        ("1e300", {"resultType": "scalar", "result": [60, f"1{'0' * 300}"]}),
        ('"text"', {"resultType": "string", "result": [60, "text"]}),
        (
            'x{i="1"}[1m]',
            {
                "resultType": "matrix",
                "result": [{"metric": {"__name__": "x", "i": "1"}, "values": [[0, "0"], [60, "1"]]}],
            },
        ),
    ],
)
def test_the_envelope(expression: str, data: object) -> None:
    answer = instant(parse(expression), MINUTES, MINUTE)

    assert envelope(answer, MINUTE) == {"status": "success", "data": data}


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
     (1e-7, "1e-07"), (2**-24, "5.960464477539063e-08"), (1e-6, "0.000001"), (-0.0, "-0"), (1.5, "1.5"),
     (1e16, "1" + "0" * 16)],
)  # fmt: skip
def test_numbers_are_written_as_prometheus_writes_them(value: float, text: str) -> None:
    kept = MemoryStorage()
    kept.add(series("x"), [500], [value])

    (found,) = envelope(instant(parse("x"), kept, 500), 500)["data"]["result"]
    assert found["value"] == [0.5, text]


def test_warnings_and_errors_in_the_envelope() -> None:
    assert envelope(Answer(1.0, ("careful",)), 0)["warnings"] == ["careful"]
    assert error_envelope(QueryError("too much", "limit")) == {
        "status": "error",
        "errorType": "execution",
        "error": "too much",
    }
