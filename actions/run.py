"""One act that is under way: its plan with everything in it, who stopped it, and what of it is in doubt."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import structs

from actions.board import Board
from actions.limits import RunLimits
from actions.transcript import Printed, Transcript
from fleet.actions.action import ActionState, Observed
from fleet.actions.plan import CommandRun, Plan, Step
from fleet.actions.ports import Doer
from fleet.actions.untold import Untold
from fleet.actions.verdict import step_key
from fleet.clock import Clock
from fleet.errors import RefusedError
from fleet.vocabulary import TaskState

Sleep = Callable[[float], Awaitable[None]]
TELL_S = 0.2
"""Between two times that output is shown."""
SET_BY_S = 1.0
"""How far the time of day may drift from the monotonic clock between two looks before it was set."""


class Since:
    """A moment, by the time of day as it is now: where the clock is set, the moment moves along."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since then."""
        return self._clock.monotonic() - self._began

    def at(self) -> datetime:
        """When it was."""
        return self._clock.now() - timedelta(seconds=self.elapsed_s())


class Steady:
    """Whether the time of day was set between two looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._now()

    def was_set(self) -> bool:
        """Whether it was since this was asked last."""
        before, self._offset = self._offset, self._now()
        return abs(self._offset - before) > SET_BY_S

    def _now(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


class Run:
    """What the runner knows of an act that it carries out."""

    def __init__(
        self, plan: Plan, doer: Doer, board: Board, clock: Clock, limits: RunLimits, sleep: Sleep, *, send: bool = True
    ) -> None:
        self.plan = plan
        self.doer = doer
        self.board = board
        self.clock = clock
        self.limits = limits
        self.sleep = sleep
        self.sends = send
        """False where it is only followed: after reconciling."""
        self.since = Since(clock)
        self.sent = False
        """Whether something was begun to be sent."""
        self.recorded: set[int] = set()
        """Stages of which it is on record that something of them was sent."""
        self.taken = False
        """Whether the target has taken something."""
        self.stopped = ""
        """Why nothing more is sent, in a sentence; "" while it goes on."""
        self.aborted = False
        """Whether an operator stopped it."""
        self.failed_stage: int | None = None
        self.flying: set[int] = set()
        """Items of which an effect is on its way: their fate is in doubt where that is cut off."""
        self.lost: set[int] = set()
        """Items of which an answer was lost, and that nothing has been seen of since."""
        self.unreached: set[str] = set()
        """Servers that an item was given up for, and that nothing has reached since."""
        self.values: dict[int, dict[str, str]] = {}
        """What fills holes, by item."""
        self.checks_hold: bool | None = None
        self.checks_words = ""
        self.status: int | None = None
        """Of the last answer."""
        self.locked: tuple[str, ...] = ()
        self.work: asyncio.Task[None] | None = None
        self.sending: set[asyncio.Task[None]] = set()
        """Tasks within the work that have an effect on its way."""
        self._cut_off = False
        self.done = asyncio.Event()
        self.interrupted = asyncio.Event()
        self.untold = Untold(plan)
        """What is private: taken out of all that is shown and written down."""
        self._transcript = Transcript(_output_chars(plan, limits.output_chars))
        self._told = -1.0
        self._telling: asyncio.TimerHandle | None = None
        self._keeping: set[asyncio.Future[None]] = set()
        self._by_item: dict[int, list[Step]] | None = None

    @property
    def id(self) -> str:
        """Of the action."""
        return self.plan.key

    @property
    def stages(self) -> int:
        """How many there are; one where it has none."""
        return max(len(self.plan.stages), 1 + max((step.stage for step in self.plan.steps), default=0))

    def steps(self, stage: int) -> dict[int, list[Step]]:
        """The steps of a stage, by item."""
        found: dict[int, list[Step]] = {}
        for step in self.plan.steps:
            if step.stage == stage:
                found.setdefault(step.item, []).append(step)
        return found

    def key_of(self, step: Step) -> str:
        """The idempotency key of a step of this plan."""
        return step_key(self.plan, step, self._steps_of(step.item))

    def see(self, number: int, one: Observed) -> None:
        """Show what was seen of the task of an item; its texts are scrubbed, and have nothing private."""
        steps = self._steps_of(number)
        target = steps[0].target if steps else ""
        self.board.tasks.saw(self.plan, number, self.board.item_of(self.id, number), one, target)

    def _steps_of(self, number: int) -> list[Step]:
        if self._by_item is None:
            self._by_item = {}
            for one in self.plan.steps:
                self._by_item.setdefault(one.item, []).append(one)
        return self._by_item.get(number, [])

    def stop(self, why: str, *, aborted: bool = False, now: bool = False) -> None:
        """Send nothing more; `now`: what is on its way is cut off, too, and the second time without patience: a process
        gets KILL."""
        if not self.stopped:
            self.stopped, self.aborted = why, aborted
        if not now or self.work is None:
            return
        if self._cut_off:
            # A group of tasks hears of being cancelled once. What is told a second time ends at once.
            for task in self.sending:
                task.cancel()
        self._cut_off = True
        self.work.cancel()

    def tell(self, text: str) -> None:
        """Take lines of output, which are shown now and then."""
        self._transcript.add(self.untold.output(text))
        if self._telling is not None:
            return
        wait_s = TELL_S - (self.clock.monotonic() - self._told) if self._told >= 0 else 0.0
        if wait_s <= 0:
            self._tell_now()
        else:
            self._telling = asyncio.get_running_loop().call_later(wait_s, self._tell_now)

    def _tell_now(self) -> None:
        self._telling = None
        self._told = self.clock.monotonic()
        self._show(self._transcript.live())

    def told(self, otherwise: str = "") -> None:
        """Show all of the output that is kept; `otherwise` (not scrubbed) where none came piece by piece."""
        if not self._transcript and otherwise:
            self._transcript.add(self.untold.output(otherwise))
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if self._transcript:
            self._show(self._transcript.whole())

    def _show(self, printed: Printed) -> None:
        self.board.change(self.id, **structs.asdict(printed))

    def keep_soon(self) -> None:
        """Have on disk how the act is now, while it goes on."""
        keeping = asyncio.ensure_future(self._keep())
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)

    async def _keep(self) -> None:
        # Where it cannot be kept, the next step is not sent.
        with contextlib.suppress(RefusedError):
            await self.board.keep(self.id)


class Watched:
    """Shows what becomes of the process of an item while it runs. `fleet.actions.ports.Witness`."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._number = number
        self._said = ""

    def __call__(self, text: str) -> None:
        self._run.tell(text)

    def began(self) -> None:
        """It runs, and so does the act."""
        run = self._run
        run.board.item(run.id, self._number, state=ActionState.RUNNING)
        run.see(self._number, Observed(state=ActionState.RUNNING, task=TaskState.RUNNING))
        if run.board[run.id].state is ActionState.SENT:
            run.board.change(run.id, state=ActionState.RUNNING)
        run.keep_soon()

    def ending(self, words: str) -> None:
        """How it is being ended, until it has."""
        run = self._run
        self._said = f"stopping: {words} ({run.stopped or 'its time is over'})"
        run.board.item(run.id, self._number, sentence=self._said)
        run.board.change(run.id, outcome=self._said, cancelling=bool(run.stopped))

    def over(self) -> None:
        """It has ended, and the act goes on."""
        if self._said and self._run.board[self._run.id].outcome == self._said:
            self._run.board.change(self._run.id, outcome="", cancelling=False)


def _output_chars(plan: Plan, most: int) -> int:
    """Characters of output that are kept of a plan's commands."""
    wanted = [step.effect.output_bytes for step in plan.steps if isinstance(step.effect, CommandRun)]
    return min(max(wanted, default=most), most)
