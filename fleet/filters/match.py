"""A filter's terms made into one function of a row.

Everything that can be done once is done here: names are looked up, patterns compiled, values read. Patterns are RE2's,
so that no pattern, pasted in haste, can take more than linear time on a row.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import re2

from fleet.errors import FilterError
from fleet.filters.fuzzy import fuzzy_score
from fleet.filters.names import LABEL, Named, named, names
from fleet.filters.terms import And, Compare, Fuzzy, Labelled, Leaf, Not, Or, Pattern, Saved, Term
from fleet.filters.units import WANTED, Unit, parse_quantity
from fleet.near import nearest
from fleet.views.view import Look, View

Test = Callable[[Any, Look], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}
_NEAR = 0.76
"""How close a name must come to a view's own to be taken for a slip and not for a label."""
_NOTHING = ("null", "none", "")


def test_of(term: Term, view: View[Any], text: str) -> Test:
    """Whether a row of `view` matches. `text` is what the terms were read from, for messages.

    Raises FilterError for a name that comes close to one of the view's, a value that cannot be compared so, a pattern
    that is none.
    """
    if isinstance(term, And):
        return _all([test_of(part, view, text) for part in term.terms])
    if isinstance(term, Or):
        return _any([test_of(part, view, text) for part in term.terms])
    if isinstance(term, Not):
        inner = test_of(term.term, view, text)
        return lambda row, at: not inner(row, at)
    try:
        return _leaf(term, view)
    except FilterError as error:
        raise FilterError(str(error), text=text, at=term.at) from error


def score_of(letters: str, view: View[Any]) -> Callable[[Any, Look], float | None]:
    """How well `letters` match what a row is called; None where they do not."""
    column = next((column for column in view.columns if column.named), None)
    folded = letters.casefold()
    if column is None:
        return lambda row, _: fuzzy_score(folded, view.words(row).casefold())
    cell = column.cell
    return lambda row, at: fuzzy_score(folded, cell(row, at).text.casefold())


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def every(row: Any, at: Look) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost as much as the tests
            if not test(row, at):
                return False
        return True

    return every


def _any(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def some(row: Any, at: Look) -> bool:
        for test in tests:  # noqa: SIM110
            if test(row, at):
                return True
        return False

    return some


def _leaf(term: Leaf, view: View[Any]) -> Test:
    if isinstance(term, Pattern):
        search, words = _search(term.text), view.words
        return lambda row, _: search(words(row))
    if isinstance(term, Fuzzy):
        score = score_of(term.text, view)
        return lambda row, at: score(row, at) is not None
    if isinstance(term, Labelled):
        return _labelled(term, view)
    if isinstance(term, Saved):
        raise FilterError(f"@{term.name}: the saved filter is not resolved")
    return _comparison(term, view)


# ── Patterns and labels ────────────────────────────────────────────────────────────────────────────────────────────


def _search(pattern: str) -> Callable[[str], bool]:
    """Whether a text has a match, whatever its case."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        found = re2.compile(_utf8(pattern), options=options).search
    except re2.error as error:
        raise FilterError(f"{pattern[:60]!r} is no regular expression: {_reason(error)}") from error

    def search(text: str) -> bool:
        return found(text if text.isascii() else _utf8(text)) is not None

    if not (pattern.isascii() and pattern.replace("-", "").replace("_", "").replace(" ", "").isalnum()):
        return search
    plain = pattern.lower()
    # Without signs a pattern is a word; beyond ASCII RE2 has letters of its own for the same.
    return lambda text: plain in text.lower() if text.isascii() else search(text)


def _utf8(text: str) -> str:
    """`text` without lone surrogates, which RE2 cannot be given; an argument of the command line can hold some."""
    return text.encode("utf-8", "replace").decode()


def _reason(error: re2.error) -> str:
    """RE2 gives its reason as bytes."""
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _labelled(term: Labelled, view: View[Any]) -> Test:
    labels, name, value = view.labels, term.name, term.value
    if value is None:
        return lambda row, _: name in labels(row)
    return lambda row, _: labels(row).get(name) == value


def _label_or_text(term: Compare, view: View[Any]) -> Test:
    """A label that the row has is compared; a row without it is searched for the text, as `refused:9` or a URL."""
    labels, name = view.labels, term.name
    number = _label_number(view, name)
    of_label = _compared(term, Named(name, Unit.ANY, number, None, lambda row, _: labels(row)[name]))
    try:
        search = _search(term.word)
    except FilterError:
        return lambda row, at: name in labels(row) and of_label(row, at)
    words = view.words
    return lambda row, at: of_label(row, at) if name in labels(row) else search(words(row))


def _only_label(term: Compare, view: View[Any]) -> Test:
    labels, name = view.labels, term.name[len(LABEL) :]
    own = Named(term.name, Unit.ANY, _label_number(view, name), None, lambda row, _: labels(row)[name])
    of_label = _compared(term, own)
    return lambda row, at: name in labels(row) and of_label(row, at)


def _label_number(view: View[Any], name: str) -> Callable[[Any, Look], float | None]:
    labels = view.labels

    def number(row: Any, _: Look) -> float | None:
        read = parse_quantity(labels(row).get(name, ""), Unit.ANY)
        return read if isinstance(read, float) else None

    return number


# ── Comparisons ────────────────────────────────────────────────────────────────────────────────────────────────────


def _comparison(term: Compare, view: View[Any]) -> Test:
    if term.name.lower().startswith(LABEL):
        return _only_label(term, view)
    found = named(view, term.name)
    if not found:
        near = nearest(term.name, names(view), cutoff=_NEAR)
        if near is not None:
            raise FilterError(
                f"{view.name} has no column {term.name!r}; did you mean {near}? (a label is {LABEL}{term.name},"
                " a text stands in quotes)"
            )
        return _label_or_text(term, view) if term.values else _text(term, view)
    # `done>50%` is the column with the ratio, `done>50` the field with the count.
    fitting = (own for own in found if _fits(own.unit, term.values))
    return _compared(term, next(fitting, found[0]))


def _text(term: Compare, view: View[Any]) -> Test:
    search, words = _search(term.word), view.words
    return lambda row, _: search(words(row))


def _fits(unit: Unit, values: Iterable[str]) -> bool:
    return all(parse_quantity(value, unit) is not None for value in values)


def _compared(term: Compare, own: Named) -> Test:
    if not term.values:
        raise FilterError(f"{term.word!r} wants a value, such as {own.name}{term.sign}{_example(own, term.sign)}")
    if term.sign == "~":
        search, value = _search(term.values[0]), own.value
        return lambda row, at: any(map(search, _texts(value(row, at))))
    if term.sign in _ORDERS:
        return _ordered(term, own)
    return _any([_equal(own, value, contains=term.sign == ":") for value in term.values])


def _example(own: Named, sign: str) -> str:
    if sign in _ORDERS or own.unit not in (Unit.NUMBER, Unit.ANY):
        return WANTED[own.unit].rpartition("such as ")[2]
    return own.choices[0] if own.choices else "5"


def _ordered(term: Compare, own: Named) -> Test:
    wanted = parse_quantity(term.values[0], own.unit)
    if wanted is None:
        raise FilterError(f"{term.word[:60]!r} wants {WANTED[own.unit]}")
    if isinstance(wanted, datetime):
        return _before_or_after(own, _ORDERS[term.sign], wanted)
    number, holds, limit = own.number, _ORDERS[term.sign], wanted

    def ordered(row: Any, at: Look) -> bool:
        found = number(row, at)
        return found is not None and holds(found, limit)

    return ordered


def _before_or_after(own: Named, holds: Callable[[Any, Any], bool], limit: datetime) -> Test:
    moment = own.moment

    def compared(row: Any, at: Look) -> bool:
        when = moment(row, at) if moment is not None else None
        return when is not None and holds(when, limit)

    return compared


def _equal(own: Named, wanted: str, *, contains: bool) -> Test:
    """A number equals a number; any other value is, or for `:` contains, the text."""
    read = parse_quantity(wanted, own.unit)
    folded, number, value = wanted.casefold(), own.number, own.value
    if not isinstance(read, float):
        return lambda row, at: _says(value(row, at), folded, contains)

    def equal(row: Any, at: Look) -> bool:
        found = number(row, at)
        return _says(value(row, at), folded, contains) if found is None else found == read

    return equal


def _says(found: Any, folded: str, contains: bool) -> bool:
    if found is None:
        return folded in _NOTHING
    if not isinstance(found, str) and isinstance(found, list | tuple | dict):
        return any(_says(item, folded, contains) for item in _texts(found))
    text = str(found).casefold()
    return folded in text if contains else folded == text


def _texts(found: Any) -> list[str]:
    """A value as the texts that it is made of."""
    if found is None:
        return []
    if isinstance(found, dict):
        return [f"{name}={item}" for name, item in found.items()]
    return [str(item) for item in found] if isinstance(found, list | tuple) else [str(found)]
