"""`sort` and `sort_desc`. They show in an instant answer only: a range is always in the order of its labels."""

from math import isnan
from typing import TYPE_CHECKING, Any

from fleet.promql.function import Function, Special, Vector

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation


def _sorting(descending: bool) -> Special:
    def call(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
        given = evaluation.vector(arguments[0])
        values = given.values
        known = [place for place, value in enumerate(values) if not isnan(value)]
        missing = [place for place, value in enumerate(values) if isnan(value)]
        known.sort(key=values.__getitem__, reverse=descending)
        order = known + missing
        return Vector([given.labels[place] for place in order], [values[place] for place in order])

    return Special(call)


FUNCTIONS: dict[str, Function] = {
    "sort": _sorting(descending=False),
    "sort_desc": _sorting(descending=True),
}
