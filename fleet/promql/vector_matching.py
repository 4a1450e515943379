"""Which element of one vector meets which of the other: `on`, `ignoring`, `group_left`, `group_right`.

The order of checks and the words of errors are Prometheus's.
"""

from collections.abc import Sequence
from enum import Enum, StrEnum
from typing import NamedTuple

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.labels import NAME, Labels, quoted
from fleet.promql.remembered import Labelled

MANY_TO_ONE = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
NOT_UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"


class Card(StrEnum):
    """How many elements of each side may meet."""

    ONE_TO_ONE = "OneToOne"
    MANY_TO_ONE = "ManyToOne"
    ONE_TO_MANY = "OneToMany"


class Drops(Enum):
    """When an operator drops the metric name: before `group_left` may take over the other side's (arithmetic), after
    that (comparisons with `bool`), or not at all."""

    FIRST = "first"
    LAST = "last"
    NEVER = "never"


class Matching(Struct, frozen=True):
    """The matching clauses of a binary operator: `on(names)` or `ignoring(names)`, and the labels that `group_left` or
    `group_right` takes over from the one side."""

    card: Card = Card.ONE_TO_ONE
    on: bool = False
    names: frozenset[str] = frozenset()
    include: tuple[str, ...] = ()

    def signature(self, labels: Labels) -> Labels:
        """What has to be the same in two elements that meet."""
        if self.on:
            return labels.only(self.names)
        return labels.without(self.names | {NAME}) if self.names else labels.nameless()

    def result(self, many: Labels, one: Labels, drops: "Drops") -> Labels:
        """The labels of what two elements give."""
        labels = many.nameless() if drops is Drops.FIRST else many
        if self.card is Card.ONE_TO_ONE:
            if self.on:
                labels = labels.only(self.names)
            elif self.names:
                labels = labels.without(self.names)
        if self.include:
            labels = labels.having({name: one.get(name) for name in self.include})
        return labels.nameless() if drops is Drops.LAST else labels


class Meetings(NamedTuple):
    """Pairs that meet: places in the left and in the right vector, the labels of the results, and what has to differ
    among the pairs that are kept. `ambiguous`: it does not differ among all; `same`: some results have the same
    labels."""

    left: Sequence[int]
    right: Sequence[int]
    labels: Labelled
    keys: Sequence[object]
    ambiguous: bool
    same: bool


def meetings(matching: Matching, drops: Drops, left: Labelled, right: Labelled) -> Meetings:
    """The pairs of two vectors, neither of which is empty, in the order of the many side (the left one, unless
    `group_right`). Raises QueryError where the one side has several elements for a match."""
    swapped = matching.card is Card.ONE_TO_MANY
    many, one = (right, left) if swapped else (left, right)
    by_signature = _unique(matching, one, "left" if swapped else "right")
    of_many: list[int] = []
    of_one: list[int] = []
    keys: list[object] = []
    labels: list[Labels] = []
    for place, element in enumerate(many):
        signature = matching.signature(element)
        other = by_signature.get(signature)
        if other is not None:
            of_many.append(place)
            of_one.append(other)
            made = matching.result(element, one[other], drops)
            labels.append(made)
            keys.append(signature if matching.card is Card.ONE_TO_ONE else (signature, made))
    first, second = (of_one, of_many) if swapped else (of_many, of_one)
    ambiguous = len(set(keys)) != len(keys)
    return Meetings(first, second, labels, keys, ambiguous, len(set(labels)) != len(labels))


def _unique(matching: Matching, one: Labelled, side: str) -> dict[Labels, int]:
    found: dict[Labels, int] = {}
    for place, element in enumerate(one):
        signature = matching.signature(element)
        other = found.setdefault(signature, place)
        if other != place:
            raise QueryError(
                f"found duplicate series for the match group {all_labels(signature)} on the {side} hand-side of the "
                f"operation: [{all_labels(element)}, {all_labels(one[other])}];many-to-many matching not allowed: "
                "matching labels must be unique on one side",
                "execution",
            )
    return found


def all_labels(labels: Labels) -> str:
    """Every label in braces, the metric name among them, as Prometheus prints a label set in errors."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in labels) + "}"


def refused(matching: Matching) -> QueryError:
    """The error for a match that is not unique."""
    return QueryError(MANY_TO_ONE if matching.card is Card.ONE_TO_ONE else NOT_UNIQUE, "execution")
