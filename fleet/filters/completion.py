"""How a filter that is being typed may go on: names of columns, fields and labels, their values, saved filters.

Pure: text and what there is in, the completed text out.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from fleet.filters.chunks import BLANKS
from fleet.filters.lexer import COMPARISON
from fleet.filters.names import LABEL, named, names
from fleet.filters.saved import NO_FILTERS, SavedFilters
from fleet.filters.units import Unit
from fleet.text import scrub
from fleet.views.view import Look, View

_ROWS = 2_000
"""Rows that are looked at for labels and values; more would be felt while typing."""
_MOST_VALUES = 200
"""Different values beyond which a column is a text of its own for each row, and not worth completing."""
_LONGEST_VALUE = 64
_AFTER_SELECTOR = "-l "


class Vocabulary(Struct, frozen=True):
    """What can stand in a filter of one view: names, labels with their values, the values of a name, saved filters."""

    names: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]
    values: Callable[[str], tuple[str, ...]]
    saved: tuple[str, ...] = ()


def vocabulary(
    view: View[Any], rows: Callable[[], Iterable[tuple[Any, Look]]], saved: SavedFilters = NO_FILTERS
) -> Vocabulary:
    """The vocabulary of `view` over the rows that there are; `rows` is only called for what is asked."""

    def first_rows() -> Iterable[tuple[Any, Look]]:
        return (pair for pair, _ in zip(rows(), range(_ROWS), strict=False))

    def values(name: str) -> tuple[str, ...]:
        return _values(view, name, first_rows())

    return Vocabulary(tuple(names(view)), _labels(view, first_rows()), values, tuple(saved.texts))


def completed(text: str, known: Vocabulary) -> str | None:
    """`text` with its last word completed by the first that fits; None where nothing does or nothing is missing."""
    start = _word_start(text)
    before, word = text[:start], text[start:]
    if not word:
        return None
    ways = _selector(word, known) if before.endswith(_AFTER_SELECTOR) else continued(word, known)
    return before + ways[0] if ways else None


def continued(word: str, known: Vocabulary) -> list[str]:
    """Every way in which a term that is being typed may go on, the likeliest first; whole terms."""
    if word.startswith("@"):
        return [f"@{name}" for name in _fitting(word[1:], known.saved)]
    comparison = COMPARISON.match(word)
    if comparison is None:
        labels = (name for name in known.labels if name.isidentifier() and name.isascii())
        return _fitting(word, (*known.names, *labels, *(LABEL + name for name in known.labels)))
    name = comparison["name"]
    label = name[len(LABEL) :] if name.lower().startswith(LABEL) else name
    choices = known.values(name) or known.labels.get(label, ())
    done, comma, part = word[comparison.end() :].rpartition(",")
    return [f"{comparison[0]}{done}{comma}{value}" for value in _fitting(part, choices)]


def _word_start(text: str) -> int:
    """Where the word that is being typed begins, behind what only groups and inverts."""
    start = max(text.rfind(blank) for blank in BLANKS) + 1
    while start < len(text) and text[start] in "(!":
        start += 1
    return start


def _selector(word: str, known: Vocabulary) -> list[str]:
    """The word after `-l`: a label, or one of its values."""
    done, comma, part = word.rpartition(",")
    name, equal, value = part.partition("=")
    if not equal:
        return [f"{done}{comma}{label}" for label in _fitting(name, known.labels)]
    values = _fitting(value, known.labels.get(name.removesuffix("!"), ()))
    return [f"{done}{comma}{name}={each}" for each in values]


def _fitting(start: str, choices: Iterable[str]) -> list[str]:
    """Those of `choices` that begin like `start` and go on; the case is that of the choice."""
    folded = start.casefold()
    return [each for each in choices if each.casefold().startswith(folded) and len(each) > len(start)]


def _labels(view: View[Any], rows: Iterable[tuple[Any, Look]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for row, _ in rows:
        for name, value in view.labels(row).items():
            seen = found.setdefault(name, {})
            if len(seen) <= _MOST_VALUES:
                seen[value] = None
    return {name: tuple(sorted(filter(_is_plain, found[name]))) for name in sorted(found)}


def _values(view: View[Any], name: str, rows: Iterable[tuple[Any, Look]]) -> tuple[str, ...]:
    """The words that `name` can be, else those that it is in the rows, where these are few."""
    means = named(view, name)
    if not means or means[0].unit not in (Unit.NUMBER, Unit.ANY):
        return ()
    if means[0].choices:
        return means[0].choices
    found: dict[str, None] = {}
    for row, at in rows:
        value = means[0].value(row, at)
        if isinstance(value, str) and _is_plain(value):
            found[value] = None
        if len(found) > _MOST_VALUES:
            break
    return tuple(sorted(found))


def _is_plain(value: str) -> bool:
    """Whether a value can stand in a filter as it is, and drives no terminal."""
    return 0 < len(value) <= _LONGEST_VALUE and value == scrub(value) and not set(value) & set(" \t'\"(),")
