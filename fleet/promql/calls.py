"""Calls of functions: what all functions of a shape share."""

from typing import TYPE_CHECKING, Any

from fleet.promql.function import Elementwise, Function, Ranged, Special, Vector, Window
from fleet.promql.node import Kind, Node
from fleet.promql.remembered import check_distinct, nameless, same_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.promql.evaluate import Evaluation
    from fleet.promql.labels import Labels
    from fleet.promql.remembered import Labelled


def call(function: Function, kind: Kind, arguments: "Sequence[Any]", nodes: "Sequence[Node]") -> Node:
    """The node of a call. `nodes` are what `arguments` were compiled to."""
    if isinstance(function, Ranged):
        return _ranged(function, nodes)
    if isinstance(function, Elementwise):
        return _elementwise(function, nodes)
    return _special(function, kind, tuple(arguments))


def _ranged(function: Ranged, nodes: "Sequence[Node]") -> Node:
    source = nodes[function.at]
    scalars = tuple(node.run for place, node in enumerate(nodes) if place != function.at)
    compute, keeps_name, distinct = function.call, function.keeps_name, source.distinct
    walk = source.stream or source.windows
    assert walk is not None  # noqa: S101 - the parser gives range vectors where they are wanted
    without_name = nameless(distinct=True)

    def run(evaluation: "Evaluation") -> Vector:
        span = walk(evaluation)
        window = Window(span.from_ms, span.until_ms, evaluation.at_ms)
        arguments = tuple([scalar(evaluation) for scalar in scalars])
        labels: list[Labels] = []
        kept: list[float] = []
        for one, times, numbers in span.series:
            value = compute(times, numbers, window, arguments)
            if value is not None:
                labels.append(one)
                kept.append(value)
        if keeps_name:
            return Vector(labels, kept)
        dropped = without_name(labels)
        if not distinct:
            check_span(evaluation, run, labels, dropped)
        return Vector(dropped, kept)

    return Node(Kind.VECTOR, run, distinct=not keeps_name or distinct)


def check_span(evaluation: "Evaluation", run: object, sources: "Labelled", labels: "Labelled") -> None:
    """Refuses two series that become one, be it at different steps: Prometheus looks at whole series here."""
    known: dict[Labels, Labels] = evaluation.memo.setdefault(id(run), {})
    for source, label in zip(sources, labels, strict=True):
        if known.setdefault(label, source) != source:
            raise same_labels()


def _elementwise(function: Elementwise, nodes: "Sequence[Node]") -> Node:
    source = nodes[0]
    scalars = tuple(node.run for node in nodes[1:])
    compute, vector, labels_of = function.call, source.run, nameless(source.distinct)

    def run(evaluation: "Evaluation") -> Vector:
        labels, values = vector(evaluation)
        arguments = tuple([scalar(evaluation) for scalar in scalars])
        return Vector(labels_of(labels), [compute(value, *arguments) for value in values])

    return Node(Kind.VECTOR, run, distinct=True)


def _special(function: Special, kind: Kind, arguments: tuple[Any, ...]) -> Node:
    compute = function.call
    if kind is not Kind.VECTOR:
        return Node(kind, lambda evaluation: compute(evaluation, arguments))

    def run(evaluation: "Evaluation") -> Vector:
        vector: Vector = compute(evaluation, arguments)
        check_distinct(vector.labels)
        return vector

    return Node(kind, run)
