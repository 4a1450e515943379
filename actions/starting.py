"""Before anything is sent: preflight, confirmation, locks, and the intent on disk, in this order.

What is refused is on record. Nothing was sent where this does not come to its end, and the plan may then be started
once what stands against it is put right.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from msgspec.structs import replace

from actions.aside import aside
from actions.board import Board
from actions.ledger import Ledger, entry_of
from actions.preflight import DoerOf, Preflight, names_of
from fleet.actions.action import Action, ActionState, Confirmation, Lock, StageState
from fleet.actions.audit import AuditEntry, Decision
from fleet.actions.plan import Plan, public
from fleet.actions.ports import Doer, Locks
from fleet.actions.verdict import items_of
from fleet.clock import Clock
from fleet.errors import OutsideError, RefusedError
from fleet.text import scrub

Release = Callable[[Sequence[str]], Awaitable[None]]


class Starting:
    """`locks`, `claims`, `owner` and `program` as the runner's."""

    def __init__(
        self,
        board: Board,
        ledger: Ledger,
        preflight: Preflight,
        doer_of: DoerOf,
        clock: Clock,
        *,
        locks: Locks,
        claims: Locks,
        release: Release,
        owner: str,
        program: str,
    ) -> None:
        """`release` lets locks go again; it raises nothing."""
        self._board = board
        self._ledger = ledger
        self._preflight = preflight
        self._doer_of = doer_of
        self._clock = clock
        self._locks = locks
        self._claims = claims
        self._release = release
        self._owner = owner
        self._program = program
        self._started: set[str] = set()

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Why it would be refused now, in sentences; none where nothing stands against it. Reads only."""
        found = (*self._again(plan), *self._preflight.at_once(plan), *await self._preflight.locked(plan))
        return tuple(dict.fromkeys((*found, *await self._preflight.guards(plan))))

    async def begin(self, plan: Plan, confirmation: Confirmation) -> tuple[Doer, tuple[str, ...]]:
        """Have the intent on disk: who made the steps, and the locks that are held. Raises RefusedError, which is on
        the record."""
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
        return doer, tuple(locked)

    async def dry(self, plan: Plan, confirmation: Confirmation) -> str:
        """Everything but the effects, and no record of an intent: there is none."""
        reasons = await self.preflight(plan)
        if self._again(plan):
            await self._refuse(plan, confirmation, reasons, dry_run=True)
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

    async def leave(self, plan: Plan, said: Confirmation, against: Sequence[str]) -> None:
        """Have on record that an operator looked at a plan and left it, or what stood `against` it. Raises
        RefusedError where it cannot be recorded."""
        state, decision = ActionState.CANCELLED, Decision.CANCELLED
        if against:
            state, decision = ActionState.REFUSED, Decision.REFUSED
        line = await self._line(plan, said, decision)
        trouble = await self._ledger.may(replace(line, outcome=state.value, error="; ".join(against)))
        if trouble:
            raise RefusedError(trouble)

    # ── in this order ──

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
        before, second = self._board.get(plan.key), self._preflight.second(plan, confirmation)
        self._board.show(replace(await self._row(plan, confirmation, ActionState.CONFIRMED), second=scrub(second, 200)))
        try:
            await self._board.keep(plan.key)
            line = await self._line(plan, confirmation, Decision.INTENT)
            if second:
                await self._ledger.must(replace(line, actor=second, decision=Decision.CONFIRMED.value))
            await self._ledger.must(line)
        except RefusedError as error:
            await self._withdraw(plan, str(error), before)
            return (str(error),)
        # The disk may have taken its time.
        frozen = self._preflight.frozen()
        if frozen:
            await self._withdraw(plan, frozen, before)
            return (frozen,)
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
        await self._release(locked)
        await self._claims.release(plan.key)

    async def _refuse(
        self, plan: Plan, confirmation: Confirmation, reasons: tuple[str, ...], *, dry_run: bool = False
    ) -> NoReturn:
        """Record the refusal, and raise it."""
        why = "; ".join(reasons)
        line = await self._line(plan, confirmation, Decision.REFUSED)
        line = replace(line, dry_run=dry_run, outcome=ActionState.REFUSED.value, error=why)
        trouble = await self._ledger.may(line)
        raise RefusedError(f"{why} ({trouble})" if trouble and why not in trouble else why)

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
