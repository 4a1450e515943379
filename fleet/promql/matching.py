"""Whether a label's value is what a matcher asks for.

Regular expressions are RE2's, anchored at both ends, in linear time on any pattern and text, as in Prometheus: `.` does
not match a line feed. What needs no automaton (equality, `.*`, `.+`, alternations of plain words) gets none.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from fleet.errors import QueryError
from fleet.promql.labels import Labels
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.whole_match import whole_match

_WHERE_GO_DIFFERS = re.compile(
    r"\\Q.*?(?:\\E|$)|(?P<refused>\\C|\(\?<)|\\.|\[\^?\]?(?:\\.|\[:\^?\w++:\]|[^\]\\])*+(?:\]|\\?\Z)",
    re.DOTALL,
)
"""Quoted text, classes, escapes; and what RE2 in C++ takes and Go's regexp (1.19) does not."""
Test = Callable[[str], bool]
_SHOWN = 200
"""Characters of a pattern in an error."""

_PLAIN = re.compile(r"[^\\.+*?()\[\]{}^$\ud800-\udfff]*")
"""Patterns without a special character other than alternation."""


@lru_cache(1024)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except UnicodeEncodeError as error:
        raise QueryError(f"error parsing regexp {_shown(pattern)}: invalid UTF-8") from error
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise QueryError(f"error parsing regexp {_shown(pattern)}: {text[:_SHOWN]}") from error


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}…")


def check_pattern(pattern: str) -> None:
    """Raises QueryError where `pattern` is no RE2 regular expression, or one that is too large."""
    if literals_of_pattern(pattern) is not None:
        return
    for found in _WHERE_GO_DIFFERS.finditer(pattern):
        if found["refused"]:
            raise QueryError(
                f"error parsing regexp {_shown(pattern)}: Prometheus 2.42 does not know `{found['refused']}`"
            )
    _compiled(pattern)


@lru_cache(1024)
def literals_of_pattern(pattern: str) -> frozenset[str] | None:
    """The values that `pattern` matches where it is an alternation of plain words, None where it is more."""
    return frozenset(pattern.split("|")) if _PLAIN.fullmatch(pattern) else None


def literals(matcher: Matcher) -> frozenset[str] | None:
    """The values that `matcher` accepts where they can be counted: `=` and `=~` with plain words. For an index. Where
    "" is among them, a series without the label matches."""
    if matcher.op is MatchOp.EQUAL:
        return frozenset((matcher.value,))
    return literals_of_pattern(matcher.value) if matcher.op is MatchOp.MATCHES else None


@lru_cache(2048)
def value_test(matcher: Matcher) -> Test:
    """The test that a label's value has to pass ("" where the series has no such label).

    Raises QueryError for a pattern that is none.
    """
    value = matcher.value
    if matcher.op is MatchOp.EQUAL:
        return value.__eq__
    if matcher.op is MatchOp.NOT_EQUAL:
        return value.__ne__
    matches = _pattern_test(value)
    return matches if matcher.op is MatchOp.MATCHES else lambda text: not matches(text)


def _pattern_test(pattern: str) -> Test:
    if pattern == ".*":
        return lambda text: "\n" not in text
    if pattern == ".+":
        return lambda text: text != "" and "\n" not in text
    words = literals_of_pattern(pattern)
    if words is not None:
        return words.__contains__
    return whole_match(pattern, _compiled(pattern).options)


def matches_empty(pattern: str) -> bool:
    """Whether `pattern` matches a label that is not there."""
    return _pattern_test(pattern)("")


def series_test(matchers: Matchers) -> Callable[[Labels], bool]:
    """The test of a whole label set. Raises QueryError for a pattern that is none."""
    tests = [(matcher.name, value_test(matcher)) for matcher in matchers]
    return lambda labels: all(test(labels.get(name)) for name, test in tests)
