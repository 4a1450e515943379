"""What a sweep costs against the size of the fleet: 100, 1,000 and 10,000 agents, all looked at at once.

The collecting part of fleetdeck in a process of its own. A first sweep is not counted (connections are made, series
are met for the first time); then as many sweeps as make at least 2,000 scrapes. Linear means that a target of a large
fleet costs no more than one of a small fleet.
"""

from pathlib import Path

from msgspec import Struct

from benchmarks.fleet import Fleet
from benchmarks.process import open_files
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.worker import Worker, until

SIZES = (100, 1_000, 10_000)
_SCRAPES = 2_000


class Cost(Struct, frozen=True):
    """CPU of a target in microseconds, files held for each target."""

    cpu_us: float
    files: float


def measure(folder: Path) -> Figures:
    """The cost of a target in fleets of each size."""
    with Fleet(SIZES[-1], folder) as fleet:
        costs = {size: _sweep(fleet, size) for size in SIZES}
    listed = ", ".join(f"{size:,}: {cost.cpu_us:.0f} µs" for size, cost in costs.items())
    return {
        "target": Figure(costs[SIZES[-1]].cpu_us),
        "linear": Figure(costs[SIZES[-1]].cpu_us / costs[SIZES[0]].cpu_us, listed),
        "files": Figure(costs[SIZES[-1]].files),
    }


def _sweep(fleet: Fleet, size: int) -> Cost:
    file = fleet.fleetdeck(f"fleet-{size}", every="1h", agents=size, host=False)
    with Worker("benchmarks.workers.deck", str(file), folder=fleet.folder) as deck:
        until(lambda: deck.ask("state")["whole"] == size)
        times = max(1, _SCRAPES // size)
        cpu = deck.cpu_s()
        for _ in range(times):
            state = deck.ask("sweep")
        if state != {"agents": size, "whole": size, "failing": 0}:
            raise RuntimeError(f"fleetdeck did not take everything in: {state}")
        return Cost((deck.cpu_s() - cpu) / times / size * 1e6, open_files(deck.pid) / size)


TOPIC = Topic(
    name="sweep",
    measure=measure,
    rows=(
        Row(id="sweep/target", what="CPU per target of a sweep at once, 10,000 agents", unit="µs"),
        Row(
            id="sweep/linear",
            what="the same with 10,000 agents, of that with 100 (sweep linear)",
            unit="×",
            at_most=1.25,
        ),
        Row(id="sweep/files", what="files held per target, 10,000 agents", unit=""),
    ),
)
