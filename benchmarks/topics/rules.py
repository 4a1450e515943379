"""A hundred rules of all kinds over a thousand agents with 14 series each: what an evaluation of all costs, and how
long the longest step holds the event loop."""

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.row import Figure, Figures, Row, Topic
from cli.dashboard.garbage import release
from fleet.promql.labels import Labels
from fleet.rules.engine import RuleEngine
from fleet.rules.model import Group, Rule
from fleet.rules.template import check_template
from fleet.samples.samples import Samples

AGENTS = 1_000
EVERY_S = 15
HISTORY = 60
"""Sweeps before the first evaluation."""
ROUNDS = 5
_GAUGES = ("status", "health", "cpu", "memory", "queued", "running")
_COUNTERS = ("completed_total", "failed_total", "requests_total")
_BOUNDS = ("0.1", "0.5", "1", "5", "+Inf")
_START = datetime(2026, 1, 1, tzinfo=UTC)


def rules() -> list[Rule]:
    """A hundred: twenty each of thresholds, rates and ratios, aggregations, absence, and the rest."""
    made: list[Rule] = []
    for number in range(20):
        gauge, counter, team = _GAUGES[number % 6], _COUNTERS[number % 3], f'team="t{number % 10}"'
        made += [
            Rule(alert="Threshold", expr=f"agent_{gauge}{{{team}}} > {number * 5}", for_s=60.0, labels=_named(number)),
            Rule(alert="Rate", expr=f"rate(agent_{counter}{{{team}}}[5m]) > 3", for_s=60.0, labels=_named(number)),
            Rule(record=f"team:agent_{gauge}:sum{number}", expr=f"sum by (team) (agent_{gauge})"),
            Rule(alert="Absent", expr=f'absent(agent_{gauge}{{agent="a{number}"}})', labels=_named(number)),
        ]
    for number in range(10):
        team = f'team="t{number}"'
        ratio = f"rate(agent_failed_total{{{team}}}[5m]) / rate(agent_completed_total{{{team}}}[5m])"
        quantile = f"histogram_quantile(0.9, sum by (le) (rate(agent_latency_bucket{{{team}}}[5m])))"
        made += [
            Rule(alert="Ratio", expr=f"{ratio} > 0.1", for_s=60.0, labels=_named(number)),
            Rule(alert="Slow", expr=f"{quantile} > 1", for_s=60.0, labels=_named(number)),
        ]
    return made


def _named(number: int) -> dict[str, str]:
    return {"severity": "warning", "n": str(number), "who": "{{ $labels.agent }}"}


def series() -> list[Labels]:
    """14 of each agent."""
    return [
        Labels.of({"agent": f"a{agent}", "team": f"t{agent % 10}", **own})
        for agent in range(AGENTS)
        for own in (
            *({"__name__": f"agent_{name}"} for name in (*_GAUGES, *_COUNTERS)),
            *({"__name__": "agent_latency_bucket", "le": bound} for bound in _BOUNDS),
        )
    ]


class Fleet:
    """Samples that move, and rules over them."""

    def __init__(self, wanted: list[Rule]) -> None:
        self.samples = Samples()
        group = Group(name="bench", file="bench", rules=tuple(wanted), interval_s=float(EVERY_S))
        self.engine = RuleEngine([group], self.samples, self.samples)
        self.samples.want("rules", self.engine.wanted())
        found = series()
        self._rows = [tuple(found[first : first + 14]) for first in range(0, len(found), 14)]
        self._sweep = 0

    def sweep(self) -> datetime:
        """Every agent is scraped once."""
        self._sweep += 1
        now = _START + timedelta(seconds=EVERY_S * self._sweep)
        at_ms = round(now.timestamp() * 1000)
        for agent, row in enumerate(self._rows):
            step = self._sweep * (1 + agent % 7)
            gauges = [float((step + place * 31 + agent) % 100) for place in range(len(_GAUGES))]
            counters = [float(step * (50 + agent % 13)), float(step * (agent % 11)), float(step * 60)]
            buckets = [float(step * place) for place in range(1, len(_BOUNDS) + 1)]
            self.samples.add_row(f"target:{agent}", at_ms, row, (*gauges, *counters, *buckets))
        return now


def measure(folder: Path) -> Figures:
    """CPU of evaluations of all rules, and of their longest steps."""
    fleet = Fleet(rules())
    # As it is done where a file is read.
    check_template("{{ $labels.agent }}")
    for _ in range(HISTORY):
        fleet.sweep()
    fleet.engine.step(_START)
    costs, longest = [], []
    # Python looks for garbage as it does in the dashboard.
    before = gc.get_threshold()
    release()
    for _ in range(ROUNDS + 1):
        now = fleet.sweep()
        steps = _steps(lambda spent, now=now: fleet.engine.step(now, spent))  # type: ignore[misc]
        begun = time.process_time()
        alerts = len(fleet.engine.readings())
        steps.append(time.process_time() - begun)
        costs.append(sum(steps))
        longest.append(max(steps))
    gc.unfreeze()
    gc.set_threshold(*before)
    wrong = [health.error for health in fleet.engine.health() if health.error]
    if wrong:
        raise RuntimeError(f"a rule fails: {wrong[0]}")
    slowest = max(fleet.engine.health(), key=lambda health: health.took_s)
    return {
        "all": Figure(
            median(costs[1:]) * 1000,
            f"{alerts:,} alerts",
        ),
        "first": Figure(costs[0] * 1000, "indexes, alerts and their texts are made"),
        "first-step": Figure(longest[0] * 1000),
        "step": Figure(max(longest[1:]) * 1000, f"the slowest rule {slowest.took_s * 1000:.1f} ms ({slowest.name})"),
    }


def _steps(step: Callable[[Callable[[], float]], bool]) -> list[float]:
    """CPU seconds of every step until no more is due."""
    taken, more = [], True
    while more:
        begun = time.process_time()
        more = step(lambda begun=begun: time.process_time() - begun)  # type: ignore[misc]
        taken.append(time.process_time() - begun)
    return taken


TOPIC = Topic(
    name="rules",
    measure=measure,
    rows=(
        Row(id="rules/all", what="evaluating 100 rules over 1,000 agents × 14 series", unit="ms", at_most=300),
        Row(id="rules/first", what="the first evaluation of them", unit="ms"),
        Row(id="rules/first-step", what="the longest step of the first one", unit="ms", at_most=20),
        Row(id="rules/step", what="the longest step of it that holds the event loop", unit="ms", at_most=20),
    ),
)
