"""The lines of the audit log, as `fleetdeck audit` prints them. They are no slice of the store: the rows are given."""

from datetime import datetime

from fleet.actions.action import ActionState
from fleet.actions.audit import AuditEntry, Decision
from fleet.filters.units import Unit
from fleet.store import Slice
from fleet.times import parse_time, span_text
from fleet.views.columns import count_column, measure_column, name_column, word_column
from fleet.views.view import Cell, Column, Field, Look, Tone, View, attribute, moment

_TONES = {
    Decision.REFUSED.value: Tone.DEGRADED,
    Decision.CANCELLED.value: Tone.MUTED,
    ActionState.FAILED.value: Tone.DOWN,
    ActionState.UNKNOWN.value: Tone.UNKNOWN,
    ActionState.TIMED_OUT.value: Tone.DOWN,
    ActionState.SUCCEEDED.value: Tone.UP,
}


def _at(row: AuditEntry, _: Look) -> datetime | None:
    return parse_time(row.ts)


def _targets(row: AuditEntry) -> str:
    return ", ".join(row.targets[:3]) + (f" +{len(row.targets) - 3:,}" if len(row.targets) > 3 else "")


def _decision(row: AuditEntry, _: Look) -> Cell:
    """The moment, and how it ended where that is known."""
    said = f"{row.decision}: {row.outcome}" if row.outcome not in ("", row.decision) else row.decision
    dry = " (dry run)" if row.dry_run else ""
    if row.decision == Decision.SETTLED:
        # What somebody says: nobody saw it.
        return Cell(said, Tone.DEGRADED)
    return Cell(said + dry, _TONES.get(row.outcome or row.decision, Tone.PLAIN))


def _why(row: AuditEntry) -> str:
    return "; ".join(filter(None, (row.error, row.reason, row.ticket)))


def audit_view(rows: Slice[int, AuditEntry]) -> View[AuditEntry]:
    """A view of these lines, by seq, the newest last."""
    return View(
        name="audit",
        title="Audit",
        rows=lambda _: rows,
        columns=(
            count_column("seq", "SEQ", 6, lambda r: r.seq, priority=0),
            Column(
                id="ts",
                title="TIME",
                width=20,
                cell=lambda r, _: Cell(r.ts[:19].replace("T", " ") + "Z"),
                sort=lambda r, _: r.ts,
                unit=Unit.AGE,
                when=_at,
            ),
            name_column("actor", "ACTOR", 16, lambda r: r.actor),
            word_column("action", "ACTION", 10, lambda r: r.action),
            word_column("targets", "TARGETS", 20, _targets),
            Column(id="decision", title="DECISION", width=20, cell=_decision, sort=lambda r, _: r.decision),
            count_column("status", "STATUS", 6, lambda r: r.status, priority=1),
            measure_column(
                "duration_s",
                "TOOK",
                6,
                lambda r, _: r.duration_s,
                lambda seconds: Cell(span_text(seconds)),
                priority=1,
                unit=Unit.SECONDS,
            ),
            word_column("why", "WHY", 20, _why, empty=""),
        ),
        fields=tuple(_field(name) for name in AuditEntry.__struct_fields__),
        order=lambda r, _: (r.seq,),
        words=lambda r: (
            f"{r.actor} {r.sudo_user} {r.action} {r.kind} {' '.join(r.targets)} {r.decision} {r.outcome} {r.reason}"
            f" {r.ticket} {r.error} {r.fleet} {r.idempotency_key}"
        ),
        labels=lambda r: {"fleet": r.fleet, "host": r.host, "session": r.session},
        fault=lambda r: r.decision == Decision.REFUSED or r.outcome in ("failed", "unknown", "timed out"),
        empty="nothing was recorded yet",
    )


def _field(name: str) -> Field[AuditEntry]:
    if name == "ts":
        return moment("ts", _at)
    return Field("targets", lambda r, _: list(r.targets)) if name == "targets" else attribute(name)
