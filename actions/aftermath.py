"""What is done about acts afterwards: those that a crash left without an end, and those that nobody knows the end of.
Sends nothing that writes."""

import asyncio
from collections.abc import Collection

from msgspec.structs import replace

from actions.abandoned import abandoned
from actions.board import Board
from actions.carrying import Carrier
from actions.ending import next_step, since_halted, unsent
from actions.ledger import Ledger, RecordFolder, Records
from actions.run import Run
from actions.settling import against, settled
from fleet.actions.action import DOUBTFUL, Action, ActionState, Lock
from fleet.actions.audit import Decision
from fleet.actions.ports import Locks
from fleet.actions.verdict import sentence_of, state_words
from fleet.clock import Clock
from fleet.errors import OutsideError, RefusedError
from fleet.text import scrub


class Aftermath:
    """For the runner, in whose loop it is. `fleet` is whose acts are shown, "" for all."""

    def __init__(
        self,
        board: Board,
        ledger: Ledger,
        records: Records,
        claims: Locks,
        carrier: Carrier,
        clock: Clock,
        *,
        owner: str,
        program: str,
        fleet: str,
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._records = records
        self._claims = claims
        self._carrier = carrier
        self._clock = clock
        self._owner = owner
        self._program = program
        self._looking = asyncio.Lock()
        self._others: set[str] = set()
        """Actions without an end that are not carried out here."""
        self._fleet = fleet

    async def claim(self, id: str) -> bool:
        """Whether nobody else carries the action out, and it is ours from now on. Raises OutsideError."""
        lock = Lock(target=id, owner=self._owner, since=self._clock.now(), action=id, title=self._program)
        return await self._claims.take(lock) is None

    # ── what others do ──

    @property
    def sees_others(self) -> bool:
        """Whether there is a way to see what other programs do."""
        return isinstance(self._records, RecordFolder)

    async def look(self, ours: Collection[str]) -> None:
        """Show what others changed; `ours` are carried out here, and stay as they are. What has no end, and nobody who
        carries it out, has one then."""
        if not isinstance(self._records, RecordFolder):
            return
        async with self._looking:
            await self._take_in(self._records, ours)
            self._others = {id for id in self._others if id not in ours and _open(self._board.get(id))}
            if not self._others:
                return
            try:
                held = {lock.target for lock in await self._claims.held()}
                for id in self._others - held:
                    await self._settle(self._records, id, ours)
            except OutsideError:
                # Whether it is carried out is not known, so it stays as it is.
                return

    async def carried_out_by(self, id: str) -> str:
        """Who carries an action out elsewhere, in words; "" where nobody does. Raises OutsideError."""
        for lock in await self._claims.held():
            if lock.target == id and not lock.mine:
                return f"{scrub(lock.owner, 80)} ({scrub(lock.title, 80)})" if lock.title else scrub(lock.owner, 80)
        return ""

    async def _take_in(self, records: RecordFolder, ours: Collection[str]) -> None:
        before = {id: self._board.version(id) for id in self._board.ids()}
        for action in await asyncio.to_thread(records.changed, frozenset(ours)):
            # What was begun or changed here meanwhile is newer than what was read.
            newer = action.id in ours or self._board.version(action.id) != before.get(action.id, 0)
            if newer or (self._fleet and action.plan.fleet != self._fleet):
                continue
            was = self._board.get(action.id)
            self._board.show(action)
            self._tell(was, action)
            if not action.ended:
                self._others.add(action.id)

    def _tell(self, was: Action | None, now: Action) -> None:
        """An event where another program has begun an act, or come to its end, as of one of ours."""
        before = "begun" if was is not None and was.sent_at is not None else ""
        if not now.ended:
            if now.sent_at is not None and not before:
                self._carrier.tell(now.plan, before, "begun")
        elif not (was is not None and was.ended) and (before or now.state is not ActionState.REFUSED):
            bad = now.state is not ActionState.SUCCEEDED
            self._carrier.tell(now.plan, before, now.state.value, now.outcome, bad=bad)

    async def _settle(self, records: RecordFolder, id: str, ours: Collection[str]) -> None:
        """Nobody carries it out: where it has not ended meanwhile, it has now."""
        if id in ours or not await self.claim(id):
            return
        try:
            await self._take_in(records, ours)
            row = self._board.get(id)
            if row is not None and not row.ended:
                await self._take_over(row)
        finally:
            await self._claims.release(id)

    # ── what a crash left ──

    async def recover(self) -> tuple[Action, ...]:
        """Show what is kept; what has no end, and no program that carries it out, has one now. Those are given back."""
        claimed = set[str]()
        for action in await self._on_disk():
            try:
                if not action.ended and await self.claim(action.id):
                    claimed.add(action.id)
            except OutsideError:
                # Whether it is carried out elsewhere is not known, so it stays as it is.
                continue
        left = []
        # Once more: what was claimed may have ended right before it was.
        for action in await self._on_disk():
            if self._board.get(action.id) is None:
                self._board.show(action)
                if not action.ended and action.id in claimed:
                    left.append(await self._take_over(action))
                elif not action.ended:
                    self._others.add(action.id)
        for id in claimed:
            await self._claims.release(id)
        return tuple(left)

    async def _on_disk(self) -> list[Action]:
        kept = await asyncio.to_thread(self._records.read)
        return [action for action in kept if not self._fleet or action.plan.fleet == self._fleet]

    async def _take_over(self, action: Action) -> Action:
        left = abandoned(action)
        row = self._board.change(
            action.id,
            state=left.state,
            items=left.items,
            stages=left.stages,
            outcome=left.outcome,
            next_step=left.next_step,
        )
        return await self._finish(row, Decision.OUTCOME)

    # ── what is not known ──

    async def reconcile(self, run: Run, by: str) -> bool:
        """Look once, and judge anew; whether it is still at work at its target. Raises RefusedError."""
        row = self._board[run.id]
        open_items = row.count(*DOUBTFUL, ActionState.RUNNING)
        if row.dry_run or not row.items or not (row.state in DOUBTFUL or open_items):
            raise RefusedError(f"there is nothing to ask: it is {row.state.value}")
        if not await self.claim(run.id):
            by = await self.carried_out_by(run.id) or "another program"
            raise RefusedError(f"{by} is at work on it")
        try:
            return await self._asked(run, row, by)
        finally:
            await self._claims.release(run.id)

    async def _asked(self, run: Run, before: Action, by: str) -> bool:
        late = [number for number, item in enumerate(before.items) if item.state is ActionState.TIMED_OUT]
        for number in late:
            self._board.item(run.id, number, state=ActionState.UNKNOWN)
        await self._carrier.look_again(run)
        for number in late:
            # Nothing new was seen of it: it is as it was.
            if self._board[run.id].items[number].state is ActionState.UNKNOWN:
                self._board.item(run.id, number, state=ActionState.TIMED_OUT)
        in_between = unsent(before) and self._left_off(run.id)
        row = self._board[run.id]
        going_on = bool(row.count(ActionState.RUNNING))
        state = ActionState.RUNNING if going_on else self._carrier.judged_again(run)
        if in_between and before.state is ActionState.CANCELLED:
            # An operator stopped it there: how far it came is known now, and nothing else.
            state = before.state
        said = since_halted(row, sentence_of(row) if in_between else run.checks_words or sentence_of(row))
        row = self._board.change(
            run.id,
            state=state,
            outcome=scrub(f"reconciled: {said}" if said else "reconciled", 600),
            next_step=next_step(row, state, stopped=in_between, asked=True),
            # What ended while nobody looked did so at a time that nobody knows, and not now.
            ended_at=None if going_on else before.ended_at,
        )
        row = await self._finish(row, Decision.RECONCILED, by, took_s=run.since.elapsed_s())
        if not going_on:
            self._board.tasks.left(row)
            await self._carrier.taken_back(row)
        return going_on

    def _left_off(self, id: str) -> bool:
        """Of an act whose next stages nobody will send, what is in between stays so: by waiting it cannot succeed.
        Whether something is."""
        between = [number for number, item in enumerate(self._board[id].items) if item.state is ActionState.RUNNING]
        for number in between:
            self._board.item(id, number, state=ActionState.FAILED)
        return bool(between)

    # ── what nobody can see ──

    async def settle(self, id: str, state: ActionState, by: str, reason: str, ours: Collection[str]) -> None:
        """Have on record how an act ended that nobody can see the end of, as an operator says it. `ours` are carried
        out here. Raises RefusedError where that is not possible; nothing is other than before then."""
        _may(self._board[id], state, reason)
        if not await self.claim(id):
            by = await self.carried_out_by(id) or "another program"
            raise RefusedError(f"{by} is at work on it")
        try:
            if isinstance(self._records, RecordFolder):
                # Another program may have ended it, or settled it, since this one looked.
                await self._take_in(self._records, ours)
            before = self._board[id]
            _may(before, state, reason)
            row = settled(before, state, by, reason, self._clock.now())
            line = await self._ledger.line(row, Decision.SETTLED, by)
            await self._ledger.must(replace(line, reason=scrub(reason, 1000), outcome=row.state.value))
            self._board.show(replace(row, audit=self._board[id].audit))
            row = await self._kept(row)
        finally:
            await self._claims.release(id)
        bad = row.state is not ActionState.SUCCEEDED
        self._carrier.tell(row.plan, before.state.value, state_words(row), row.outcome, bad=bad, by=by)

    async def _finish(self, row: Action, decision: Decision, by: str = "", *, took_s: float | None = None) -> Action:
        trouble = await self._ledger.outcome(row, decision, by, duration_s=took_s)
        if trouble:
            row = self._board.change(row.id, outcome=f"{row.outcome} ({trouble})")
        return await self._kept(row)

    async def _kept(self, row: Action) -> Action:
        """The row on the disk; where that is not possible, it says so."""
        try:
            await self._board.keep(row.id)
        except RefusedError as error:
            row = self._board.change(row.id, outcome=f"{row.outcome} ({error})")
        return row


def _may(action: Action, state: ActionState, reason: str) -> None:
    """Raises RefusedError where an act cannot be settled so."""
    why = against(action, state, reason)
    if why:
        raise RefusedError(why)


def _open(action: Action | None) -> bool:
    return action is not None and not action.ended
