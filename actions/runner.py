"""Carries plans out, in one way: preflight, confirmation, lock, the intent on disk, then effects one by one, then looks
at what became of them, and a receipt.

The single writer of `store.actions`. It carries out nothing but the effects that stand in a plan. Nothing is sent
before the intent is in the audit log and in the records, nothing that may have been done is sent again, and nothing has
succeeded because it was sent. Durations are taken from the monotonic clock.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from actions.aftermath import Aftermath
from actions.aside import aside
from actions.board import Board
from actions.carrying import Carrier
from actions.ledger import Audit, Ledger, Records, entry_of
from actions.limits import RunLimits
from actions.observing import Observer
from actions.preflight import DoerOf, Preflight, names_of
from actions.run import Run, Sleep
from actions.sending import Sender
from fleet.actions.action import Action, ActionState, Confirmation, Lock, StageState
from fleet.actions.audit import AuditEntry, Decision
from fleet.actions.plan import Plan, public
from fleet.actions.ports import Checker, Locks, Performer
from fleet.actions.verdict import items_of
from fleet.clock import Clock
from fleet.errors import OutsideError, RefusedError
from fleet.store import Store
from fleet.text import scrub

T = TypeVar("T")


class Note(Protocol):
    """Writes an event about something that was done (`fleet.evaluate.Evaluator.acted`)."""

    def __call__(self, subject: str, before: str, after: str, detail: str, bad: bool) -> None:
        """`subject` went from `before` to `after` now."""
        ...


class Runner:
    """`locks` are among operators, by target; `claims` among the programs of this machine, by action: who has one
    carries it out, and nobody else takes it for one that was left behind. `owner` is `user@host`, `program` which
    of their programs this is, for others."""

    def __init__(
        self,
        store: Store,
        performer: Performer,
        audit: Audit,
        records: Records,
        locks: Locks,
        checker: Checker,
        doer_of: DoerOf,
        clock: Clock,
        *,
        claims: Locks,
        preflight: Preflight,
        note: Note,
        owner: str,
        program: str = "",
        fleet: str = "",
        ledger: Ledger | None = None,
        limits: RunLimits = RunLimits(),  # noqa: B008  # a frozen value
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._locks = locks
        self._claims = claims
        self._doer_of = doer_of
        self._clock = clock
        self._preflight = preflight
        self._note = note
        self._owner = owner
        self._program = program
        self._limits = limits
        self._sleep = sleep
        self._ledger = ledger or Ledger(audit)
        self._board = Board(store, records, clock, limits.kept)
        self._ledger.follow(self._board.recorded)
        self._carrier = Carrier(
            self._board,
            self._ledger,
            locks,
            claims,
            Sender(performer),
            Observer(checker),
            clock=clock,
            limits=limits,
            note=note,
        )
        whose = {"owner": owner, "program": program, "fleet": fleet}
        self._aftermath = Aftermath(self._board, self._ledger, records, claims, self._carrier, clock, **whose)
        self._runs: dict[str, Run] = {}
        self._started: set[str] = set()
        self._jobs: set[asyncio.Task[Any]] = set()

    # ── before ──

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Why it would be refused now, in sentences; none where nothing stands against it. Reads only."""
        found = (*self._again(plan), *self._preflight.at_once(plan), *await self._preflight.locked(plan))
        return tuple(dict.fromkeys((*found, *await self._preflight.guards(plan))))

    def warnings(self, plan: Plan) -> tuple[str, ...]:
        """What does not refuse it, and should be known."""
        return self._preflight.warnings(plan)

    async def start(self, plan: Plan, confirmation: Confirmation, *, dry_run: bool = False) -> str:
        """Do it, in the background; the action's id, once the intent is on disk. Raises RefusedError, which is on the
        record. Being cancelled does not undo a start that has begun."""
        return await self._whole(self._dry(plan, confirmation) if dry_run else self._start(plan, confirmation))

    async def _start(self, plan: Plan, confirmation: Confirmation) -> str:
        again, doer = self._again(plan), self._doer_of(plan)
        if again:
            await self._refuse(plan, confirmation, again)
        self._started.add(plan.key)
        locked: list[str] = []
        going = False
        try:
            reasons = await self._reasons(plan, confirmation, locked)
            reasons = reasons or await self._intend(plan, confirmation)
            going = not reasons and doer is not None
        finally:
            if not going:
                # Nothing was sent, so the plan may be started once what stands against it is put right.
                await self._let_go(plan, locked)
        if doer is None or not going:
            await self._refuse(plan, confirmation, reasons)
        else:
            self._carry(Run(plan, doer, self._board, self._clock, self._limits, self._sleep), tuple(locked))
        return plan.key

    def _again(self, plan: Plan) -> tuple[str, ...]:
        known = self._board.get(plan.key)
        started = plan.key in self._started or (known is not None and not known.dry_run)
        return ("this plan was started already: plan it anew",) if started else ()

    async def _reasons(self, plan: Plan, confirmation: Confirmation, locked: list[str]) -> tuple[str, ...]:
        """Why it is refused. What it takes to know that without asking others comes first, and the one-time code last:
        it is used up by being looked at."""
        reasons = self._preflight.at_once(plan)
        unconfirmed = self._preflight.unconfirmed(plan, confirmation)
        if unconfirmed:
            reasons = (*reasons, unconfirmed)
        reasons = reasons or await self._lock(plan, locked)
        reasons = reasons or await self._preflight.guards(plan)
        if not reasons:
            code = await self._preflight.code(plan, confirmation)
            # It may have been frozen while others were asked.
            reasons = (code,) if code else self._preflight.at_once(plan)
        return reasons

    async def _lock(self, plan: Plan, locked: list[str]) -> tuple[str, ...]:
        lock = Lock(target=plan.key, owner=self._owner, since=self._clock.now(), action=plan.key, title=plan.title)
        try:
            if await self._claims.take(replace(lock, title=self._program)) is not None:
                return ("this plan was started already, by another program",)
            # In one order, whoever takes several of them.
            for name in sorted(names_of(plan)):
                other = await self._locks.take(replace(lock, target=name))
                if other is not None:
                    return (self._preflight.lock_words(other),)
                locked.append(name)
        except OutsideError as error:
            return (scrub(f"it cannot be locked: {error}", 300),)
        return ()

    async def _intend(self, plan: Plan, confirmation: Confirmation) -> tuple[str, ...]:
        """Have the intent on disk, in the records and in the audit log; why that is not possible."""
        await self._ledger.remember(plan)
        before = self._board.get(plan.key)
        self._board.show(await self._row(plan, confirmation, ActionState.CONFIRMED))
        try:
            await self._board.keep(plan.key)
            await self._ledger.must(await self._line(plan, confirmation, Decision.INTENT))
        except RefusedError as error:
            await self._withdraw(plan, str(error), before)
            return (str(error),)
        return ()

    async def _withdraw(self, plan: Plan, why: str, before: Action | None) -> None:
        """Nothing was sent: the record, where there is one, says so; where it cannot, the row is gone again."""
        self._board.change(plan.key, state=ActionState.REFUSED, outcome=why, ended_at=self._clock.now())
        try:
            await self._board.keep(plan.key)
        except RefusedError:
            self._board.drop(plan.key)
            if before is not None:
                self._board.show(before)

    async def _let_go(self, plan: Plan, locked: list[str]) -> None:
        self._started.discard(plan.key)
        await self._carrier.release(locked)
        await self._claims.release(plan.key)

    async def _refuse(self, plan: Plan, confirmation: Confirmation, reasons: tuple[str, ...]) -> None:
        """Record the refusal, and raise it."""
        why = "; ".join(reasons)
        line = await self._line(plan, confirmation, Decision.REFUSED)
        trouble = await self._ledger.may(replace(line, outcome=ActionState.REFUSED.value, error=why))
        raise RefusedError(f"{why} ({trouble})" if trouble else why)

    async def _dry(self, plan: Plan, confirmation: Confirmation) -> str:
        """Everything but the effects, and no record of an intent: there is none."""
        reasons = await self.preflight(plan)
        if self._again(plan):
            await self._refuse(plan, confirmation, reasons)
        many = f"{len(plan.steps):,} step{'s' if len(plan.steps) != 1 else ''}"
        would = f"it would be refused: {'; '.join(reasons)}" if reasons else f"{many} would be carried out"
        state = ActionState.REFUSED if reasons else ActionState.CANCELLED
        line = await self._line(plan, confirmation, Decision.PLANNED)
        made = await self._ledger.must(replace(line, dry_run=True, outcome=state.value, error="; ".join(reasons)))
        row = await self._row(plan, confirmation, state)
        words = scrub(f"dry run: nothing was sent; {would}", 600)
        # The line is about a row that is only shown now.
        audit = row.audit or ((made.seq,) if made.seq else ())
        self._board.show(replace(row, dry_run=True, outcome=words, ended_at=row.planned_at, audit=audit))
        return plan.key

    async def _row(self, plan: Plan, confirmation: Confirmation, state: ActionState) -> Action:
        now = self._clock.now()
        written, items = await aside(len(plan.steps), lambda: (public(plan), items_of(plan)))
        before = self._board.get(plan.key)
        return Action(
            id=plan.key,
            plan=written,
            state=state,
            actor=scrub(confirmation.by, 200),
            reason=scrub(confirmation.reason, 1000),
            ticket=scrub(confirmation.ticket, 200),
            planned_at=now,
            changed_at=now,
            items=items,
            stages=tuple(StageState(title=stage.title) for stage in plan.stages),
            # Of a dry run of the same plan.
            audit=() if before is None else before.audit,
        )

    async def _line(self, plan: Plan, confirmation: Confirmation, decision: Decision) -> AuditEntry:
        sha256, said = await self._ledger.sha256_of(plan), confirmation
        return entry_of(plan, decision, said.by, reason=said.reason, ticket=said.ticket, sha256=sha256)

    # ── under way ──

    def _carry(self, run: Run, locked: tuple[str, ...]) -> None:
        run.locked = locked
        self._runs[run.id] = run
        self._job(self._carrier.carry(run)).add_done_callback(lambda _: self._runs.pop(run.id, None))

    def _job(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end, also where who asked for it does not wait for it."""
        return await asyncio.shield(self._job(work))

    async def ended(self, action: str) -> Action:
        """Wait until an action has ended, also one that another program of this machine carries out. Raises
        RefusedError where there is none of that id."""
        run = self._runs.get(action)
        if run is not None:
            await run.done.wait()
        while not self._known(action).ended and action not in self._runs and self._aftermath.sees_others:
            await self._sleep(self._limits.look_s)
            await self.look()
        return self._known(action)

    async def look(self) -> None:
        """Show what other programs of this machine do, by what they keep. One that has no end, and no program that
        carries it out, has one then, as in `recover`. Raises nothing."""
        await self._whole(self._aftermath.look(self._runs.keys()))

    async def _elsewhere(self, action: str) -> None:
        """Raises RefusedError where another program carries it out, which it names."""
        by = await self._aftermath.carried_out_by(action)
        if by:
            raise RefusedError(f"it is carried out by {by}, not here: stop it there, or wait until it has ended")

    async def abort(self, action: str, by: str) -> None:
        """Stop: nothing more is sent, and what is on its way is cut off. Raises RefusedError where it has ended."""
        run = self._runs.get(action)
        if run is None or run.done.is_set():
            row = self._known(action)
            if not row.ended:
                await self._elsewhere(action)
            raise RefusedError(f"there is nothing to stop: it is {row.state.value}")
        run.stop(f"stopped by {scrub(by, 80)}", aborted=True, now=True)
        line = entry_of(run.plan, Decision.ABORTED, by, sha256=await self._ledger.sha256_of(run.plan))
        await self._ledger.may(line)

    def _known(self, action: str) -> Action:
        row = self._board.get(action)
        if row is None:
            raise RefusedError(f"there is no action {scrub(action, 80)!r}")
        return row

    # ── afterwards ──

    async def recover(self) -> tuple[Action, ...]:
        """Show what is kept, at the start. What has no end, and no program that carries it out, is unknown from now on,
        or surely not sent; those are given back. Whoever deals with them reconciles."""
        return await self._whole(self._aftermath.recover())

    async def reconcile(self, action: str, by: str) -> Action:
        """Ask the target what became of an action that is unknown or has not finished in time. Sends nothing that
        writes. Raises FleetdeckError."""
        return await self._whole(self._reconcile(action, by))

    async def _reconcile(self, action: str, by: str) -> Action:
        row = self._known(action)
        if action in self._runs:
            raise RefusedError("it is under way: wait until it has ended, or stop it")
        await self._elsewhere(action)
        run = self._runs[action] = self._run_of(row)
        try:
            going_on = await self._aftermath.reconcile(run, by)
        finally:
            del self._runs[action]
            run.done.set()
        if going_on and await self._aftermath.claim(action):
            self._carry(self._run_of(row), ())
        return self._board[action]

    def _run_of(self, row: Action) -> Run:
        """A run that only follows."""
        doer = self._doer_of(row.plan)
        if doer is None:
            raise RefusedError(f"{scrub(row.plan.source, 80)!r} is not in the configuration: nobody can be asked")
        return Run(row.plan, doer, self._board, self._clock, self._limits, self._sleep, send=False)

    async def close(self) -> None:
        """fleetdeck ends: nothing more is sent, what is on its way is cut off, and what is in doubt is unknown. What
        has not ended after a while is cut off once more, which kills processes that ignore TERM."""
        while True:
            for run in self._runs.values():
                run.stop("fleetdeck ended", now=True)
            if not self._jobs:
                return
            await asyncio.wait(set(self._jobs), timeout=self._limits.close_s)
