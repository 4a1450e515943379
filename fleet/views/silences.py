"""The silences and acknowledgements of all origins: what they hold, by whom, why, and until when."""

from datetime import datetime

from fleet.alerts.matching import written
from fleet.alerts.model import Silence, SilenceState
from fleet.filters.units import Unit
from fleet.times import age_text
from fleet.views.alert_cells import silence_state_cell
from fleet.views.columns import count_column, ranked_column, word_column
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment

_RANK = {SilenceState.ACTIVE: 0, SilenceState.PENDING: 1, SilenceState.EXPIRED: 2}


def _order(row: Silence, _: Look) -> tuple[SortValue, ...]:
    # The oldest acknowledgement is the one that may have been forgotten.
    return (_RANK[row.state], 0 if row.acknowledges else 1, row.starts_at.timestamp(), row.id)


def _left_s(row: Silence, at: Look) -> float | None:
    if row.state is SilenceState.EXPIRED or at.store.now is None:
        return None
    return max(0.0, (row.ends_at - at.store.now).total_seconds())


def _left(row: Silence, at: Look) -> Cell:
    left = _left_s(row, at)
    # Whole minutes: a row that nothing happens to must not tick.
    return Cell("–" if left is None else "<1m" if left < 60 else age_text(left), Tone.MUTED)


def _ended(row: Silence, _: Look) -> datetime | None:
    return row.ends_at


VIEW: View[Silence] = View(
    name="silences",
    title="Silences",
    rows=lambda store: store.silences,
    columns=(
        ranked_column("state", "STATE", 10, lambda r, _: silence_state_cell(r.state), lambda r: _RANK[r.state]),
        word_column("kind", "KIND", 7, lambda r: "ack" if r.acknowledges else "silence", priority=2),
        Column(
            id="matchers",
            title="MATCHERS",
            width=24,
            grow=5,
            priority=0,
            cell=lambda r, _: Cell(written(r.matchers), Tone.TITLE),
            sort=lambda r, _: written(r.matchers),
            named=True,
        ),
        count_column("matched", "HOLDS", 5, lambda r: r.matched, priority=1),
        word_column("by", "BY", 10, lambda r: r.created_by, priority=1),
        word_column("comment", "COMMENT", 16, lambda r: r.comment, grow=4, priority=1, empty=""),
        Column(id="left", title="LEFT", width=5, right=True, priority=1, cell=_left, sort=_left_s, unit=Unit.SECONDS),
        Column(
            id="ends",
            title="UNTIL",
            width=10,
            right=True,
            priority=4,
            cell=lambda r, at: Cell(at.clock(r.ends_at), Tone.MUTED),
            sort=lambda r, _: r.ends_at.timestamp(),
            unit=Unit.AGE,
            when=_ended,
        ),
        word_column("origin", "ORIGIN", 8, lambda r: r.origin, priority=5),
    ),
    fields=(
        attribute("id"),
        choice("state", lambda r: r.state.value, SilenceState),
        Field(
            "matchers",
            lambda r, _: [{"name": one.name, "op": one.op.value, "value": one.value} for one in r.matchers],
        ),
        moment("starts_at", lambda r, _: r.starts_at),
        moment("ends_at", lambda r, _: r.ends_at),
        attribute("created_by"),
        attribute("comment"),
        attribute("acknowledges"),
        attribute("matched"),
        attribute("origin"),
    ),
    order=_order,
    words=lambda r: f"{written(r.matchers)} {r.created_by} {r.comment} {r.state.value} {r.origin}",
    labels=lambda r: {one.name: one.value for one in r.matchers},
    empty="no silences: a acknowledges an alert, s silences it",
)
