"""Puts a ladder together, a piece at a time: the same store and the same samples always give the same one."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from fleet.alerts.model import Alert
from fleet.gates.model import GateState
from fleet.promql.limits import EvalLimits
from fleet.promql.storage import Storage
from fleet.slo.model import SloStatus
from fleet.store import Store
from fleet.text import scrub
from fleet.why.agent import judged_step, state_step
from fleet.why.alert import (
    alert_step,
    contributing,
    expression,
    group_members,
    group_step,
    measured_of,
    objective_of,
)
from fleet.why.evidence import EvidenceOf, no_evidence
from fleet.why.expression import Measured
from fleet.why.gate import gate_step, wants_more
from fleet.why.ground import AT_LEISURE, IN_A_STEP, Ground
from fleet.why.model import Ladder, Mark, Rung, Step, Subject, SubjectKind
from fleet.why.objective import bad_events, budget_step, burn_step, told, unit_of
from fleet.why.rungs import below, workers_of
from fleet.why.shares import Parts, contributors

_REACH = "samples are kept in memory only as far back as rules, objectives and gates ask for"


def ladder(
    subject: Subject,
    store: Store,
    storage: Storage,
    now: datetime,
    evidence: EvidenceOf = no_evidence,
    *,
    bounds: EvalLimits = AT_LEISURE,
) -> Ladder:
    """The whole ladder of `subject` at `now`. Pure; `Climb` makes the same in pieces."""
    climb = Climb(subject, store, storage, now, evidence, bounds=bounds)
    while climb.go(lambda: False):
        pass
    return climb.ladder


class Climb:
    """One ladder being made. `ladder` is what there is of it."""

    def __init__(
        self,
        subject: Subject,
        store: Store,
        storage: Storage,
        now: datetime,
        evidence: EvidenceOf = no_evidence,
        *,
        bounds: EvalLimits = IN_A_STEP,
    ) -> None:
        self._subject = subject
        self._ground = Ground(store, storage, now, evidence, bounds=bounds)
        self._named = _Named(subject.key)
        self._steps: list[Step] = []
        self._rest = _steps(subject, self._ground, self._named)
        self._done = False

    def go(self, spent: Callable[[], bool]) -> bool:
        """Go on until it is whole or `spent` says that it is enough; True where some is left."""
        for step in self._rest:
            if step is not None:
                self._steps.append(step)
            if spent():
                return True
        self._done = True
        return False

    @property
    def ladder(self) -> Ladder:
        """As far as it has been made."""
        ground, named = self._ground, self._named
        return Ladder(
            subject=self._subject,
            name=scrub(named.name, 160),
            at=ground.now,
            state=named.state,
            gone=named.gone,
            steps=tuple(self._steps),
            end=_end(self._steps, named) if self._done else "",
            longer=(*ground.longer, _REACH) if self._done and not named.gone else (),
            limits=tuple(ground.limits),
            complete=self._done,
        )


class _Named:
    """What is found out about the subject on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = ""
        self.gone = False


def _end(steps: list[Step], named: _Named) -> str:
    if named.gone:
        return "It is not there any more, so nothing can be asked about it."
    rungs = [step.rung for step in steps]
    if Rung.HEALTH in rungs:
        return "The chain ends at what the agents say in words: their logs are not collected."
    return "The chain ends here: no agent is known that it is about."


def _steps(subject: Subject, ground: Ground, named: _Named) -> Iterator[Step | None]:
    makers = {
        SubjectKind.ALERT: _alert,
        SubjectKind.GROUP: _group,
        SubjectKind.SLO: _slo,
        SubjectKind.AGENT: _agent,
        SubjectKind.GATE: _gate,
    }
    yield from makers[subject.kind](subject, ground, named)


def _alert(subject: Subject, ground: Ground, named: _Named) -> Iterator[Step | None]:
    alert = ground.store.alerts.get(subject.key)
    if alert is None:
        named.gone = True
        return
    named.name, named.state = alert.name, alert.state.value
    yield alert_step(alert, ground)
    yield from _one_alert(alert, ground)


def _one_alert(alert: Alert, ground: Ground) -> Iterator[Step | None]:
    side: Measured | None = None
    for found in expression(alert, ground):
        if found is None:
            yield None
        else:
            step, side = found
            yield step
    objective = ground.store.slos.get(objective_of(alert, ground))
    if objective is not None:
        yield budget_step(objective, ground)
        yield from _objective(objective, ground, alert.since)
    else:
        yield from _contributed(side, ground, alert.labels, "its value", alert.labels, alert.since)


def _contributed(
    side: Measured | None,
    ground: Ground,
    subject: Mapping[str, str] | None,
    what: str,
    labels: Mapping[str, str],
    start: datetime | None,
) -> Iterator[Step | None]:
    parts = Parts()
    for found in contributing(side, ground, subject, what, labels=labels):
        if found is None:
            yield None
        else:
            step, parts = found
            yield step
    if any(one.agent for one in parts.parts):
        yield from _below(parts, ground, start)
        return
    workers = workers_of(labels.get("queue", ""), ground)
    if workers:
        ground.limits["no agent is named: those that failed tasks of the queue are followed, or are at work on it"] = (
            None
        )
    yield from below(workers, ground, start, {})


def _below(parts: Parts, ground: Ground, start: datetime | None) -> Iterator[Step | None]:
    shares = {one.agent: one.share for one in parts.parts if one.agent and one.share is not None}
    yield from below((one.agent for one in parts.parts if one.agent), ground, start, shares)


def _group(subject: Subject, ground: Ground, named: _Named) -> Iterator[Step | None]:
    store = ground.store
    group = store.alert_groups.get(subject.key)
    ids = subject.members if group is None else group.alerts
    alerts: list[Alert] = [alert for id in ids if (alert := store.alerts.get(id)) is not None]
    named.name = group.name if group is not None else subject.key
    if not alerts:
        named.gone = True
        return
    step = group_step(named.name, alerts, group, ground)
    named.state = step.finding
    yield step
    yield None
    members, active = group_members(alerts, ground)
    yield members
    agents = [agent for one in active if (agent := ground.names.first(one.labels))]
    start = min((one.since for one in active if one.since), default=None)
    if agents or not active:
        yield from below(agents, ground, start, {})
        return
    ground.limits["none of them names an agent: what follows is about the first of them"] = None
    yield from _one_alert(active[0], ground)


def _slo(subject: Subject, ground: Ground, named: _Named) -> Iterator[Step | None]:
    row = ground.store.slos.get(subject.key)
    if row is None:
        named.gone = True
        return
    named.name, named.state = row.name, row.state.value
    yield budget_step(row, ground)
    yield from _objective(row, ground, row.since)


def _objective(row: SloStatus, ground: Ground, start: datetime | None) -> Iterator[Step | None]:
    yield burn_step(row)
    evidence = ground.evidence(row.name)
    yield None
    if evidence is None:
        yield from _contributed(None, ground, None, "", row.labels, start)
        return
    parts = Parts()
    for found in bad_events(row, evidence, ground):
        if found is None:
            yield None
        else:
            parts = found
            yield contributors(found, ground, what="the bad events", unit=unit_of(evidence), how=told(row, evidence))
    if any(one.agent for one in parts.parts):
        yield from _below(parts, ground, start)
    else:
        yield from below(ground.names.of(row.labels), ground, start, {})


def _agent(subject: Subject, ground: Ground, named: _Named) -> Iterator[Step | None]:
    status = ground.store.status.get(subject.key)
    if status is None:
        named.gone = True
        return
    named.state = status.state.value
    yield state_step(status, ground)
    yield judged_step(status.name, ground)
    tail = (step for step in below((status.name,), ground, status.since, {}))
    # How it is was said already.
    yield from (step for step in tail if step is None or step.rung is not Rung.AGENTS)


def _gate(subject: Subject, ground: Ground, named: _Named) -> Iterator[Step | None]:
    row = ground.store.gates.get(subject.key)
    if row is None:
        named.gone = True
        return
    named.name, named.state = row.name, row.state.value
    yield gate_step(row, ground)
    sides, wrong = measured_of(row.expr, low=wants_more(row.target))
    if not sides:
        yield from _contributed(Measured(measured="", why_not=wrong), ground, None, "", {}, row.since)
        return
    for step in _contributed(sides[0], ground, None, "what the gate measures", {}, row.since):
        calm = row.state is GateState.PASS
        # Who makes a gate pass is nobody's fault.
        yield replace(step, mark=Mark.TOLD) if calm and step is not None and step.rung is Rung.CONTRIBUTORS else step
