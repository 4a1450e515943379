"""The state of the demo fleet at a scenario time: a pure function of the seed, the number of agents and the time.

Numbers wander smoothly (sums of sines with phases of the agent's own), counters never fall, and what the script
does to an agent shows in them: work that has stopped leaves its counters standing and its queue growing.
"""

import math
import random
from collections.abc import Callable
from functools import cached_property

from msgspec import Struct

from demo_fleet.jobs import JobLine, QueuePlan
from demo_fleet.releases import Releases
from demo_fleet.scenario import COORDINATOR, LIST, NOT_RUNNING, STOPS_WORK, STREAM, TASK_FILE, Effect, Scenario, cast

TRAVELLER_EVERY = 4
"""Every so manieth agent is listed in a targets file, not in the configuration, and so may come and go."""


class Family(Struct, frozen=True):
    """A family of agents: what its members do, whose they are, and the scale of their work."""

    name: str
    role: str
    team: str
    version: str
    tasks_per_min: float
    cpu_percent: float
    memory_mb: float


_CODER = Family("coder", "coding", "build", "2.4.1", 5.0, 46.0, 620.0)
_REVIEWER = Family("reviewer", "review", "build", "2.3.7", 3.2, 28.0, 410.0)
FAMILIES = (
    Family("planner", "planning", "core", "1.9.0", 2.6, 22.0, 380.0),
    _CODER,
    _REVIEWER,
    Family("tester", "testing", "build", "2.0.4", 4.1, 52.0, 540.0),
    _CODER,
    Family("mcp-gateway", "gateway", "platform", "0.14.2", 38.0, 18.0, 210.0),
    Family("model-server", "inference", "platform", "0.6.3", 24.0, 71.0, 9800.0),
    Family("indexer", "retrieval", "search", "1.2.8", 9.0, 37.0, 1450.0),
    _CODER,
    _REVIEWER,
    Family("researcher", "research", "search", "0.9.5", 1.8, 25.0, 700.0),
    Family("orchestrator", "orchestration", "core", "3.1.0", 12.0, 15.0, 290.0),
)
"""The pattern of a fleet: the i-th agent belongs to the (i mod 12)-th of these."""

QUEUES = (
    QueuePlan(name=STREAM, every_s=3.0, surge_every_s=0.9, workers=4, work_s=4.5, fails_every=17),
    QueuePlan(name=LIST, every_s=4.0, surge_every_s=1.4, workers=2, work_s=5.0, fails_every=13),
    QueuePlan(name=TASK_FILE, every_s=9.0, surge_every_s=2.5, workers=3, work_s=14.0, fails_every=9),
    QueuePlan(name=COORDINATOR, every_s=15.0, surge_every_s=15.0, workers=2, work_s=12.0, fails_every=7),
)

_SLOW = frozenset({Effect.DEGRADED})


class AgentNow(Struct, frozen=True, kw_only=True):
    """An agent at a moment. Token counts and calls are cumulative, as are completed and failed tasks."""

    name: str
    labels: dict[str, str]
    effects: frozenset[Effect]
    uptime_s: float
    cpu_percent: float
    memory_bytes: int
    queued: int
    processing: int
    completed: int
    failed: int
    slow_responses: int
    input_tokens: int
    output_tokens: int
    stopped_s: float
    """For how long its work has been standing still."""

    @property
    def responses(self) -> int:
        """Answers given so far, slow ones included."""
        return self.completed + self.failed


class _Profile(Struct, frozen=True):
    family: Family
    labels: dict[str, str]
    phases: tuple[float, float, float, float]
    per_s: float
    base_tasks: int
    age_s: float


class World:
    """The fleet of `agents` agents that `seed` makes; `bad_stays` as for `scenario.cast`."""

    def __init__(self, seed: int, agents: int, *, bad_stays: bool = False) -> None:
        if agents < 1:
            raise ValueError("a fleet has one agent at least")
        self.seed = seed
        self._profiles = _profiles(seed, agents)
        self.names = tuple(self._profiles)
        self._index = {name: index for index, name in enumerate(self.names)}
        self.travellers = tuple(name for index, name in enumerate(self.names) if index % TRAVELLER_EVERY == 3)
        travels = frozenset(self.travellers)
        self.residents = tuple(name for name in self.names if name not in travels)
        self.scenario: Scenario = cast(self.names, self.travellers, seed, bad_stays=bad_stays)
        self.releases = Releases(self.scenario)
        self.version_of: Callable[[str, float], str] = self._scripted_version

    @cached_property
    def lines(self) -> dict[str, JobLine]:
        """The queues by name."""
        return {plan.name: JobLine(plan, self.scenario, self.seed) for plan in QUEUES}

    @cached_property
    def _families(self) -> dict[str, tuple[str, ...]]:
        families: dict[str, list[str]] = {}
        for name, profile in self._profiles.items():
            families.setdefault(profile.family.name, []).append(name)
        return {family: tuple(names) for family, names in families.items()}

    def members(self, family: str) -> tuple[str, ...]:
        """The agents of a family; none where this fleet has none of it."""
        return self._families.get(family, ())

    def index(self, name: str) -> int:
        """The place of `name` in `names`."""
        return self._index[name]

    def labels(self, name: str) -> dict[str, str]:
        """The labels of an agent: env, team, role, version."""
        return self._profiles[name].labels

    def family(self, name: str) -> str:
        """The family of an agent, its kind."""
        return self._profiles[name].family.name

    def absent(self, t: float) -> frozenset[str]:
        """The agents that are not there at `t`, and that no discovery source names."""
        return frozenset(step.target for step in self.scenario.at(t) if step.effect is Effect.ABSENT)

    def agent(self, name: str, t: float) -> AgentNow:
        """The agent `name` at `t`. Raises KeyError where there is none of that name."""
        profile = self._profiles[name]
        effects = self.releases.effects(name, t)
        stopped = not STOPS_WORK.isdisjoint(effects)
        done = self._done(name, profile, t)
        failed = self._failed(name, profile, t, done)
        busy = _wander(t, profile.phases, 0)
        load = 0.04 if stopped else 0.45 + 1.1 * busy
        return AgentNow(
            name=name,
            labels=self._labels(name, profile, effects, t),
            effects=effects,
            uptime_s=self._uptime(name, profile, t),
            cpu_percent=round(
                min(99.0, profile.family.cpu_percent * load * (1.0 if _SLOW.isdisjoint(effects) else 1.7)), 1
            ),
            memory_bytes=int(profile.family.memory_mb * (0.8 + 0.4 * _wander(t, profile.phases, 2)) * 1048576),
            queued=math.floor(6 * _wander(t, profile.phases, 1)) + self._pile(name, profile, t),
            processing=0 if stopped else 1 + math.floor(3 * busy),
            completed=done - failed,
            failed=failed,
            slow_responses=self._slow_responses(name, profile, t),
            input_tokens=done * 2900 + profile.base_tasks % 900,
            output_tokens=done * 410 + profile.base_tasks % 90,
            stopped_s=self._stopped_s(name, t),
        )

    def _labels(self, name: str, profile: _Profile, effects: frozenset[Effect], t: float) -> dict[str, str]:
        if Effect.ROLLED_OUT not in effects and not self.releases.rolled(name):
            return profile.labels
        return {**profile.labels, "version": self.version_of(name, t)}

    def _scripted_version(self, name: str, t: float) -> str:
        """The version that an agent runs where nobody keeps its revisions."""
        version = self._profiles[name].labels["version"]
        return next_version(version) if Effect.ROLLED_OUT in self.releases.effects(name, t) else version

    def _done(self, name: str, profile: _Profile, t: float) -> int:
        work_s = t - self.scenario.seconds(name, STOPS_WORK, t)
        return profile.base_tasks + math.floor(profile.per_s * _warped(work_s, profile.phases[0]))

    def _failed(self, name: str, profile: _Profile, t: float, done: int) -> int:
        """One in 97 fails, nine of ten while the script says so, counted so that neither failed nor completed tasks
        ever get fewer: each task counts in one of the two shares."""
        amiss = self._done_during(name, profile, Effect.FAILING, t)
        return (done - amiss) // 97 + amiss * 9 // 10

    def _slow_responses(self, name: str, profile: _Profile, t: float) -> int:
        """What was done while the agent was slow, counted so that neither quick nor slow answers ever get fewer."""
        return self._done_during(name, profile, Effect.DEGRADED, t)

    def _done_during(self, name: str, profile: _Profile, effect: Effect, t: float) -> int:
        spans = self.releases.spans_until(name, effect, t)
        return sum(self._done(name, profile, end) - self._done(name, profile, start) for start, end in spans)

    def _uptime(self, name: str, profile: _Profile, t: float) -> float:
        """Since the process started: with the fleet, after it was away, or with a roll-out and its end."""
        starts = [-profile.age_s]
        away = self.scenario.latest(name, NOT_RUNNING, t)
        if away is not None:
            starts.append(min(t, away[1]))
        return t - max((*starts, *self.releases.restarted(name, t)))

    def _stopped_s(self, name: str, t: float) -> float:
        span = self.scenario.latest(name, STOPS_WORK, t)
        return t - span[0] if span is not None and t < span[1] else 0.0

    def _pile(self, name: str, profile: _Profile, t: float) -> int:
        """Tasks that piled up while the work stood still; after that they are done at twice the usual pace."""
        span = self.scenario.latest(name, STOPS_WORK, t)
        if span is None:
            return 0
        start, end = span
        piled = min(400.0, profile.per_s * (min(t, end) - start))
        return math.floor(max(0.0, piled - 2 * profile.per_s * max(0.0, t - end)))


def _profiles(seed: int, agents: int) -> dict[str, _Profile]:
    counts: dict[str, int] = {}
    profiles: dict[str, _Profile] = {}
    for index in range(agents):
        family = FAMILIES[index % len(FAMILIES)]
        counts[family.name] = counts.get(family.name, 0) + 1
        name = f"{family.name}-{counts[family.name]}"
        profiles[name] = _profile(family, random.Random(f"agent/{seed}/{name}"))
    return profiles


def _profile(family: Family, rng: random.Random) -> _Profile:
    env = "prod" if rng.random() < 0.67 else "staging"
    labels = {"env": env, "team": family.team, "role": family.role, "version": family.version}
    first, second, third, fourth = (rng.uniform(0, 2 * math.pi) for _ in range(4))
    phases = (first, second, third, fourth)
    per_s = family.tasks_per_min / 60 * rng.uniform(0.7, 1.3)
    return _Profile(family, labels, phases, per_s, rng.randrange(200, 9000), rng.uniform(900, 260_000))


def next_version(version: str) -> str:
    """The version after `version`: 2.4.1 → 2.5.0."""
    major, minor, _ = version.split(".")
    return f"{major}.{int(minor) + 1}.0"


def _wander(t: float, phases: tuple[float, float, float, float], turn: int) -> float:
    """A smooth number within 0–1; `turn` gives independent ones for the same agent."""
    slow = math.sin(t / 31.0 + phases[turn % 4])
    quick = math.sin(t / 11.7 + phases[(turn + 1) % 4])
    return 0.5 + 0.32 * slow + 0.18 * quick


def _warped(seconds: float, phase: float) -> float:
    """`seconds`, running faster and slower by up to four fifths, and never back."""
    period = 19.0
    return seconds + 0.8 * period * (math.sin(seconds / period + phase) - math.sin(phase))
