"""Aggregations over an instant vector, by labels, without labels, or over all of it.

Numbers are added in the order of the vector and without compensation, as Prometheus 2.42 does.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.function import Vector
from fleet.promql.labels import EMPTY, NAME, Labels
from fleet.promql.node import Kind, Node
from fleet.promql.numbers import general, plain
from fleet.promql.quantile import quantile
from fleet.promql.remembered import Labelled, OfOne
from fleet.promql.topk import chosen

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LEAST_INT, _GREATEST_INT = -(2.0**63), 2.0**63 - 1024
"""The doubles that fit into 64 bits."""
_NOTHING = Vector((), ())


class Grouping(Struct, frozen=True):
    """`by (names)`, or `without (names)`; the default is by nothing: one group."""

    names: frozenset[str] = frozenset()
    without: bool = False

    def key(self, labels: Labels) -> Labels:
        """The labels of the group that an element is in."""
        if self.without:
            return labels.without(self.names | {NAME}) if self.names else labels.nameless()
        return labels.only(self.names) if self.names else EMPTY


class Groups(NamedTuple):
    """Groups in the order of their first elements: their labels, and the places of their elements."""

    labels: Labelled
    places: Sequence[Sequence[int]]


def grouped(keys: Iterable[Labels]) -> Groups:
    """The groups of elements that have these keys."""
    found: dict[Labels, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return Groups(list(found), list(found.values()))


# ── of the numbers of a group, at least one ──


def _sum(numbers: Sequence[float]) -> float:
    # Not sum(): it compensates from Python 3.12 on, and makes 0 of -0.
    return reduce(operator.add, numbers)


def _average(numbers: Sequence[float]) -> float:
    """A mean that moves with every number, so that large ones do not overflow."""
    mean = numbers[0]
    for count, number in enumerate(numbers[1:], 2):
        if math.isinf(mean) and (number == mean or math.isfinite(number)):
            continue
        mean += number / count - mean / count
    return mean


def _least(numbers: Sequence[float]) -> float:
    return min(_known(numbers), default=math.nan)


def _greatest(numbers: Sequence[float]) -> float:
    return max(_known(numbers), default=math.nan)


def _known(numbers: Sequence[float]) -> Sequence[float]:
    """Those that are not NaN. A sum is NaN where any of its terms is, and costs less than looking at each."""
    return [n for n in numbers if not math.isnan(n)] if math.isnan(sum(numbers)) else numbers


def _variance(numbers: Sequence[float]) -> float:
    mean, squares = numbers[0], 0.0
    for count, number in enumerate(numbers[1:], 2):
        delta = number - mean
        mean += delta / count
        squares += delta * (number - mean)
    return squares / len(numbers)


def _deviation(numbers: Sequence[float]) -> float:
    variance = _variance(numbers)
    return math.sqrt(variance) if variance >= 0 else math.nan


_FOLDS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": _sum,
    "avg": _average,
    "min": _least,
    "max": _greatest,
    "count": lambda numbers: float(len(numbers)),
    "group": lambda _: 1.0,
    "stddev": _deviation,
    "stdvar": _variance,
}
AGGREGATIONS = frozenset((*_FOLDS, "quantile", "topk", "bottomk", "count_values"))
"""The aggregations of Prometheus 2.42."""


def aggregation(op: str, grouping: Grouping, vector: Node, parameter: Node | None) -> Node:
    """The node of an aggregation; `parameter` is k, the quantile, or the label of `count_values`."""
    if op in _FOLDS:
        return _folded(_FOLDS[op], grouping, vector)
    assert parameter is not None  # noqa: S101 - the parser counts the arguments
    if op == "quantile":
        return _quantile(grouping, vector, parameter)
    if op == "count_values":
        return _count_values(grouping, vector, parameter)
    return _best(op == "topk", grouping, vector, parameter)


def _groups_of(grouping: Grouping) -> OfOne[Groups]:
    return OfOne(lambda labels: grouped(map(grouping.key, labels)))


def _is_distinct(grouping: Grouping) -> bool:
    return grouping.without or NAME not in grouping.names


def _numbers(groups: Groups, values: Sequence[float]) -> Iterable[Sequence[float]]:
    """The numbers of each group."""
    if len(groups.places) == 1:
        return (values,)
    return [[values[place] for place in places] for places in groups.places]


def _folded(fold: Callable[[Sequence[float]], float], grouping: Grouping, vector: Node) -> Node:
    elements, groups_of = vector.run, _groups_of(grouping)

    def run(evaluation: "Evaluation") -> Vector:
        labels, values = elements(evaluation)
        groups = groups_of(labels)
        return Vector(groups.labels, [fold(numbers) for numbers in _numbers(groups, values)])

    return Node(Kind.VECTOR, run, distinct=_is_distinct(grouping))


def _quantile(grouping: Grouping, vector: Node, parameter: Node) -> Node:
    elements, groups_of, share_of = vector.run, _groups_of(grouping), parameter.run

    def run(evaluation: "Evaluation") -> Vector:
        share = share_of(evaluation)
        labels, values = elements(evaluation)
        groups = groups_of(labels)
        return Vector(groups.labels, [quantile(share, numbers) for numbers in _numbers(groups, values)])

    return Node(Kind.VECTOR, run, distinct=_is_distinct(grouping))


def _best(largest: bool, grouping: Grouping, vector: Node, parameter: Node) -> Node:
    elements, groups_of, number = vector.run, _groups_of(grouping), parameter.run

    def run(evaluation: "Evaluation") -> Vector:
        wanted = number(evaluation)
        labels, values = elements(evaluation)
        if not _LEAST_INT <= wanted <= _GREATEST_INT:
            raise QueryError(f"Scalar value {general(wanted)} overflows int64", "execution")
        if wanted < 1:
            return _NOTHING
        k, groups = int(wanted), groups_of(labels).places
        places = [place for group in groups for place in chosen(values, group, k, largest)]
        return Vector([labels[place] for place in places], [values[place] for place in places])

    return Node(Kind.VECTOR, run, distinct=vector.distinct)


def _count_values(grouping: Grouping, vector: Node, parameter: Node) -> Node:
    elements, label = vector.run, parameter.run

    def run(evaluation: "Evaluation") -> Vector:
        name: str = label(evaluation)
        if not _LABEL_NAME.fullmatch(name):
            raise QueryError(f'invalid label name "{name}"', "execution")
        wider = grouping if grouping.without else Grouping(grouping.names | {name})
        labels, values = elements(evaluation)
        valued = [one.having({name: plain(value)}) for one, value in zip(labels, values, strict=True)]
        groups = grouped(map(wider.key, valued))
        return Vector(groups.labels, [float(len(places)) for places in groups.places])

    return Node(Kind.VECTOR, run)
