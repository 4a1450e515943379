"""The alerts as lines: those of one name and severity together, with how many there are. Each line can be opened."""

from datetime import datetime

from fleet.alerts.groups import line_order
from fleet.alerts.model import AlertGroup
from fleet.filters.units import Unit
from fleet.severity import SEVERITY_RANK, Severity
from fleet.views.alert_cells import age_bucket, labels_text, own_severity, severity_cell
from fleet.views.columns import count_column, name_column, ranked_column, word_column
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment

STATES = ("firing", "pending", "suppressed", "resolved")
"""What a line is as a whole, worst first."""


def state(row: AlertGroup) -> str:
    """What a line is as a whole: the worst that is in it and not suppressed."""
    return STATES[line_order(row)[0]]


_CELLS = {
    "firing": Cell("▲ firing", Tone.DOWN),
    "pending": Cell("△ pending", Tone.WAITING),
    "suppressed": Cell("▫ muted", Tone.MUTED),
    "resolved": Cell("✓ resolved", Tone.MUTED),
}


def _order(row: AlertGroup, _: Look) -> tuple[SortValue, ...]:
    return line_order(row)


def _since(row: AlertGroup, _: Look) -> datetime | None:
    return row.since


def _name(row: AlertGroup) -> str:
    if not row.by:
        return row.name
    return f"{row.by}={row.name}" if row.name else f"without {row.by}"


VIEW: View[AlertGroup] = View(
    name="alert_groups",
    title="Alerts",
    rows=lambda store: store.alert_groups,
    columns=(
        ranked_column("state", "STATE", 11, lambda r, _: _CELLS[state(r)], lambda r: line_order(r)[0]),
        ranked_column(
            "severity",
            "SEVERITY",
            10,
            lambda r, _: severity_cell(r.severity),
            lambda r: SEVERITY_RANK[r.severity],
        ),
        name_column("name", "ALERT", 18, _name),
        count_column("alerts", "ALERTS", 6, lambda r: len(r.alerts), priority=0),
        count_column("firing", "FIRING", 6, lambda r: r.firing, priority=1, tone=Tone.DOWN),
        count_column("pending", "PEND", 5, lambda r: r.pending, priority=3, tone=Tone.WAITING),
        count_column("suppressed", "MUTED", 5, lambda r: r.suppressed, priority=3),
        count_column("resolved", "ENDED", 5, lambda r: r.resolved, priority=4),
        Column(
            id="since",
            title="NEWEST",
            width=10,
            right=True,
            priority=3,
            descending=True,
            cell=lambda r, at: Cell(at.clock(r.since), Tone.MUTED),
            sort=lambda r, _: r.since.timestamp() if r.since else None,
            unit=Unit.AGE,
            when=_since,
        ),
        Column(
            id="age",
            title="AGE",
            width=4,
            right=True,
            priority=2,
            cell=lambda r, at: Cell(age_bucket(at.since_s(r.since)) or "–", Tone.MUTED),
            sort=lambda r, at: at.since_s(r.since),
            unit=Unit.AGE,
            when=_since,
        ),
        word_column("labels", "LABELS", 20, lambda r: labels_text(r.shared), grow=5, priority=1, empty=""),
        word_column(
            "severity_raw", "RAISED AS", 9, lambda r: own_severity(r.severity, r.severity_raw), priority=7, empty=""
        ),
    ),
    fields=(
        attribute("name"),
        choice("state", state, STATES),
        choice("severity", lambda r: r.severity.value, Severity),
        attribute("severity_raw"),
        attribute("firing"),
        attribute("pending"),
        attribute("suppressed"),
        attribute("resolved"),
        moment("since", lambda r, _: r.since),
        Field("labels", lambda r, _: r.shared),
        Field("alerts", lambda r, _: list(r.alerts)),
        attribute("claimed"),
        attribute("by"),
        attribute("key"),
    ),
    order=_order,
    words=lambda r: f"{_name(r)} {r.severity.value} {r.severity_raw} {state(r)} {labels_text(r.shared)}",
    labels=lambda r: r.shared,
    fault=lambda r: line_order(r)[0] < 2,
    empty="nothing is pending or firing (rules, prometheus, alertmanager and alerts in the configuration bring alerts)",
)
