"""Work on label lists that is done once for as long as the lists stay what they are.

A storage whose series have not changed answers with the same labels in the same order, evaluation after evaluation. So
what an operator makes of labels alone (groups, matches, names dropped) is kept with the lists that it was made from.
Lists of the same objects compare in a few nanoseconds an element, which is a hundredth of making it anew.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fleet.errors import QueryError
from fleet.promql.labels import Labels

T = TypeVar("T")
Labelled = Sequence[Labels]


class OfOne(Generic[T]):
    """`make(labels)`, remembered for the last list."""

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[Labelled], T]) -> None:
        self._make = make
        self._known: tuple[Labelled, T] | None = None

    def __call__(self, labels: Labelled) -> T:
        """What is made of `labels`. Errors are not remembered."""
        known = self._known
        if known is None or (known[0] is not labels and known[0] != labels):
            known = self._known = labels, self._make(labels)
        return known[1]


class OfTwo(Generic[T]):
    """`make(left, right)`, remembered for the last two lists."""

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[Labelled, Labelled], T]) -> None:
        self._make = make
        self._known: tuple[Labelled, Labelled, T] | None = None

    def __call__(self, left: Labelled, right: Labelled) -> T:
        """What is made of the two. Errors are not remembered."""
        known = self._known
        if known is None or not ((known[0] is left or known[0] == left) and (known[1] is right or known[1] == right)):
            known = self._known = left, right, self._make(left, right)
        return known[2]


def nameless(distinct: bool) -> OfOne[Labelled]:
    """Labels without their metric names. `distinct`: it is known that they differ then; otherwise two that are the same
    raise QueryError."""

    def make(labels: Labelled) -> Labelled:
        dropped = [one.nameless() for one in labels]
        if not distinct:
            check_distinct(dropped)
        return dropped

    return OfOne(make)


def check_distinct(labels: Labelled) -> None:
    """Raises QueryError where two elements of a vector have the same labels."""
    if len(set(labels)) != len(labels):
        raise same_labels()


def same_labels() -> QueryError:
    """The error for two elements with the same labels."""
    return QueryError("vector cannot contain metrics with the same labelset", "execution")
