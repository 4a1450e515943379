"""What the runner needs of the audit log and of the records, and the lines that it writes."""

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from actions.aside import aside
from fleet.actions.action import Action, ActionState
from fleet.actions.audit import AuditEntry, Decision
from fleet.actions.plan import Plan, plan_sha256
from fleet.errors import FleetdeckError, RefusedError
from fleet.text import scrub


class Audit(Protocol):
    """Where every decision is written down (`actions.audit.AuditLog`)."""

    async def record(self, entry: AuditEntry) -> AuditEntry:
        """Write it, on the disk when this returns. Raises RefusedError where that is not possible."""
        ...


class Records(Protocol):
    """What outlives the process (`actions.records.Records`)."""

    async def keep(self, action: Action) -> None:
        """Keep it, on the disk when this returns. Raises RefusedError or OSError where that is not possible."""
        ...

    def read(self) -> tuple[Action, ...]:
        """All that are kept."""
        ...


@runtime_checkable
class RecordFolder(Records, Protocol):
    """Records that others write, too, and of which a part can be written (`actions.records.Records`)."""

    async def keep_changes(self, action: Action, items: Collection[int]) -> None:
        """As `keep`, of an act of which at most these items are other than when it was kept last."""
        ...

    def changed(self, ours: Collection[str]) -> tuple[Action, ...]:
        """The acts that others changed since they were read or written here, but for these. It blocks."""
        ...


def entry_of(
    plan: Plan, decision: Decision, by: str, *, reason: str = "", ticket: str = "", sha256: str = ""
) -> AuditEntry:
    """A line about a plan. `sha256` is that of the plan, "" where it is to be found out here."""
    return AuditEntry(
        actor=by,
        fleet=plan.fleet,
        action=plan.act.value,
        kind=plan.kind,
        tier=int(plan.tier),
        targets=tuple(target.name for target in plan.targets),
        reason=reason,
        ticket=ticket,
        plan_sha256=sha256 or plan_sha256(plan),
        idempotency_key=plan.key,
        decision=decision.value,
    )


def line_of(action: Action, decision: Decision, by: str = "", *, sha256: str = "") -> AuditEntry:
    """A line about an act: as `entry_of`, with what its confirmation said. `by` is who asked for it where that is
    somebody else."""
    who = by or action.actor
    line = entry_of(action.plan, decision, who, reason=action.reason, ticket=action.ticket, sha256=sha256)
    return replace(line, dry_run=action.dry_run)


class Ledger:
    """Writes lines about acts. What could not be written after an act was done is owed: it is written before anything
    else is, so that no outcome is missing where the disk was full for a while."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._owed: list[AuditEntry] = []
        self._paying = asyncio.Lock()
        self._jobs: set[asyncio.Task[None]] = set()
        self._hashes: dict[str, str] = {}
        self._written: list[Callable[[AuditEntry], None]] = []

    def follow(self, written: Callable[[AuditEntry], None]) -> None:
        """Be told of every line once it is on the disk, with its number."""
        self._written.append(written)

    async def remember(self, plan: Plan) -> None:
        """Keep the hash of a plan as it was confirmed: what is left of it later has hashes in place of texts."""
        self._hashes[plan.key] = await aside(len(plan.steps), lambda: plan_sha256(plan))

    async def sha256_of(self, plan: Plan) -> str:
        """The hash of a plan: as it was confirmed, or else as it is."""
        known = self._hashes.get(plan.key)
        return known if known is not None else await aside(len(plan.steps), lambda: plan_sha256(plan))

    async def must(self, entry: AuditEntry) -> AuditEntry:
        """Write a line; as it stands on the disk. Raises RefusedError where that is not possible."""
        try:
            await self._paid()
            return await self._record(self._own(entry))
        except OSError as error:
            raise RefusedError(scrub(f"the audit log cannot be written: {error.strerror or error}", 300)) from error

    async def may(self, entry: AuditEntry) -> str:
        """Write a line about what has happened already; why that was not possible, in a sentence, else ""."""
        try:
            await asyncio.shield(self.owe(entry))
        except (FleetdeckError, OSError) as error:
            return scrub(f"the audit log could not be written: {error}", 300)
        return ""

    def owe(self, entry: AuditEntry) -> "asyncio.Task[None]":
        """Write a line about what has happened already, behind those that are owed and before every later one. Nobody
        has to wait for it; who does is told why it could not be written: by FleetdeckError or OSError."""
        self._owed.append(self._own(entry))
        return self._job()

    async def line(self, action: Action, decision: Decision, by: str = "") -> AuditEntry:
        """A line about an act, with all that is known from its confirmation; `by` who asked for that."""
        return line_of(action, decision, by, sha256=await self.sha256_of(action.plan))

    def sent(
        self, action: Action, *, part: str, status: int | None, error: str, duration_s: float
    ) -> "asyncio.Task[None]":
        """The line that says that something was sent, `part` of it where that is not "". As `owe`."""
        line = line_of(action, Decision.SENT, sha256=self._hashes.get(action.id, ""))
        targets = (part, *line.targets) if part else line.targets
        return self.owe(replace(line, targets=targets, status=status, error=error, duration_s=duration_s))

    async def outcome(
        self,
        action: Action,
        decision: Decision,
        by: str = "",
        *,
        duration_s: float | None = None,
        status: int | None = None,
    ) -> str:
        """The line that says how an act ended; why it could not be written, else ""."""
        line = await self.line(action, decision, by)
        bad = action.state is not ActionState.SUCCEEDED
        return await self.may(
            replace(
                line,
                outcome=action.state.value,
                error=action.outcome if bad else "",
                duration_s=duration_s,
                status=status,
            )
        )

    def _own(self, entry: AuditEntry) -> AuditEntry:
        known = self._hashes.get(entry.idempotency_key)
        return replace(entry, plan_sha256=known) if known else entry

    async def _paid(self) -> None:
        """Raises what `owe` does, where something is owed that cannot be written."""
        if self._owed:
            await asyncio.shield(self._job())

    def _job(self) -> "asyncio.Task[None]":
        # On its own: a line of which the writer is cut off would be written once more.
        job = asyncio.create_task(self._pay())
        self._jobs.add(job)
        job.add_done_callback(self._ended)
        return job

    def _ended(self, job: "asyncio.Task[None]") -> None:
        self._jobs.discard(job)
        if not job.cancelled():
            # Whoever waits is told; what is owed stays so.
            job.exception()

    async def _pay(self) -> None:
        # One at a time: two who wait for the same line would write it twice.
        async with self._paying:
            while self._owed:
                await self._record(self._owed[0])
                self._owed.pop(0)

    async def _record(self, entry: AuditEntry) -> AuditEntry:
        made = await self._audit.record(entry)
        for written in self._written:
            written(made)
        return made
