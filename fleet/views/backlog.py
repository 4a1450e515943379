"""The TODO backlogs: items counted beside what their documents claim, clamped bars, and what does not add up."""

from fleet.filters.units import Unit
from fleet.views.columns import count_column, measure_column, name_column, word_column
from fleet.views.condition import CONDITION, WORDS, rank, remarks, remarks_column, word
from fleet.views.text import NOT_KNOWN, progress_bar, span_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment
from fleet.work import Backlog

_BAR = 16


def _ratio(ratio: float | None, tone: Tone = Tone.PLAIN) -> Cell:
    return NOT_KNOWN if ratio is None else Cell(f"{ratio * 100:.0f}%", tone)


def _claims_more(row: Backlog) -> bool:
    return row.claimed_ratio is not None and (row.claimed_ratio > (row.done_ratio or 0.0) + 0.005)


def _claimed(row: Backlog, _: Look) -> Cell:
    cell = _ratio(row.claimed_ratio, Tone.DEGRADED if _claims_more(row) else Tone.MUTED)
    return Cell(f"≠ {cell.text}", cell.tone) if _claims_more(row) else cell


def _counted(row: Backlog, _: Look) -> Cell:
    if row.total is None:
        return NOT_KNOWN
    return Cell(f"{'–' if row.done is None else f'{row.done:,}'}/{row.total:,}", Tone.PLAIN)


def _open(row: Backlog) -> int | None:
    return None if row.total is None or row.done is None else max(0, row.total - row.done)


def _order(row: Backlog, _: Look) -> tuple[SortValue, ...]:
    return (rank(row), row.done_ratio, row.name)


VIEW: View[Backlog] = View(
    name="backlog",
    title="Backlog",
    rows=lambda store: store.backlog,
    columns=(
        CONDITION,
        name_column("name", "BACKLOG", 16, lambda r: r.name),
        word_column("kind", "KIND", 14, lambda r: r.kind, priority=7),
        Column(
            id="progress",
            title="PROGRESS",
            width=_BAR,
            priority=3,
            cell=lambda r, _: Cell(progress_bar(r.done_ratio, r.claimed_ratio, _BAR), Tone.ACCENT),
            sort=lambda r, _: r.done_ratio,
            unit=Unit.RATIO,
        ),
        measure_column(
            "done", "DONE", 4, lambda r, _: r.done_ratio, _ratio, priority=0, descending=False, unit=Unit.RATIO
        ),
        Column(
            id="counted",
            title="COUNTED",
            width=13,
            right=True,
            priority=2,
            descending=True,
            cell=_counted,
            sort=lambda r, _: r.total,
        ),
        Column(
            id="claimed",
            title="CLAIMS",
            width=7,
            right=True,
            priority=1,
            descending=True,
            cell=_claimed,
            sort=lambda r, _: r.claimed_ratio,
            unit=Unit.RATIO,
        ),
        count_column("rate", "/HOUR", 6, lambda r: r.rate_per_hour, priority=6),
        measure_column("eta", "ETA", 7, lambda r, _: r.eta_s or None, span_cell, priority=5, unit=Unit.SECONDS),
        count_column("open", "OPEN", 6, _open, priority=8),
        remarks_column(priority=1),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        choice("state", word, WORDS),
        attribute("total"),
        attribute("done"),
        attribute("claimed_total"),
        attribute("claimed_done"),
        attribute("done_ratio"),
        attribute("claimed_ratio"),
        Field("anomalies", lambda r, _: list(r.anomalies)),
        attribute("rate_per_hour"),
        attribute("eta_s"),
        moment("observed_at", lambda _, at: at.seen),
        attribute("error"),
        attribute("stale"),
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {remarks(r)}",
    labels=lambda r: {"kind": r.kind},
    fault=lambda r: rank(r) < 3,
    empty="no backlogs: name them under backlog: in the configuration",
)
