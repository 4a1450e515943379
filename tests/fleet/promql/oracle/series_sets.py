"""Strategies for what is in the storage: a few series of a small universe of label sets, each with a shape of its own.

Hypothesis decides which series there are, how they behave and when they were sampled; their numbers come from a seed,
so that a thousand samples cost one decision.
"""

from collections.abc import Callable
from itertools import product
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from fleet.promql.labels import Labels
from fleet.promql.storage import STALE, Series

SPAN_MS = 1_200_000
"""How long a set lasts."""
_NAN, _INF = float("nan"), float("inf")
_ODD = (_NAN, _NAN, _INF, -_INF, -0.0, 0.0, 1.0, -2.5, 1e300, -1e300, 5e-300, 9_007_199_254_740_993.0, 1e9)
_BOUNDS = ("0.1", "0.5", "1", "1.0", "2.5", "10", "+Inf", "bad")


class Family(NamedTuple):
    """Series that come together: one, or the buckets of a histogram."""

    name: str
    labels: dict[str, str]
    shape: str
    bounds: tuple[str, ...] = ()

    def members(self) -> list[Labels]:
        """The label sets, in the order of their bounds."""
        given = {"__name__": self.name, **self.labels}
        return [Labels.of({**given, "le": bound}) for bound in self.bounds] if self.bounds else [Labels.of(given)]


def _families() -> tuple[Family, ...]:
    found = [Family("requests_total", {"job": j, "instance": i, "zone": z}, "counter")
             for j, i, z in product("ab", "012", ("", "x"))]  # fmt: skip
    found += [Family("errors_total", {"job": j, "instance": i}, "counter") for j, i in product("ab", "012")]
    found += [Family("temperature", {"job": j, "instance": i}, "gauge") for j, i in product("ab", "012")]
    found += [Family("load", {"job": j, "zone": z}, "decimal") for j, z in product("ab", ("x", 'é"\\ü', "two\nlines"))]
    found += [Family("up", {"job": j, "instance": i}, "bit") for j, i in product("ab", "012")]
    found += [Family("odd", {"instance": i}, "odd") for i in "012"]
    found += [Family("info", {"job": j, "version": v}, "one") for j, v in product("ab", ("1.0", "2.0"))]
    found += [Family("bare", {}, "gauge")]
    layouts = (_BOUNDS, ("1", "+Inf"), ("1", "2.5"), ("-1", "0", "0.5", "1", "2.5", "+Inf"))
    for instance, bounds in enumerate(layouts):
        found += [Family("latency_bucket", {"job": j, "instance": str(instance)}, "bucket", bounds) for j in "ab"]
    found.append(Family("size_bucket", {"job": "a", "instance": "1"}, "bucket", ("1", "+Inf")))
    return tuple(found)


FAMILIES = _families()
UNIVERSE = tuple(sorted({member for family in FAMILIES for member in family.members()}))
assert len(UNIVERSE) == sum(len(family.members()) for family in FAMILIES), "families share a label set"
"""Every label set that can come, in the order in which Prometheus is told of them."""


class Sampling(NamedTuple):
    """When a family was sampled. `ends`: how its series end, and `gaps`: the share of samples that are missing."""

    every_ms: int
    jitter_ms: int
    begin_ms: int
    end_ms: int
    gaps: float
    ends: str
    seed: int


SAMPLINGS = st.builds(
    Sampling,
    every_ms=st.sampled_from((15_000, 15_000, 30_000, 60_000, 7_300)),
    jitter_ms=st.sampled_from((0, 0, 1, 400)),
    begin_ms=st.sampled_from((0, 0, 0, 0, 0, 60_000, 313_000, 600_000)),
    end_ms=st.sampled_from((SPAN_MS, SPAN_MS, SPAN_MS, SPAN_MS, 500_000, 900_000)),
    gaps=st.sampled_from((0.0, 0.0, 0.1, 0.5)),
    ends=st.sampled_from(("", "", "stale at the end", "stale now and then")),
    seed=st.integers(0, 9_999),
)
_MEMBER = st.tuples(st.integers(0, len(FAMILIES) - 1), SAMPLINGS, st.sampled_from(("", "", "", "gauge", "odd", "few")))
SETS = st.lists(_MEMBER, min_size=24, max_size=48, unique_by=lambda member: member[0])
"""Which families there are, and when they were sampled; and a shape that replaces the family's, or none."""

Set = list[tuple[int, Sampling, str]]


def series_of(drawn: Set, begin_ms: int) -> list[Series]:
    """The series of a set that begins at `begin_ms`, in the order of the universe."""
    found = [one for number, sampling, shape in drawn for one in _expanded(FAMILIES[number], sampling, shape, begin_ms)]
    return sorted(found)


def _expanded(family: Family, sampling: Sampling, shape: str, begin_ms: int) -> list[Series]:
    random = Random(sampling.seed)
    times = _times(sampling, random, begin_ms)
    members = family.members()
    if family.shape == "bucket":
        columns = _histogram(len(members), len(times), random, broken=bool(shape))
    else:
        columns = [_values(shape or family.shape, len(times), random)]
    return [
        Series(labels, times, _ended(sampling.ends, column, random))
        for labels, column in zip(members, columns, strict=True)
        if times
    ]


def _times(sampling: Sampling, random: Random, begin_ms: int) -> list[int]:
    phase = random.choice((0, 0, random.randrange(sampling.every_ms)))
    grid = range(sampling.begin_ms + phase, sampling.end_ms, sampling.every_ms)
    return [begin_ms + at + random.randint(0, sampling.jitter_ms) for at in grid if random.random() >= sampling.gaps]


def _values(shape: str, number: int, random: Random) -> list[float]:
    if shape == "counter":
        return _counter(number, random)
    draws: dict[str, Callable[[], float]] = {
        "gauge": lambda: random.choice((random.randint(-5, 5), random.randint(0, 400) / 4)),
        "decimal": lambda: round(random.uniform(-3, 30), 3),
        "bit": lambda: random.random() < 0.9,
        "odd": lambda: random.choice(_ODD),
        "one": lambda: 1,
        "few": lambda: random.choice((0, 1, 1, 2)),
    }
    draw = draws[shape]
    return [float(draw()) for _ in range(number)]


def _counter(number: int, random: Random) -> list[float]:
    value = float(random.choice((0, 0, 17, 1e6)))
    steps: tuple[Callable[[], float], ...] = (lambda: random.randint(0, 5), lambda: random.random() * 10, lambda: 3)
    step = random.choice(steps)
    resets = random.choice((0.0, 0.0, 0.05))
    values = []
    for _ in range(number):
        value = float(random.choice((0, 1, 2))) if random.random() < resets else value + step()
        values.append(value)
    return values


def _histogram(buckets: int, number: int, random: Random, *, broken: bool) -> list[list[float]]:
    """Counts that rise with time and from bucket to bucket; where it is broken, some do not."""
    columns = [_counter(number, Random(random.randrange(3))) for _ in range(buckets)]
    total = [0.0] * number
    out = []
    for column in columns:
        total = [below + value for below, value in zip(total, column, strict=True)]
        out.append([value - random.choice((0, 0, 40)) for value in total] if broken else list(total))
    return out


def _ended(ends: str, values: list[float], random: Random) -> list[float]:
    if ends == "stale at the end":
        return [*values[:-1], STALE]
    if ends:
        return [STALE if random.random() < 0.1 else value for value in values]
    return values
