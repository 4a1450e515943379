"""Expressions that are made to cost too much end with a limit that is named, soon, whatever is asked."""

import time

import pytest

from fleet.errors import QueryError
from fleet.promql.evaluate import EvalLimits, instant, ranged
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.promql.parse import parse
from fleet.samples.samples import SampleLimits, Samples

SERIES = 300
BUDGET_S = 20.0
"""CPU time of any of them; they take less than a few seconds."""
EVERYTHING = '{__name__=~".+"}'


@pytest.fixture(scope="module")
def kept() -> Samples:
    samples = Samples()
    samples.want("all", parse(EVERYTHING).wanted)
    for at in range(5):
        for number in range(SERIES):
            pairs = {"__name__": "m", "i": str(number), "j": str(number % 7), "le": str(number)}
            samples.add(Labels.of(pairs), 60_000 * (at + 1), float(number * at))
    return samples


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("(" * 200 + "1" + ")" * 200, "brackets are open"),
        ("-" * 1_001 + "1", "operators"),
        ("1" + "+1" * 500, "levels deep"),
        ("m" + " or m" * 400, "levels deep"),
        ("abs(" * 151 + "m" + ")" * 151, "brackets are open"),
        ("m" * 70_000, "characters"),
        ("(sum_over_time(" * 20 + "m" + "[1h:1s]))" * 20, "too many steps"),
        ("(sum_over_time(" * 4 + "m" + "[1d:1s]))" * 4, "too many steps"),
        ("sum(sum_over_time(m[5m:1ms]))", "too many steps"),
        ("sum_over_time(vector(1)[5d:1s])+" * 100 + "1", "too many steps"),
        ("sum_over_time(m[100y:1ms])", "steps"),
        ("m[99999999999999y]", "out of range"),
        ("m offset 9e99", "expected a duration"),
        ("m @ 1e300", "out of bounds"),
        ("m @ NaN", "out of bounds"),
        ("topk(1e19, m)", "overflows"),
        ("topk(NaN, m)", "overflows"),
        ("m * on () group_left m", "many-to-many"),
        ("label_replace(" * 20 + "m" + ', "i", "$1$1$1$1", "i", "(.*)")' * 20, "a label's value"),
        ("label_join(" * 30 + "m" + ', "i", "xxxx", "i", "i", "i", "i")' * 30, "a label's value"),
        ('m{i=~"((a{1,1000}){1,1000}){1,1000}"}', "repetition"),
        ('m{i=~"' + "[" * 60_000 + '"}', "missing"),
        ('m{i=~"\ud800.*"}', "UTF-8"),
        ("1e999", "out of range"),
        ("0" + "7" * 5_000, "number"),
        ("\x1b[2J", "unclosed"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_it_is_refused_by_name(kept: Samples, expression: str, words: str) -> None:
    began = time.process_time()
    with pytest.raises(QueryError, match=words):
        instant(parse(expression), kept, 360_000)
    assert time.process_time() - began < BUDGET_S


@pytest.mark.parametrize(
    "expression",
    [
        "topk(1e18, m)",
        'count_values("v", m)',
        "histogram_quantile(0.9, m)",
        'm{i=~"(a+)+$"}',
        'm{i!~"' + "a?" * 5_000 + "a" * 5_000 + '"}',
        "m @ -9e14",
        "m offset 292y",
        "year(vector(1e300))",
        "quantile(1e300, m)",
        "predict_linear(m[5m], 1e300)",
        "10 ^ 1e308",
        "-" * 140 + "m",
        " " * 60_000 + "1",
        "sum by (" + ",".join(f"l{number}" for number in range(9_000)) + ") (m)",
    ],
    ids=lambda value: value[:40],
)
def test_it_is_answered_soon(kept: Samples, expression: str) -> None:
    began = time.process_time()
    instant(parse(expression), kept, 360_000)
    assert time.process_time() - began < BUDGET_S


@pytest.mark.parametrize(
    ("end_ms", "step_ms", "words"),
    [(10**12, 1, "steps"), (10**15, 1_000, "steps"), (-1, 1, "before start"), (1, 0, "step"), (1, -5, "step")],
)
def test_a_range_of_a_billion_steps_is_refused(kept: Samples, end_ms: int, step_ms: int, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        ranged(parse("m"), kept, 0, end_ms, step_ms)


def test_many_steps_over_many_series_are_refused(kept: Samples) -> None:
    limits = EvalLimits(work=1_000_000)
    with pytest.raises(QueryError, match="too many steps") as caught:
        ranged(parse("sum(sum_over_time(m[5m]))"), kept, 0, 10_000_000, 1_000, limits=limits)
    assert caught.value.kind == "limit"


def test_a_selector_of_more_series_than_are_allowed_is_refused_whole(kept: Samples) -> None:
    limits = EvalLimits(series=SERIES - 1)
    for expression in ("m", "sum(m)", "sum(rate(m[5m]))", "sum(sum_over_time(m[5m:1m]))"):
        with pytest.raises(QueryError, match="more than 299 series"):
            instant(parse(expression), kept, 360_000, limits=limits)


def test_of_a_million_series_as_many_are_kept_as_there_is_room_for() -> None:
    samples = Samples(SampleLimits(series=5_000, points=100_000))
    samples.want("rules", parse("m").wanted)
    for number in range(50_000):
        samples.add(Labels.of({"__name__": "m", "i": str(number)}), 1_000, 1.0)
    assert len(samples) == 5_000
    assert samples.refused == 45_000
    assert any("45,000" in problem for problem in samples.problems())
    value = instant(parse("count(m)"), samples, 1_000).value
    assert isinstance(value, Vector)
    assert list(value.values) == [5_000.0]
