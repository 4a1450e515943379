"""The tables on an agent's page as views: its metrics, what each source claims of it, its health detail.

The rows are the page's own slices, filled from the store, so that the one table of the project draws them, searches
and sorts them like any other.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from msgspec import Struct

from fleet.filters.units import Unit
from fleet.model import Claim, Fact, Family, Page, SeriesId
from fleet.series import rate_per_s
from fleet.store import Slice, Store
from fleet.time_style import UTC_STYLE, TimeStyle
from fleet.times import span_text
from fleet.views.text import NOT_KNOWN, STATE_GLYPH, bytes_text, short_number, spark
from fleet.views.view import Cell, Column, Field, Look, Tone, View, attribute, moment
from fleet.vocabulary import AgentState, agent_state

_TREND = 14
_PARTS = ("_total", "_bucket", "_sum", "_count", "_created")
_EPOCH_FROM = 1e9


class MetricRow(Struct, frozen=True):
    """A series of the agent with its newest value; `target` is whose page it came on."""

    series: SeriesId
    value: float
    type: str
    target: str


class ClaimRow(Struct, frozen=True):
    """Who says what of the agent. `observed` marks fleetdeck's own row."""

    who: str
    says: str
    state: AgentState | None
    at: datetime | None
    detail: str
    observed: bool = False


# ── Metrics ────────────────────────────────────────────────────────────────────────────────────────────────────────


def metric_rows(store: Store, name: str, sources: tuple[str, ...]) -> dict[SeriesId, MetricRow]:
    """The series of an agent: all of its own page, and those of its sources' pages that name it in a label."""
    rows: dict[SeriesId, MetricRow] = {}
    own = store.scrapes.get(name)
    if own is not None and own.page is not None:
        rows.update((row.series, row) for row in _rows(own.page, name))
    for source in sources:
        scrape = store.scrapes.get(source)
        if scrape is not None and scrape.page is not None:
            rows.update((row.series, row) for row in _rows(scrape.page, source, name))
    return rows


def _rows(page: Page, target: str, label_value: str | None = None) -> Iterator[MetricRow]:
    families = {family.name: family for family in page.families}
    for series, value in zip(page.series, page.values, strict=True):
        if label_value is None or any(text == label_value for _, text in series.labels):
            yield MetricRow(series, value, _type(series.name, families), target)


def _type(name: str, families: dict[str, Family]) -> str:
    for known in (name, *(name.removesuffix(part) for part in _PARTS if name.endswith(part))):
        if known in families:
            return families[known].type
    return "counter" if name.endswith("_total") else "unknown"


def metric_text(name: str, value: float, times: TimeStyle = UTC_STYLE, now: datetime | None = None) -> str:
    """A sample for people, by the unit at the end of its name; a time in the style of `times`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if name.endswith(("_bytes", "_bytes_total")):
        return bytes_text(value)
    if name.endswith(("_seconds", "_created")):
        if value >= _EPOCH_FROM:
            return _epoch_text(value, times, now)
        return span_text(value) if value >= 0 else short_number(value)
    if name.endswith("_ratio"):
        return f"{value * 100:.1f}%"
    return short_number(value) if abs(value) >= 0.05 or value == 0 else f"{value:.3g}"


def _epoch_text(value: float, times: TimeStyle, now: datetime | None) -> str:
    try:
        return times.day_minute(datetime.fromtimestamp(value, UTC), now)
    except (OverflowError, ValueError, OSError):
        return short_number(value)


def _metric_cell(row: MetricRow, at: Look) -> Cell:
    text = metric_text(row.series.name, row.value, at.store.times, at.store.now)
    return Cell(text, Tone.PLAIN if row.value else Tone.MUTED)


def _is_counter(row: MetricRow) -> bool:
    name = row.series.name
    return row.type == "counter" or (
        row.type in ("histogram", "summary") and name.endswith(("_count", "_sum", "_bucket"))
    )


def _rate_s(row: MetricRow, at: Look) -> float | None:
    if not _is_counter(row):
        return None
    return rate_per_s(at.store.history.column(row.target, row.series))


def _rate(row: MetricRow, at: Look) -> Cell:
    rate = _rate_s(row, at)
    if rate is None:
        return Cell("", Tone.MUTED)
    return Cell(f"{rate:.3g}" if rate < 100 else short_number(rate), Tone.PLAIN if rate else Tone.MUTED)


def _trend(row: MetricRow, at: Look) -> Cell:
    points = at.store.history.column(row.target, row.series)
    values = [value for _, value in points]
    if _is_counter(row):
        values = [max(0.0, after - before) for before, after in pairwise(values)]
    return Cell(spark(values, _TREND), Tone.ACCENT)


def _labels(row: MetricRow) -> str:
    return " ".join(f"{name}={value}" for name, value in row.series.labels)


def metrics_view(rows: Slice[SeriesId, MetricRow]) -> View[MetricRow]:
    """The metrics of one agent, by name."""
    return View(
        name="metrics",
        title="Metrics",
        rows=lambda _: rows,
        columns=(
            Column(
                id="name",
                title="METRIC",
                width=22,
                grow=4,
                priority=0,
                cell=lambda r, _: Cell(r.series.name, Tone.TITLE),
                sort=lambda r, _: r.series.name,
            ),
            Column(
                id="labels",
                title="LABELS",
                width=12,
                grow=5,
                priority=1,
                cell=lambda r, _: Cell(_labels(r), Tone.MUTED),
                sort=lambda r, _: _labels(r) or None,
            ),
            Column(
                id="value",
                title="VALUE",
                width=11,
                right=True,
                priority=0,
                descending=True,
                cell=_metric_cell,
                sort=lambda r, _: None if math.isnan(r.value) else r.value,
                unit=Unit.ANY,
            ),
            Column(
                id="rate",
                title="PER s",
                width=7,
                right=True,
                priority=3,
                descending=True,
                cell=_rate,
                sort=_rate_s,
            ),
            Column(id="trend", title="TREND", width=_TREND, priority=2, cell=_trend),
        ),
        fields=(
            Field("name", lambda r, _: r.series.name),
            Field("labels", lambda r, _: dict(r.series.labels)),
            attribute("value"),
            attribute("type"),
            Field("per_s", _rate_s),
            Field("page_of", lambda r, _: r.target),
        ),
        order=lambda r, _: (r.series.name, _labels(r)),
        words=lambda r: f"{r.series.name} {_labels(r)}",
        labels=lambda r: dict(r.series.labels),
        empty="no metrics: the agent has no metrics address, or it has not answered yet",
    )


# ── Claims ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def claim_rows(store: Store, name: str) -> dict[str, ClaimRow]:
    """What is observed of the agent first, then what its health body and each source claim."""
    rows: dict[str, ClaimRow] = {}
    status = store.status.get(name)
    if status is not None:
        seen = store.status.seen(name)
        rows["observed"] = ClaimRow("observed", "", status.state, seen, status.detail, observed=True)
    health = store.health.get(name)
    if health is not None and health.reading is not None and health.reading.claimed is not None:
        reading = health.reading
        rows["its health page"] = ClaimRow(
            "its health page", reading.claimed or "", reading.claimed_state, reading.reported_at, reading.detail
        )
    agent = store.agents.get(name)
    for claimed in agent.claims if agent is not None else ():
        rows[claimed.source] = _claim_row(claimed.source, claimed.claim)
    return rows


def _claim_row(source: str, claim: Claim) -> ClaimRow:
    counts = (
        ("queued", claim.tasks_queued),
        ("running", claim.tasks_running),
        ("done", claim.tasks_completed),
        ("failed", claim.tasks_failed),
    )
    work = ", ".join(f"{number} {word}" for word, number in counts if number is not None)
    detail = "; ".join(part for part in (claim.detail, work) if part)
    return ClaimRow(source, claim.status or "", agent_state(claim.status), claim.at, detail)


def _claim_state(row: ClaimRow, _: Look) -> Cell:
    if row.state is None:
        return NOT_KNOWN
    # A claim is never painted in the colour of a state: that is for what was observed.
    tone = Tone(row.state.value) if row.observed else Tone.MUTED
    return Cell(f"{STATE_GLYPH[row.state]} {row.state.value}", tone)


def claims_view(rows: Slice[str, ClaimRow]) -> View[ClaimRow]:
    """What was observed beside what is claimed, a row for each who says something."""
    return View(
        name="claims",
        title="Observed and claimed",
        rows=lambda _: rows,
        columns=(
            Column(
                id="who",
                title="WHO SAYS",
                width=14,
                grow=2,
                priority=0,
                cell=lambda r, _: Cell(r.who, Tone.TITLE if r.observed else Tone.PLAIN),
                sort=lambda r, _: r.who,
            ),
            Column(id="state", title="STATE", width=10, priority=0, cell=_claim_state),
            Column(id="says", title="WORD", width=10, priority=1, cell=lambda r, _: Cell(r.says or "–", Tone.MUTED)),
            Column(
                id="at",
                title="AT",
                width=14,
                priority=3,
                cell=lambda r, at: Cell(at.store.times.day_clock(r.at, at.store.now), Tone.MUTED),
                sort=lambda r, _: r.at.timestamp() if r.at else None,
                unit=Unit.AGE,
                when=lambda r, _: r.at,
            ),
            Column(
                id="detail", title="DETAIL", width=12, grow=3, priority=2, cell=lambda r, _: Cell(r.detail, Tone.MUTED)
            ),
        ),
        fields=(
            attribute("who"),
            attribute("says"),
            Field("state", lambda r, _: r.state.value if r.state else None),
            moment("at", lambda r, _: r.at),
            attribute("detail"),
        ),
        order=lambda r, _: (0 if r.observed else 1, r.who),
        words=lambda r: f"{r.who} {r.says} {r.state or ''} {r.detail}",
        empty="nobody says anything of this agent",
    )


# ── Health detail ──────────────────────────────────────────────────────────────────────────────────────────────────


def health_rows(store: Store, name: str) -> dict[int, Fact]:
    """The flattened body of the agent's health page, in its own order."""
    health = store.health.get(name)
    return dict(enumerate(health.reading.facts)) if health is not None and health.reading is not None else {}


def health_view(rows: Slice[int, Fact]) -> View[Fact]:
    """A health body as names and values."""
    columns: tuple[Column[Fact], ...] = (
        Column(
            id="key",
            title="FIELD",
            width=16,
            grow=2,
            priority=0,
            cell=lambda r, _: Cell(r.key),
            sort=lambda r, _: r.key,
        ),
        Column(id="value", title="VALUE", width=14, grow=3, priority=0, cell=_fact, sort=lambda r, _: r.value),
    )
    return View(
        name="health",
        title="Health detail",
        rows=lambda _: rows,
        columns=columns,
        fields=(attribute("key"), attribute("value")),
        order=lambda _, at: (float(at.key),),
        words=lambda r: f"{r.key} {r.value}",
    )


def _fact(row: Fact, _: Look) -> Cell:
    bad: Any = agent_state(row.value) is AgentState.DOWN
    return Cell(row.value, Tone.DOWN if bad else Tone.MUTED)
