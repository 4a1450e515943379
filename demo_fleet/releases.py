"""Which revision each instance of a service runs, and when: the script's roll-outs, and what operators do about them.

The script rolls a bad revision out and takes it back. As soon as an operator rolls an instance, the script leaves that
instance alone until the next cycle, which begins with the revision that it began with before. A moment that is past
never changes by what is done later, so counters made from it never fall.
"""

import math
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct

from demo_fleet.scenario import Effect, Scenario

WARM_UP_S = 6.0
"""Seconds that a bad revision runs before its tasks begin to fail, as in the script."""
OF_A_RELEASE = frozenset({Effect.ROLLED_OUT, Effect.FAILING})
"""The effects that a revision brings, and that end with it."""


class Roll(Struct, frozen=True):
    """From the script's time `t` on an instance runs `revision`, because an operator wanted it."""

    t: float
    revision: str


class Span(Struct, frozen=True):
    """Within [start, end) an instance runs the bad revision; within [failing, failed) of it nine of ten tasks fail."""

    start: float
    end: float
    failing: float
    failed: float


class Releases:
    """The script's roll-outs with the operators' rolls laid over them."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._rolls: dict[str, list[Roll]] = {}
        self._bad: dict[str, str] = {}

    def rolled(self, name: str) -> bool:
        """Whether an operator ever rolled this instance."""
        return name in self._rolls

    def roll(self, name: str, revision: str, bad: str, t: float) -> None:
        """An operator rolls an instance to `revision` at `t`, which is not before any earlier roll; `bad` is the
        revision of its service that fails."""
        self._bad[name] = bad
        self._rolls.setdefault(name, []).append(Roll(t, revision))

    def last(self, name: str, t: float) -> Roll | None:
        """The latest roll of this instance by an operator in the cycle of `t`, as of `t`."""
        begun = self._cycle(t) * self._scenario.cycle_s
        return next((roll for roll in reversed(self._rolls.get(name, ())) if begun <= roll.t <= t), None)

    def scripted(self, name: str, t: float) -> tuple[float, float] | None:
        """The script's latest roll-out of the bad revision to this instance that was due by `t`."""
        return self._scenario.latest(name, frozenset({Effect.ROLLED_OUT}), t)

    def effects(self, name: str, t: float) -> frozenset[Effect]:
        """What holds for `name` at `t`."""
        scripted = self._scenario.effects(name, t)
        if name not in self._rolls:
            return scripted
        held = {effect for effect in OF_A_RELEASE if any(a <= t < b for a, b in self._spans(name, effect, t))}
        return (scripted - OF_A_RELEASE) | held

    def spans_until(self, name: str, effect: Effect, t: float) -> list[tuple[float, float]]:
        """Every span of `effect` from 0 on that had begun before `t`, the last one cut at `t`."""
        if name not in self._rolls or effect not in OF_A_RELEASE:
            return self._scenario.spans_until(name, frozenset({effect}), t)
        return [(start, min(end, t)) for start, end in self._spans(name, effect, t) if start < t]

    def latest(self, name: str, effect: Effect, t: float) -> tuple[float, float] | None:
        """Start and end (which may lie ahead) of the latest span of `effect` that had begun by `t`, or None."""
        if name not in self._rolls or effect not in OF_A_RELEASE:
            return self._scenario.latest(name, frozenset({effect}), t)
        begun = [span for span in self._spans(name, effect, t) if span[0] <= t]
        return begun[-1] if begun else None

    def restarted(self, name: str, t: float) -> list[float]:
        """When the process of `name` was started anew for another revision, as far as that was by `t`."""
        span = self.latest(name, Effect.ROLLED_OUT, t)
        last = self.last(name, t)
        starts = [] if span is None else [span[0] if t < span[1] else span[1]]
        return starts if last is None else [*starts, last.t]

    def _cycle(self, t: float) -> int:
        return math.floor(t / self._scenario.cycle_s)

    def _spans(self, name: str, effect: Effect, t: float) -> list[tuple[float, float]]:
        bad = [span for cycle in range(self._cycle(t) + 1) for span in self._of_cycle(name, cycle)]
        pairs = ((span.start, span.end) if effect is Effect.ROLLED_OUT else (span.failing, span.failed) for span in bad)
        return [(start, end) for start, end in pairs if start < end]

    def _of_cycle(self, name: str, cycle: int) -> Iterable[Span]:
        base, length = cycle * self._scenario.cycle_s, self._scenario.cycle_s
        rolls = [roll for roll in self._rolls[name] if base <= roll.t < base + length]
        first = rolls[0].t if rolls else math.inf
        failing = self._scenario.spans(name, frozenset({Effect.FAILING}))
        for start, end in self._scenario.spans(name, frozenset({Effect.ROLLED_OUT})):
            if base + start < first:
                inner = next(((a, b) for a, b in failing if start <= a < end), (end, end))
                cut = min(base + end, first)
                yield Span(base + start, cut, base + inner[0], min(base + inner[1], cut))
        ends = [*(roll.t for roll in rolls), base + length]
        for roll, (_, end) in zip(rolls, pairwise(ends), strict=True):
            if roll.revision == self._bad[name]:
                yield Span(roll.t, end, roll.t + WARM_UP_S, end)
