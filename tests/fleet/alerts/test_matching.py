"""Matchers mean what Alertmanager takes them to mean, found by index or one by one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.matching import LabelIndex, Matching, parse_matchers, pattern, written
from fleet.errors import QueryError
from fleet.promql.storage import Matcher, MatchOp

VALUES = st.sampled_from(["", "a", "ab", "abc", "b", "a\nb", "x.y"])
PATTERNS = st.sampled_from([
    ".*", ".+", "", "a", "a|b", "a.*", ".*b", ".*b.*", "a?b", "[ab]+", "(a|b)c?", "x\\.y", "a.b",
    "|a", "^a$", ".*.*", ".", "a.*b",
])  # fmt: skip
LABELS = st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES.filter(bool), max_size=3)
MATCHERS = st.lists(
    st.builds(Matcher, st.sampled_from(["x", "y", "z"]), st.sampled_from(MatchOp), PATTERNS), min_size=1, max_size=3
).map(tuple)


def naive(matchers: tuple[Matcher, ...], labels: dict[str, str]) -> bool:
    def one(matcher: Matcher) -> bool:
        value = labels.get(matcher.name, "")
        if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
            return (value == matcher.value) is (matcher.op is MatchOp.EQUAL)
        found = re.fullmatch(matcher.value, value, re.DOTALL) is not None
        return found is (matcher.op is MatchOp.MATCHES)

    return all(map(one, matchers))


@given(st.lists(LABELS, max_size=8), MATCHERS)
def test_the_index_finds_what_looking_at_all_of_them_finds(
    all_: list[dict[str, str]], matchers: tuple[Matcher, ...]
) -> None:
    index = LabelIndex((str(place), labels) for place, labels in enumerate(all_))
    wanted = {str(place) for place, labels in enumerate(all_) if naive(matchers, labels)}
    assert index.matching(matchers) == wanted
    assert {str(place) for place, labels in enumerate(all_) if Matching(matchers).holds(labels)} == wanted


@given(MATCHERS)
def test_matchers_are_read_as_they_are_written(matchers: tuple[Matcher, ...]) -> None:
    assert parse_matchers(written(matchers)) == matchers
    assert parse_matchers("{" + written(matchers) + "}") == matchers


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a=b", [Matcher("a", MatchOp.EQUAL, "b")]),
        ('a!="b", c=~"d|e",', [Matcher("a", MatchOp.NOT_EQUAL, "b"), Matcher("c", MatchOp.MATCHES, "d|e")]),
        ('a !~ "x,y{}"', [Matcher("a", MatchOp.NOT_MATCHES, "x,y{}")]),
        ('a="\\"\\n\\\\"', [Matcher("a", MatchOp.EQUAL, '"\n\\')]),
        ("a=", [Matcher("a", MatchOp.EQUAL, "")]),
        ("", []),
    ],
)
def test_the_forms_of_matchers(text: str, wanted: list[Matcher]) -> None:
    assert list(parse_matchers(text)) == wanted


@pytest.mark.parametrize("text", ["a", "=b", "a=b c=d", 'a="b', "a=~(", 'a=~"(?=x)"', "a~b", ",".join(["a=b"] * 65)])
def test_what_is_no_matcher_is_said(text: str) -> None:
    with pytest.raises(QueryError):
        parse_matchers(text)


def test_a_hostile_pattern_costs_no_more_than_another() -> None:
    assert not pattern("(a+)+b")("a" * 50_000)


@pytest.mark.parametrize("op", list(MatchOp))
def test_a_value_has_a_limit(op: MatchOp) -> None:
    with pytest.raises(QueryError, match="at most"):
        Matching((Matcher("a", op, "x" * 5000),))
