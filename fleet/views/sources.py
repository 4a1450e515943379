"""Every discovery source and probe: whether it answers, since when not and why, and what it costs."""

from datetime import datetime

from fleet.filters.units import Unit
from fleet.model import ProbeKind, Source, SourceState
from fleet.views.columns import count_column, measure_column, name_column, ranked_column, word_column
from fleet.views.text import age_cell, span_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment

_STATE: dict[SourceState, tuple[int, Cell]] = {
    SourceState.FAILING: (0, Cell("✖ failing", Tone.DOWN)),
    SourceState.PARTIAL: (1, Cell("◐ partial", Tone.DEGRADED)),
    SourceState.PENDING: (2, Cell("? pending", Tone.UNKNOWN)),
    SourceState.OK: (3, Cell("● ok", Tone.UP)),
}


def _remarks(row: Source) -> str:
    cut = (f"{row.cut:,} cut by limits",) if row.cut else ()
    return "; ".join(part for part in (row.error, *row.problems, *cut) if part)


def _success(row: Source, at: Look) -> Cell:
    """When it last answered: `fresh` while it does, the time where it fails, an age where it is late. A time does not
    tick, and a healthy row must not either."""
    when = at.seen or row.last_success
    age = at.since_s(when)
    if when is None or age is None:
        return Cell("never", Tone.MUTED)
    if row.state is SourceState.FAILING and age < 86_400:
        return Cell(at.clock(when), Tone.STALE)
    late = age > max(60.0, 3 * row.every_s)
    return age_cell(age, Tone.STALE) if late else Cell("fresh", Tone.MUTED)


def _muted_span(seconds: float) -> Cell:
    return span_cell(seconds, Tone.MUTED)


def _when(row: Source, at: Look) -> datetime | None:
    return at.seen or row.last_success


def _age_s(row: Source, at: Look) -> float | None:
    return at.since_s(_when(row, at))


def _order(row: Source, _: Look) -> tuple[SortValue, ...]:
    return (_STATE[row.state][0], row.kind.value, row.id)


VIEW: View[Source] = View(
    name="sources",
    title="Sources",
    rows=lambda store: store.sources,
    columns=(
        ranked_column("state", "STATE", 10, lambda r, _: _STATE[r.state][1], lambda r: _STATE[r.state][0]),
        name_column("id", "SOURCE", 20, lambda r: r.id, grow=4),
        word_column("kind", "KIND", 9, lambda r: r.kind.value, priority=4),
        count_column("found", "FOUND", 6, lambda r: r.found, priority=3),
        Column(
            id="age",
            title="SUCCESS",
            width=8,
            right=True,
            priority=1,
            descending=True,
            cell=_success,
            sort=_age_s,
            unit=Unit.AGE,
            when=_when,
        ),
        count_column("failures", "FAILS", 5, lambda r: r.failures, priority=2, tone=Tone.DOWN),
        measure_column("cost", "COST", 6, lambda r, _: r.cost_s, _muted_span, priority=5, unit=Unit.SECONDS),
        measure_column(
            "every",
            "EVERY",
            6,
            lambda r, _: r.every_s,
            _muted_span,
            priority=6,
            descending=False,
            unit=Unit.SECONDS,
        ),
        Column(
            id="remarks",
            title="REMARKS",
            width=16,
            grow=6,
            priority=1,
            cell=lambda r, _: Cell(
                _remarks(r) or r.summary or r.target,
                Tone.DOWN if r.error else Tone.DEGRADED if _remarks(r) else Tone.MUTED,
            ),
            sort=lambda r, _: _remarks(r) or None,
        ),
    ),
    fields=(
        attribute("id"),
        choice("kind", lambda r: r.kind.value, ProbeKind),
        attribute("target"),
        choice("state", lambda r: r.state.value, SourceState),
        moment("last_success", _when),
        Field("age_s", _age_s),
        attribute("failures"),
        attribute("error"),
        Field("problems", lambda r, _: list(r.problems)),
        attribute("every_s"),
        attribute("cost_s"),
        attribute("found"),
        attribute("cut"),
        attribute("summary"),
    ),
    order=_order,
    words=lambda r: f"{r.id} {r.kind.value} {r.target} {r.state.value} {_remarks(r)}",
    labels=lambda r: {"kind": r.kind.value},
    fault=lambda r: r.state in (SourceState.FAILING, SourceState.PARTIAL),
    empty="no sources: the configuration names neither discovery, queues nor backlogs",
)
