"""What changed, and when we saw it: newest first."""

from fleet.filters.units import Unit
from fleet.model import Event, EventKind
from fleet.views.columns import name_column, word_column
from fleet.views.view import Cell, Column, Look, SortValue, Tone, View, attribute, choice, moment
from fleet.vocabulary import AgentState

_TONES = {state.value: Tone(state.value) for state in AgentState} | {
    "failing": Tone.DOWN,
    "partial": Tone.DEGRADED,
    "odd": Tone.DEGRADED,
    "refused": Tone.DEGRADED,
}
"""The colour of a change for the worse: that of the state it led to."""


def _change(row: Event, _: Look) -> Cell:
    text = f"{row.before} → {row.after}" if row.before else row.after
    if not row.bad:
        return Cell(f"  {text}")
    return Cell(f"▼ {text}", _TONES.get(row.after, Tone.DOWN))


def _order(row: Event, _: Look) -> tuple[SortValue, ...]:
    return (-row.seq,)


VIEW: View[Event] = View(
    name="events",
    title="Events",
    rows=lambda store: store.events,
    columns=(
        Column(
            id="at",
            title="TIME",
            width=10,
            priority=0,
            descending=True,
            cell=lambda r, at: Cell(at.clock(r.at), Tone.MUTED),
            sort=lambda r, _: r.seq,
            unit=Unit.AGE,
            when=lambda r, _: r.at,
        ),
        word_column("kind", "KIND", 7, lambda r: r.kind.value, priority=3),
        name_column("subject", "SUBJECT", 18, lambda r: r.subject),
        Column(id="change", title="CHANGE", width=22, grow=2, priority=0, cell=_change, sort=lambda r, _: r.after),
        word_column("detail", "DETAIL", 20, lambda r: r.detail, grow=6, empty=""),
    ),
    fields=(
        attribute("seq"),
        moment("at", lambda r, _: r.at),
        choice("kind", lambda r: r.kind.value, EventKind),
        attribute("subject"),
        attribute("before"),
        attribute("after"),
        attribute("detail"),
        attribute("bad"),
    ),
    order=_order,
    words=lambda r: f"{r.kind.value} {r.subject} {r.before} {r.after} {r.detail}",
    labels=lambda r: {"kind": r.kind.value},
    fault=lambda r: r.bad,
    empty="no events yet: every change of state will be listed here",
    newest=(),
)
