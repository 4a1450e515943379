"""Aggregations: groups, their labels, and what NaN and infinities do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import QueryError
from fleet.promql.topk import chosen
from tests.fleet.promql.asking import same, storage, vector

INF, NAN = math.inf, math.nan
KEPT = storage(
    {
        'x{job="a",i="1"}': [1],
        'x{job="a",i="2"}': [3],
        'x{job="b",i="1"}': [5],
        'x{i="9"}': [7],
        'y{i="1"}': [2],
        'odd{i="1"}': [NAN],
        'odd{i="2"}': [4],
        'odd{i="3"}': [INF],
        'odd{i="4"}': [-INF],
    }
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum(x)", {"{}": 16}),
        ("sum by (job) (x)", {"{}": 7, '{job="a"}': 4, '{job="b"}': 5}),
        ("sum without (i) (x)", {"{}": 7, '{job="a"}': 4, '{job="b"}': 5}),
        ("sum by () (x)", {"{}": 16}),
        ("sum without () (y)", {'{i="1"}': 2}),
        ("sum by (__name__) (y)", {"y": 2}),
        ("sum by (nothing) (x)", {"{}": 16}),
        ("avg(x)", {"{}": 4}),
        ("min(x)", {"{}": 1}),
        ("max(x)", {"{}": 7}),
        ("count(x)", {"{}": 4}),
        ("group(x)", {"{}": 1}),
        ("stdvar(x)", {"{}": 5}),
        ("stddev(x)", {"{}": math.sqrt(5)}),
        ("quantile(0.5, x)", {"{}": 4}),
        ("quantile(-1, x)", {"{}": -INF}),
        ("quantile(2, x)", {"{}": INF}),
        ("quantile(NaN, x)", {"{}": NAN}),
        ("sum(nothing)", {}),
        ("count(nothing)", {}),
        ("quantile(0.5, nothing)", {}),
        ("min(odd)", {"{}": -INF}),
        ("max(odd)", {"{}": INF}),
        ('max(odd{i="1"})', {"{}": NAN}),
        ("sum(odd)", {"{}": NAN}),
        ('avg(odd{i=~"2|3"})', {"{}": INF}),
        ('avg(odd{i=~"3|4"})', {"{}": NAN}),
        ('stddev(odd{i="1"})', {"{}": 0}),
        ('stddev(odd{i=~"1|2"})', {"{}": NAN}),
        ('quantile(0, odd{i=~"1|2"})', {"{}": NAN}),
        ("topk(2, x)", {'x{i="9"}': 7, 'x{i="1", job="b"}': 5}),
        ("bottomk(2, x)", {'x{i="1", job="a"}': 1, 'x{i="2", job="a"}': 3}),
        ("topk by (job) (1, x)", {'x{i="9"}': 7, 'x{i="1", job="b"}': 5, 'x{i="2", job="a"}': 3}),
        ("topk(0, x)", {}),
        ("topk(-1, x)", {}),
        ("topk(0.9, x)", {}),
        ("topk(1.9, x)", {'x{i="9"}': 7}),
        ("topk(100, odd)", {'odd{i="3"}': INF, 'odd{i="2"}': 4, 'odd{i="4"}': -INF, 'odd{i="1"}': NAN}),
        ("bottomk(100, odd)", {'odd{i="4"}': -INF, 'odd{i="2"}': 4, 'odd{i="3"}': INF, 'odd{i="1"}': NAN}),
        ("topk(scalar(y), x)", {'x{i="9"}': 7, 'x{i="1", job="b"}': 5}),
        ('count_values("v", x > 4)', {'{v="5"}': 1, '{v="7"}': 1}),
        ('count_values("v", odd)', {'{v="+Inf"}': 1, '{v="-Inf"}': 1, '{v="4"}': 1, '{v="NaN"}': 1}),
        ('count_values("v", x * 0 + 1e21)', {'{v="1000000000000000000000"}': 4}),
        ('count_values by (job) ("job", x < 5)', {'{job="1"}': 1, '{job="3"}': 1}),
        ('count_values without (i) ("v", x < 5)', {'{job="a", v="1"}': 1, '{job="a", v="3"}': 1}),
    ],
)
def test_aggregations(expression: str, expected: dict[str, float]) -> None:
    found = vector(KEPT, expression)

    assert found.keys() == expected.keys()
    assert all(same(found[key], value) for key, value in expected.items())


def test_the_best_come_in_their_order() -> None:
    assert list(vector(KEPT, "topk(3, x)").values()) == [7, 5, 3]
    assert list(vector(KEPT, "bottomk(3, x)").values()) == [1, 3, 5]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("topk(NaN, x)", "Scalar value NaN overflows int64"),
        ("topk(1e20, nothing)", "Scalar value 1e+20 overflows int64"),
        ("bottomk(-Inf, x)", "Scalar value -Inf overflows int64"),
        ('count_values("1a", x)', 'invalid label name "1a"'),
        ('count_values("", nothing)', 'invalid label name ""'),
    ],
)
def test_wrong_parameters_are_refused(expression: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        vector(KEPT, expression)
    assert (str(raised.value), raised.value.kind) == (said, "execution")


def test_a_mean_of_very_large_numbers_does_not_overflow() -> None:
    kept = storage({f'x{{i="{i}"}}': [1.5e308] for i in range(5)})

    (mean,) = vector(kept, "avg(x)").values()
    assert mean == pytest.approx(1.5e308)
    assert vector(kept, "sum(x)") == {"{}": INF}


def test_a_sum_keeps_the_sign_of_zero() -> None:
    assert math.copysign(1, vector(storage({"x": [-0.0]}), "sum(x)")["{}"]) == -1


@given(
    st.lists(st.sampled_from([1.0, 2.0, 3.0, INF, -INF, NAN]), min_size=1, max_size=30),
    st.integers(1, 10),
    st.booleans(),
)
def test_the_chosen_are_the_best_in_order(values: list[float], k: int, largest: bool) -> None:
    places = chosen(values, range(len(values)), k, largest)

    assert len(places) == len(set(places)) == min(k, len(values))
    known = sorted((v for v in values if not math.isnan(v)), reverse=largest)
    expected = (known + [NAN] * len(values))[: len(places)]
    assert all(same(values[place], value) for place, value in zip(places, expected, strict=True))
