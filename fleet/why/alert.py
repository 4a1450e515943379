"""The rungs of an alert, and of a line of alerts: what it says, its expression against its threshold, who makes it."""

from collections.abc import Iterator, Mapping

from fleet.alerts.model import Alert, AlertGroup, AlertState
from fleet.errors import QueryError
from fleet.promql.labels import NAME, Labels
from fleet.severity import SEVERITY_RANK
from fleet.slo.own_series import PREFIX
from fleet.text import scrub
from fleet.why.expression import Measured, read
from fleet.why.ground import TOP, Answered, Ground, count_of, listed, shown
from fleet.why.model import Basis, Mark, Row, Rung, Step
from fleet.why.proposal import ready_rows
from fleet.why.shares import Part, Parts, contributions, contributors

_HOLDS = {
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    "==": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
}


def alert_step(alert: Alert, ground: Ground) -> Step:
    """What is shown of it."""
    since = f" since {ground.clock(alert.since)}" if alert.since else ""
    words = [f"{alert.state.value}{since}, {alert.severity.value}"]
    words += ["claimed by the system itself"] * alert.claimed + ["as last heard"] * alert.stale
    words += ["flapping"] * alert.flapping
    rows = [Row(label=name, value=value) for name, value in sorted(alert.labels.items()) if name != "alertname"]
    summary = alert.annotations.get("summary") or alert.annotations.get("message") or ""
    rows += [Row(label="summary", value=scrub(summary, 300))] if summary else []
    rows += [Row(label="source", value=", ".join(alert.sources) or alert.source)]
    rows += [
        Row(label="explained by", value=other.name if (other := ground.store.alerts.get(id)) else id, alert=id)
        for id in alert.inhibited_by[:TOP]
    ]
    rows += ready_rows(ground.store, alert.labels.values())
    return Step(
        rung=Rung.SUBJECT,
        title=f"Alert {scrub(alert.name, 80)}",
        finding=", ".join(words),
        mark=_MARKS[alert.state],
        basis=Basis.CLAIMED if alert.claimed else Basis.OBSERVED,
        rows=tuple(rows),
    )


_MARKS = {AlertState.FIRING: Mark.BAD, AlertState.PENDING: Mark.WARN, AlertState.RESOLVED: Mark.GOOD}


def objective_of(alert: Alert, ground: Ground) -> str:
    """The objective that the alert is about: its expression asks for one of fleetdeck's own series of objectives, and a
    label names it. "" where it is about none."""
    name = alert.labels.get("slo") or alert.labels.get("slo_name") or ""
    return name if name in ground.store.slos and (PREFIX in alert.expr or not alert.expr) else ""


# ── the expression ─────────────────────────────────────────────────────────────────────────────────────────────────


def measured_of(expr: str, *, low: bool = False) -> tuple[tuple[Measured, ...], str]:
    """How an expression is read, and why it cannot be."""
    if not expr:
        return (), "it has no expression: a system says so, and not how it knows"
    try:
        return read(expr, low=low), ""
    except QueryError as error:
        return (), f"its expression cannot be read here: {scrub(str(error), 200)}"


def expression(alert: Alert, ground: Ground) -> Iterator[tuple[Step, Measured | None] | None]:
    """The step of the expression and the side of it that makes the alert, at last; None where a step may end."""
    sides, wrong = measured_of(alert.expr)
    if not sides:
        yield _unreadable(alert, wrong), None
        return
    chosen, answered = sides[0], ground.ask(sides[0].measured)
    for side in sides[1:]:
        if _own(answered, alert.labels) is not None:
            break
        yield None
        other = ground.ask(side.measured)
        if _own(other, alert.labels) is not None:
            chosen, answered = side, other
    yield None
    bound = chosen.bound
    extra = None
    if chosen.bound_query:
        extra = ground.ask(chosen.bound_query)
        found = _own(extra, alert.labels)
        bound = found
    before = ground.ask(chosen.measured, alert.since) if alert.since and alert.since < ground.now else None
    yield None
    yield _compared(alert, ground, chosen, bound, answered, (extra, before)), chosen


def _unreadable(alert: Alert, wrong: str) -> Step:
    rows = [Row(label="value", value=shown(alert.value))] if alert.value is not None else []
    return Step(
        rung=Rung.EXPRESSION,
        title="Its expression",
        finding=wrong,
        mark=Mark.UNKNOWN,
        basis=Basis.CLAIMED if alert.value is not None else Basis.NOTHING,
        rows=tuple(rows),
        unknown=("what it measures, and of whom",),
    )


def _own(answered: Answered, labels: Mapping[str, str]) -> float | None:
    """The value of the element that has become the alert; None where there is none, or not only one."""
    found = [
        value
        for element, value in answered.elements
        if all(labels.get(name) == text for name, text in element.pairs if name != NAME)
    ]
    return found[0] if len(found) == 1 else None


def _compared(
    alert: Alert,
    ground: Ground,
    side: Measured,
    bound: float | None,
    answered: Answered,
    others: tuple[Answered | None, Answered | None],
) -> Step:
    value = _own(answered, alert.labels)
    before = None if others[1] is None else _own(others[1], alert.labels)
    threshold = "" if bound is None else f" {side.op} {shown(bound)}"
    holds = None if value is None or bound is None else _HOLDS[side.op](value, bound)
    rows = [Row(label="now", value="not known" if value is None else shown(value))]
    if alert.since is not None:
        rows.append(
            Row(label=f"at {ground.clock(alert.since)}", value="not known" if before is None else shown(before))
        )
    if alert.value is not None:
        rows.append(Row(label="when last judged", value=shown(alert.value)))
    if side.op:
        rows.append(Row(label="threshold", value=threshold.strip() or f"{side.op} {scrub(side.bound_query, 160)}"))
    rows += [Row(label="also needs", value=scrub(text, 200)) for text in side.conditions[:TOP]]
    asked = (answered, *(one for one in others if one is not None))
    unknown = list(dict.fromkeys(one.error for one in asked if one.error))
    if value is None and not answered.error:
        unknown.append(_no_value(alert, answered, ground))
    return Step(
        rung=Rung.EXPRESSION,
        title="Its expression",
        finding=_finding(alert, ground, value, threshold, holds, side),
        mark=Mark.UNKNOWN if value is None else Mark.GOOD if holds is False else Mark.BAD,
        basis=Basis.OBSERVED if value is not None else Basis.NOTHING,
        rows=tuple(rows),
        asked=tuple(one.asked for one in asked),
        unknown=tuple(unknown),
    )


def _finding(
    alert: Alert, ground: Ground, value: float | None, threshold: str, holds: bool | None, side: Measured
) -> str:
    if value is None:
        return f"it has no value now that could be compared{threshold and ' with' + threshold}"
    since = f" since {ground.clock(alert.since)}, as its source judged" if alert.since else ""
    if not side.op:
        return f"{shown(value)} now; it compares nothing: that there is a value is the alert{since}"
    if holds is None:
        return f"{shown(value)} now; with what it is compared is not known"
    if not holds:
        return f"{shown(value)} now, which is not{threshold} any more: it ends, or it has not been judged since"
    return f"{shown(value)} now, which is{threshold}{since}"


def _no_value(alert: Alert, answered: Answered, ground: Ground) -> str:
    if answered.elements:
        return f"none of {count_of(len(answered.elements), 'element')} has exactly its labels"
    if alert.source and alert.source != ground.home:
        return f"its samples may be kept by {scrub(alert.source, 60)}, they are not here"
    return "no series of it has a sample of the last five minutes"


# ── who contributes ────────────────────────────────────────────────────────────────────────────────────────────────


def contributing(
    side: Measured | None, ground: Ground, subject: Mapping[str, str] | None, what: str, *, labels: Mapping[str, str]
) -> Iterator[tuple[Step, Parts] | None]:
    """The step of contributors with its parts, at last; None where a step of the loop may end. Where the expression
    cannot be taken apart, the agents that `labels` name are all that is said."""
    if side is None or side.plan is None:
        why = "" if side is None else side.why_not
        yield _by_labels(ground, labels, why)
        return
    for found in contributions(side.plan, ground, subject):
        if found is None:
            yield None
        elif not found.parts and ground.names.of(labels):
            yield _by_labels(ground, labels, f"{what} has no series now", found)
        else:
            yield contributors(found, ground, what=what, how=side.plan.said), found


def _by_labels(ground: Ground, labels: Mapping[str, str], why: str, found: Parts | None = None) -> tuple[Step, Parts]:
    named = ground.names.of(labels)
    rest = found or Parts()
    parts = Parts(
        parts=tuple(Part(key=name, agent=name, value=0.0, series=0) for name in named),
        asked=rest.asked,
        errors=rest.errors,
    )
    unknown = [*rest.errors, *([scrub(why, 200)] if why else [])]
    if not named:
        unknown.append("its labels name no agent that is known")
    step = Step(
        rung=Rung.CONTRIBUTORS,
        title="Who contributes",
        finding=f"its labels name {listed(named)}" if named else "who contributes cannot be told",
        mark=Mark.TOLD if named else Mark.UNKNOWN,
        basis=Basis.OBSERVED if named else Basis.NOTHING,
        rows=tuple(Row(label=name, agent=name) for name in named[:TOP]),
        asked=parts.asked,
        unknown=tuple(unknown),
    )
    return step, parts


# ── a line of alerts ───────────────────────────────────────────────────────────────────────────────────────────────


def group_step(name: str, alerts: list[Alert], group: AlertGroup | None, ground: Ground) -> Step:
    """How many of them there are, and what they have in common."""
    counts = ((state, sum(one.state is state for one in alerts)) for state in AlertState)
    words = ", ".join(f"{number} {state.value}" for state, number in counts if number)
    shared = _shared(alerts)
    first = min((one.since for one in alerts if one.since), default=None)
    rows = [Row(label=label, value=value) for label, value in shared.items() if label != "alertname"]
    rows.append(Row(label="the first since", value=ground.clock(first)))
    suppressed = 0 if group is None else group.suppressed
    rows += [Row(label="suppressed", value=str(suppressed))] if suppressed else []
    claimed = any(one.claimed for one in alerts)
    return Step(
        rung=Rung.SUBJECT,
        title=f"Alerts {scrub(name, 80)}",
        finding=f"{count_of(len(alerts), 'alert')}: {words}",
        mark=Mark.BAD if any(one.state is AlertState.FIRING for one in alerts) else Mark.TOLD,
        basis=Basis.CLAIMED if claimed else Basis.OBSERVED,
        rows=tuple(rows),
    )


def group_members(alerts: list[Alert], ground: Ground) -> tuple[Step, tuple[Alert, ...]]:
    """The worst and oldest of them, and all that have not ended in that order."""
    order = sorted(
        (one for one in alerts if one.state is not AlertState.RESOLVED),
        key=lambda one: (SEVERITY_RANK[one.severity], one.since.timestamp() if one.since else 0.0, one.id),
    )
    agents = {agent for one in order if (agent := ground.names.first(one.labels))}
    nameless = sum(1 for one in order if not ground.names.first(one.labels))
    shared = _shared(alerts)
    about = f"about {count_of(len(agents), 'agent')}" if agents else "about no agent that is known"
    finding = f"{count_of(len(order), 'alert')} {about}, the worst and oldest first"
    step = Step(
        rung=Rung.CONTRIBUTORS,
        title="Who contributes",
        finding=finding if order else "all of them have ended",
        mark=Mark.BAD if order else Mark.GOOD,
        rows=tuple(_member(one, shared, ground) for one in order[:TOP]),
        unknown=(f"{nameless} of them name{'s' if nameless == 1 else ''} no agent that is known",) if nameless else (),
    )
    return step, tuple(order)


def _member(alert: Alert, shared: Mapping[str, str], ground: Ground) -> Row:
    own = Labels.of({name: text for name, text in alert.labels.items() if name not in shared})
    value = f", value {shown(alert.value)}" if alert.value is not None else ""
    return Row(
        label=ground.names.first(alert.labels) or (scrub(str(own), 80) if own else alert.name),
        value=f"{alert.severity.value}, {alert.state.value} since {ground.clock(alert.since)}{value}",
        alert=alert.id,
    )


def _shared(alerts: list[Alert]) -> dict[str, str]:
    """The labels that all of them have."""
    return dict(sorted(set.intersection(*(set(one.labels.items()) for one in alerts)))) if alerts else {}
