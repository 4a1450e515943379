"""Carries plans out, in one way: preflight, confirmation, lock, the intent on disk, then effects one by one, then looks
at what became of them, and a receipt.

The single writer of `store.actions`. It carries out nothing but the effects that stand in a plan. Nothing is sent
before the intent is in the audit log and in the records, nothing that may have been done is sent again, and nothing has
succeeded because it was sent. Durations are taken from the monotonic clock.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from actions.aftermath import Aftermath
from actions.board import Board
from actions.carrying import Carrier
from actions.ledger import Audit, Ledger, Records
from actions.limits import RunLimits
from actions.observing import Observer
from actions.preflight import DoerOf, Preflight
from actions.run import Run, Sleep
from actions.sending import Sender
from actions.starting import Starting
from fleet.actions.action import Action, ActionState, Confirmation
from fleet.actions.audit import Decision
from fleet.actions.plan import Plan
from fleet.actions.ports import Checker, Locks, Performer
from fleet.clock import Clock
from fleet.errors import RefusedError
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
        self._doer_of = doer_of
        self._clock = clock
        self._preflight = preflight
        self._limits = limits
        self._sleep = sleep
        self._ledger = ledger or Ledger(audit)
        self._board = Board(store, records, clock, limits.kept, limits.output_full)
        self._ledger.follow(self._board.recorded)
        self._carrier = Carrier(
            self._board,
            self._ledger,
            locks,
            claims,
            Sender(performer, self._ledger),
            Observer(checker),
            clock=clock,
            limits=limits,
            note=note,
        )
        self._starting = Starting(
            self._board,
            self._ledger,
            preflight,
            doer_of,
            clock,
            locks=locks,
            claims=claims,
            release=self._carrier.release,
            owner=owner,
            program=program,
        )
        whose = {"owner": owner, "program": program, "fleet": fleet}
        self._aftermath = Aftermath(self._board, self._ledger, records, claims, self._carrier, clock, **whose)
        self._runs: dict[str, Run] = {}
        self._settling: set[str] = set()
        self._jobs: set[asyncio.Task[Any]] = set()

    # ── before ──

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Why it would be refused now, in sentences; none where nothing stands against it. Reads only."""
        return await self._starting.preflight(plan)

    def warnings(self, plan: Plan) -> tuple[str, ...]:
        """What does not refuse it, and should be known."""
        return self._preflight.warnings(plan)

    async def start(self, plan: Plan, confirmation: Confirmation, *, dry_run: bool = False) -> str:
        """Do it, in the background; the action's id, once the intent is on disk. Raises RefusedError, which is on the
        record. Being cancelled does not undo a start that has begun."""
        return await self._whole(self._starting.dry(plan, confirmation) if dry_run else self._start(plan, confirmation))

    async def leave(self, plan: Plan, by: str, against: Sequence[str] = (), reason: str = "", ticket: str = "") -> None:
        """An operator looked at a plan and left it: have that on record, or what stood `against` it. Raises
        RefusedError where it cannot be recorded yet. Being cancelled does not undo it."""
        said = Confirmation(by=by, reason=reason, ticket=ticket)
        await self._whole(self._starting.leave(plan, said, against))

    async def _start(self, plan: Plan, confirmation: Confirmation) -> str:
        doer, locked = await self._starting.begin(plan, confirmation)
        self._carry(Run(plan, doer, self._board, self._clock, self._limits, self._sleep), locked)
        return plan.key

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
        line = await self._ledger.line(self._board[action], Decision.ABORTED, by)
        await self._ledger.may(replace(line, duration_s=run.since.elapsed_s()))

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
        await self._elsewhere(action)
        self._at_rest(action)
        run = self._runs[action] = self._run_of(row)
        try:
            going_on = await self._aftermath.reconcile(run, by)
        finally:
            del self._runs[action]
            run.done.set()
        if going_on and await self._aftermath.claim(action):
            self._carry(self._run_of(row), ())
        return self._board[action]

    async def settle(self, action: str, state: ActionState, by: str, reason: str) -> Action:
        """Have on record how an action ended that is unknown or timed out, as `by` says it. Sends nothing. Raises
        RefusedError."""
        return await self._whole(self._settle(action, state, by, reason))

    async def _settle(self, action: str, state: ActionState, by: str, reason: str) -> Action:
        self._known(action)
        await self._elsewhere(action)
        self._at_rest(action)
        self._settling.add(action)
        try:
            await self._aftermath.settle(action, state, by, reason, self._runs.keys())
        finally:
            self._settling.discard(action)
        return self._board[action]

    def _at_rest(self, action: str) -> None:
        """Raises RefusedError where something is being done about it here."""
        if action in self._runs:
            raise RefusedError("it is under way: wait until it has ended, or stop it")
        if action in self._settling:
            raise RefusedError("it is being settled")

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
