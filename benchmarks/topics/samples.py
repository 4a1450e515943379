"""The samples that rules, SLOs and gates look at: memory for an hour of 14,000 series every 15 s, the cost of a page
and that of an answer."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.workers.samples import KEPT

SIZES = (1_000, 4_000)
"""Agents with 14 series each."""
_MB = 1e6


def measure(folder: Path) -> Figures:
    """Memory of two sizes, each in a fresh process, and the costs in the first."""
    few, many = (_worker(size) for size in SIZES)
    grown = few["after"] - few["before"]
    each = (many["after"] - many["before"] - grown) / (many["series"] - few["series"])
    return {
        "memory": Figure(grown / _MB, f"labels and index included; the whole process {few['after'] / _MB:.0f} MB"),
        "series": Figure(
            each / 1000, f"between {few['series']:,} and {many['series']:,} series; a million {each / 1000:.1f} GB"
        ),
        "append": Figure(few["append"], f"{KEPT} of its 74 samples kept"),
        "latest": Figure(few["latest"], "the newest sample of 1,000 series of one metric"),
        "range": Figure(few["range"], "5 minutes of 1,000 series, one a target, 20 samples each"),
    }


def _worker(agents: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.workers.samples", str(agents)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


TOPIC = Topic(
    name="samples",
    measure=measure,
    rows=(
        Row(id="samples/memory", what="samples kept for rules: 14,000 series, 1 h every 15 s", unit="MB", at_most=60),
        Row(id="samples/series", what="the same, each series", unit="kB"),
        Row(id="samples/append", what="taking a page into them", unit="µs"),
        Row(id="samples/latest", what="the newest sample of a series", unit="µs", at_most=0.4),
        Row(id="samples/range", what="5 minutes of a series", unit="µs"),
    ),
)
