"""Sending the steps of items: each written down before it leaves, each once. What was surely not done is sent again
with the same key, with growing waits; what may have been done never is."""

import asyncio
import contextlib
from collections.abc import Iterator

from msgspec.structs import replace

from actions.ledger import Ledger
from actions.run import Run, Watched
from fleet.actions.action import ActionState, Observed, Result, Sent, StepRead, Verdict
from fleet.actions.holes import captured, filled
from fleet.actions.plan import CommandRun, Effect, HttpRequest, RedisWrite, Step
from fleet.actions.ports import Performer
from fleet.actions.verdict import judged
from fleet.errors import RefusedError
from fleet.text import scrub
from fleet.times import age_text

WORDS = 400
"""Characters of a sentence about an item."""
_ENDS = {
    Verdict.REFUSED: ActionState.REFUSED,
    Verdict.FAILED: ActionState.FAILED,
    Verdict.UNKNOWN: ActionState.UNKNOWN,
}
_OPEN = (ActionState.PLANNED, ActionState.RUNNING)


class Sender:
    """Sends what stands in a plan, and nothing else."""

    def __init__(self, performer: Performer, ledger: Ledger) -> None:
        self._performer = performer
        self._ledger = ledger

    async def stage(self, run: Run, stage: int) -> None:
        """Send the steps of a stage: items in their order, a few at a time, to one target one after the other. Items
        that have ended are left out; one that fails does not keep the others from being sent."""
        room = asyncio.Semaphore(run.limits.at_once)
        lanes: dict[str, list[tuple[int, list[Step]]]] = {}
        for number, steps in sorted(run.steps(stage).items()):
            lanes.setdefault(steps[0].target, []).append((number, steps))
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                waiting = iter(lane)
                for _ in range(min(run.limits.per_target, len(lane))):
                    task = group.create_task(self._lane(run, waiting, room))
                    run.sending.add(task)
                    task.add_done_callback(run.sending.discard)

    async def _lane(self, run: Run, waiting: Iterator[tuple[int, list[Step]]], room: asyncio.Semaphore) -> None:
        for number, steps in waiting:
            async with room:
                if run.stopped:
                    return
                if run.board.item_of(run.id, number).state in _OPEN:
                    await self._item(run, number, steps)

    async def _item(self, run: Run, number: int, steps: list[Step]) -> None:
        for step in steps:
            if not await self._step(run, number, step):
                break
        # Where it cannot be kept, the next step cannot be either, and is not sent; this one is then found unknown.
        with contextlib.suppress(RefusedError):
            await run.board.keep(run.id)

    async def _step(self, run: Run, number: int, step: Step) -> bool:
        """Whether the step was done, so that the next of the item may be sent."""
        try:
            effect = filled(step.effect, run.values.get(number, {}))
        except RefusedError as error:
            words = scrub(f"{step.title} was not sent: {error}", WORDS)
            run.board.item(run.id, number, state=ActionState.FAILED, sentence=words)
            return False
        began, wait_s, where = run.clock.monotonic(), run.limits.backoff_s, _where(step, effect)
        # Where the item before was given up, the next is tried once: an hour of waiting tells no more than a minute.
        most = 1 if where in run.unreached else run.limits.tries
        for tries in range(1, most + 1):
            answer = await self._try(run, number, step, effect, tries)
            if answer is None:
                return False
            result, read = answer
            if result.sent is not Sent.NO:
                run.unreached.discard(where)
            if read.verdict is not Verdict.AGAIN:
                return read.verdict is Verdict.DONE
            wait_s = max(wait_s, read.again_after_s, result.retry_after_s or 0.0)
            late = run.clock.monotonic() - began + wait_s > run.limits.patience_s
            if late or tries == most:
                if result.sent is Sent.NO:
                    run.unreached.add(where)
                asked = f", and again in {age_text(wait_s)} is too late" if late else ""
                after = f"after {tries} tries{asked}" if most > 1 else "like the one before"
                words = scrub(f"given up {after}: {read.sentence or result.fault}", WORDS)
                run.board.item(run.id, number, state=ActionState.FAILED, sentence=words)
                return False
            await run.sleep(wait_s)
            wait_s = min(wait_s * 2, run.limits.backoff_most_s)
        return False

    async def _try(
        self, run: Run, number: int, step: Step, effect: Effect, tries: int
    ) -> tuple[Result, StepRead] | None:
        """Send it once, and note what came of it; None where it was not sent."""
        before = run.board.item_of(run.id, number)
        if run.stopped:
            return None
        if not run.sent:
            run.sent = True
            run.board.change(run.id, state=ActionState.SENT, sent_at=run.clock.now())
        run.board.item(run.id, number, state=ActionState.SENT, tries=tries)
        try:
            await run.board.keep(run.id)
        except RefusedError as error:
            run.board.item(run.id, number, state=before.state, tries=before.tries, sentence=f"not sent: {error}")
            run.stop(f"{error}: nothing more was sent")
            return None
        if run.stopped:
            run.board.item(run.id, number, state=before.state, tries=before.tries)
            return None
        run.flying.add(number)
        watched = Watched(run, number)
        result = await self._performer.perform(effect, key=run.key_of(step), tell=watched)
        watched.over()
        read = run.doer.read(run.plan, step, result)
        read = replace(read, verdict=judged(result.sent, read.verdict), sentence=run.untold.text(number, read.sentence))
        result = replace(result, fault=run.untold.text(number, result.fault))
        self._note(run, number, step, result, read, before.state)
        run.flying.discard(number)
        self._record(run, step, result, read)
        return result, read

    def _record(self, run: Run, step: Step, result: Result, read: StepRead) -> None:
        """Have on record that something was sent: once for an act, or for each of its stages, however many items there
        are. What surely did not leave was not. Nobody waits for the disk."""
        stages = run.plan.stages
        stage = step.stage if len(stages) > 1 else 0
        if result.sent is Sent.NO or stage in run.recorded:
            return
        run.recorded.add(stage)
        self._ledger.sent(
            run.board[run.id],
            part=f"stage {stage + 1} of {len(stages)}: {stages[stage].title}" if len(stages) > 1 else "",
            status=result.status,
            error="" if read.verdict is Verdict.DONE else _wrong(result, read),
            duration_s=run.since.elapsed_s(),
        )

    def _note(self, run: Run, number: int, step: Step, result: Result, read: StepRead, before: ActionState) -> None:
        run.status = result.status
        known = captured(step.captures, result.text) | read.found
        run.values[number] = run.values.get(number, {}) | known
        verdict = read.verdict
        words = _wrong(result, read)
        if verdict is Verdict.UNKNOWN:
            run.lost.add(number)
        after = {Verdict.DONE: ActionState.RUNNING, Verdict.AGAIN: before}.get(verdict) or _ENDS[verdict]
        before_known = run.board.item_of(run.id, number).found
        told = run.untold.found(number, known, before_known)
        found = before_known | {name: scrub(text, WORDS) for name, text in told.items()}
        run.board.item(run.id, number, state=after, sentence=scrub(words, WORDS), found=found)
        if verdict is Verdict.DONE and not run.taken:
            run.taken = True
            run.board.change(run.id, state=ActionState.RUNNING)
        if not isinstance(step.effect, CommandRun):
            return
        run.told(result.text)
        # Its exit code is what is seen of it; whether it ran was seen before.
        ended = ActionState.SUCCEEDED if verdict is Verdict.DONE else after
        output = "" if run.plan.many else run.board[run.id].output
        run.see(number, Observed(state=ended, sentence=scrub(words, WORDS), tail=output))


def _where(step: Step, effect: Effect) -> str:
    """Who takes an effect: its server, or else its target."""
    if isinstance(effect, HttpRequest):
        return "/".join(effect.url.split("/", 3)[:3])
    return effect.url if isinstance(effect, RedisWrite) else step.target


def _wrong(result: Result, read: StepRead) -> str:
    """What an answer means, in a sentence, or why there is none."""
    words = read.sentence or result.fault
    if read.verdict is Verdict.UNKNOWN:
        return f"{words}: it may have been done" if words else "it may have been done"
    return words
