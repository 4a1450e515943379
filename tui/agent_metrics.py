"""The metrics on an agent's page as a view: its own series and those of its sources' pages that name it.

The rows are the page's own slice, filled from the store, so that the one table of the project draws them, searches and
sorts them like any other.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from msgspec import Struct

from fleet.filters.units import Unit
from fleet.model import Family, Page, SeriesId
from fleet.series import rate_per_s
from fleet.store import Slice, Store
from fleet.time_style import UTC_STYLE, TimeStyle
from fleet.times import span_text
from fleet.views.text import bytes_text, short_number, spark
from fleet.views.view import Cell, Column, Field, Look, Tone, View, attribute

_TREND = 14
_PARTS = ("_total", "_bucket", "_sum", "_count", "_created")
_EPOCH_FROM = 1e9


class MetricRow(Struct, frozen=True):
    """A series of the agent with its newest value; `target` is whose page it came on."""

    series: SeriesId
    value: float
    type: str
    target: str


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


_COLUMNS: tuple[Column[MetricRow], ...] = (
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
)
_FIELDS: tuple[Field[MetricRow], ...] = (
    Field("name", lambda r, _: r.series.name),
    Field("labels", lambda r, _: dict(r.series.labels)),
    attribute("value"),
    attribute("type"),
    Field("per_s", _rate_s),
    Field("page_of", lambda r, _: r.target),
)


def metrics_view(rows: Slice[SeriesId, MetricRow]) -> View[MetricRow]:
    """The metrics of one agent, by name."""
    return View(
        name="metrics",
        title="Metrics",
        rows=lambda _: rows,
        columns=_COLUMNS,
        fields=_FIELDS,
        order=lambda r, _: (r.series.name, _labels(r)),
        words=lambda r: f"{r.series.name} {_labels(r)}",
        labels=lambda r: dict(r.series.labels),
        empty="no metrics: the agent has no metrics address, or it has not answered yet",
    )
