"""Subqueries: an instant vector evaluated at steps of its own, as a range vector.

The steps are multiples of the subquery's step in absolute time, so that every evaluation of a rule sees the same ones.
"""

from typing import TYPE_CHECKING

from fleet.promql.limits import over
from fleet.promql.node import Kind, Node, Selection
from fleet.promql.selectors import Span, counted, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.promql.evaluate import Evaluation
    from fleet.promql.storage import Series


def subquery(inner: Node, selection: Selection, step_ms: int, size: int) -> Node:
    """`inner`, which has `size` parts, at every step of the range of `selection`; `step_ms` is 0 where the query names
    none."""

    def windows(evaluation: "Evaluation") -> Span:
        until = selection.until_ms(evaluation)
        series = _all_steps(evaluation, inner, selection, step_ms, size)
        return counted(evaluation, series, cut(series, until - selection.range_ms, until))

    def run(evaluation: "Evaluation") -> "Sequence[Series]":
        return windows(evaluation).series

    return Node(Kind.MATRIX, run, windows=windows)


def _all_steps(
    evaluation: "Evaluation", inner: Node, selection: Selection, step_ms: int, size: int
) -> "Sequence[Series]":
    """The values of `inner` at all steps that any step of the query around it looks at, evaluated once."""
    from fleet.promql.evaluate import walk

    known = evaluation.memo.get(id(selection))
    if known is not None:
        series: Sequence[Series] = known
        return series
    step = step_ms or evaluation.interval_ms
    first = selection.until_ms(evaluation, evaluation.first_ms) - selection.range_ms
    last = selection.until_ms(evaluation, evaluation.last_ms)
    first = -(-first // step) * step
    if (last - first) // step > evaluation.limits.subquery_steps:
        raise over(f"a subquery has more than {evaluation.limits.subquery_steps:,} steps: make its step longer")
    found = walk(inner, evaluation.inner(first, last), step, size) if first <= last else []
    evaluation.memo[id(selection)] = found
    return found
