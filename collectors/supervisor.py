"""The supervisor: says when each source and probe looks, bounds what that may take, and keeps their status.

Jobs stand in one heap of due times, so ten thousand of them cost neither a task nor a timer each. Each job has its own
fixed grid, put off by a share of its interval that its name decides, so that a sweep is spread over its interval and is
never a burst. Those that are due within the same quarter of a second start together, because waking up for each of
them would cost more than the look itself; how many may be under way is bounded (`slots`). A failing job is tried less
often, at most by a factor of two, and never given up: what comes back is seen within two intervals. The one broad
`except Exception` of the project stands here, around what a job does.
"""

import asyncio
import contextlib
import heapq
import logging
import math
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from collectors.ingest import on_ladder
from collectors.slots import Slots
from fleet.clock import Clock
from fleet.errors import Fault, OutsideError
from fleet.model import ProbeKind, Source, SourceState
from fleet.store import Slice
from transport.time_limit import TimeLimit

log = logging.getLogger(__name__)

_FAILURES_SHOWN = 99
_PATIENT_AFTER = 3
_RATE_LIMITED_S = 15.0
_HURRIED_S = 1.0
TICK_S = 0.25
"""Seconds between two times at which jobs start; for those of short intervals a twentieth of that."""
_MISSED_S = 2.0
"""Where the supervisor is woken this much too late, the process was stopped, or the machine slept. Jobs wait for their
next turn then, since all of them were missed together and must not all run at once."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a job says of its own success, beside the reading: sentences, how much it found, what limits cut, and the
    reading itself in words where no view shows it."""

    problems: tuple[str, ...] = ()
    found: int | None = None
    cut: int = 0
    summary: str = ""


class Job(Struct, kw_only=True):
    """A source or probe with its schedule.

    `look` fetches a reading; `deliver(reading, at, took_s)` puts it where it belongs and says how it went;
    `fail(error)` is told of a failure in a sentence. Both are called on the event loop and must not wait.
    `bounded`: the look ends within `timeout_s` of itself, and names what it waited for; it needs no second timer.
    """

    id: str
    kind: ProbeKind
    target: str
    every_s: float
    timeout_s: float
    look: Callable[[], Awaitable[Any]]
    deliver: Callable[[Any, datetime, float], Outcome]
    fail: Callable[[str], None]
    close: Callable[[], Awaitable[None]] | None = None
    bounded: bool = False


class _Entry:
    """A job in the heap, with what is remembered of its runs."""

    __slots__ = ("alive", "changed", "due", "ended", "failures", "job", "running", "told_to_wait")

    def __init__(self, job: Job, due: float) -> None:
        self.job = job
        self.due = due
        self.ended = -math.inf
        self.failures = 0
        self.running = False
        self.alive = True
        self.told_to_wait = False
        self.changed = False


class Supervisor:
    """Runs jobs until it is cancelled; the single writer of `store.sources`."""

    def __init__(self, sources: Slice[str, Source], clock: Clock, *, concurrency: int = 64) -> None:
        self._sources = sources
        self._clock = clock
        self._slots = Slots(concurrency)
        self._portion = max(1, concurrency // 4)
        """Looks that end before the next are started in their place, where there was no room for all that were due."""
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[float, int, _Entry]] = []
        self._count = 0
        self._woken = asyncio.Event()
        self._wakes_at = math.inf
        """When the supervisor means to look next; infinite while it looks, or has nothing to wait for."""
        self._room_wanted = 0
        """How many looks have to end before more are started; 0 where none wait for room."""
        self._settled = asyncio.Event()
        self._unsettled: list[_Entry] | None = None
        """While a sweep is under way: the jobs that it has to run yet."""
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self.errors = 0
        """Failures of all jobs so far."""
        self.worst_lateness_s = 0.0
        """How long after it was due the slowest job since the last `take_lateness` was done."""

    def __len__(self) -> int:
        return len(self._entries)

    # ── jobs ──

    def add(self, job: Job) -> None:
        """Take `job` on; a job of the same id is replaced. It runs as soon as it can."""
        self.remove(job.id)
        entry = _Entry(job, self._clock.monotonic())
        self._entries[job.id] = entry
        self._sources.put(job.id, Source(id=job.id, kind=job.kind, target=job.target, every_s=job.every_s))
        if self._unsettled is not None:
            self._unsettled.append(entry)
        self._push(entry)

    def replace(self, job: Job) -> None:
        """Go on with `job` in place of the one of the same id, by another schedule say; its row and its failures
        stay. It is added where there is none."""
        entry = self._entries.get(job.id)
        if entry is None:
            self.add(job)
            return
        before, entry.job = entry.job, job
        if before.close is not None and before.close != job.close:
            self._closing.append(before.close)
        row = self._sources[job.id]
        self._sources.put(job.id, structs.replace(row, target=job.target, every_s=job.every_s))
        if not entry.running and not entry.told_to_wait:
            entry.due = min(entry.due, self._next_due(entry, self._clock.monotonic()))
            self._push(entry)

    def retime(self, job_id: str, every_s: float, timeout_s: float) -> None:
        """Go on with a job at another interval and with another time-out."""
        entry = self._entries.get(job_id)
        if entry is not None:
            self.replace(structs.replace(entry.job, every_s=every_s, timeout_s=timeout_s))

    def remove(self, job_id: str) -> None:
        """Let go of a job; a run that is under way ends without effect."""
        entry = self._entries.pop(job_id, None)
        if entry is None:
            return
        entry.alive = False
        self._sources.drop(job_id)
        if entry.job.close is not None:
            self._closing.append(entry.job.close)

    def collect_now(self) -> None:
        """Make every job due at once, except those that the other side asked to wait."""
        now = self._clock.monotonic()
        for entry in self._entries.values():
            if not entry.running and entry.due > now and not entry.told_to_wait:
                entry.due = now
                self._push(entry)

    def hurry(self, job_id: str) -> None:
        """Make a job due because what it looks at changed; one that ran within the last second waits until it is one,
        so that a file that is written all the time costs no more than that."""
        entry = self._entries.get(job_id)
        if entry is None:
            return
        if entry.running:
            # What changes while it is read must be read again.
            entry.changed = True
            return
        due = max(self._clock.monotonic(), entry.ended + _HURRIED_S)
        if due < entry.due and not entry.told_to_wait:
            entry.due = due
            self._push(entry)

    def take_lateness(self) -> float:
        """The worst lateness since the last call, in seconds."""
        lateness, self.worst_lateness_s = self.worst_lateness_s, 0.0
        return lateness

    # ── running ──

    async def run(self) -> None:
        """Run jobs when they are due, until cancelled; then close what they hold."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    looked = self._start_due(group)
                    while self._closing:
                        # Not awaited here: saying goodbye to a server that hangs takes its time.
                        group.create_task(_goodbye(self._closing.pop()))
                    await self._wait_for_next(looked)
        finally:
            await self.aclose()

    async def sweep(self, *, tries: int, wait_s: float, settle: Callable[[], None] = lambda: None) -> bool:
        """Run every job once, and those that failed again until `tries` failures are together (but not where the
        other side asked to wait). True where all came to an end within `wait_s`.

        `settle` is called when nothing is under way; jobs that it adds (the probes of agents that were just
        discovered), or that came in meanwhile, belong to the sweep.
        """
        try:
            async with asyncio.timeout(wait_s):
                await self._sweep(tries, settle)
        except TimeoutError:
            return False
        return True

    async def _sweep(self, tries: int, settle: Callable[[], None]) -> None:
        unsettled = self._unsettled = list(self._entries.values())
        running = 0

        async def run(entry: _Entry) -> None:
            nonlocal running
            await self._run(entry)
            running -= 1
            if entry.alive and 0 < entry.failures < tries and not entry.told_to_wait:
                unsettled.append(entry)
            self._settled.set()

        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    if not running and not unsettled:
                        settle()
                    if not running and not unsettled:
                        break
                    free = self._slots.free(self._clock.monotonic())
                    while unsettled and free > 0:
                        running, free = running + 1, free - 1
                        self._begin(entry := unsettled.pop())
                        group.create_task(run(entry))
                    self._settled.clear()
                    with contextlib.suppress(TimeoutError):
                        # Those that hang make room after a while, without a word.
                        async with asyncio.timeout(TICK_S if unsettled else None):
                            await self._settled.wait()
        finally:
            self._unsettled = None

    async def aclose(self) -> None:
        """Close what the jobs hold open."""
        self._closing.extend(entry.job.close for entry in self._entries.values() if entry.job.close is not None)
        while self._closing:
            await self._closing.pop()()

    def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Start what is due; when that was looked up."""
        now = self._clock.monotonic()
        missed, self._wakes_at = now - self._wakes_at > _MISSED_S, math.inf
        free = self._slots.free(now)
        while free > 0 and self._heap and self._heap[0][0] <= now:
            due, _, entry = heapq.heappop(self._heap)
            if not entry.alive or entry.running or due != entry.due:
                continue
            if missed and entry.ended > -math.inf:
                entry.due = self._next_due(entry, now)
                self._push(entry)
            else:
                free -= 1
                self._begin(entry)
                group.create_task(self._run(entry))
        self._room_wanted = self._portion if free <= 0 else 0
        return now

    def _begin(self, entry: _Entry) -> None:
        entry.running = True
        self._slots.begin(entry, self._clock.monotonic())

    def _end(self, entry: _Entry) -> None:
        self._slots.end(entry)
        if self._room_wanted:
            self._room_wanted -= 1
            if not self._room_wanted:
                self._woken.set()

    async def _wait_for_next(self, looked: float) -> None:
        """Wait for the tick at which the next job is due, or longer where there is no room for it.

        Counted from when the last were `looked` up: a process that is stopped after that wakes up too late, too.
        """
        due = max(self._heap[0][0], looked) if self._heap else math.inf
        if due < math.inf:
            step = min(TICK_S, self._heap[0][2].job.every_s / 20)
            due = math.floor(due / step + 1) * step
        self._wakes_at = due
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if due == math.inf else due - self._clock.monotonic()):
                await self._woken.wait()

    async def _run(self, entry: _Entry) -> None:
        job, asked_to_wait = entry.job, None
        started = self._clock.monotonic()
        try:
            if job.bounded:
                reading = await job.look()
            else:
                async with TimeLimit(job.timeout_s):
                    reading = await job.look()
            if entry.alive:
                self._succeeded(entry, reading, self._clock.monotonic() - started)
        except OutsideError as error:
            asked_to_wait = error.retry_after_s or (_RATE_LIMITED_S if error.fault is Fault.RATE_LIMITED else None)
            self._failed(entry, str(error), self._clock.monotonic() - started)
        except TimeoutError:
            self._failed(entry, f"{Fault.TIMEOUT}: after {job.timeout_s:g}s", job.timeout_s)
        except Exception as error:  # the one place where any fault of a probe ends, named
            log.exception("probe=%s", job.id)
            text = f"{Fault.INTERNAL}: {type(error).__name__} in {job.id}"
            self._failed(entry, text, self._clock.monotonic() - started)
        finally:
            self._end(entry)
        self._finish(entry, asked_to_wait)

    def _finish(self, entry: _Entry, asked_to_wait: float | None) -> None:
        entry.running = False
        now = entry.ended = self._clock.monotonic()
        self.worst_lateness_s = max(self.worst_lateness_s, now - entry.due)
        entry.told_to_wait = asked_to_wait is not None
        entry.due = self._next_due(entry, now) if asked_to_wait is None else now + min(asked_to_wait, 300.0)
        if entry.alive:
            self._push(entry)
        if entry.changed:
            entry.changed = False
            self.hurry(entry.job.id)

    def _next_due(self, entry: _Entry, now: float) -> float:
        """The next point of the job's grid; every second one while it keeps failing."""
        every = entry.job.every_s * (2 if entry.failures >= _PATIENT_AFTER else 1)
        phase = zlib.crc32(entry.job.id.encode()) / 2**32 * every
        return now - (now - phase) % every + every

    def _push(self, entry: _Entry) -> None:
        self._count += 1
        heapq.heappush(self._heap, (entry.due, self._count, entry))
        if entry.due < self._wakes_at:
            self._woken.set()

    # ── status ──

    def _succeeded(self, entry: _Entry, reading: Any, took_s: float) -> None:
        job, at = entry.job, self._clock.now()
        outcome = job.deliver(reading, at, took_s)
        entry.failures = 0
        before = self._sources[job.id]
        self._sources.put(
            job.id,
            structs.replace(
                before,
                state=SourceState.PARTIAL if outcome.problems or outcome.cut else SourceState.OK,
                failures=0,
                error="",
                problems=outcome.problems,
                found=outcome.found,
                cut=outcome.cut,
                summary=outcome.summary,
                cost_s=on_ladder(took_s, before.cost_s),
            ),
        )
        self._sources.touch(job.id, at)

    def _failed(self, entry: _Entry, error: str, took_s: float) -> None:
        if not entry.alive:
            return
        job = entry.job
        entry.failures += 1
        self.errors += 1
        before = self._sources[job.id]
        self._sources.put(
            job.id,
            structs.replace(
                before,
                state=SourceState.FAILING,
                failures=min(entry.failures, _FAILURES_SHOWN),
                error=error,
                last_success=self._sources.seen(job.id),
                cost_s=on_ladder(took_s, before.cost_s),
            ),
        )
        job.fail(error)


async def _goodbye(close: Callable[[], Awaitable[None]]) -> None:
    await close()
