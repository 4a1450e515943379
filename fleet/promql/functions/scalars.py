"""From scalars to vectors and back, and times: `scalar`, `vector`, `time`, `timestamp`, `pi`."""

import math
from typing import TYPE_CHECKING, Any

from fleet.promql.arithmetic import NAN
from fleet.promql.function import Function, Special, Vector
from fleet.promql.labels import EMPTY

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation


def scalar(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> float:
    """The value of the only element; NaN where there is none, or more."""
    values = evaluation.vector(arguments[0]).values
    return values[0] if len(values) == 1 else NAN


def vector(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """One element without labels."""
    return Vector((EMPTY,), (evaluation.scalar(arguments[0]),))


def time(evaluation: "Evaluation", _: tuple[Any, ...]) -> float:
    """The evaluation's time in seconds since the epoch."""
    return evaluation.at_ms / 1000


def timestamp(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """When each element was sampled, in seconds since the epoch: of a bare selector the sample's own time, of any
    other expression the evaluation's."""
    latest = evaluation.latest(arguments[0])
    if latest is not None:
        return Vector([labels.nameless() for labels in latest.labels], [at_ms / 1000 for at_ms in latest.times])
    given = evaluation.vector(arguments[0])
    now = evaluation.at_ms / 1000
    return Vector([labels.nameless() for labels in given.labels], [now] * len(given.labels))


def pi(_: "Evaluation", __: tuple[Any, ...]) -> float:
    """π."""
    return math.pi


FUNCTIONS: dict[str, Function] = {
    "scalar": Special(scalar),
    "vector": Special(vector),
    "time": Special(time),
    "timestamp": Special(timestamp),
    "pi": Special(pi),
}
