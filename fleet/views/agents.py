"""The agents: what each claims, what is observed, and the numbers that go with it."""

from fleet.model import AgentStatus
from fleet.times import rfc3339
from fleet.views.text import age_cell, bytes_cell, number_cell, percent_cell, span_cell, state_cell
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute
from fleet.vocabulary import SEVERITY


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
        Column(
            id="state",
            title="STATE",
            width=10,
            priority=0,
            cell=lambda r, _: state_cell(r.state),
            sort=lambda r, _: SEVERITY[r.state],
        ),
        Column(
            id="name",
            title="AGENT",
            width=16,
            grow=3,
            priority=0,
            cell=lambda r, _: Cell(r.name, Tone.TITLE),
            sort=lambda r, _: r.name,
        ),
        Column(id="claimed", title="CLAIMS", width=12, priority=2, cell=_claimed, sort=lambda r, _: r.claimed),
        Column(
            id="kind",
            title="KIND",
            width=10,
            grow=1,
            priority=5,
            cell=lambda r, _: Cell(r.kind or "–", Tone.MUTED),
            sort=lambda r, _: r.kind or None,
        ),
        Column(
            id="latency",
            title="LATENCY",
            width=7,
            right=True,
            priority=6,
            descending=True,
            cell=lambda r, _: span_cell(r.latency_s),
            sort=lambda r, _: r.latency_s,
        ),
        Column(
            id="queued",
            title="QUEUED",
            width=6,
            right=True,
            priority=4,
            descending=True,
            cell=lambda r, _: number_cell(r.tasks_queued),
            sort=lambda r, _: r.tasks_queued,
        ),
        Column(
            id="failed",
            title="FAILED",
            width=6,
            right=True,
            priority=3,
            descending=True,
            cell=lambda r, _: number_cell(r.tasks_failed),
            sort=lambda r, _: r.tasks_failed,
        ),
        Column(
            id="done",
            title="DONE",
            width=6,
            right=True,
            priority=7,
            descending=True,
            cell=lambda r, _: number_cell(r.tasks_completed),
            sort=lambda r, _: r.tasks_completed,
        ),
        Column(
            id="cpu",
            title="CPU",
            width=5,
            right=True,
            priority=8,
            descending=True,
            cell=lambda r, _: percent_cell(_cpu_ratio(r)),
            sort=lambda r, _: r.cpu_percent,
        ),
        Column(
            id="memory",
            title="MEM",
            width=5,
            right=True,
            priority=8,
            descending=True,
            cell=lambda r, _: bytes_cell(r.memory_bytes),
            sort=lambda r, _: r.memory_bytes,
        ),
        Column(
            id="age",
            title="SEEN",
            width=6,
            right=True,
            priority=4,
            descending=True,
            cell=_seen,
            sort=lambda r, at: at.age_s,
        ),
        Column(
            id="since",
            title="SINCE",
            width=8,
            right=True,
            priority=9,
            cell=lambda r, _: Cell(r.since.strftime("%H:%M:%S") if r.since else "–", Tone.MUTED),
            sort=lambda r, _: r.since.timestamp() if r.since else None,
        ),
        Column(
            id="detail",
            title="DETAIL",
            width=20,
            grow=6,
            priority=1,
            cell=lambda r, _: Cell(r.detail, Tone.MUTED),
            sort=lambda r, _: r.detail or None,
        ),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        Field("state", lambda r, _: r.state.value),
        Field("claimed_state", lambda r, _: r.claimed_state.value if r.claimed_state else None),
        Field("claimed", lambda r, _: r.claimed),
        Field("claimed_at", lambda r, _: rfc3339(r.claimed_at)),
        attribute("disagrees"),
        Field("observed_at", lambda _, at: rfc3339(at.seen)),
        Field("age_s", lambda _, at: at.age_s),
        Field("since", lambda r, _: rfc3339(r.since)),
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
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {r.state.value} {r.claimed or ''} {r.detail}",
    labels=lambda r: r.labels,
    fault=lambda r: r.state.value not in ("up", "unknown") or r.disagrees,
    empty="no agents found yet: discovery in the configuration says where to look, Sources says how it fares",
)
