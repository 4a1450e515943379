"""The TODO backlogs: items counted beside what their documents claim, clamped bars, and what does not add up."""

from fleet.model import Backlog
from fleet.times import rfc3339
from fleet.views.text import NOT_KNOWN, number_cell, progress_bar, short_number, span_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute

_BAR = 16


def _condition(row: Backlog, _: Look) -> Cell:
    if row.error:
        return Cell("◌ stale" if row.stale else "✖ failing", Tone.STALE if row.stale else Tone.DOWN)
    if row.stale:
        return Cell("◌ stale", Tone.STALE)
    return Cell("! odd", Tone.DEGRADED) if row.anomalies else Cell("● ok", Tone.UP)


def _rank(row: Backlog) -> int:
    return 0 if row.error else 1 if row.stale else 2 if row.anomalies else 3


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


def _rate(row: Backlog, _: Look) -> Cell:
    return NOT_KNOWN if row.rate_per_hour is None else Cell(short_number(row.rate_per_hour), Tone.PLAIN)


def _remarks(row: Backlog) -> str:
    return "; ".join(part for part in (row.error, *row.anomalies) if part)


def _order(row: Backlog, _: Look) -> tuple[SortValue, ...]:
    return (_rank(row), row.done_ratio, row.name)


VIEW: View[Backlog] = View(
    name="backlog",
    title="Backlog",
    rows=lambda store: store.backlog,
    columns=(
        Column(id="state", title="STATE", width=9, priority=0, cell=_condition, sort=lambda r, _: _rank(r)),
        Column(
            id="name",
            title="BACKLOG",
            width=16,
            grow=3,
            priority=0,
            cell=lambda r, _: Cell(r.name, Tone.TITLE),
            sort=lambda r, _: r.name,
        ),
        Column(
            id="kind",
            title="KIND",
            width=14,
            priority=7,
            cell=lambda r, _: Cell(r.kind, Tone.MUTED),
            sort=lambda r, _: r.kind,
        ),
        Column(
            id="progress",
            title="PROGRESS",
            width=_BAR,
            priority=3,
            cell=lambda r, _: Cell(progress_bar(r.done_ratio, r.claimed_ratio, _BAR), Tone.ACCENT),
            sort=lambda r, _: r.done_ratio,
        ),
        Column(
            id="done",
            title="DONE",
            width=4,
            right=True,
            priority=0,
            cell=lambda r, _: _ratio(r.done_ratio),
            sort=lambda r, _: r.done_ratio,
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
        ),
        Column(
            id="rate",
            title="/HOUR",
            width=6,
            right=True,
            priority=6,
            descending=True,
            cell=_rate,
            sort=lambda r, _: r.rate_per_hour,
        ),
        Column(
            id="eta",
            title="ETA",
            width=7,
            right=True,
            priority=5,
            descending=True,
            cell=lambda r, _: span_cell(r.eta_s or None),
            sort=lambda r, _: r.eta_s,
        ),
        Column(
            id="open",
            title="OPEN",
            width=6,
            right=True,
            priority=8,
            descending=True,
            cell=lambda r, _: number_cell(_open(r)),
            sort=lambda r, _: _open(r),
        ),
        Column(
            id="remarks",
            title="REMARKS",
            width=16,
            grow=6,
            priority=1,
            cell=lambda r, _: Cell(_remarks(r), Tone.DOWN if r.error else Tone.DEGRADED),
            sort=lambda r, _: _remarks(r) or None,
        ),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        attribute("total"),
        attribute("done"),
        attribute("claimed_total"),
        attribute("claimed_done"),
        attribute("done_ratio"),
        attribute("claimed_ratio"),
        Field("anomalies", lambda r, _: list(r.anomalies)),
        attribute("rate_per_hour"),
        attribute("eta_s"),
        Field("observed_at", lambda _, at: rfc3339(at.seen)),
        attribute("error"),
        attribute("stale"),
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {_remarks(r)}",
    labels=lambda r: {"kind": r.kind},
    fault=lambda r: _rank(r) < 3,
    empty="no backlogs: name them under backlog: in the configuration",
)


def _open(row: Backlog) -> int | None:
    return None if row.total is None or row.done is None else max(0, row.total - row.done)
