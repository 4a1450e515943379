"""What is done about acts afterwards: those that a crash left without an end, and those that nobody knows the end of.
Sends nothing that writes."""

import asyncio

from msgspec.structs import replace

from actions.board import Board
from actions.carrying import Carrier
from actions.ending import next_step
from actions.ledger import Ledger, Records
from actions.run import Run
from fleet.actions.action import Action, ActionState, Item, Lock
from fleet.actions.audit import Decision
from fleet.actions.ports import Locks
from fleet.actions.verdict import sentence_of
from fleet.clock import Clock
from fleet.errors import OutsideError, RefusedError
from fleet.text import scrub

_DOUBTFUL = (ActionState.UNKNOWN, ActionState.TIMED_OUT)


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
        owner: str,
        fleet: str,
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._records = records
        self._claims = claims
        self._carrier = carrier
        self._clock = clock
        self._owner = owner
        self._fleet = fleet

    async def claim(self, id: str) -> bool:
        """Whether nobody else carries the action out, and it is ours from now on. Raises OutsideError."""
        lock = Lock(target=id, owner=self._owner, since=self._clock.now(), action=id)
        return await self._claims.take(lock) is None

    # ── what a crash left ──

    async def recover(self) -> tuple[Action, ...]:
        """Show what is kept; what has no end, and no program that carries it out, has one now. Those are given back."""
        claimed = set[str]()
        for action in await self._kept():
            try:
                if not action.ended and await self.claim(action.id):
                    claimed.add(action.id)
            except OutsideError:
                # Whether it is carried out elsewhere is not known, so it stays as it is.
                continue
        left = []
        # Once more: what was claimed may have ended right before it was.
        for action in await self._kept():
            if self._board.get(action.id) is None:
                self._board.show(action)
                if not action.ended and action.id in claimed:
                    left.append(await self._take_over(action))
        for id in claimed:
            await self._claims.release(id)
        return tuple(left)

    async def _kept(self) -> list[Action]:
        kept = await asyncio.to_thread(self._records.read)
        return [action for action in kept if not self._fleet or action.plan.fleet == self._fleet]

    async def _take_over(self, action: Action) -> Action:
        sure = all(item.state is ActionState.PLANNED for item in action.items)
        state = ActionState.TIMED_OUT if sure else ActionState.UNKNOWN
        words = "fleetdeck ended before anything was sent" if sure else "fleetdeck ended while it was under way"
        items = tuple(map(_left, action.items))
        said = "" if sure else sentence_of(replace(action, items=items))
        row = self._board.change(
            action.id,
            state=state,
            items=items,
            ended_at=self._clock.now(),
            outcome=f"{words}; {said}" if said else words,
            next_step="nothing was sent: plan it anew" if sure else next_step(action, state),
        )
        return await self._finish(row, Decision.OUTCOME)

    # ── what is not known ──

    async def reconcile(self, run: Run, by: str) -> bool:
        """Look once, and judge anew; whether it is still at work at its target. Raises RefusedError."""
        row = self._board[run.id]
        open_items = row.count(*_DOUBTFUL, ActionState.RUNNING)
        if row.dry_run or not row.items or not (row.state in _DOUBTFUL or open_items):
            raise RefusedError(f"there is nothing to ask: it is {row.state.value}")
        if not await self.claim(run.id):
            raise RefusedError("another program is at work on it")
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
        row = self._board[run.id]
        going_on = bool(row.count(ActionState.RUNNING))
        state = ActionState.RUNNING if going_on else self._carrier.judged_again(run)
        said = run.checks_words or sentence_of(row)
        row = self._board.change(
            run.id,
            state=state,
            outcome=scrub(f"reconciled: {said}" if said else "reconciled", 600),
            next_step=next_step(row, state),
            ended_at=None if going_on else self._clock.now(),
        )
        await self._finish(row, Decision.RECONCILED, by)
        return going_on

    async def _finish(self, row: Action, decision: Decision, by: str = "") -> Action:
        trouble = await self._ledger.outcome(row, decision, by)
        if trouble:
            row = self._board.change(row.id, outcome=f"{row.outcome} ({trouble})")
        try:
            await self._board.keep(row.id)
        except RefusedError as error:
            row = self._board.change(row.id, outcome=f"{row.outcome} ({error})")
        return row


def _left(item: Item) -> Item:
    """An item of an action that nobody carries out any more."""
    if item.state is ActionState.PLANNED:
        return replace(item, state=ActionState.CANCELLED, sentence=item.sentence or "not sent: fleetdeck ended")
    if item.state in (ActionState.SENT, ActionState.RUNNING):
        return replace(item, state=ActionState.UNKNOWN)
    return item
