"""Binary operators: arithmetic, comparisons with and without `bool`, `and`, `or`, `unless`; and the minus sign."""

import operator
from collections.abc import Callable, Sequence
from itertools import compress, repeat
from typing import TYPE_CHECKING

from fleet.promql.calls import check_span
from fleet.promql.function import Vector
from fleet.promql.labels import NAME
from fleet.promql.node import Kind, Node
from fleet.promql.operators import COMPARISONS, columns, numbers
from fleet.promql.remembered import Labelled, OfOne, OfTwo, check_distinct, nameless
from fleet.promql.vector_matching import Card, Drops, Matching, Meetings, meetings, refused

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation

KEEPS_NAME = frozenset(("atan2", *COMPARISONS))
"""Operators whose results keep the metric name (without `bool`); that `atan2` does is Prometheus's way in 2.42."""
_NOTHING = Vector((), ())


def _same(labels: Labelled) -> Labelled:
    return labels


def binary(op: str, left: Node, right: Node, matching: Matching, returns_bool: bool) -> Node:
    """The node of a binary operator."""
    if left.kind is Kind.SCALAR and right.kind is Kind.SCALAR:
        return _scalars(op, left, right)
    if op in _SETS:
        return _set(op, left, right, matching)
    drops_name = returns_bool or op not in KEEPS_NAME
    if left.kind is Kind.VECTOR and right.kind is Kind.VECTOR:
        return _vectors(op, left, right, matching, returns_bool)
    vector, scalar = (left, right) if left.kind is Kind.VECTOR else (right, left)
    labels_of: OfOne[Labelled] | Callable[[Labelled], Labelled] = nameless(vector.distinct) if drops_name else _same
    run = _compared if op in COMPARISONS else _computed
    return run(op, vector, scalar, vector is right, returns_bool, labels_of)


def _scalars(op: str, left: Node, right: Node) -> Node:
    compute, first, second = numbers(op), left.run, right.run
    return Node(Kind.SCALAR, lambda evaluation: compute(first(evaluation), second(evaluation)))


def _computed(
    op: str, vector: Node, scalar: Node, swapped: bool, _: bool, labels_of: Callable[[Labelled], Labelled]
) -> Node:
    compute, elements, number = columns(op), vector.run, scalar.run

    def run(evaluation: "Evaluation") -> Vector:
        labels, values = elements(evaluation)
        other = repeat(number(evaluation))
        return Vector(labels_of(labels), compute(other, values) if swapped else compute(values, other))

    return Node(Kind.VECTOR, run, distinct=op not in KEEPS_NAME or vector.distinct)


def _compared(
    op: str, vector: Node, scalar: Node, swapped: bool, returns_bool: bool, labels_of: Callable[[Labelled], Labelled]
) -> Node:
    holds, elements, number = COMPARISONS[op], vector.run, scalar.run

    def run(evaluation: "Evaluation") -> Vector:
        labels, values = elements(evaluation)
        other = repeat(number(evaluation))
        flags = map(holds, other, values) if swapped else map(holds, values, other)
        if returns_bool:
            return Vector(labels_of(labels), list(map(float, flags)))
        return _kept(labels, values, list(flags))

    return Node(Kind.VECTOR, run, distinct=returns_bool or vector.distinct)


def _kept(labels: Labelled, values: Sequence[float], flags: Sequence[bool]) -> Vector:
    if True not in flags:
        return _NOTHING
    return Vector(list(compress(labels, flags)), list(compress(values, flags)))


def _vectors(op: str, left: Node, right: Node, matching: Matching, returns_bool: bool) -> Node:
    drops = Drops.LAST if returns_bool else Drops.NEVER if op in KEEPS_NAME else Drops.FIRST
    met = OfTwo[Meetings](lambda one, other: meetings(matching, drops, one, other))
    first, second = left.run, right.run
    combine = _filtered(op, matching) if op in COMPARISONS and not returns_bool else _each(op, matching)

    def run(evaluation: "Evaluation") -> Vector:
        labels, values = first(evaluation)
        other_labels, other_values = second(evaluation)
        if not labels or not other_labels:
            return _NOTHING
        pairs = met(labels, other_labels)
        return combine(pairs, _picked(values, pairs.left), _picked(other_values, pairs.right))

    many = right if matching.card is Card.ONE_TO_MANY else left
    named = NAME in matching.include or (matching.on and NAME in matching.names)
    if drops is Drops.NEVER:
        return Node(Kind.VECTOR, run, distinct=many.distinct and not matching.include and not named)
    return Node(Kind.VECTOR, run, distinct=not named)


def _picked(values: Sequence[float], places: Sequence[int]) -> Sequence[float]:
    return [values[place] for place in places]


Combine = Callable[[Meetings, Sequence[float], Sequence[float]], Vector]


def _each(op: str, matching: Matching) -> Combine:
    """Every pair gives an element."""
    holds = COMPARISONS.get(op)
    compute = columns(op) if holds is None else None

    def combine(pairs: Meetings, left: Sequence[float], right: Sequence[float]) -> Vector:
        if pairs.ambiguous:
            raise refused(matching)
        if pairs.same:
            check_distinct(pairs.labels)
        if holds is not None:
            return Vector(pairs.labels, list(map(float, map(holds, left, right))))
        assert compute is not None  # noqa: S101 - one of the two there is
        return Vector(pairs.labels, compute(left, right))

    return combine


def _filtered(op: str, matching: Matching) -> Combine:
    """Pairs for which the comparison holds give the left value."""
    holds = COMPARISONS[op]

    def combine(pairs: Meetings, left: Sequence[float], right: Sequence[float]) -> Vector:
        flags = list(map(holds, left, right))
        if pairs.ambiguous:
            kept = list(compress(pairs.keys, flags))
            if len(set(kept)) != len(kept):
                raise refused(matching)
        vector = _kept(pairs.labels, left, flags)
        if pairs.same:
            check_distinct(vector.labels)
        return vector

    return combine


# ── and, or, unless ──


def _set(op: str, left: Node, right: Node, matching: Matching) -> Node:
    choose = _SETS[op]
    chosen = OfTwo["Chosen"](lambda one, other: choose(matching, one, other))
    first, second = left.run, right.run

    def run(evaluation: "Evaluation") -> Vector:
        one: Vector = first(evaluation)
        other: Vector = second(evaluation)
        lefts, rights, labels = chosen(one.labels, other.labels)
        if len(lefts) == len(one.labels) and not rights:
            return one
        values = _picked(one.values, lefts)
        return Vector(labels, [*values, *_picked(other.values, rights)] if rights else values)

    return Node(Kind.VECTOR, run, distinct=op != "or" and left.distinct)


Chosen = tuple[Sequence[int], Sequence[int], Labelled]


def _within(matching: Matching, left: Labelled, right: Labelled, wanted: bool) -> Chosen:
    known = set(map(matching.signature, right))
    places = [place for place, labels in enumerate(left) if (matching.signature(labels) in known) is wanted]
    return places, (), [left[place] for place in places]


def _and(matching: Matching, left: Labelled, right: Labelled) -> Chosen:
    return _within(matching, left, right, True)


def _unless(matching: Matching, left: Labelled, right: Labelled) -> Chosen:
    return _within(matching, left, right, False)


def _or(matching: Matching, left: Labelled, right: Labelled) -> Chosen:
    places = _within(matching, right, left, False)[0]
    return range(len(left)), places, [*left, *(right[place] for place in places)]


_SETS: dict[str, Callable[[Matching, Labelled, Labelled], Chosen]] = {"and": _and, "or": _or, "unless": _unless}


def negated(inner: Node) -> Node:
    """The minus sign before a scalar or a vector."""
    value = inner.run
    if inner.kind is Kind.SCALAR:
        return Node(Kind.SCALAR, lambda evaluation: -value(evaluation))

    elements: Callable[[Evaluation], Vector] = inner.run
    labels_of, distinct = nameless(distinct=True), inner.distinct

    def run(evaluation: "Evaluation") -> Vector:
        labels, values = elements(evaluation)
        dropped = labels_of(labels)
        if not distinct:
            check_span(evaluation, run, labels, dropped)
        return Vector(dropped, list(map(operator.neg, values)))

    return Node(Kind.VECTOR, run, distinct=True)
