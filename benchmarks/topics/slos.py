"""Three objectives for each of a thousand agents: what a round costs, and how long its longest step holds the loop.

A day of minutes is laid down first. The rounds are those of a fleet that is looked at every 15 s; once a minute each
row is judged anew, and what is to be kept is made.
"""

import gc
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.steps import steps_of
from cli.dashboard.garbage import release
from fleet.promql.labels import NAME, Labels
from fleet.samples.samples import Samples
from fleet.slo.definition import Counted, Objective, Op, Rolling, SloDefinition, Threshold
from fleet.slo.engine import SloEngine
from fleet.store import Store

AGENTS = 1_000
EVERY_S = 15
ROUNDS = 16
"""Four minutes of them."""
_DAY_MINUTES = 24 * 60
_START = datetime(2026, 1, 2, 0, 5, tzinfo=UTC)


def definitions() -> tuple[SloDefinition, ...]:
    """Availability, latency and freshness, a row an agent."""
    availability = Counted(total="probes_total", bad='probes_total{result="failed"}')
    latency = Counted(total="seconds_bucket", good="seconds_bucket", within=0.5)
    freshness = Threshold(query="seen_age_seconds", op=Op.LTE, value=60.0)
    return tuple(
        SloDefinition(
            name=name,
            objectives=(Objective(target=0.99, indicator=indicator),),
            window=Rolling(30 * 86_400.0),
            by=("agent",),
        )
        for name, indicator in (("availability", availability), ("latency", latency), ("freshness", freshness))
    )


class Fleet:
    """Counters that move, and objectives over them."""

    def __init__(self, agents: int = AGENTS) -> None:
        self.samples = Samples()
        self.store = Store()
        self.engine = SloEngine(self.store.slos, definitions(), self.samples, sink=self.samples, every_s=EVERY_S)
        self.samples.want("slos", self.engine.wanted)
        self._chance = random.Random(1)
        self._sweep = 0
        self._rows = [_series(f"agent-{number:04}") for number in range(agents)]
        self._failed = [0.0] * agents
        self.engine.start()

    def past(self) -> None:
        """A day before the first sweep, a minute at a time."""
        minute = round(_START.timestamp()) // 60
        for tracks in self.engine.book.tracks.values():
            for row in self._rows:
                track = tracks.of((row[0].get("agent"),))
                for at in range(minute - _DAY_MINUTES, minute) if track is not None else ():
                    track.add(at, 4.0, 4.0, 4)  # type: ignore[union-attr]
        self.engine.all_unsaved()

    def sweep(self) -> datetime:
        """Every agent is looked at once; one in twenty looks fails."""
        self._sweep += 1
        now = _START + timedelta(seconds=EVERY_S * self._sweep)
        at_ms, count = round(now.timestamp() * 1000), float(self._sweep)
        for agent, row in enumerate(self._rows):
            self._failed[agent] += self._chance.random() < 0.05
            failed = self._failed[agent]
            self.samples.add_row(f"target:{agent}", at_ms, row, (count, failed, count - failed, count, 3.0))
        return now


def _series(agent: str) -> tuple[Labels, ...]:
    ok, failed = ({NAME: "probes_total", "agent": agent, "result": result} for result in ("ok", "failed"))
    buckets = ({NAME: "seconds_bucket", "agent": agent, "le": bound} for bound in ("0.5", "+Inf"))
    return tuple(map(Labels.of, (ok, failed, *buckets, {NAME: "seen_age_seconds", "agent": agent})))


def measure(folder: Path) -> Figures:
    """CPU of rounds, and of their longest steps."""
    fleet = Fleet()
    fleet.past()
    before = gc.get_threshold()
    release()
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        now = fleet.sweep()
        rounds.append(steps_of(lambda spent, now=now: fleet.engine.step(now, spent)))  # type: ignore[misc]
        fleet.engine.take_unsaved()
    gc.unfreeze()
    gc.set_threshold(*before)
    rows = len(fleet.store.slos)
    if rows != 3 * AGENTS:
        raise RuntimeError(f"{rows} rows")
    costs = [sum(steps) for steps in rounds]
    return {
        "round": Figure(median(costs[1:]) * 1000, f"{rows:,} rows; the dearest {max(costs[1:]) * 1000:.0f} ms"),
        "first": Figure(costs[0] * 1000, f"{len(rounds[0])} steps"),
        "step": Figure(max(map(max, rounds)) * 1000, f"of {sum(map(len, rounds))} steps"),
        "second": Figure(math.fsum(costs[1:]) / (ROUNDS - 1) / EVERY_S * 1000),
    }


TOPIC = Topic(
    name="slos",
    measure=measure,
    rows=(
        Row(id="slos/round", what="a round over 3 objectives for each of 1,000 agents", unit="ms"),
        Row(id="slos/first", what="the first round, with a day of roll-ups", unit="ms"),
        Row(id="slos/second", what="the same, each second", unit="ms"),
        Row(id="slos/step", what="the longest step of them that holds the event loop", unit="ms", at_most=20),
    ),
)
