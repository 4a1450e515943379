"""Two ways to ask RE2 whether a whole text is matched give one answer."""

import re2
from hypothesis import given
from hypothesis import strategies as st

from fleet.whole_match import whole_match

_ATOMS = ("a", "b", ".", ".*", "a*?", "[^a]", r"\d", "(a|b)", "^", "$", r"\b", "é", "[α-ω]+", "(?i:A)", "|", "(?:)")


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    return options


@given(st.lists(st.sampled_from(_ATOMS), max_size=6).map("".join), st.text("abAéα\n1 ", max_size=6))
def test_it_agrees_with_a_full_match(pattern: str, text: str) -> None:
    try:
        expected = re2.compile(pattern, options=_options()).fullmatch(text) is not None
    except re2.error:
        return
    assert whole_match(pattern, _options())(text) is expected


def test_an_expression_that_becomes_large_is_answered_too() -> None:
    matches = whole_match("a{1000}|b{1000}|c", _options())
    assert matches("c")
    assert not matches("a" * 999)
