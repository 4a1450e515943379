"""The alerts of all sources, one a row: worst and newest first, what is suppressed or resolved last."""

from datetime import datetime

from fleet.alerts.model import Alert, AlertState
from fleet.alerts.order import began, order_key, shelf
from fleet.filters.units import Unit
from fleet.severity import SEVERITY_RANK, Severity
from fleet.times import rfc3339
from fleet.views.alert_cells import (
    age_bucket,
    alert_state_cell,
    labels_text,
    own_severity,
    severity_cell,
    summary,
    value_cell,
)
from fleet.views.columns import measure_column, name_column, ranked_column, word_column
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment


def _order(row: Alert, _: Look) -> tuple[SortValue, ...]:
    return order_key(row)


def _since(row: Alert, _: Look) -> datetime | None:
    return began(row)


def _age(row: Alert, at: Look) -> Cell:
    return Cell(age_bucket(at.since_s(began(row))) or "–", Tone.MUTED)


def _source(row: Alert) -> str:
    more = f" +{len(row.sources) - 1}" if len(row.sources) > 1 else ""
    return f"{'claimed: ' if row.claimed else ''}{row.source}{more}"


def _words(row: Alert) -> str:
    return (
        f"{row.name} {row.severity.value} {row.severity_raw} {row.state.value} {labels_text(row.labels)} {summary(row)}"
    )


VIEW: View[Alert] = View(
    name="alerts",
    title="Alerts",
    rows=lambda store: store.alerts,
    columns=(
        ranked_column("state", "STATE", 11, lambda r, _: alert_state_cell(r), shelf),
        ranked_column(
            "severity",
            "SEVERITY",
            10,
            lambda r, _: severity_cell(r.severity),
            lambda r: SEVERITY_RANK[r.severity],
        ),
        name_column("name", "ALERT", 16, lambda r: r.name),
        Column(
            id="since",
            title="SINCE",
            width=10,
            right=True,
            priority=3,
            descending=True,
            cell=lambda r, at: Cell(at.clock(began(r)), Tone.MUTED),
            sort=lambda r, _: when.timestamp() if (when := began(r)) else None,
            unit=Unit.AGE,
            when=_since,
        ),
        Column(
            id="age",
            title="AGE",
            width=4,
            right=True,
            priority=2,
            descending=False,
            cell=_age,
            sort=lambda r, at: at.since_s(began(r)),
            unit=Unit.AGE,
            when=_since,
        ),
        measure_column("value", "VALUE", 8, lambda r, _: r.value, value_cell, priority=4),
        word_column("labels", "LABELS", 24, lambda r: labels_text(r.labels), grow=5, priority=1),
        word_column("acknowledged", "ACK BY", 8, lambda r: r.acknowledged_by or "", grow=1, priority=2, empty=""),
        word_column("source", "SOURCE", 10, _source, priority=6),
        word_column("summary", "SUMMARY", 20, summary, grow=3, priority=5, empty=""),
        word_column(
            "severity_raw", "RAISED AS", 9, lambda r: own_severity(r.severity, r.severity_raw), priority=7, empty=""
        ),
    ),
    fields=(
        attribute("name"),
        choice("state", lambda r: r.state.value, AlertState),
        choice("severity", lambda r: r.severity.value, Severity),
        attribute("severity_raw"),
        moment("since", lambda r, _: r.since),
        attribute("value"),
        attribute("labels"),
        attribute("annotations"),
        attribute("acknowledged_by"),
        Field("silenced_by", lambda r, _: list(r.silenced_by)),
        attribute("source"),
        attribute("id"),
        Field("summary", lambda r, _: summary(r)),
        attribute("claimed"),
        attribute("flapping"),
        Field("inhibited_by", lambda r, _: list(r.inhibited_by)),
        Field("sources", lambda r, _: list(r.sources)),
        moment("fired_at", lambda r, _: r.fired_at),
        moment("resolved_at", lambda r, _: r.resolved_at),
        Field("age_s", lambda r, at: at.since_s(r.since)),
        attribute("suppressed"),
        attribute("stale"),
        attribute("expr"),
        attribute("for_s"),
        attribute("rule"),
        attribute("generator_url"),
        Field("receivers", lambda r, _: list(r.receivers)),
        Field(
            "timeline",
            lambda r, _: [{"at": rfc3339(one.at), "state": one.to.value, "value": one.value} for one in r.timeline],
        ),
    ),
    order=_order,
    words=_words,
    labels=lambda r: r.labels,
    fault=lambda r: shelf(r) < 2,
    empty="nothing is pending or firing (rules, prometheus, alertmanager and alerts in the configuration bring alerts)",
    newest=(("since", True),),
)
