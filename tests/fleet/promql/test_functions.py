"""Functions at the edges that the comparison with Prometheus meets seldom: times, dates far off, IEEE's corners."""

import datetime as dt
import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import QueryError
from fleet.promql import arithmetic
from fleet.promql.evaluate import instant
from fleet.promql.function import Vector, Window
from fleet.promql.functions.dates import absolute, date
from fleet.promql.functions.histograms import upper_bound
from fleet.promql.functions.maths import rounded
from fleet.promql.functions.over_time import avg_over_time, stdvar_over_time, sum_over_time
from fleet.promql.functions.rates import changes, increase, rate, resets
from fleet.promql.functions.trends import deriv
from fleet.promql.parse import parse
from fleet.promql.quantile import bucket_quantile, quantile
from tests.fleet.promql.memory_storage import MemoryStorage

_INF, _NAN = math.inf, math.nan
_WINDOW = Window(0, 300_000, 300_000)
_FINITE = st.floats(-1e9, 1e9)


def _grid(values: list[float]) -> range:
    return range(0, 15_000 * len(values), 15_000)


def _vector(text: str, storage: MemoryStorage) -> dict[str, float]:
    value = instant(parse(text), storage, 300_000).value
    assert isinstance(value, Vector)
    return {str(labels): number for labels, number in zip(value.labels, value.values, strict=True)}


def test_a_counter_that_covers_its_range_is_not_extrapolated() -> None:
    times = range(0, 300_001, 15_000)
    assert increase(times, [float(n) for n in range(21)], _WINDOW, ()) == pytest.approx(20.0)
    assert rate(times, [float(n) for n in range(21)], _WINDOW, ()) == pytest.approx(20 / 300)


def test_a_counter_that_begins_within_the_range_is_extrapolated_by_half_a_distance() -> None:
    """Samples from 120 s to 180 s, 30 s apart: 60 s are known, and 15 s more at each end are likely."""
    times, values = [120_000, 150_000, 180_000], [100.0, 110.0, 120.0]
    assert increase(times, values, _WINDOW, ()) == pytest.approx(20 * 90 / 60)


def test_a_counter_is_not_extrapolated_below_zero() -> None:
    """It rose by 20 in 60 s and was at 2: six seconds before it was at zero."""
    times, values = [20_000, 50_000, 80_000], [2.0, 12.0, 22.0]
    assert increase(times, values, Window(0, 90_000, 90_000), ()) == pytest.approx(20 * (60 + 6 + 10) / 60)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=30))
def test_the_increase_of_a_counter_adds_what_it_lost_in_resets(seen: list[int]) -> None:
    values = [float(one) for one in seen]
    window = Window(0, 15_000 * (len(values) - 1), 0)
    rise = sum(later - before if later >= before else later for before, later in pairwise(values))
    assert increase(_grid(values), values, window, ()) == pytest.approx(rise)
    assert resets(_grid(values), values, window, ()) == sum(b > a for b, a in pairwise(values))


def test_from_nan_to_nan_nothing_changes() -> None:
    values = [1.0, _NAN, _NAN, 1.0, 1.0, 2.0]
    assert changes(_grid(values), values, _WINDOW, ()) == 3


@given(st.lists(_FINITE, min_size=1, max_size=30))
def test_means_and_variances_are_those_of_the_samples(values: list[float]) -> None:
    mean = math.fsum(values) / len(values)
    assert avg_over_time(_grid(values), values, _WINDOW, ()) == pytest.approx(mean, abs=1e-6)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    assert stdvar_over_time(_grid(values), values, _WINDOW, ()) == pytest.approx(variance, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([_INF, 1.0], _INF), ([-_INF, 1.0], -_INF), ([_INF, -_INF], _NAN), ([1.0, _NAN, _INF], _NAN),
        ([1.7e308, 1.7e308, 1.7e308], 1.7e308), ([-1e308, 1e308], 0.0),
    ],
)  # fmt: skip
def test_a_mean_neither_overflows_nor_forgets_an_infinity(values: list[float], mean: float) -> None:
    assert avg_over_time(_grid(values), values, _WINDOW, ()) == pytest.approx(mean, nan_ok=True)


@pytest.mark.parametrize(
    ("values", "total"),
    [([1e16, 1.0, -1e16], 1.0), ([_INF, -_INF], _NAN), ([1.0, _INF], _INF), ([1e308, 1e308], _INF), ([_NAN], _NAN)],
)
def test_a_sum_loses_nothing(values: list[float], total: float) -> None:
    assert sum_over_time(_grid(values), values, _WINDOW, ()) == pytest.approx(total, nan_ok=True)


def test_a_line_without_slope() -> None:
    assert deriv(_grid([3.0] * 4), [3.0] * 4, _WINDOW, ()) == 0
    assert math.isnan(deriv(_grid([_INF] * 4), [_INF] * 4, _WINDOW, ()) or 0.0)


# ── Arithmetic ──


@pytest.mark.parametrize(
    ("function", "at", "gives"),
    [
        (arithmetic.ln, 0.0, -_INF), (arithmetic.ln, -1.0, _NAN), (arithmetic.exp, 1000.0, _INF),
        (arithmetic.log2, 8.0, 3.0), (arithmetic.log10, 1000.0, 3.0), (arithmetic.sqrt, -1.0, _NAN),
        (arithmetic.floor, _INF, _INF), (arithmetic.ceil, _NAN, _NAN), (arithmetic.asin, 1.1, _NAN),
        (arithmetic.acos, -1.0, math.pi), (arithmetic.atanh, -1.0, -_INF), (arithmetic.atanh, 2.0, _NAN),
        (arithmetic.sinh, -1000.0, -_INF), (arithmetic.cosh, 1000.0, _INF),
    ],
)  # fmt: skip
def test_where_python_raises_there_is_an_ieee_answer(
    function: Callable[[float], float], at: float, gives: float
) -> None:
    assert function(at) == pytest.approx(gives, nan_ok=True)


def test_zeros_keep_their_signs() -> None:
    assert str(arithmetic.ceil(-0.5)) == str(arithmetic.floor(-0.0)) == "-0.0"
    assert arithmetic.divided(1.0, -0.0) == -_INF
    assert str(arithmetic.greater(-0.0, 0.0)) == "0.0"
    assert str(arithmetic.lesser(0.0, -0.0)) == "-0.0"


def test_an_infinity_wins_over_nan_where_go_lets_it() -> None:
    assert arithmetic.greater(_NAN, _INF) == _INF
    assert arithmetic.lesser(-_INF, _NAN) == -_INF
    assert math.isnan(arithmetic.greater(_NAN, 1.0))


@pytest.mark.parametrize(
    ("value", "nearest", "gives"),
    [(2.5, 1.0, 3.0), (-2.5, 1.0, -2.0), (1.25, 0.1, 1.3), (7.0, 5.0, 5.0), (1.0, 0.0, _NAN)],
)
def test_halves_are_rounded_up(value: float, nearest: float, gives: float) -> None:
    assert rounded(value, nearest) == pytest.approx(gives, nan_ok=True)


# ── Dates ──


@given(st.datetimes())
def test_dates_are_those_of_the_calendar(when: dt.datetime) -> None:
    seconds = (when - dt.datetime(1970, 1, 1)).total_seconds()
    day = date(absolute(math.floor(seconds)))
    assert (day.year, day.month, day.day, day.year_day) == (when.year, when.month, when.day, when.timetuple().tm_yday)


def test_a_date_beyond_64_bits_is_the_one_that_go_gives() -> None:
    assert absolute(_NAN) == absolute(1e300) == absolute(-1e300)


# ── Histograms and quantiles ──


def test_quantiles_lie_between_values() -> None:
    assert quantile(0.5, [4.0, 1.0, 3.0, 2.0]) == 2.5
    assert quantile(-0.1, [1.0]) == -_INF
    assert quantile(1.1, [1.0]) == _INF
    assert math.isnan(quantile(0.5, []))
    assert math.isnan(quantile(0.0, [_NAN, 1.0]))


def test_a_bucket_that_counts_less_than_the_one_below_counts_as_much() -> None:
    assert bucket_quantile(0.5, [(1.0, 10.0), (2.0, 4.0), (_INF, 10.0)]) == 0.5


@pytest.mark.parametrize(
    "buckets", [[], [(1.0, 5.0)], [(_INF, 5.0)], [(1.0, 0.0), (_INF, 0.0)], [(1.0, 5.0), (2.0, 5.0)]]
)
def test_a_histogram_that_says_nothing_has_no_quantile(buckets: list[tuple[float, float]]) -> None:
    assert math.isnan(bucket_quantile(0.9, buckets))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("+Inf", _INF), ("inf", _INF), ("1e3", 1000.0), ("0x1p-2", 0.25), (".5", 0.5), ("1e999", None),
        (" 1", None), ("1_0", None), ("", None), ("٣", None),
    ],
)  # fmt: skip
def test_bounds_are_read_as_go_reads_numbers(text: str, bound: float | None) -> None:
    assert upper_bound(text) == bound


# ── Labels ──


def _one(**labels: str) -> MemoryStorage:
    storage = MemoryStorage()
    storage.add({"__name__": "x", **labels}, [300_000], [1.0])
    return storage


@pytest.mark.parametrize(
    ("replacement", "pattern", "gives"),
    [
        ("$1", "(.*)-.*", "ab"), ("${1}x", "(.*)-.*", "abx"), ("$1x", "(.*)-.*", ""), ("$$1", "(.*)-.*", "$1"),
        ("$name", "(?P<name>.*)-.*", "ab"), ("$2", "(ab)-cd|(ef)", ""), ("$9$", "(.*)", "$"), ("$01", "(.*)", ""),
        ("é$0", ".*", "éab-cd"),
    ],
)  # fmt: skip
def test_replacements_expand_as_in_go(replacement: str, pattern: str, gives: str) -> None:
    text = f'label_replace(x, "to", "{replacement}", "from", "{pattern}")'
    wanted = f', to="{gives}"' if gives else ""
    assert list(_vector(text, _one(**{"from": "ab-cd"}))) == [f'x{{from="ab-cd"{wanted}}}']


def test_a_replacement_that_does_not_match_the_whole_value_does_nothing() -> None:
    assert list(_vector('label_replace(x, "to", "y", "from", "a")', _one(**{"from": "ab"}))) == ['x{from="ab"}']


@pytest.mark.parametrize("pattern", ["(", "(?<name>.*)", "a{2000}"])
def test_a_pattern_that_go_does_not_read_is_an_error(pattern: str) -> None:
    with pytest.raises(QueryError, match="invalid regular expression in label_replace"):
        _vector(f'label_replace(x, "to", "$1", "from", "{pattern}")', _one())


def test_a_hostile_pattern_takes_linear_time() -> None:
    text = 'label_replace(x, "to", "$1", "from", "(a*)*b")'
    assert list(_vector(text, _one(**{"from": "a" * 50_000}))) == [f'x{{from="{"a" * 50_000}"}}']


def test_absent_has_the_labels_that_the_selector_demands() -> None:
    storage = _one()
    assert _vector('absent(gone{job="a", zone=~"b", instance!="c"})', storage) == {'{job="a"}': 1.0}
    assert _vector('absent(gone{job="a", job="b"})', storage) == {"{}": 1.0}
    assert _vector('absent_over_time(gone{job="a"}[5m])', storage) == {'{job="a"}': 1.0}
    assert _vector("absent(x)", storage) == {}
