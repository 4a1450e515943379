"""Who has the bad events of an objective that burns, or of a gate that fails: its contributors, by agent."""

from collections.abc import Iterator
from typing import Final

from fleet.actions.blame import Blame
from fleet.gates.model import GateStatus
from fleet.slo.model import SloStatus
from fleet.why.alert import measured_of
from fleet.why.gate import wants_more
from fleet.why.ground import Ground
from fleet.why.model import Subject, SubjectKind
from fleet.why.objective import bad_events
from fleet.why.shares import Parts, contributions

_LEAST_S: Final = 60.0
"""Over less than this a counter has too few samples to say who moved it."""
_MOST_S: Final = 3600.0


def blame(subject: Subject, ground: Ground) -> Iterator[Blame | None]:
    """The bad events by agent, at last; None where a step of the loop may end. Without any where it is not known who
    has how many, be it that only some could be read."""
    yield None
    for parts in _parts(subject, ground):
        if parts is None:
            yield None
        else:
            yield Blame({} if parts.errors or ground.limits else _by_agent(parts))


def _parts(subject: Subject, ground: Ground) -> Iterator[Parts | None]:
    row: SloStatus | GateStatus | None
    if subject.kind is SubjectKind.SLO:
        row = ground.store.slos.get(subject.key)
        evidence = None if row is None else ground.evidence(row.name)
        if row is not None and evidence is not None:
            yield from bad_events(row, evidence, ground, _back_s(row))
        return
    row = ground.store.gates.get(subject.key)
    sides, _ = measured_of(row.expr, low=wants_more(row.target)) if row is not None else ((), "")
    plan = sides[0].plan if len(sides) == 1 else None
    if plan is not None and plan.additive:
        yield from contributions(plan, ground, None)


def _back_s(row: SloStatus) -> float:
    """What is bad now, and not what was: the shortest window of those that fire."""
    firing = [burn.short_s for burn in row.burns if burn.firing]
    return min(_MOST_S, max(_LEAST_S, min(firing, default=_LEAST_S)))


def _by_agent(parts: Parts) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in parts.parts:
        found[one.agent] = found.get(one.agent, 0.0) + max(0.0, one.value)
    return found
