"""Resident memory with 10,000 agents: the dashboard on the agents after four sweeps of 7 kB pages whose values move."""

from pathlib import Path

from benchmarks.dashboard import knows, watch
from benchmarks.fleet import Fleet
from benchmarks.process import memory
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.worker import until

SIZES = (100, 10_000)
SWEEPS = 4
_MB = 1_000_000


def measure(folder: Path) -> Figures:
    """Memory with few agents and with many, and what one agent takes."""
    with Fleet(SIZES[-1], folder) as fleet:
        few, many = (_sweep(fleet, size) for size in SIZES)
    return {
        "rss": Figure(many[0] / _MB, "" if many[1] is None else f"proportional set size: {many[1] / _MB:.0f} MB"),
        "few": Figure(few[0] / _MB),
        "agent": Figure((many[0] - few[0]) / (SIZES[-1] - SIZES[0]) / 1000),
    }


def _sweep(fleet: Fleet, size: int) -> tuple[int, int | None]:
    with watch(fleet.fleetdeck(f"fleet-{size}", every="1h", agents=size)) as terminal:
        knows(terminal, size)
        served = fleet.served()["fleetdeck metrics"]
        for number in range(1, SWEEPS):
            terminal.send(b"\x12")  # ctrl+r: collect now
            until(lambda wanted=served + number * size: fleet.served()["fleetdeck metrics"] >= wanted)  # type: ignore[misc]
            terminal.watch(3.0)
        return memory(terminal.pid)


TOPIC = Topic(
    name="memory",
    measure=measure,
    rows=(
        Row(id="memory/rss", what="resident memory, 10,000 agents", unit="MB", at_most=250),
        Row(id="memory/few", what="the same with 100 agents", unit="MB"),
        Row(id="memory/agent", what="memory per agent between the two", unit="kB"),
    ),
)
