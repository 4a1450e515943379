"""The filter of `/`, of view lines and of `get --filter`: which rows of a view are shown.

    planner                  a regular expression, whatever its case, in any of the row's words
    !planner, not planner    not that
    state:down,stale         a column or output field has one of the values (a text: contains it)
    age>5m cpu>=80%          numbers, durations, sizes, percentages, times: > >= < <= = !=
    name~^plan.*\\d$          a regular expression in one column
    env:prod, -l env=prod    a label
    -f plnr                  letters of the row's name, in this order; the best match is shown first
    @mine                    a saved filter
    a b, a and b, a or b, ( )

Terms beside each other must all match. The grammar stands in `fleet.filters.parser`, the rule for parentheses in
`fleet.filters.lexer`, what names mean in `fleet.filters.names`; docs/filters.md is made from `fleet.filters.examples`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from fleet.filters.match import Test, score_of, test_of
from fleet.filters.names import LABEL, named
from fleet.filters.parser import parse
from fleet.filters.saved import NO_FILTERS, SavedFilters
from fleet.filters.terms import And, Compare, Fuzzy, Labelled, Term, leaves
from fleet.views.view import Look, View


class Filter(Struct, frozen=True):
    """A filter made for one view: its text, its terms, whether a row matches, and how well.

    `rank` is there where fuzzy letters are all that is asked; the row with the greatest rank is then shown first.
    """

    text: str
    term: Term
    test: Test
    rank: Callable[[Any, Look], float] | None = None

    def matches(self, view: View[Any], row: Any, at: Look) -> bool:
        """Whether `row` is shown; `view` is the one that the filter was made for."""
        return self.test(row, at)

    def labels(self, view: View[Any]) -> tuple[str, ...]:
        """The labels that are asked for."""
        asked = dict.fromkeys(filter(None, (_label(leaf, view) for leaf in leaves(self.term))))
        return tuple(asked)


def parse_filter(text: str, view: View[Any], saved: SavedFilters = NO_FILTERS) -> Filter:
    """Read a filter of `view`; an empty text matches everything. Raises FilterError that says what is wrong, where."""
    term = saved.resolve(parse(text), text)
    return Filter(text, term, test_of(term, view, text), _rank(term, view))


def labels_not_there(chosen: Filter, view: View[Any], rows: Iterable[Any]) -> str:
    """A sentence on the labels that a filter asks for and that none of `rows` has; "" where there are none.

    A name that a view does not know is taken for a label, so a slip in it can only be noticed here.
    """
    missing = set(chosen.labels(view))
    for row in rows if missing else ():
        missing.difference_update(view.labels(row))
        if not missing:
            break
    named_so = ", ".join(sorted(missing))
    return f"none of the {view.name} has a label {named_so}" if missing else ""


def _rank(term: Term, view: View[Any]) -> Callable[[Any, Look], float] | None:
    """How well a row matches, where there are only fuzzy terms."""
    terms = term.terms if isinstance(term, And) else (term,)
    letters = [part.text for part in terms if isinstance(part, Fuzzy)]
    if not letters or len(letters) < len(terms):
        return None
    scores = [score_of(each, view) for each in letters]
    return lambda row, at: sum(score(row, at) or 0.0 for score in scores)


def _label(leaf: Term, view: View[Any]) -> str:
    if isinstance(leaf, Labelled):
        return leaf.name
    if not isinstance(leaf, Compare) or not leaf.values:
        return ""
    if leaf.name.lower().startswith(LABEL):
        return leaf.name[len(LABEL) :]
    # Before `:` and `~` a name may be the beginning of a text, such as a URL's.
    return leaf.name if leaf.sign not in (":", "~") and not named(view, leaf.name) else ""
