"""Queues of the demo as arrivals and a few workers: first come, first served, worked out ahead for a cycle.

Every cycle has the same arrivals, so counts of earlier cycles need no memory: a queue's state at any time is a pure
function of it. A cycle ends calm, so that what one leaves over is small. One cycle lies before time 0, so that a
queue has a past when the fleet starts; the numbers of its jobs are negative.
"""

import heapq
import math
import random
from bisect import bisect_right
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from demo_fleet.scenario import Effect, Scenario


class QueuePlan(Struct, frozen=True, kw_only=True):
    """How busy a queue is. Seconds between arrivals, in calm and in a surge; workers; seconds that a job takes."""

    name: str
    every_s: float
    surge_every_s: float
    workers: int
    work_s: float
    fails_every: int = 11


class Job(Struct, frozen=True):
    """A job's life in scenario time: when it arrived, when a worker took it, when it ended, and whether well."""

    number: int
    id: str
    arrived: float
    started: float
    ended: float
    ok: bool


class JobEvent(Struct, frozen=True, order=True):
    """A moment of a job's life. `kind` is 0 arrived, 1 started, 2 ended, which is also their order at one time."""

    at: float
    kind: int
    number: int


class JobLine:
    """One queue over all time."""

    def __init__(self, plan: QueuePlan, scenario: Scenario, seed: int) -> None:
        self.plan = plan
        self._seed = seed
        self._cycle_s = scenario.cycle_s
        self._lives = _lives(plan, scenario, seed)

    @property
    def per_cycle(self) -> int:
        """Jobs that arrive in a cycle."""
        return len(self._lives)

    def job(self, number: int) -> Job:
        """The `number`-th job since time 0 (negative: before it)."""
        cycle, index = divmod(number, self.per_cycle)
        base = cycle * self._cycle_s
        arrived, started, ended, ok = self._lives[index]
        name = uuid5(NAMESPACE_URL, f"fleetdeck-demo/{self._seed}/{self.plan.name}/{number}")
        return Job(number, str(name), base + arrived, base + started, base + ended, ok)

    def arrived(self, t: float) -> int:
        """The number of the first job that had not arrived by `t`; before time 0 it is negative."""
        cycle = math.floor(t / self._cycle_s)
        phase = t - cycle * self._cycle_s
        return cycle * self.per_cycle + bisect_right(self._lives, phase, key=lambda life: life[0])

    def recent(self, t: float, back_s: float) -> list[Job]:
        """Jobs that had arrived by `t` and had not ended before `t - back_s`, in order of arrival."""
        first = max(-self.per_cycle, self.arrived(t - back_s - self._cycle_s))
        jobs = [self.job(number) for number in range(first, self.arrived(t))]
        return [job for job in jobs if job.ended > t - back_s]

    def events(self, after: float, until: float) -> list[JobEvent]:
        """What happened in (after, until], in order."""
        events: list[JobEvent] = []
        for job in self.recent(until, until - after):
            moments = ((job.arrived, 0), (job.started, 1), (job.ended, 2))
            events.extend(JobEvent(at, kind, job.number) for at, kind in moments if after < at <= until)
        return sorted(events)


def _lives(plan: QueuePlan, scenario: Scenario, seed: int) -> list[tuple[float, float, float, bool]]:
    rng = random.Random(f"jobs/{seed}/{plan.name}")
    stalls = scenario.spans(plan.name, frozenset({Effect.STALLED}))
    free = [0.0] * plan.workers
    lives: list[tuple[float, float, float, bool]] = []
    at = rng.uniform(0.5, plan.every_s)
    while at < scenario.cycle_s:
        started = max(heapq.heappop(free), at + 0.4)
        started = next((end for start, end in stalls if start <= started < end), started)
        ended = started + plan.work_s * rng.uniform(0.6, 1.4)
        heapq.heappush(free, ended)
        lives.append((round(at, 3), round(started, 3), round(ended, 3), (len(lives) + 1) % plan.fails_every != 0))
        surging = Effect.SURGE in scenario.effects(plan.name, at)
        at += (plan.surge_every_s if surging else plan.every_s) * rng.uniform(0.7, 1.3)
    return lives
