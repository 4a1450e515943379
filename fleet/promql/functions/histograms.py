"""`histogram_quantile` over classic histograms: series that differ in nothing but `le`."""

import re
from typing import TYPE_CHECKING, Any

from fleet.promql.function import Function, Special, Vector
from fleet.promql.labels import Labels
from fleet.promql.quantile import Bucket, bucket_quantile

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation

_BOUND = "le"
_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity)|nan", re.IGNORECASE | re.ASCII
)
_HEX = re.compile(r"[+-]?0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+", re.IGNORECASE | re.ASCII)


def histogram_quantile(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """The quantile of every histogram, without metric name and `le`. Elements without a bound that is a number count
    for nothing."""
    share = evaluation.scalar(arguments[0])
    given = evaluation.vector(arguments[1])
    histograms: dict[Labels, list[Bucket]] = {}
    for labels, count in zip(given.labels, given.values, strict=True):
        bound = upper_bound(labels.get(_BOUND))
        if bound is not None:
            histograms.setdefault(labels.without((_BOUND,)), []).append((bound, count))
    return Vector(
        [labels.nameless() for labels in histograms],
        [bucket_quantile(share, buckets) for buckets in histograms.values()],
    )


def upper_bound(text: str) -> float | None:
    """A number as Go's `strconv.ParseFloat` reads it, None where it does not: one that is too large is none."""
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") or "n" in text.lower() else None
    if _HEX.fullmatch(text):
        try:
            return float.fromhex(text)
        except (OverflowError, ValueError):
            return None
    return None


FUNCTIONS: dict[str, Function] = {"histogram_quantile": Special(histogram_quantile)}
