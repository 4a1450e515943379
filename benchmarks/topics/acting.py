"""What a batch costs, by its size: from the lines of a file to a plan, and from the intent to the receipt.

Each size in a process of its own (`benchmarks.workers.acting`), against a local server that answers at once, with the
real runner, audit log and records, four requests at a time. What is kept of an act is on the disk before each request
leaves; the figures say what that costs an item, and that it does not grow with the batch.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.worker import environment

SIZES = (200, 1_000, 10_000)
MOST = SIZES[-1]
_LIMIT_S = 300

TOPIC_ROWS = (
    *(Row(id=f"acting/cpu-{size}", what=f"carrying out a batch of {size:,}, an item", unit="ms") for size in SIZES),
    *(Row(id=f"acting/kept-{size}", what=f"written to the disk, an item of {size:,}", unit="bytes") for size in SIZES),
    Row(id="acting/cpu", what=f"an item of {MOST:,} beside one of {SIZES[0]}: CPU", unit="×", at_most=2),
    Row(id="acting/kept", what=f"an item of {MOST:,} beside one of {SIZES[0]}: bytes written", unit="×", at_most=2),
    Row(id="acting/plan", what=f"planning a batch of {MOST:,}", unit="ms"),
    Row(
        id="acting/plan-step",
        what=f"the longest step of planning {MOST:,} items that holds the loop",
        unit="ms",
        at_most=20,
    ),
    Row(
        id="acting/step",
        what=f"the longest step of carrying out {MOST:,} items that holds the loop",
        unit="ms",
        at_most=20,
    ),
)


def measure(folder: Path) -> Figures:
    """CPU time and bytes of one process a size."""
    found = {size: _worker(size, folder) for size in SIZES}
    cpu = {size: one["carry_ms"] / size for size, one in found.items()}
    kept = {size: one["carry_bytes"] / size for size, one in found.items()}
    most = found[MOST]
    return {
        **{f"cpu-{size}": Figure(cpu[size]) for size in SIZES},
        **{f"kept-{size}": Figure(kept[size]) for size in SIZES},
        "cpu": Figure(cpu[MOST] / cpu[SIZES[0]]),
        "kept": Figure(kept[MOST] / kept[SIZES[0]]),
        "plan": Figure(most["plan_ms"], "in threads"),
        "plan-step": Figure(most["plan_longest_ms"]),
        "step": Figure(most["carry_longest_ms"]),
    }


def _worker(size: int, folder: Path) -> dict[str, float]:
    place = folder / str(size)
    place.mkdir()
    command = [sys.executable, "-m", "benchmarks.workers.acting", str(size), str(place)]
    done = subprocess.run(  # our own command
        command, env=environment(folder), capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


TOPIC = Topic(name="acting", rows=TOPIC_ROWS, measure=measure)
