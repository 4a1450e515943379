"""The rung of a gate: its expression beside its target."""

from fleet.gates.model import GateState, GateStatus
from fleet.gates.target import parse_target
from fleet.text import scrub
from fleet.why.ground import Ground
from fleet.why.model import Basis, Mark, Row, Rung, Step
from fleet.why.proposal import ready_rows

_MARKS = {GateState.PASS: Mark.GOOD, GateState.FAIL: Mark.BAD, GateState.NO_DATA: Mark.UNKNOWN}


def gate_step(row: GateStatus, ground: Ground) -> Step:
    """What is claimed, what is observed, and what the target is."""
    since = f" since {ground.clock(row.since)}" if row.since else ""
    observed = scrub(row.observed_text, 200) or "nothing"
    return Step(
        rung=Rung.SUBJECT,
        title=f"Gate {scrub(row.name, 80)}",
        finding=f"{row.state.value}{since}: {observed} observed where {scrub(row.target, 80)} is wanted",
        mark=_MARKS[row.state],
        basis=Basis.NOTHING if row.state is GateState.NO_DATA else Basis.BOTH if row.claimed else Basis.OBSERVED,
        rows=(
            Row(label="target", value=scrub(row.target, 80)),
            Row(label="observed", value=observed),
            Row(label="claimed", value=scrub(row.claimed, 80) or "nothing"),
            *ready_rows(ground.store, (row.name,)),
        ),
        unknown=(scrub(row.error, 300),) if row.error else (),
    )


def wants_more(target: str) -> bool:
    """Whether too little is what makes the target fail."""
    try:
        return parse_target(target).op in (">", ">=", "==")
    except ValueError:
        return False
