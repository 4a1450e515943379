"""What is PromQL as Prometheus 2.42 reads it, and what is said of the rest."""

import contextlib
import math
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import QueryError
from fleet.promql.evaluate import Answer, instant
from fleet.promql.function import Vector
from fleet.promql.parse import parse
from fleet.promql.storage import Matcher, MatchOp
from tests.fleet.promql.memory_storage import MemoryStorage

TAKEN = [
    "1", "0x1F", "010", ".5", "5.", "1e3", "Inf", "-nan", '"text"', "`raw\\n`", "x", "x:y", "sum", "offset", "start",
    'x{a="b",}', 'x{by="1",on="2"}', '{a=~".+"}', '{a!~".*"}', '{__name__=~"a|b"}', "x[5m]", "x[1h30m]", "x[ 5m : 1m ]",
    "x[5m:]", "(x)[5m:]", "x offset 5m", "x OFFSET -1h30m", "x @ 5", "x @ -1.5", "x @ start()",
    "x[5m] @ end() offset 1m", "rate(x[5m])[1h:5m] offset 3m @ 4", "sum by (a,) (x)", "sum(x) without ()",
    "topk(3, x)", 'count_values("v", x)', "a + on(b) group_left(c) d", "a == bool 1", "1 == bool 1", "a AND b",
    "a unless ignoring(b) c", "a atan2 b", "-x^2", "+x", "- -1", "# comment\nx", "holt_winters(x[5m], 0.1, 0.2)",
    "sum(\n  rate(x[5m#c\n]\n))", 'x{a=~"\\\\Qa.b\\\\E"}', 'x{a=~"(?P<n>a)"}', 'x{a=~"[(?<]"}', "offset offset 5m",
    "x - offset", "x @ +1",
]  # fmt: skip
REFUSED = [
    "", "  ", "x y", "x +", "()", "(x", "x)", "x{a=b}", 'x{a="b" c="d"}', "x{,}", "{}", '{a=~".*"}', '{a=""}',
    'x{__name__="y"}', "x[5]", "x[0s]", "x[5m1h]", "x[1.5h]", "x[-5m]", "x[5m][5m]", "1[5m:]", "(x)[5m]", "5m",
    "x offset 5", "x offset +5m", "x offset 0", "x offset 5m offset 3m",
    "x @ 1 @ 2", "x @ NaN", "x @ Inf", "x @ 5m", "x @ middle()",
    "x[300y]", "1e400", "1_000", "0b11", "1x", '"a', '"\\q"', "1 == 1", "1 + bool 1", "1 and x", "x and bool y",
    "x + on(a) 1", "x + on(a) group_left(a) y", "a and on(b) group_left c", "x + group_left y", '"a" + 1', "x[5m] + 1",
    "-x[5m]", "+x[5m]", '+"a"', "rate(x)", "rate(x[5m], 1)", "abs(1)", "foo(x)", "time(1)", "topk(1)", "sum()",
    "sum(x[5m])", 'sum by ("a") (x)', "sum by (1) (x)", "sum on (a) (x)", "bool", "on", 'x{a=~"("}', 'x{a=~"(?=a)"}',
    'x{a=~"(?<n>a)"}', 'x{a=~"\\\\C"}', 'x{a=~"(a{1000}){1000}"}', "x = y", "x{é='a'}", "é", "x;y",
]  # fmt: skip
LEFT_OUT = {
    "histogram_count(x)": "histogram_count() is for native histograms",
    "histogram_sum(x)": "histogram_sum() is for native histograms",
    "histogram_fraction(0, 1, x)": "histogram_fraction() is for native histograms",
    "mad_over_time(x[5m])": "mad_over_time() is newer",
    "sort_by_label(x, 'a')": "sort_by_label() is newer",
    "info(x)": "info() is newer",
    "limitk(2, x)": "limitk() is newer",
    "limit_ratio(0.5, x)": "limit_ratio() is newer",
    "double_exponential_smoothing(x[5m], 0.1, 0.1)": "holt_winters",
    "first_over_time(x[5m])": "first_over_time() is newer",
    '{"quoted.name"}': "quoted names are newer",
    '{a="b" or c="d"}': "between matchers is newer",
    "x + fill(0) y": "fill",
}


@pytest.mark.parametrize("text", TAKEN)
def test_what_prometheus_takes_is_taken(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize("text", REFUSED)
def test_what_prometheus_refuses_is_refused(text: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text)
    assert raised.value.kind == "bad_data"


@pytest.mark.parametrize(("text", "said"), LEFT_OUT.items())
def test_what_is_left_out_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said.replace("(", r"\(").replace(")", r"\)")):
        parse(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x y", "1:3: "),
        ("sum(\n  foo(x)\n)", "2:3: "),
        ("x +", "1:4: "),
        ("a + on b", "1:8: "),
        ("sum(x))", "1:7: "),
        ("sum(x", "1:4: "),
        ("x[5]", "1:3: "),
        ('x{a="b" c="d"}', "1:9: "),
        ('x{a=~"("}', "1:6: "),
        ("1 + rate(x)", "1:5: "),
        ("x + mad_over_time(y[5m])", "1:5: "),
        ("sum by (x)", "1:11: "),
    ],
)
def test_an_error_says_where(text: str, at: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text)
    assert str(raised.value).startswith(at)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("x", "vector"), ("1 + 1", "scalar"), ("time()", "scalar"), ("x[5m]", "matrix"), ("x[5m:]", "matrix"),
     ('"a"', "string"), ("x > 1", "vector"), ("-(x)", "vector"), ("rate(x[5m])", "vector"), ("sum(x)", "vector")],
)  # fmt: skip
def test_the_kind_is_known_before_evaluation(text: str, kind: str) -> None:
    assert parse(text).kind == kind


@pytest.mark.parametrize(
    ("text", "reach_s"),
    [
        ("x", 300),
        ("x offset 1h", 3900),
        ("x offset -1h", 0),
        ("rate(x[5m])", 300),
        ("x[1h] offset 10m", 4200),
        ("max_over_time(x[1h:1m])", 3900),
        ("max_over_time(rate(x[5m])[1h:1m] offset 1d)", 90_300),
        ("max_over_time(max_over_time(x[1h:])[1d:])", 90_300),
        ("x @ start()", 300),
        ("x @ 100", math.inf),
        ("max_over_time(x[1h:] @ 100)", math.inf),
        ("max_over_time(x[5m] offset 1m)", 360),
    ],
)
def test_how_far_back_a_query_looks(text: str, reach_s: float) -> None:
    (wanted,) = parse(text).wanted
    assert wanted.reach_s == reach_s


def test_what_a_query_selects() -> None:
    wanted = parse('x{a=~"b.*"} / on(c) rate(y[10m]) > x{a=~"b.*"}').wanted

    assert [one.matchers for one in wanted] == [
        (Matcher("__name__", MatchOp.EQUAL, "x"), Matcher("a", MatchOp.MATCHES, "b.*")),
        (Matcher("__name__", MatchOp.EQUAL, "y"),),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000_000,
        "(" * 30_000 + "1" + ")" * 30_000,
        "-" * 50_000 + "x",
        "x" * 100_000,
        "+".join(["x"] * 20_000),
        "+".join(["x"] * 500),
        "abs(" * 140 + "-" * 140 + "x" + ")" * 140,
        "{" * 50_000,
        "+".join(["x"] * 990) + " y",
        "x " * 30_000,
        '"' * 50_001,
    ],
    ids=lambda text: f"{len(text)} of {text[:4]}",
)
def test_what_is_too_large_or_too_deep_is_an_error_and_no_crash(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(QueryError):
        parse(text)
    assert time.process_time() - begun < 10


def at_depth(frames: int, act: Callable[[], object]) -> object:
    return at_depth(frames - 1, act) if frames else act()


@pytest.mark.parametrize(
    "text", ["1" + " + vector(0)" * 140, "abs(" * 140 + "vector(1)" + ")" * 140, "(" * 70 + "-vector(1)" + ")" * 70]
)
def test_the_deepest_that_is_taken_is_answered_far_down_the_stack(text: str) -> None:
    answer = at_depth(150, lambda: instant(parse(text), MemoryStorage(), 0))

    assert isinstance(answer, Answer)
    assert isinstance(answer.value, Vector)
    assert abs(answer.value.values[0]) == 1


@pytest.mark.parametrize("frames", [100, sys.getrecursionlimit() - 150])
def test_subqueries_in_subqueries_never_overflow_the_stack(frames: int) -> None:
    query = parse("sum_over_time(" * 60 + "vector(1)" + "[1m:1m])" * 60)

    def act() -> object:
        with contextlib.suppress(QueryError):
            return instant(query, MemoryStorage(), 0)
        return None

    at_depth(frames, act)


@given(st.text(alphabet="x1.5m()[]{}=~!\"'`\\,:@+-*/^% \n#abysumonrate", max_size=60))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert query.kind in ("vector", "scalar", "matrix", "string")


def test_strings_are_read_as_go_reads_them() -> None:
    (wanted,) = parse(r'x{a=~"\x41\u00e4\101\n",b=~`\d`}').wanted

    assert [matcher.value for matcher in wanted.matchers[1:]] == ["AäA\n", r"\d"]
