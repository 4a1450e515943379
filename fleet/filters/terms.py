"""What a filter says, as a tree of terms, before it is known of which view it is asked.

`Compare("=")` and its like are the only comparisons that equality needs: `!=` and `!~` are a `Not` around them, so that
a filter and its inverse always divide the rows between them.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace


class Pattern(Struct, frozen=True):
    """A regular expression, looked for in the row's words."""

    text: str
    at: int = 0


class Fuzzy(Struct, frozen=True):
    """Letters that the row's name has in this order."""

    text: str
    at: int = 0


class Compare(Struct, frozen=True):
    """`name`, a `sign` (one of `: = ~ > >= < <=`), and what is compared with: one of `values`, but `~` and the
    signs of order take one."""

    name: str
    sign: str
    values: tuple[str, ...]
    at: int = 0

    @property
    def word(self) -> str:
        """The comparison as one word of text."""
        return f"{self.name}{self.sign}{','.join(self.values)}"


class Labelled(Struct, frozen=True):
    """A label that is there; with `value`, that has exactly this value."""

    name: str
    value: str | None = None
    at: int = 0


class Saved(Struct, frozen=True):
    """A saved filter, by its name."""

    name: str
    at: int = 0


class Not(Struct, frozen=True):
    """What the term does not match."""

    term: "Term"


class And(Struct, frozen=True):
    """What all of the terms match; without any, everything."""

    terms: tuple["Term", ...] = ()


class Or(Struct, frozen=True):
    """What one of the terms matches."""

    terms: tuple["Term", ...]


Leaf = Pattern | Fuzzy | Compare | Labelled | Saved
Term = Leaf | Not | And | Or

EVERYTHING = And()


def leaves(term: Term) -> Iterator[Leaf]:
    """The terms at the ends of the tree, from left to right."""
    if isinstance(term, And | Or):
        for part in term.terms:
            yield from leaves(part)
    elif isinstance(term, Not):
        yield from leaves(term.term)
    else:
        yield term


def placed(term: Term, at: int) -> Term:
    """The same, with every term standing at `at`."""
    if isinstance(term, And):
        return And(tuple(placed(part, at) for part in term.terms))
    if isinstance(term, Or):
        return Or(tuple(placed(part, at) for part in term.terms))
    if isinstance(term, Not):
        return Not(placed(term.term, at))
    return replace(term, at=at)
