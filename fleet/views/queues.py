"""The task queues: depth, rates, and what does not add up. A number that is not known is a dash, never 0."""

from fleet.model import Queue
from fleet.views.text import NOT_KNOWN, age_cell, number_cell, spark
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute

_TREND = 10


def _condition(row: Queue, _: Look) -> Cell:
    if row.error:
        return Cell("◌ stale" if row.stale else "✖ failing", Tone.STALE if row.stale else Tone.DOWN)
    if row.stale:
        return Cell("◌ stale", Tone.STALE)
    return Cell("! odd", Tone.DEGRADED) if row.anomalies else Cell("● ok", Tone.UP)


def _rank(row: Queue) -> int:
    return 0 if row.error else 1 if row.stale else 2 if row.anomalies else 3


def _oldest_s(row: Queue, at: Look) -> float | None:
    age = at.since_s(row.oldest_queued_at)
    return None if age is None else max(0.0, age)


def _rate(value: float | None) -> Cell:
    return NOT_KNOWN if value is None else Cell(f"{value:.1f}", Tone.PLAIN if value else Tone.MUTED)


def _trend(row: Queue, at: Look) -> Cell:
    return Cell(spark(at.store.history.values(("queue", row.name, "queued")), _TREND), Tone.ACCENT)


def _remarks(row: Queue) -> str:
    return "; ".join(part for part in (row.error, *row.anomalies) if part)


def _order(row: Queue, _: Look) -> tuple[SortValue, ...]:
    return (_rank(row), -(row.queued or 0), row.name)


def _counted(name: str, title: str, width: int, priority: int, tone: Tone = Tone.PLAIN) -> Column[Queue]:
    return Column(
        id=name,
        title=title,
        width=width,
        right=True,
        priority=priority,
        descending=True,
        cell=lambda r, _: number_cell(getattr(r, name), tone),
        sort=lambda r, _: getattr(r, name),
    )


VIEW: View[Queue] = View(
    name="queues",
    title="Queues",
    rows=lambda store: store.queues,
    columns=(
        Column(id="state", title="STATE", width=9, priority=0, cell=_condition, sort=lambda r, _: _rank(r)),
        Column(
            id="name",
            title="QUEUE",
            width=14,
            grow=3,
            priority=0,
            cell=lambda r, _: Cell(r.name, Tone.TITLE),
            sort=lambda r, _: r.name,
        ),
        Column(
            id="kind",
            title="KIND",
            width=12,
            priority=6,
            cell=lambda r, _: Cell(r.kind, Tone.MUTED),
            sort=lambda r, _: r.kind,
        ),
        _counted("queued", "QUEUED", 6, 0),
        _counted("running", "RUN", 5, 1, Tone.ACCENT),
        _counted("failed", "FAILED", 6, 1, Tone.DOWN),
        _counted("done", "DONE", 6, 3),
        _counted("dead_letter", "DEAD", 5, 4, Tone.DOWN),
        Column(
            id="oldest",
            title="OLDEST",
            width=6,
            right=True,
            priority=2,
            descending=True,
            cell=lambda r, at: age_cell(_oldest_s(r, at), Tone.PLAIN),
            sort=_oldest_s,
        ),
        Column(
            id="arrival",
            title="IN/min",
            width=7,
            right=True,
            priority=5,
            descending=True,
            cell=lambda r, _: _rate(r.arrival_per_min),
            sort=lambda r, _: r.arrival_per_min,
        ),
        Column(
            id="completion",
            title="OUT/min",
            width=7,
            right=True,
            priority=5,
            descending=True,
            cell=lambda r, _: _rate(r.completion_per_min),
            sort=lambda r, _: r.completion_per_min,
        ),
        Column(id="trend", title="TREND", width=_TREND, priority=7, cell=_trend),
        Column(
            id="remarks",
            title="REMARKS",
            width=16,
            grow=6,
            priority=2,
            cell=lambda r, _: Cell(_remarks(r), Tone.DOWN if r.error else Tone.DEGRADED),
            sort=lambda r, _: _remarks(r) or None,
        ),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        attribute("queued"),
        attribute("running"),
        attribute("done"),
        attribute("failed"),
        attribute("dead_letter"),
        Field("oldest_queued_s", _oldest_s),
        attribute("arrival_per_min"),
        attribute("completion_per_min"),
        Field("anomalies", lambda r, _: list(r.anomalies)),
        attribute("error"),
        attribute("stale"),
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {_remarks(r)}",
    labels=lambda r: {"kind": r.kind},
    fault=lambda r: _rank(r) < 3 or bool(r.failed) or bool(r.dead_letter),
    empty="no queues: name them under queues: in the configuration",
)
