"""`absent` and `absent_over_time`: 1 where there is nothing."""

from typing import TYPE_CHECKING, Any

from fleet.promql.function import Function, Special, Vector
from fleet.promql.labels import NAME, Labels
from fleet.promql.storage import Matchers, MatchOp

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation


def absent(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """1 with the labels that the selector demands, where it gives no element."""
    found = evaluation.vector(arguments[0]).labels
    return Vector((), ()) if found else _missing(evaluation.matchers(arguments[0]))


def absent_over_time(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """1 with the labels that the selector demands, where no series has a sample in the range."""
    found = evaluation.matrix(arguments[0]).series
    return Vector((), ()) if found else _missing(evaluation.matchers(arguments[0]))


def _missing(matchers: Matchers | None) -> Vector:
    return Vector((demanded(matchers or ()),), (1.0,))


def demanded(matchers: Matchers) -> Labels:
    """The labels that are fixed by one `=` each. A second matcher of the same label takes it away again, whatever it
    says, as in Prometheus."""
    fixed: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in matchers:
        if matcher.op is MatchOp.EQUAL and matcher.name not in seen:
            fixed[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            fixed.pop(matcher.name, None)
    fixed.pop(NAME, None)
    return Labels.of(fixed)


FUNCTIONS: dict[str, Function] = {"absent": Special(absent), "absent_over_time": Special(absent_over_time)}
