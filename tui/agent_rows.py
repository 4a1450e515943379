"""The tables on an agent's page as views: what each source claims of it, its health detail.

The rows are the page's own slices, filled from the store, so that the one table of the project draws them, searches
and sorts them like any other.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from fleet.filters.units import Unit
from fleet.model import Claim, Fact
from fleet.store import Slice, Store
from fleet.views.text import NOT_KNOWN, STATE_GLYPH
from fleet.views.view import Cell, Column, Field, Look, Tone, View, attribute, moment
from fleet.vocabulary import AgentState, agent_state

# ── Claims ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class ClaimRow(Struct, frozen=True):
    """Who says what of the agent. `observed` marks fleetdeck's own row."""

    who: str
    says: str
    state: AgentState | None
    at: datetime | None
    detail: str
    observed: bool = False


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
