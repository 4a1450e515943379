"""The agents: what each claims, what is observed, and the numbers that go with it."""

from fleet.filters.units import Unit
from fleet.model import AgentStatus
from fleet.views.columns import count_column, measure_column, name_column, ranked_column, word_column
from fleet.views.locks import LOCKED_BY, LOCKS, with_lock
from fleet.views.text import age_cell, bytes_cell, percent_cell, span_cell, state_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute, choice, moment
from fleet.vocabulary import SEVERITY, AgentState


def _claimed(row: AgentStatus, _: Look) -> Cell:
    if row.claimed is None:
        return Cell("–", Tone.MUTED)
    return Cell(
        f"≠ {row.claimed}" if row.disagrees else f"  {row.claimed}", Tone.DEGRADED if row.disagrees else Tone.MUTED
    )


def _exact_latency(row: AgentStatus, at: Look) -> float | None:
    return at.store.history.last(("agent", row.name, "latency_s"))


def _seen(row: AgentStatus, at: Look) -> Cell:
    """The age of the last confirmation, shown only once it is worth showing: idle rows must not tick."""
    age = at.age_s
    if age is None:
        return Cell("never", Tone.MUTED)
    return Cell("fresh", Tone.MUTED) if age < 60 else age_cell(age, Tone.STALE)


def _cpu_ratio(row: AgentStatus) -> float | None:
    return None if row.cpu_percent is None else row.cpu_percent / 100


def _order(row: AgentStatus, _: Look) -> tuple[SortValue, ...]:
    return (SEVERITY[row.state], 0 if row.disagrees else 1, row.name)


VIEW: View[AgentStatus] = View(
    name="agents",
    title="Agents",
    rows=lambda store: store.status,
    columns=(
        ranked_column("state", "STATE", 10, lambda r, _: state_cell(r.state), lambda r: SEVERITY[r.state]),
        name_column("name", "AGENT", 16, lambda r: r.name),
        Column(id="claimed", title="CLAIMS", width=12, priority=2, cell=_claimed, sort=lambda r, _: r.claimed),
        word_column("kind", "KIND", 10, lambda r: r.kind, grow=1, priority=5),
        measure_column("latency", "LATENCY", 7, lambda r, _: r.latency_s, span_cell, priority=6, unit=Unit.SECONDS),
        count_column("queued", "QUEUED", 6, lambda r: r.tasks_queued, priority=4),
        count_column("failed", "FAILED", 6, lambda r: r.tasks_failed, priority=3),
        count_column("done", "DONE", 6, lambda r: r.tasks_completed, priority=7),
        measure_column("cpu", "CPU", 5, lambda r, _: _cpu_ratio(r), percent_cell, priority=8, unit=Unit.RATIO),
        measure_column("memory", "MEM", 5, lambda r, _: r.memory_bytes, bytes_cell, priority=8, unit=Unit.BYTES),
        Column(
            id="age",
            title="SEEN",
            width=6,
            right=True,
            priority=4,
            descending=True,
            cell=_seen,
            sort=lambda r, at: at.age_s,
            unit=Unit.AGE,
            when=lambda _, at: at.seen,
        ),
        Column(
            id="since",
            title="SINCE",
            width=10,
            right=True,
            priority=9,
            cell=lambda r, at: Cell(at.clock(r.since), Tone.MUTED),
            sort=lambda r, _: r.since.timestamp() if r.since else None,
            unit=Unit.AGE,
            when=lambda r, _: r.since,
        ),
        Column(
            id="detail",
            title="DETAIL",
            width=22,
            grow=6,
            cell=lambda r, at: Cell(with_lock(r.name, r.detail, at), Tone.MUTED),
            sort=lambda r, _: r.detail or None,
        ),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        choice("state", lambda r: r.state.value, AgentState),
        Field("claimed_state", lambda r, _: r.claimed_state.value if r.claimed_state else None),
        Field("claimed", lambda r, _: r.claimed),
        moment("claimed_at", lambda r, _: r.claimed_at),
        attribute("disagrees"),
        moment("observed_at", lambda _, at: at.seen),
        Field("age_s", lambda _, at: at.age_s),
        moment("since", lambda r, _: r.since),
        Field("latency_s", _exact_latency),
        attribute("detail"),
        Field("sources", lambda r, _: list(r.sources)),
        attribute("labels"),
        Field("disagreements", lambda r, _: list(r.disagreements)),
        attribute("gone"),
        attribute("tasks_queued"),
        attribute("tasks_running"),
        attribute("tasks_failed"),
        attribute("tasks_completed"),
        attribute("cpu_percent"),
        attribute("memory_bytes"),
        LOCKED_BY,
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {r.state.value} {r.claimed or ''} {r.detail}",
    labels=lambda r: r.labels,
    fault=lambda r: r.state.value not in ("up", "unknown") or r.disagrees,
    empty="no agents found yet: discovery in the configuration says where to look, Sources says how it fares",
    beside=(LOCKS,),
)
