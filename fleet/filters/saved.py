"""Filters that have a name, used as `@name` inside any filter, also of each other.

A fleet's configuration brings some (`filters:`), operators save others; a name means the same in every view.
"""

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from fleet.errors import FilterError
from fleet.filters.parser import parse
from fleet.filters.terms import And, Not, Or, Saved, Term, leaves, placed
from fleet.near import meant

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}")
MOST_SAVED = 200
"""Filters that may be kept."""
_MOST_TERMS = 512
"""Terms of a filter together with all that it names."""
_LONGEST_PATH = 16
"""Saved filters that may stand within each other."""


class SavedFilters(Struct, frozen=True):
    """Saved filters by name: those of the configuration, and those that operators keep. Of two with the same name the
    configuration's is meant."""

    configured: dict[str, str] = {}
    kept: dict[str, str] = {}

    @property
    def texts(self) -> dict[str, str]:
        """All of them by name, sorted."""
        both = {**self.kept, **self.configured}
        return {name: both[name] for name in sorted(both, key=str.casefold)}

    def resolve(self, term: Term, text: str = "") -> Term:
        """`term`, which was read from `text`, with what its saved filters say in place of their names.

        Raises FilterError for a name that there is not, filters that name each other in a circle, and too many terms.
        """
        budget = iter(range(_MOST_TERMS))
        return self._resolved(term, text, (), budget)

    def problems(self) -> Iterator[tuple[str, FilterError]]:
        """What is wrong with any of them, with its name; which names a view has is not looked at."""
        for name, text in self.texts.items():
            try:
                check_name(name)
                self.resolve(And((parse(text), Saved(name))), text)
            except FilterError as error:
                yield name, error

    def saved(self, name: str, text: str) -> "SavedFilters":
        """With `text` kept as `name`. Raises FilterError where the name, the filter, or what becomes of the others is
        wrong."""
        check_name(name)
        if name in self.configured:
            raise FilterError(f"@{name} stands in the configuration; save it by another name")
        if not text.strip():
            raise FilterError("there is no filter to save: filter with / first")
        if name not in self.kept and len(self.kept) >= MOST_SAVED:
            raise FilterError(f"at most {MOST_SAVED} filters are kept; take one away with :forget NAME")
        after = SavedFilters(self.configured, {**self.kept, name: text.strip()})
        after.resolve(Saved(name))
        return after

    def forgotten(self, name: str) -> "SavedFilters":
        """Without the kept filter `name`. Raises FilterError where there is none, or another one needs it."""
        if name in self.configured:
            raise FilterError(f"@{name} stands in the configuration")
        if name not in self.kept:
            raise FilterError(self._unknown(name))
        users = [other for other, text in self.texts.items() if other != name and name in _names(text)]
        if users:
            raise FilterError(f"@{name} is used by " + ", ".join(f"@{other}" for other in users))
        return SavedFilters(self.configured, {other: text for other, text in self.kept.items() if other != name})

    def _resolved(self, term: Term, text: str, path: tuple[str, ...], budget: Iterator[int]) -> Term:
        if next(budget, None) is None:
            raise FilterError(f"with the saved filters that it names a filter may have {_MOST_TERMS} terms")
        if isinstance(term, And):
            return And(tuple(self._resolved(part, text, path, budget) for part in term.terms))
        if isinstance(term, Or):
            return Or(tuple(self._resolved(part, text, path, budget) for part in term.terms))
        if isinstance(term, Not):
            return Not(self._resolved(term.term, text, path, budget))
        if not isinstance(term, Saved):
            return term
        try:
            inner = self._named(term.name, path)
            return placed(self._resolved(inner, self.texts[term.name], (*path, term.name), budget), term.at)
        except FilterError as error:
            where = f"@{term.name}: " if term.name in self.texts and not path else ""
            raise FilterError(f"{where}{error}", text=text, at=None if path else term.at) from error

    def _named(self, name: str, path: tuple[str, ...]) -> Term:
        text = self.texts.get(name)
        if text is None:
            raise FilterError(self._unknown(name))
        if name in path:
            circle = (*path[path.index(name) :], name)
            raise FilterError("the saved filters go in a circle, " + " → ".join(f"@{each}" for each in circle))
        if len(path) >= _LONGEST_PATH:
            raise FilterError(f"saved filters may stand {_LONGEST_PATH} deep within each other")
        return parse(text)

    def _unknown(self, name: str) -> str:
        known = self.texts
        hint = meant(name, known) or (f"; there are {', '.join(known)}" if known else "; none is saved (:save NAME)")
        return f"no saved filter {name[:40]!r}{hint}"


NO_FILTERS = SavedFilters()


Keep = Callable[[dict[str, str]], None]


class FilterShelf:
    """Where a dashboard finds the saved filters as they are now, and puts new ones.

    `keep` is told what is to be kept between sessions; whoever stores it gives it.
    """

    def __init__(self, filters: SavedFilters = NO_FILTERS, keep: Keep | None = None) -> None:
        self.now = filters
        self.keep = keep

    def save(self, name: str, text: str) -> None:
        """Keep `text` as `name`. Raises FilterError."""
        self._put(self.now.saved(name, text))

    def forget(self, name: str) -> None:
        """Keep `name` no longer. Raises FilterError."""
        self._put(self.now.forgotten(name))

    def _put(self, filters: SavedFilters) -> None:
        self.now = filters
        if self.keep is not None:
            self.keep(dict(filters.kept))


def check_name(name: str) -> None:
    """Raise FilterError for a name that no filter can have."""
    if not _NAME.fullmatch(name):
        raise FilterError(
            f"{name[:40]!r} cannot name a filter: letters, digits and _ . - are allowed, 40 of them, "
            "beginning with a letter, a digit or _"
        )


def _names(text: str) -> set[str]:
    """The saved filters that `text` names; none where it cannot be read."""
    try:
        return {leaf.name for leaf in leaves(parse(text)) if isinstance(leaf, Saved)}
    except FilterError:
        return set()
