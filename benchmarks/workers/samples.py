"""What the samples that rules look at take and cost, in a process that does nothing else.

    python -m benchmarks.workers.samples AGENTS

Writes a line of JSON: bytes of memory before and after an hour of pages every 15 s, and microseconds of CPU.
"""

import json
import random
import resource
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.pages import agent_name
from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.samples.samples import Samples
from fleet.samples.targets import agent_labels

KEPT = 14
"""Series of each page that are asked for."""
OTHERS = 60
EVERY_S = 15
ROWS = 240
_START_S = 1_760_000_000.0
_WINDOW_MS = 300_000


class Asks(NamedTuple):
    """A selector and how far back it looks."""

    matchers: Matchers
    reach_s: float


def measure(agents: int) -> dict[str, float]:
    """An hour of pages, then questions about one of their metrics."""
    names = [f"agent_measure_{number}_total" for number in range(KEPT)]
    shapes = [_shape(agent, names) for agent in range(agents)]
    labels = [agent_labels(agent_name(agent), f"http://127.0.0.1:{9000 + agent}/metrics") for agent in range(agents)]
    samples = Samples()
    samples.want("rules", [Asks(_named(name), 3600.0) for name in names])
    before, append_s = _memory(), 0.0
    for row in range(ROWS):
        pages = [_page(shape, row) for shape in shapes]
        begun = time.process_time()
        for agent, page in enumerate(pages):
            samples.add_page(f"{agent:05}", _START_S + row * EVERY_S + agent / agents, page, labels[agent], 0.01)
        append_s += time.process_time() - begun
    del pages
    after = _memory()
    now = round((_START_S + ROWS * EVERY_S) * 1000)
    asked = _named(names[0])
    return {
        "series": len(samples),
        "before": before,
        "after": after,
        "append": append_s / ROWS / agents * 1e6,
        "latest": _each_us(lambda: len(samples.latest(asked, now - _WINDOW_MS, now).labels)),
        "range": _each_us(lambda: sum(1 for _ in samples.range(asked, now - _WINDOW_MS, now))),
    }


def _shape(agent: int, names: list[str]) -> tuple[SeriesId, ...]:
    label = (("version", "4.2.1"),)
    return tuple(
        [SeriesId(name, label) for name in names] + [SeriesId(f"other_{number}", label) for number in range(OTHERS)]
    )


def _page(shape: tuple[SeriesId, ...], row: int) -> Page:
    return Page(series=shape, values=array("d", [random.random() + row for _ in shape]))


def _named(name: str) -> Matchers:
    return (Matcher(NAME, MatchOp.EQUAL, name),)


def _each_us(ask: Callable[[], int]) -> float:
    """Microseconds of CPU a series, the least of five."""
    times = []
    for _ in range(5):
        begun = time.process_time()
        found = sum(ask() for _ in range(20))
        times.append((time.process_time() - begun) / found * 1e6)
    return min(times)


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))) + "\n")
