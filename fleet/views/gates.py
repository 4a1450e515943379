"""The quality gates: what is claimed beside what is observed, and whether the target holds."""

from fleet.filters.units import Unit
from fleet.gates.model import GateState, GateStatus
from fleet.views.columns import measure_column, name_column, ranked_column, word_column
from fleet.views.text import age_cell
from fleet.views.view import Cell, Look, Tone, View, attribute, choice, moment

STATE_CELLS = {
    GateState.FAIL: Cell("✖ fail", Tone.DOWN),
    GateState.NO_DATA: Cell("? no data", Tone.UNKNOWN),
    GateState.PASS: Cell("● pass", Tone.UP),
}
_RANK = {state: rank for rank, state in enumerate(STATE_CELLS)}


def _since_s(row: GateStatus, at: Look) -> float | None:
    return at.since_s(row.since)


def _plain(_: GateStatus) -> Tone:
    return Tone.PLAIN


VIEW: View[GateStatus] = View(
    name="gates",
    title="Gates",
    rows=lambda store: store.gates,
    columns=(
        ranked_column("state", "STATE", 9, lambda row, _: STATE_CELLS[row.state], lambda row: _RANK[row.state]),
        name_column("name", "GATE", 19, lambda r: r.name),
        word_column("target", "TARGET", 15, lambda r: r.target, priority=0, tone=_plain),
        word_column("observed", "OBSERVED", 14, lambda r: r.observed_text, grow=2, priority=0, tone=_plain),
        word_column("claimed", "CLAIMED", 10, lambda r: r.claimed, grow=1, priority=1),
        measure_column("since", "SINCE", 6, _since_s, age_cell, priority=2, unit=Unit.SECONDS),
        word_column("why", "WHY", 16, lambda r: r.error, grow=2, priority=3, tone=lambda _: Tone.DEGRADED),
    ),
    fields=(
        attribute("name"),
        choice("state", lambda r: r.state.value, [state.value for state in GateState]),
        attribute("target"),
        attribute("observed"),
        attribute("observed_text"),
        attribute("claimed"),
        moment("since", lambda r, _: r.since),
        attribute("expr"),
        attribute("error"),
    ),
    order=lambda row, _: (_RANK[row.state], row.name),
    words=lambda r: f"{r.name} {r.target} {r.error}",
    fault=lambda r: r.state is not GateState.PASS,
    empty="no gates: name them under gates: in the configuration",
)
