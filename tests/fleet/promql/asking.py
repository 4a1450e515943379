"""Short ways to ask a query in tests."""

import math
from collections.abc import Iterable, Mapping

from fleet.promql.evaluate import instant, ranged
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.promql.parse import parse
from tests.fleet.promql.memory_storage import MemoryStorage

MINUTE = 60_000


def series(text: str) -> Labels:
    """`up{job="a"}` as a label set."""
    (matchers,) = (wanted.matchers for wanted in parse(text).wanted)
    return Labels.of((matcher.name, matcher.value) for matcher in matchers)


def storage(samples: Mapping[str, Iterable[float | None]], step_ms: int = MINUTE) -> MemoryStorage:
    """Series with a value every minute from 0 on; None is a gap."""
    kept = MemoryStorage()
    for text, values in samples.items():
        given = [(at * step_ms, float(value)) for at, value in enumerate(values) if value is not None]
        kept.add(series(text), [at for at, _ in given], [value for _, value in given])
    return kept


def vector(kept: MemoryStorage, expression: str, at_ms: int = 0) -> dict[str, float]:
    """An instant vector by the text of its labels, in its order."""
    value = instant(parse(expression), kept, at_ms).value
    assert isinstance(value, Vector)
    return {str(labels): number for labels, number in zip(value.labels, value.values, strict=True)}


def scalar(expression: str, at_ms: int = 0) -> float:
    """A scalar."""
    value = instant(parse(expression), MemoryStorage(), at_ms).value
    assert isinstance(value, float)
    return value


def matrix(kept: MemoryStorage, expression: str, at_ms: int) -> dict[str, list[tuple[int, float]]]:
    """A range vector by the text of its labels."""
    value = instant(parse(expression), kept, at_ms).value
    assert isinstance(value, tuple)
    assert not isinstance(value, Vector)
    return {str(one.labels): list(zip(one.times, one.values, strict=True)) for one in value}


def steps(
    kept: MemoryStorage, expression: str, start_ms: int, end_ms: int, step_ms: int = MINUTE
) -> dict[str, list[tuple[int, float]]]:
    """The answer to a range query by the text of its labels."""
    value = ranged(parse(expression), kept, start_ms, end_ms, step_ms).value
    assert isinstance(value, tuple)
    assert not isinstance(value, Vector)
    return {str(one.labels): list(zip(one.times, one.values, strict=True)) for one in value}


def same(one: float, other: float) -> bool:
    """Equal, NaN being equal to itself."""
    return one == other or (math.isnan(one) and math.isnan(other))
