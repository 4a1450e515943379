"""The script of the demo fleet: what goes wrong, when, with whom, and that it recovers.

A script is data: steps of one cycle, which repeats. Its cast is drawn from the agents' names by the seed; with more
agents each part is played by more of them. Nothing here knows how an effect is carried out: the agents' pages, the
files and the queues ask what is active at a time.
"""

import math
import random
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

CYCLE_S = 360.0
_STAYS = "mcp-gateway"
"""The family whose bad release may be asked to stay."""
_STAYS_UNTIL_S = 352.0
"""When a bad release that stays is taken back; its tasks stop failing a little before."""
AGENTS_PER_PART = 120
"""A part of the script is played by one agent for each so many of the fleet, and by one at least."""


class Effect(StrEnum):
    """What a step does to its target."""

    ABSENT = "absent"
    """The process is not there and no discovery source names it."""
    CRASHED = "crashed"
    """The process is not there, but it is still listed."""
    LYING = "lying"
    """`/health` says healthy; `/metrics` answers 500 and the work has stopped."""
    HANGING = "hanging"
    """Connections are accepted and never answered; the work has stopped."""
    DEGRADED = "degraded"
    """Slow, and `/health` answers 503 with a body that says why."""
    FAILING = "failing"
    """Nine of ten tasks fail; `/health` says nothing of it."""
    ROLLED_OUT = "rolled out"
    """The next version runs. The process was started anew for it, and is again when it is taken back."""
    WAITING = "waiting"
    """The agent needs a person's answer; its work has stopped."""
    RESETTING = "resetting"
    """Connections are reset instead of answered."""
    EXPORTER_FAILING = "exporter failing"
    """`/metrics` answers 500; all else is well."""
    SURGE = "surge"
    """A queue gets more than its workers can do."""
    STALLED = "stalled"
    """A queue's workers take nothing."""
    TRUNCATED = "truncated"
    """A file ends half-way."""
    OVERCOUNTED = "overcounted"
    """A progress file claims more done than there is."""
    FALSELY_COMPLETE = "falsely complete"
    """A plan claims that a phase is complete above unticked boxes."""
    SILENT = "silent"
    """A controller sends no heartbeat."""
    DISK_LOW = "disk low"
    """A machine is almost out of disk."""


STOPS_WORK = frozenset({Effect.ABSENT, Effect.CRASHED, Effect.LYING, Effect.HANGING, Effect.WAITING})
NOT_RUNNING = frozenset({Effect.ABSENT, Effect.CRASHED})

STATUS_FILE = "agent_status.json"
TASK_FILE = "task_queue.json"
PROGRESS_FILE = "todo_batch_progress.json"
PLAN_FILE = "TODO.md"
STREAM = "shield:ingestion_queue"
LIST = "jobs"
COORDINATOR = "coordinator"
CONTROLLER = "controller-staging"


class Step(Struct, frozen=True):
    """From `from_s` until `to_s` of every cycle, `effect` holds for `target`. `sentence` tells a person."""

    from_s: float
    to_s: float
    effect: Effect
    target: str
    sentence: str


class Part(Struct, frozen=True):
    """A role in the script, before it is cast. `travels` parts want an agent that may come and go, `families` are those
    whose members come first; `also` is what the same agents play beside it."""

    spans: tuple[tuple[float, float], ...]
    effect: Effect
    sentence: str
    travels: bool = False
    families: tuple[str, ...] = ()
    also: "tuple[Part, ...]" = ()


_ROLLED_OUT = Part(((98, 166),), Effect.ROLLED_OUT, "a new version was rolled out to {}")

PARTS = (
    Part(((104, 158),), Effect.FAILING, "nine of ten tasks of {} fail", families=("mcp-gateway",), also=(_ROLLED_OUT,)),
    Part(
        ((104, 158),), Effect.FAILING, "nine of ten tasks of {} fail", families=("model-server",), also=(_ROLLED_OUT,)
    ),
    Part(((8, 92),), Effect.LYING, "{} says it is healthy, but its exporter fails and its work has stopped"),
    Part(((14, 74), (196, 236)), Effect.WAITING, "{} waits for a person to approve a release"),
    Part(((0, 22), (338, CYCLE_S)), Effect.ABSENT, "{} has not joined the fleet yet", travels=True),
    Part(((44, 96),), Effect.HANGING, "{} accepts connections and never answers"),
    Part(((62, 150),), Effect.DEGRADED, "{} is slow and answers 503: its model server is overloaded"),
    Part(((150, 226),), Effect.ABSENT, "{} was scaled away", travels=True),
    Part(((112, 172),), Effect.EXPORTER_FAILING, "the exporter of {} answers 500; the agent itself is well"),
    Part(((92, 140),), Effect.RESETTING, "{} resets every connection"),
    Part(((124, 182),), Effect.CRASHED, "the process of {} died, yet it is still listed"),
    Part(((136, 152), (160, 176), (184, 200), (208, 224)), Effect.CRASHED, "the process of {} dies again and again"),
)

STAGE = (
    Step(20, 120, Effect.SURGE, STREAM, "documents arrive faster than the ingestion workers take them"),
    Step(34, 88, Effect.STALLED, STREAM, "the ingestion workers take nothing"),
    Step(56, 104, Effect.TRUNCATED, STATUS_FILE, "the status file was written half"),
    Step(80, 150, Effect.SURGE, TASK_FILE, "a burst of TODO tasks fills the task file"),
    Step(98, 160, Effect.OVERCOUNTED, PROGRESS_FILE, "a re-run of the batches counts the same items again"),
    Step(110, 190, Effect.FALSELY_COMPLETE, PLAN_FILE, "the plan calls a phase complete above open boxes"),
    Step(130, 200, Effect.SURGE, LIST, "jobs arrive faster than they are done"),
    Step(140, 210, Effect.SILENT, CONTROLLER, "the staging controller sends no heartbeat"),
    Step(166, 214, Effect.DISK_LOW, COORDINATOR, "the coordinator's disk is almost full"),
)


class Scenario:
    """Steps, and the questions asked of them. Pure: everything is a function of the time `t` in seconds."""

    def __init__(self, steps: Iterable[Step], cycle_s: float = CYCLE_S) -> None:
        self.steps = tuple(sorted(steps, key=lambda step: (step.from_s, step.to_s, step.effect, step.target)))
        self.cycle_s = cycle_s
        self._of: dict[str, list[Step]] = {}
        for step in self.steps:
            if not 0 <= step.from_s < step.to_s <= cycle_s:
                raise ValueError(f"a step from {step.from_s} to {step.to_s} is not within the cycle of {cycle_s} s")
            self._of.setdefault(step.target, []).append(step)

    def at(self, t: float) -> tuple[Step, ...]:
        """The steps that hold at `t`, in order of their start."""
        phase = t % self.cycle_s
        return tuple(step for step in self.steps if step.from_s <= phase < step.to_s)

    def effects(self, target: str, t: float) -> frozenset[Effect]:
        """What holds for `target` at `t`."""
        steps = self._of.get(target)
        if steps is None:
            return frozenset()
        phase = t % self.cycle_s
        return frozenset(step.effect for step in steps if step.from_s <= phase < step.to_s)

    def spans(self, target: str, effects: frozenset[Effect]) -> list[tuple[float, float]]:
        """The times of a cycle at which any of `effects` holds for `target`, merged and in order."""
        merged: list[tuple[float, float]] = []
        for step in self._of.get(target, ()):
            if step.effect not in effects:
                continue
            if merged and step.from_s <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], step.to_s))
            else:
                merged.append((step.from_s, step.to_s))
        return merged

    def seconds(self, target: str, effects: frozenset[Effect], t: float) -> float:
        """For how long, from 0 to `t`, any of `effects` has held for `target`: never falls as `t` grows."""
        spans = self.spans(target, effects)
        if not spans:
            return 0.0
        cycles = math.floor(t / self.cycle_s)
        phase = t - cycles * self.cycle_s
        whole = sum(end - start for start, end in spans)
        return cycles * whole + sum(min(phase, end) - start for start, end in spans if start < phase)

    def spans_until(self, target: str, effects: frozenset[Effect], t: float) -> list[tuple[float, float]]:
        """Every span of `effects` from 0 on that had begun by `t`, the last one cut at `t`."""
        cycles = math.floor(t / self.cycle_s) + 1
        found = [
            (n * self.cycle_s + a, n * self.cycle_s + b) for n in range(cycles) for a, b in self.spans(target, effects)
        ]
        return [(start, min(end, t)) for start, end in found if start < t]

    def latest(self, target: str, effects: frozenset[Effect], t: float) -> tuple[float, float] | None:
        """Start and end (which may lie ahead) of the latest span of `effects` that had begun by `t`, or None."""
        spans = self.spans(target, effects)
        cycle = math.floor(t / self.cycle_s)
        for base in (cycle * self.cycle_s, (cycle - 1) * self.cycle_s):
            for start, end in reversed(spans):
                if base >= 0 and base + start <= t:
                    return base + start, base + end
        return None


def cast(names: Sequence[str], travellers: Sequence[str], seed: int, *, bad_stays: bool = False) -> Scenario:
    """The script with its parts given to `names`; `travellers` are those of them that may come and go.

    At most half of the fleet plays a part, nobody plays two, and the same arguments give the same cast. With
    `bad_stays` the bad release of the gateways reaches all of them, and nobody takes it back before the cycle is over.
    """
    rng = random.Random(f"cast/{seed}")
    may_travel = frozenset(travellers)
    stay = [name for name in names if name not in may_travel]
    pools = {True: rng.sample(list(travellers), len(travellers)), False: rng.sample(stay, len(stay))}
    free = len(names) // 2
    steps = list(STAGE)
    for part in PARTS:
        pool = pools[part.travels]
        wanted = sorted(pool, key=lambda name: name.rpartition("-")[0] not in part.families)
        for name in wanted[: min(free, 1 + len(names) // AGENTS_PER_PART)]:
            pool.remove(name)
            free -= 1
            steps.extend(_played(part, name, bad_stays=bad_stays))
        if bad_stays and _may_stay(part):
            others = [name for name in pool if name.rpartition("-")[0] in part.families]
            pools[part.travels] = [name for name in pool if name not in others]
            steps.extend(step for name in others for step in _played(part, name, bad_stays=True))
    return Scenario(steps)


def _may_stay(part: Part) -> bool:
    return _STAYS in part.families


def _played(part: Part, name: str, *, bad_stays: bool) -> Iterable[Step]:
    for play in (part, *part.also):
        for start, end in play.spans:
            until = _STAYS_UNTIL_S - (start - part.also[0].spans[0][0]) if bad_stays and _may_stay(part) else end
            yield Step(start, until, play.effect, name, play.sentence.format(name))
