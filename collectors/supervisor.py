"""The supervisor: says when each source and probe looks, bounds what that may take, and keeps their status.

Jobs stand in one heap of due times, so ten thousand of them cost no task each. Each job has its own fixed grid, put off
by a share of its interval that its name decides, so that a sweep is spread over its interval and is never a burst. A
failing job is tried less often, at most by a factor of two, and never given up: what comes back is seen within two
intervals. The one broad `except Exception` of the project stands here, around what a job does.
"""

import asyncio
import heapq
import logging
import math
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from collectors.ingest import on_ladder
from fleet.clock import Clock
from fleet.errors import Fault, OutsideError
from fleet.model import ProbeKind, Source, SourceState
from fleet.store import Slice

log = logging.getLogger(__name__)

_FAILURES_SHOWN = 99
_PATIENT_AFTER = 3
_RATE_LIMITED_S = 15.0
_HURRIED_S = 1.0


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
        self._gate = asyncio.Semaphore(concurrency)
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[float, int, _Entry]] = []
        self._count = 0
        self._changed = asyncio.Event()
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
                    self._start_due(group)
                    await self._close_removed()
                    await self._wait_for_next()
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
                    while unsettled:
                        running += 1
                        group.create_task(run(unsettled.pop()))
                    self._settled.clear()
                    await self._settled.wait()
        finally:
            self._unsettled = None

    async def aclose(self) -> None:
        """Close what the jobs hold open."""
        self._closing.extend(entry.job.close for entry in self._entries.values() if entry.job.close is not None)
        await self._close_removed()

    def _start_due(self, group: asyncio.TaskGroup) -> None:
        now = self._clock.monotonic()
        while self._heap and self._heap[0][0] <= now:
            due, _, entry = heapq.heappop(self._heap)
            if entry.alive and not entry.running and due == entry.due:
                entry.running = True
                group.create_task(self._run(entry))

    async def _wait_for_next(self) -> None:
        delay = self._heap[0][0] - self._clock.monotonic() if self._heap else None
        if delay is not None and delay <= 0:
            return
        self._changed.clear()
        try:
            async with asyncio.timeout(delay):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _close_removed(self) -> None:
        while self._closing:
            await self._closing.pop()()

    async def _run(self, entry: _Entry) -> None:
        job, asked_to_wait = entry.job, None
        async with self._gate:
            started = self._clock.monotonic()
            try:
                async with asyncio.timeout(job.timeout_s):
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
        self._changed.set()

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
