"""The task queues: depth, rates, and what does not add up. A number that is not known is a dash, never 0."""

from fleet.filters.units import Unit
from fleet.views.columns import count_column, measure_column, name_column, word_column
from fleet.views.condition import CONDITION, WORDS, rank, remarks, remarks_column, word
from fleet.views.text import age_cell, spark
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice
from fleet.work import Queue

_TREND = 10


def _oldest_s(row: Queue, at: Look) -> float | None:
    age = at.since_s(row.oldest_queued_at)
    return None if age is None else max(0.0, age)


def _age(seconds: float) -> Cell:
    return age_cell(seconds, Tone.PLAIN)


def _rate(value: float) -> Cell:
    return Cell(f"{value:.1f}", Tone.PLAIN if value else Tone.MUTED)


def _trend(row: Queue, at: Look) -> Cell:
    return Cell(spark(at.store.history.values(("queue", row.name, "queued")), _TREND), Tone.ACCENT)


def _order(row: Queue, _: Look) -> tuple[SortValue, ...]:
    return (rank(row), -(row.queued or 0), row.name)


VIEW: View[Queue] = View(
    name="queues",
    title="Queues",
    rows=lambda store: store.queues,
    columns=(
        CONDITION,
        name_column("name", "QUEUE", 14, lambda r: r.name),
        word_column("kind", "KIND", 12, lambda r: r.kind, priority=6),
        count_column("queued", "QUEUED", 6, lambda r: r.queued, priority=0),
        count_column("running", "RUN", 5, lambda r: r.running, priority=1, tone=Tone.ACCENT),
        count_column("failed", "FAILED", 6, lambda r: r.failed, priority=1, tone=Tone.DOWN),
        count_column("done", "DONE", 6, lambda r: r.done, priority=3),
        count_column("dead_letter", "DEAD", 5, lambda r: r.dead_letter, priority=4, tone=Tone.DOWN),
        measure_column("oldest", "OLDEST", 6, _oldest_s, _age, priority=2, unit=Unit.SECONDS),
        measure_column("arrival", "IN/min", 7, lambda r, _: r.arrival_per_min, _rate, priority=5),
        measure_column("completion", "OUT/min", 7, lambda r, _: r.completion_per_min, _rate, priority=5),
        Column(id="trend", title="TREND", width=_TREND, priority=7, cell=_trend),
        remarks_column(priority=2),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        choice("state", word, WORDS),
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
    words=lambda r: f"{r.name} {r.kind} {remarks(r)}",
    labels=lambda r: {"kind": r.kind},
    fault=lambda r: rank(r) < 3 or bool(r.failed) or bool(r.dead_letter),
    empty="no queues: name them under queues: in the configuration",
)
