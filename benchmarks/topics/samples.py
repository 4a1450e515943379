"""The samples that rules, SLOs and gates look at: memory for an hour of 14,000 series every 15 s, the cost of a page
and that of an answer, and the steps in which fleetdeck's own series are written."""

import gc
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.steps import steps_of
from benchmarks.workers.samples import KEPT
from cli.dashboard.garbage import release
from fleet.model import AgentStatus
from fleet.promql.parse import Wanted, parse
from fleet.samples.feed import Feed
from fleet.samples.own import FAMILIES, OwnSeries
from fleet.samples.samples import Samples
from fleet.store import Store
from fleet.vocabulary import AgentState

SIZES = (1_000, 4_000)
"""Agents with 14 series each."""
_AT = datetime(2026, 1, 2, tzinfo=UTC)
_MB = 1e6


def measure(folder: Path) -> Figures:
    """Memory of two sizes, each in a fresh process, and the costs in the first."""
    first, each_round = _own()
    few, many = (_worker(size) for size in SIZES)
    grown = few["after"] - few["before"]
    each = (many["after"] - many["before"] - grown) / (many["series"] - few["series"])
    return {
        "own-first": Figure(sum(first) * 1000, f"{len(first)} steps"),
        "own": Figure(sum(each_round) * 1000, "again, every 15 s"),
        "own-step": Figure(max(*first, *each_round) * 1000),
        "memory": Figure(grown / _MB, f"labels and index included; the whole process {few['after'] / _MB:.0f} MB"),
        "series": Figure(
            each / 1000, f"between {few['series']:,} and {many['series']:,} series; a million {each / 1000:.1f} GB"
        ),
        "append": Figure(few["append"], f"{KEPT} of its 74 samples kept"),
        "latest": Figure(few["latest"], "the newest sample of 1,000 series of one metric"),
        "range": Figure(few["range"], "5 minutes of 1,000 series, one a target, 20 samples each"),
    }


def _own() -> tuple[list[float], list[float]]:
    """The steps in which all of fleetdeck's own series about 1,000 agents are written, the first time and the next."""
    store, samples = Store(), Samples()
    samples.want("all", [Wanted(parse(family.name).wanted[0].matchers, 3600.0) for family in FAMILIES])
    feed = Feed(samples, store, lambda: _AT)
    own = OwnSeries(store, samples, feed.probed)
    for number in range(SIZES[0]):
        name = f"agent-{number:04}"
        store.status.put(name, AgentStatus(name=name, kind="worker", state=AgentState.UP, labels={"env": "prod"}))
        feed.health(name, 0.02)
    before = gc.get_threshold()
    release()
    found = []
    for place in range(2):
        now = _AT + timedelta(seconds=15 * place)
        found.append(steps_of(lambda enough, now=now: not own.observe(now, enough)))  # type: ignore[misc]
    gc.unfreeze()
    gc.set_threshold(*before)
    return found[0], found[1]


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
        Row(id="samples/own-first", what="writing all own series about 1,000 new agents", unit="ms"),
        Row(id="samples/own", what="writing them again", unit="ms"),
        Row(id="samples/own-step", what="the longest step of both that holds the loop", unit="ms", at_most=20),
        Row(id="samples/append", what="taking a page into them", unit="µs"),
        Row(id="samples/latest", what="the newest sample of a series", unit="µs", at_most=0.4),
        Row(id="samples/range", what="5 minutes of a series", unit="µs"),
    ),
)
