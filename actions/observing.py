"""Looking at what became of items at their target, and at whether conditions hold. Sends nothing."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actions.run import Run, Since, Steady
from actions.sending import WORDS
from fleet.actions.action import ActionState, Observed
from fleet.actions.plan import Check
from fleet.actions.ports import Checker, item_key
from fleet.actions.printed import end
from fleet.errors import OutsideError
from fleet.text import scrub
from fleet.times import age_text

SLOWER = 1.5
TAIL_CHARS = 20_000
"""The end of what a target says of the output of a task that is kept."""
MISSED_S = 2.0
"""How much too late the next look must come for the time in between to count as one in which nobody looked."""
AT_ONCE = 200
"""Items that are noted before others in the loop have their turn."""
_OPEN = (ActionState.RUNNING, ActionState.UNKNOWN)
_FINAL = (ActionState.SUCCEEDED, ActionState.FAILED, ActionState.CANCELLED)


class Held(Struct, frozen=True):
    """Whether conditions held as long as they must, and what they said at the end."""

    passed: bool
    words: str = ""


class Observer:
    """Looks at targets by the plan's doer, and at checks by the checker."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker

    async def follow(self, run: Run, for_s: float) -> None:
        """Look at items until each has ended, or the time is over: what was last seen running has not ended in time,
        and what was not seen is not known. An item of which an answer was lost is looked at, too."""
        began, pace = run.clock.monotonic(), run.limits.look_s
        seen: set[int] = set()
        while True:
            changed = await self.look(run, seen)
            if not self._running(run):
                return
            if run.clock.monotonic() - began >= for_s:
                break
            pace = run.limits.look_s if changed else min(pace * SLOWER, run.limits.look_most_s)
            await run.sleep(min(pace, max(0.05, for_s - (run.clock.monotonic() - began))))
        for number in self._running(run):
            self._over(run, number, age_text(for_s), seen=number in seen)

    async def look(self, run: Run, seen: set[int]) -> bool:
        """Look once; whether anything is other than before. `seen` are those that were seen running."""
        wanted = {
            number: {**item.found, "key": item_key(run.plan.key, number)}
            for number, item in enumerate(run.board[run.id].items)
            if item.state in _OPEN
        }
        if not wanted:
            return False
        before = run.board[run.id].items
        await asyncio.sleep(0)
        try:
            observed = await run.doer.look(run.plan, wanted, self._since(run))
        except OutsideError as error:
            for number in wanted:
                run.board.item(run.id, number, sentence=scrub(f"its target cannot be asked: {error}", WORDS))
            return False
        for count, (number, one) in enumerate(observed.items(), 1):
            if number in wanted:
                self._take(run, number, one, seen)
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
        return run.board[run.id].items != before

    async def hold(self, run: Run, checks: Sequence[Check], hold_s: float, within_s: float, stage: int | None) -> Held:
        """Wait until all checks hold without a break for `hold_s`, beginning within `within_s`. After that time, one
        that fails ends it at once; one of which nothing is known may come back for as long as `hold_s`. Without checks
        it waits for `hold_s`, which is then all that stands between two stages. Time in which this process was stopped
        counts for neither: nobody saw whether they held."""
        if not checks and hold_s <= 0:
            return Held(True)
        clock = run.clock
        began, since, steady = clock.monotonic(), Since(clock), Steady(clock)
        good_from: float | None = None
        ever, blind_until = False, began
        while True:
            if steady.was_set():
                # What collectors saw was dated by the other clock: only what they see from now on counts.
                since, blind_until = Since(clock), clock.monotonic() + run.limits.settle_s
            answers = await self._answers(run, checks, since.at(), blind=clock.monotonic() < blind_until)
            at = clock.monotonic()
            words = tuple(text for _, text in answers)
            if all(holds is True for holds, _ in answers):
                good_from, ever = at if good_from is None else good_from, True
                self._show(run, stage, answers, at - good_from)
                if at - good_from >= hold_s:
                    return Held(True, "; ".join(words))
            else:
                good_from = None
                self._show(run, stage, answers, None)
                failing = any(holds is False for holds, _ in answers)
                grace_s = hold_s if ever and not failing else 0.0
                if at - began >= within_s + grace_s:
                    bad = [text for holds, text in answers if holds is not True]
                    return Held(False, f"not within {age_text(within_s)}: {'; '.join(bad)}")
            await run.sleep(run.limits.check_s)
            missed_s = clock.monotonic() - at - run.limits.check_s
            if missed_s >= MISSED_S:
                began, good_from = began + missed_s, None if good_from is None else good_from + missed_s

    async def once(self, run: Run, checks: Sequence[Check]) -> tuple[bool | None, str]:
        """Whether all checks hold now; None where one is not known and none fails."""
        answers = await self._answers(run, checks, self._since(run), blind=False)
        states = [holds for holds, _ in answers]
        holds = False if False in states else None if None in states else True
        return holds, "; ".join(text for _, text in answers)

    async def _answers(
        self, run: Run, checks: Sequence[Check], since: datetime, *, blind: bool
    ) -> list[tuple[bool | None, str]]:
        if blind:
            return [(None, "the clock was set") for _ in checks]
        found = [await self._checker.check(check, run.plan, since) for check in checks]
        return [(holds, scrub(words, WORDS)) for holds, words in found]

    def _show(
        self, run: Run, stage: int | None, answers: Sequence[tuple[bool | None, str]], held_s: float | None
    ) -> None:
        words, holds = tuple(text for _, text in answers), tuple(holds for holds, _ in answers)
        row = run.board[run.id]
        if holds != (row.holds if stage is None else row.stages[stage].holds):
            # Whoever watches from another program reads it from the disk.
            run.keep_soon()
        if stage is None:
            waits = f"waits until it holds: {'; '.join(words)}"
            run.board.change(run.id, outcome=waits, checks=words, holds=holds)
            return
        held_from = None if held_s is None else run.clock.now() - timedelta(seconds=held_s)
        run.board.stage(run.id, stage, checks=words, holds=holds, held_from=held_from)

    def _since(self, run: Run) -> datetime:
        """When the act was begun: that of an earlier process is known by the time of day only."""
        return run.since.at() if run.sends else run.board[run.id].sent_at or run.board[run.id].plan.made_at

    def _take(self, run: Run, number: int, one: Observed, seen: set[int]) -> None:
        item = run.board.item_of(run.id, number)
        words = scrub(run.untold.text(number, one.sentence), WORDS)
        if one.final and one.state is ActionState.UNKNOWN and item.sentence:
            # Why it is in doubt stays there: looking brought nothing new.
            words = item.sentence if words in item.sentence else scrub(f"{item.sentence}; {words}", WORDS)
        fields: dict[str, Any] = {"sentence": words or item.sentence}
        found = run.untold.found(number, one.found, item.found)
        fields["found"] = item.found | {name: scrub(text, WORDS) for name, text in found.items()}
        if one.final and one.state in _FINAL:
            fields["state"] = one.state
        elif one.final:
            fields["state"] = ActionState.UNKNOWN
        elif one.state is not ActionState.UNKNOWN:
            fields["state"] = ActionState.RUNNING
            seen.add(number)
        if one.state is not ActionState.UNKNOWN:
            run.lost.discard(number)
        run.board.item(run.id, number, **fields)
        if one.tail and not run.plan.many:
            # Of a batch it would be that of whichever item was looked at last.
            said = run.untold.output(one.tail)
            tail = end(said, TAIL_CHARS)
            run.board.change(run.id, output=tail, output_head=0, output_cut=len(said) - len(tail))
        output = "" if run.plan.many else run.board[run.id].output
        run.see(number, replace(one, sentence=fields["sentence"], tail=output))

    def _running(self, run: Run) -> list[int]:
        items = run.board[run.id].items
        return [number for number, item in enumerate(items) if item.state is ActionState.RUNNING]

    def _over(self, run: Run, number: int, time: str, *, seen: bool) -> None:
        last = run.board.item_of(run.id, number).sentence
        words = f"not finished within {time}" if seen else f"nothing was seen of it within {time}"
        run.board.item(
            run.id,
            number,
            state=ActionState.TIMED_OUT if seen else ActionState.UNKNOWN,
            sentence=scrub(f"{words}; last: {last}" if last else words, WORDS),
        )
