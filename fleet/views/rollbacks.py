"""What can be rolled back: what is live, what is proposed, and why."""

from fleet.actions.revision import RollbackRow, short
from fleet.filters.units import Unit
from fleet.views.columns import measure_column, name_column, word_column
from fleet.views.locks import LOCKED_BY, LOCKS, with_lock
from fleet.views.text import age_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, moment


def _proposed(row: RollbackRow, _: Look) -> Cell:
    return Cell(f"▼ {short(row.proposed)}", Tone.DEGRADED) if row.proposed else Cell("–", Tone.MUTED)


def _why(row: RollbackRow) -> str:
    return row.error or "; ".join(filter(None, (row.standing, row.because)))


def _why_cell(row: RollbackRow, at: Look) -> Cell:
    tone = Tone.DOWN if row.error else Tone.DEGRADED if row.because or row.standing else Tone.MUTED
    return Cell(with_lock(row.name, _why(row), at), tone)


def _judged(row: RollbackRow) -> str:
    """By what it is judged: its objective and its gate."""
    return ", ".join(filter(None, (row.slo, row.gate)))


def _seen_s(row: RollbackRow, at: Look) -> float | None:
    return at.since_s(row.seen)


def _order(row: RollbackRow, _: Look) -> tuple[SortValue, ...]:
    return (0 if row.proposed else 1 if row.error else 2, row.name)


ROLLS_TO: Column[RollbackRow] = word_column(
    "preferred",
    "ROLLS TO",
    12,
    lambda r: short(r.preferred),
    grow=1,
    priority=2,
    help="preselected: last good, or the one before",
)
VIEW: View[RollbackRow] = View(
    name="rollbacks",
    title="Rollbacks",
    rows=lambda store: store.rollbacks,
    columns=(
        name_column("name", "NAME", 16, lambda r: r.name),
        word_column("live", "LIVE", 12, lambda r: short(r.live), grow=1, priority=0, tone=lambda _: Tone.PLAIN),
        Column(
            id="proposed",
            title="PROPOSED",
            width=12,
            grow=1,
            priority=0,
            cell=_proposed,
            sort=lambda r, _: r.proposed or None,
        ),
        ROLLS_TO,
        word_column("kind", "KIND", 10, lambda r: r.kind, priority=3),
        word_column("judged", "JUDGED BY", 14, _judged, grow=1, priority=3),
        word_column("stages", "STAGES", 12, lambda r: ", ".join(r.stages), priority=5, empty="at once"),
        measure_column("seen", "SEEN", 5, _seen_s, age_cell, priority=4, unit=Unit.SECONDS),
        Column(id="why", title="WHY", width=18, grow=5, priority=1, cell=_why_cell, sort=lambda r, _: _why(r) or None),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        attribute("target"),
        Field("agents", lambda r, _: list(r.agents)),
        attribute("live"),
        attribute("preferred"),
        attribute("proposed"),
        attribute("because"),
        attribute("said"),
        moment("due", lambda r, _: r.due),
        attribute("slo"),
        attribute("gate"),
        Field("stages", lambda r, _: list(r.stages)),
        attribute("auto"),
        attribute("disarmed"),
        LOCKED_BY,
        moment("seen", lambda r, _: r.seen),
        attribute("error"),
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {r.target} {r.live} {r.proposed} {r.because} {r.standing} {r.error}",
    fault=lambda r: bool(r.error or r.proposed),
    empty="nothing can be rolled back: write how under rollbacks: in the configuration",
    beside=(LOCKS,),
)
