"""The filter of `/` and of `get --filter`: which rows of a view are shown.

Terms, separated by blanks, must all match (quotes keep blanks together):

    planner            a regular expression, case-blind, in any of the row's words
    !planner           not that
    state:down         a column or output field equals (or, for text, contains) the value
    age_s>60           numbers are compared; > >= < <= = !=
    -l env=prod        a label has the value; -l env: the label is there; -l env!=prod: it has not

Patterns are RE2's, so that no pattern, pasted in haste, can take more than linear time on a row.
"""

import re
import shlex
from collections.abc import Callable
from typing import Any

import re2
from msgspec import Struct

from fleet.errors import FilterError
from fleet.times import parse_duration
from fleet.views.view import Look, View

_PATTERN_LIMIT = 256
_COMPARISON = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?P<sign>>=|<=|!=|>|<|=|:)(?P<value>.+)", re.IGNORECASE)

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ":": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}

Matcher = Callable[[View[Any], Any, Look], bool]


class Filter(Struct, frozen=True):
    """A parsed filter: its text, and what it asks of a row."""

    text: str
    matchers: tuple[Matcher, ...] = ()

    def matches(self, view: View[Any], row: Any, at: Look) -> bool:
        """Whether `row` of `view` is shown."""
        return all(matcher(view, row, at) for matcher in self.matchers)


def parse_filter(text: str, view: View[Any] | None = None) -> Filter:
    """Read a filter; an empty text matches everything.

    With `view`, names before a comparison must be fields or columns of it. Raises FilterError that quotes the term.
    """
    try:
        words = _words(text)
    except ValueError as error:
        raise FilterError(f"{text!r}: {str(error).lower()}") from error
    matchers: list[Matcher] = []
    rest = iter(words)
    for word in rest:
        if word == "-l":
            wanted = next(rest, None)
            if wanted is None:
                raise FilterError("-l wants a label, such as -l env=prod")
            matchers.append(_label(wanted))
        elif word.startswith("!") and len(word) > 1:
            matchers.append(_inverse(_term(word[1:], view)))
        else:
            matchers.append(_term(word, view))
    return Filter(text, tuple(matchers))


def _words(text: str) -> list[str]:
    """Words as a shell has them, but a backslash is a backslash: patterns are full of them."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    return list(lexer)


def _term(word: str, view: View[Any] | None) -> Matcher:
    comparison = _COMPARISON.fullmatch(word)
    if comparison and (view is None or _known(view, comparison["name"])):
        return _comparison(comparison["name"].lower(), comparison["sign"], comparison["value"])
    if comparison and view is not None and comparison["sign"] != ":":
        names = ", ".join(field.name for field in view.fields)
        raise FilterError(f"{word!r}: {view.name} has no field {comparison['name']!r} (it has {names})")
    return _pattern(word)


def _known(view: View[Any], name: str) -> bool:
    return any(part.name == name.lower() for part in view.fields) or any(c.id == name.lower() for c in view.columns)


def _inverse(matcher: Matcher) -> Matcher:
    return lambda view, row, at: not matcher(view, row, at)


def _pattern(word: str) -> Matcher:
    if len(word) > _PATTERN_LIMIT:
        raise FilterError(f"a pattern may have {_PATTERN_LIMIT} characters")
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        search = re2.compile(word, options=options).search
    except re2.error as error:
        raise FilterError(f"{word!r} is no regular expression: {_reason(error)}") from error
    return lambda view, row, _: search(view.words(row)) is not None


def _reason(error: re2.error) -> str:
    """RE2 gives its reason as bytes."""
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _label(wanted: str) -> Matcher:
    name, unequal, value = wanted.partition("!=")
    if unequal:
        return lambda view, row, _: view.labels(row).get(name) != value
    name, equal, value = wanted.partition("=")
    if equal:
        return lambda view, row, _: view.labels(row).get(name) == value
    return lambda view, row, _: name in view.labels(row)


def _comparison(name: str, sign: str, value: str) -> Matcher:
    compare = _SIGNS[sign]
    number = _number(value)
    folded = value.casefold()

    def matches(view: View[Any], row: Any, at: Look) -> bool:
        found = _value(view, name, row, at)
        if number is not None and isinstance(found, int | float) and not isinstance(found, bool):
            return compare(found, number)
        if sign not in (":", "=", "!="):
            return False
        return _says(found, folded, contains=sign == ":") != (sign == "!=")

    return matches


def _says(found: Any, folded: str, *, contains: bool) -> bool:
    if isinstance(found, list):
        return any(_says(item, folded, contains=contains) for item in found)
    if found is None:
        return folded in ("null", "none")
    text = str(found).casefold()
    return folded in text if contains else folded == text


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return parse_duration(value)
    except ValueError:
        return None


def _value(view: View[Any], name: str, row: Any, at: Look) -> Any:
    for field in view.fields:
        if field.name == name:
            return field.value(row, at)
    column = next((column for column in view.columns if column.id == name), None)
    if column is None:
        return None
    order = column.sort(row, at) if column.sort else None
    if isinstance(order, int | float):
        return order
    return column.cell(row, at).text.strip()
