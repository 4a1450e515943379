"""Answers of PromQL as lines to read."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fleet.promql.evaluate import Value
from fleet.promql.function import Vector
from fleet.promql.numbers import plain
from fleet.promql.storage import Series
from fleet.text import scrub
from fleet.times import rfc3339

_MOST = 160
"""Characters of a series."""


def as_lines(value: Value, at_ms: int) -> list[str]:
    """One line a series, its value before it, as wide as it needs; of a matrix one line a sample."""
    if isinstance(value, str):
        return [scrub(value)]
    if isinstance(value, float):
        return [plain(value)]
    if isinstance(value, Vector):
        numbers = [plain(number) for number in value.values]
        width = max(map(len, numbers), default=0)
        return [
            f"{number:>{width}}  {scrub(str(labels), _MOST)}"
            for number, labels in zip(numbers, value.labels, strict=True)
        ]
    return _matrix(value)


def _matrix(series: Sequence[Series]) -> list[str]:
    lines = []
    for labels, times, values in series:
        lines.append(scrub(str(labels), _MOST))
        for at, value in zip(times, values, strict=True):
            lines.append(f"  {rfc3339(datetime.fromtimestamp(at / 1000, UTC))}  {plain(value)}")
    return lines
