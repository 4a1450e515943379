"""Carries one act out, from its intent to its receipt: stages with their checks, following, the post-condition."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from actions.board import Board
from actions.ending import ending, left_stages
from actions.ledger import Ledger
from actions.limits import RunLimits
from actions.observing import Observer
from actions.preflight import names_of
from actions.run import Run
from actions.sending import Sender
from fleet.actions.action import Action, ActionState
from fleet.actions.audit import Decision
from fleet.actions.plan import ActKind, Plan
from fleet.actions.ports import Locks
from fleet.actions.verdict import whole
from fleet.clock import Clock
from fleet.errors import FleetdeckError, OutsideError, RefusedError
from fleet.text import scrub

if TYPE_CHECKING:
    from actions.runner import Note

_LASTING = (ActKind.ROLLBACK, ActKind.UNDO)
"""Acts that hold their locks until they have ended; the others until they are sent."""
_NOT_UNDONE: Final = (ActionState.FAILED, ActionState.TIMED_OUT, ActionState.UNKNOWN)
"""Ends of an undoing of which what it was to undo says why."""
_WENT_WRONG = (ActionState.FAILED, ActionState.REFUSED, ActionState.UNKNOWN, ActionState.SENT)


class Carrier:
    """Works runs off; one writer of rows with the runner, in the same loop."""

    def __init__(
        self,
        board: Board,
        ledger: Ledger,
        locks: Locks,
        claims: Locks,
        sender: Sender,
        observer: Observer,
        *,
        clock: Clock,
        limits: RunLimits,
        note: "Note",
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._locks = locks
        self._claims = claims
        self._sender = sender
        self._observer = observer
        self._clock = clock
        self._limits = limits
        self._note = note

    async def carry(self, run: Run) -> None:
        """Carry it out. Whatever happens, the action ends, is kept, recorded and told."""
        self.tell(run.plan, "", "begun")
        if run.plan.act is ActKind.CANCEL:
            self._of(run, cancelling=True)
        renewing = asyncio.create_task(self._renew(run))
        run.work = asyncio.create_task(self._work(run))
        if run.stopped:
            run.work.cancel()
        # It may fail in ways that nobody has thought of, and the act must end all the same.
        await asyncio.wait({run.work})
        fault = _fault(run.work)
        after = asyncio.create_task(self._afterwards(run))
        await asyncio.wait({after})
        end = asyncio.create_task(self._end(run, fault or _fault(after)))
        await asyncio.wait({end})
        self._doubt(run, _fault(end))
        renewing.cancel()
        await asyncio.wait({renewing})
        await self.release(run.locked)
        with contextlib.suppress(FleetdeckError):
            await self._claims.release(run.id)
        run.done.set()

    async def look_again(self, run: Run) -> None:
        """For reconciling: look at the items, and at the post-condition, once."""
        await self._observer.look(run, set())
        if run.plan.checks:
            run.checks_hold, run.checks_words = await self._observer.once(run, run.plan.checks)

    def judged_again(self, run: Run) -> ActionState:
        """What an act that was looked at again is. One whose stages were not all passed has not succeeded, whatever its
        target says; nor has one whose post-condition is not known to hold."""
        row = self._board[run.id]
        state = whole(row.items)
        if state is not ActionState.SUCCEEDED:
            return state
        if any(stage.state != "passed" for stage in row.stages):
            return ActionState.FAILED
        if not run.plan.checks or run.checks_hold:
            return state
        return ActionState.UNKNOWN if run.checks_hold is None else ActionState.FAILED

    async def release(self, names: Iterable[str]) -> None:
        """Let locks go. One that cannot be let go ends by itself."""
        for name in names:
            with contextlib.suppress(OutsideError):
                await self._locks.release(name)

    # ── the work ──

    async def _work(self, run: Run) -> None:
        if run.sends:
            for number in range(run.stages):
                if not await self._stage(run, number):
                    return
            if run.plan.act not in _LASTING:
                await self._unlock(run)
        rolls = run.plan.act in _LASTING
        within_s = run.plan.within_s if rolls else run.plan.follow_s
        began = self._clock.monotonic()
        await self._observer.follow(run, within_s)
        if run.plan.checks and _may_hold(self._board[run.id]):
            left_s = max(0.0, run.plan.within_s - (self._clock.monotonic() - began))
            held = await self._observer.hold(run, run.plan.checks, 0.0, left_s, None)
            run.checks_hold, run.checks_words = held.passed, held.words

    async def _stage(self, run: Run, number: int) -> bool:
        """Send a stage and wait until its checks hold; whether the next may begin."""
        if run.stopped:
            return False
        staged = number < len(run.plan.stages)
        self._board.change(run.id, stage=number)
        self._board.stage(run.id, number, state="running", since=self._clock.now())
        await self._sender.stage(run, number)
        if run.stopped:
            return False
        if not staged:
            return True
        wrong = [item for item in self._board[run.id].items if item.state in _WENT_WRONG]
        if wrong:
            return self._failed(run, number, wrong[0].sentence or wrong[0].state.value)
        stage = run.plan.stages[number]
        self._board.stage(run.id, number, state="checking")
        held = await self._observer.hold(run, stage.checks, stage.hold_s, stage.within_s, number)
        if not held.passed:
            return self._failed(run, number, held.words)
        self._board.stage(run.id, number, state="passed", sentence=held.words, until=self._clock.now())
        with contextlib.suppress(RefusedError):
            # Where it cannot be kept, the next stage cannot be sent.
            await self._board.keep(run.id)
        return True

    def _failed(self, run: Run, number: int, why: str) -> bool:
        run.failed_stage = number
        self._board.stage(run.id, number, state="failed", sentence=scrub(why, 400), until=self._clock.now())
        return False

    async def _renew(self, run: Run) -> None:
        """Keep the locks. Where one is lost nothing more is sent: somebody else may be at work now."""
        good = self._clock.monotonic()
        while run.locked:
            await asyncio.sleep(self._limits.renew_s)
            try:
                for name in run.locked:
                    await self._locks.renew(name)
                good = self._clock.monotonic()
            except RefusedError as error:
                if name not in run.locked:
                    # It was let go of here while it was being renewed.
                    continue
                run.stop(f"{error}: nothing more was sent")
                return
            except OutsideError as error:
                if self._clock.monotonic() - good >= self._limits.lost_lock_s:
                    run.stop(f"the lock cannot be kept ({error}): nothing more was sent")
                    return

    async def _unlock(self, run: Run) -> None:
        """Let its locks go, one by one: those that are left are kept, and let go at the end, where this is cut off."""
        while run.locked:
            name, *left = run.locked
            run.locked = tuple(left)
            await self.release((name,))

    # ── the end ──

    async def _afterwards(self, run: Run) -> None:
        """Look once at what was cut off or stopped."""
        if (run.stopped and run.aborted) or run.failed_stage is not None:
            for number in run.flying:
                run.lost.add(number)
                self._board.item(run.id, number, state=ActionState.UNKNOWN, sentence="it was cut off after it was sent")
            run.flying.clear()
            await self._observer.look(run, set())

    async def _end(self, run: Run, fault: str) -> None:
        if run.sends:
            stopped = "" if run.failed_stage is not None else run.stopped
            self._board.change(run.id, stages=left_stages(self._board[run.id].stages, stopped))
        end = ending(run, fault)
        run.told()
        row = self._board.change(
            run.id,
            cancelling=False,
            state=end.state,
            outcome=end.outcome,
            next_step=end.next_step,
            items=end.items,
            ended_at=self._clock.now(),
        )
        self._board.tasks.left(row)
        await self._keep_end(run, row)
        await self.taken_back(row)
        self.tell(run.plan, "begun", end.state.value, end.outcome, bad=end.state is not ActionState.SUCCEEDED)

    async def taken_back(self, row: Action) -> None:
        """What its end means for the action that it undoes or cancels."""
        of, fields = row.plan.of, dict[str, Any](cancelling=False)
        if self._board.get(of) is None:
            return
        if row.plan.act is ActKind.UNDO and row.succeeded:
            fields |= {"undone_by": row.id, "next_step": ""}
        elif row.plan.act is ActKind.UNDO and row.state in _NOT_UNDONE:
            said = "; ".join(filter(None, (row.state.value, scrub(row.outcome, 200), row.next_step)))
            fields["next_step"] = scrub(f"undoing it ({row.id[:8]}): {said}", 600)
        self._board.change(of, **fields)
        if "next_step" in fields:
            with contextlib.suppress(RefusedError):
                await self._board.keep(of)

    def _doubt(self, run: Run, fault: str) -> None:
        """Where even its end could not be told, nobody waits for one: it is in doubt, as what a killed program left."""
        if fault and not self._board[run.id].ended:
            self._board.change(run.id, state=ActionState.UNKNOWN, outcome=fault, ended_at=self._clock.now())

    async def _keep_end(self, run: Run, row: Action) -> None:
        troubles = []
        trouble = await self._ledger.outcome(row, Decision.OUTCOME, duration_s=run.since.elapsed_s(), status=run.status)
        if trouble:
            troubles.append(trouble)
        try:
            await self._board.keep(run.id)
        except RefusedError as error:
            troubles.append(str(error))
        if troubles:
            self._board.change(run.id, outcome=f"{row.outcome} ({'; '.join(troubles)})")

    def _of(self, run: Run, **fields: object) -> None:
        """Change the action that this one undoes or cancels."""
        if self._board.get(run.plan.of) is not None:
            self._board.change(run.plan.of, **fields)

    def tell(self, plan: Plan, before: str, after: str, detail: str = "", *, bad: bool = False, by: str = "") -> None:
        """Write an event about what a plan is about: it went from `before` to `after`, by whom it was confirmed where
        nobody else is named."""
        names, row = names_of(plan), self._board.get(plan.key)
        whom = by or (row.actor if row is not None else "")
        words = scrub(": ".join(filter(None, (f"by {whom}" if whom else "", plan.title, detail))), 300)
        act = plan.act.value
        for name in names[: self._limits.told]:
            self._note(name, f"{act} {before}" if before else "", f"{act} {after}", words, bad)
        if len(names) > self._limits.told:
            more = f"{len(names) - self._limits.told:,} more targets"
            self._note(more, f"{act} {before}" if before else "", f"{act} {after}", words, bad)


def _may_hold(action: Action) -> bool:
    """Whether the post-condition is worth waiting for: not where something failed already."""
    return not action.count(ActionState.FAILED, ActionState.REFUSED, ActionState.CANCELLED)


def _fault(task: "asyncio.Task[None]") -> str:
    """What went wrong in fleetdeck itself, "" where nothing did."""
    error = None if task.cancelled() else task.exception()
    if error is None:
        return ""
    first = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
    return scrub(f"it was cut off by an error of fleetdeck itself ({type(first).__name__}: {first})", 300)
