"""What it costs to show one changed value, for fleets of 100, 1,000 and 10,000 agents.

The dashboard shows the agents in a terminal of 160×50; the first screenful is on it. One visible agent is scraped
four times a second, all others have been scraped once and rest. Then that agent's number of queued tasks is moved,
and only that: one cell of the table.

Bytes: all of the frame that carries the cell, whatever else is in it; the largest frame counts. CPU: what the process
spends in a span with a change, less what it spends in an equal span without one, from the scraped page to the written
cell. Sixteen of each, in turns, and the median of either: what comes once a minute falls into one span or the other.
"""

import re
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from msgspec import Struct

from benchmarks.dashboard import knows, watch
from benchmarks.fleet import Fleet
from benchmarks.pages import agent_name
from benchmarks.process import fine_cpu_s
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.terminal import FRAME, Terminal

SIZES = (100, 1_000, 10_000)
_AGENT = 3
_CHANGES = 16
_EVERY_S = 0.75
_BEGIN = 1000
"""Where the number of queued tasks begins; every poke adds one."""


class Cost(Struct, frozen=True):
    """Of one change: CPU in milliseconds, and the bytes of every frame that carried one."""

    cpu_ms: float
    frames: tuple[int, ...]


def measure(folder: Path) -> Figures:
    """The costs for each size, and how far they are from flat."""
    with Fleet(SIZES[-1], folder, still=True) as fleet, ExitStack() as stack:
        opened = {size: stack.enter_context(_open(fleet, size)) for size in SIZES}
        for size, terminal in opened.items():
            knows(terminal, size)
        for terminal in opened.values():
            terminal.watch(3)
        costs = _side_by_side(fleet, opened)
    largest = {size: max(cost.frames) for size, cost in costs.items()}
    cpu = {size: cost.cpu_ms for size, cost in costs.items()}
    smallest, biggest = SIZES[0], SIZES[-1]
    return {
        "bytes": Figure(largest[biggest], f"{_CHANGES} changes, {min(costs[biggest].frames)} at least"),
        "bytes-flat": Figure(largest[biggest] / largest[smallest], _listed(largest, "B")),
        "cpu": Figure(cpu[biggest]),
        "cpu-flat": Figure(cpu[biggest] / cpu[smallest], _listed(cpu, "ms")),
    }


def _open(fleet: Fleet, size: int) -> Terminal:
    return watch(fleet.fleetdeck(f"fleet-{size}", every="1h", agents=size, often={_AGENT: "250ms"}))


def _side_by_side(fleet: Fleet, opened: dict[int, Terminal]) -> dict[int, Cost]:
    """All sizes see the same changes at the same time; every span with a change follows one without."""
    frames: dict[int, list[int]] = {size: [] for size in opened}
    resting: dict[int, list[float]] = {size: [] for size in opened}
    changing: dict[int, list[float]] = {size: [] for size in opened}
    for number in range(_BEGIN + 1, _BEGIN + 1 + _CHANGES):
        _spend(opened, resting)
        fleet.poke(_AGENT)
        _spend(opened, changing)
        for size, terminal in opened.items():
            frames[size] += _carrying(terminal, re.compile(rf"{agent_name(_AGENT)}.*\b{number}\b"))
    for size, seen in frames.items():
        if len(seen) < _CHANGES // 2:
            raise RuntimeError(f"{size:,} agents: only {len(seen)} of {_CHANGES} changes were drawn in time")
    return {size: Cost((median(changing[size]) - median(resting[size])) * 1e3, tuple(frames[size])) for size in opened}


def _spend(opened: dict[int, Terminal], spent: dict[int, list[float]]) -> None:
    """One span; the CPU seconds of each dashboard in it. What they drew stays to be read."""
    before = {size: fine_cpu_s(terminal.pid) for size, terminal in opened.items()}
    time.sleep(_EVERY_S)
    for size, terminal in opened.items():
        spent[size].append(fine_cpu_s(terminal.pid) - before[size])


def _carrying(terminal: Terminal, change: re.Pattern[str]) -> list[int]:
    """Bytes of the frame after which the screen shows the change; nothing where it did not come."""
    sizes = [0]
    shown: int | None = None
    for _, piece in terminal.pieces(time.perf_counter()):
        if piece.startswith(FRAME):
            sizes.append(0)
        sizes[-1] += len(piece)
        if shown is None and change.search(terminal.screen.text()):
            shown = len(sizes) - 1
    return [] if shown is None else [sizes[shown]]


def _listed(values: dict[int, float] | dict[int, int], unit: str) -> str:
    return ", ".join(f"{size:,}: {value:.3g} {unit}" for size, value in values.items())


TOPIC = Topic(
    name="flush",
    measure=measure,
    rows=(
        Row(id="flush/bytes", what="bytes for one changed cell, 160×50, 10,000 agents", unit="B", at_most=400),
        Row(
            id="flush/bytes-flat",
            what="the same with 10,000 agents, of that with 100 (flush flat)",
            unit="×",
            at_most=1.25,
        ),
        Row(id="flush/cpu", what="CPU for one changed cell, from page to terminal, 10,000 agents", unit="ms"),
        Row(
            id="flush/cpu-flat",
            what="the same with 10,000 agents, of that with 100 (flush flat)",
            unit="×",
            at_most=1.5,
        ),
    ),
)
