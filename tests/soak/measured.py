"""What is measured of the process while it soaks, and the judgement over it: the last quarter against the second."""

import asyncio
import gc
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import psutil
from msgspec import Struct, structs

from fleet.events import MOST
from fleet.queues import OUT_OF_SIGHT_KEPT
from fleet.store import Store

_SLICES = ("agents", "health", "scrapes", "processes", "status", "queues", "backlog", "sources", "host", "self_")


class Sample(Struct, frozen=True):
    """One look at the process, at a simulated hour. `coroutines` are asyncio's tasks, `rows` those of all slices but
    tasks of queues and events, `series` those with a history."""

    hour: float
    rss_mb: float
    files: int
    threads: int
    coroutines: int
    objects: int
    rows: int
    series: int
    queue_tasks: int
    events: int


MEASURES = tuple(field.name for field in structs.fields(Sample))[1:]


def measure(store: Store, hour: float) -> Sample:
    """The process as it is now."""
    gc.collect()
    process = psutil.Process()
    return Sample(
        hour=hour,
        rss_mb=process.memory_info().rss / 1e6,
        files=process.num_fds(),
        threads=process.num_threads(),
        coroutines=len(asyncio.all_tasks()),
        objects=len(gc.get_objects()),
        rows=sum(len(getattr(store, name)) for name in _SLICES),
        series=len(store.history),
        queue_tasks=len(store.tasks),
        events=len(store.events),
    )


class Verdict(Struct, frozen=True):
    """A measure in the second and in the last quarter (means), its slope an hour over both, and what is allowed."""

    name: str
    second: float
    last: float
    slope: float
    allowed: float

    @property
    def grows(self) -> bool:
        return self.last - self.second > self.allowed


def judged(samples: Sequence[Sample], *, warm: bool) -> list[Verdict]:
    """Every measure: the second quarter is past the warm-up, the last one must not be above it.

    `warm`: the histories had the time to fill before the second half, so that memory may not grow by them any more.
    """
    # Quarters of the samples, which stand even on a machine that takes some much later than others.
    quarter = len(samples) // 4
    later, second, last = samples[quarter:], samples[quarter : 2 * quarter], samples[-quarter:]
    found = []
    for name in MEASURES:
        before = fmean(getattr(sample, name) for sample in second)
        after = fmean(getattr(sample, name) for sample in last)
        slope = _slope([(sample.hour, getattr(sample, name)) for sample in later])
        found.append(Verdict(name, before, after, slope, _allowed(name, before, warm=warm)))
    return found


def _allowed(name: str, before: float, *, warm: bool) -> float:
    """How far the mean of a measure may rise. Events and the tasks that left the window of their queue are kept up to
    bounds that they reach in days; objects and memory follow them. Files and coroutines come and go with what is asked
    just now."""
    match name:
        case "events":
            return MOST
        case "queue_tasks":
            return 2 * OUT_OF_SIGHT_KEPT
        case "rss_mb":
            return 3 + 0.02 * before if warm else 10
        case "objects":
            return 20_000
        case "series":
            return 0.02 * before
        case "files" if not warm:
            # Of the script's one cycle the second quarter has most agents down, and the last one none.
            return 10
        case _:
            return 3 + 0.05 * before


def _slope(points: Sequence[tuple[float, Any]]) -> float:
    """Least squares, in units an hour."""
    x, y = fmean(at for at, _ in points), fmean(value for _, value in points)
    spread = sum((at - x) ** 2 for at, _ in points)
    return sum((at - x) * (value - y) for at, value in points) / spread if spread else 0.0


def table(samples: Sequence[Sample], verdicts: Sequence[Verdict]) -> str:
    """The judgement as Markdown."""
    lines = [
        f"| measure | second quarter | last quarter | slope an hour | over {samples[-1].hour:.0f} h |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.second:,.1f} | {row.last:,.1f} | {row.slope:+,.2f} | {'GROWS' if row.grows else 'flat'} |"
        for row in verdicts
    ]
    return "\n".join(lines)
