"""The supervisor: its schedule, its bounds, and that nothing a probe does can stop it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.supervisor import Job, Outcome, Supervisor
from fleet.clock import Clock, ManualClock, SystemClock
from fleet.errors import Fault, OutsideError
from fleet.model import ProbeKind, Source, SourceState
from fleet.store import Slice

pytestmark = pytest.mark.anyio


class Rig:
    """A supervisor with jobs whose looks are given as functions; `delivered` and `failed` say what came of them."""

    def __init__(self, concurrency: int = 64, clock: Clock | None = None) -> None:
        self.sources: Slice[str, Source] = Slice()
        self.supervisor = Supervisor(self.sources, clock or SystemClock(), concurrency=concurrency)
        self.delivered: list[tuple[str, Any]] = []
        self.failed: list[tuple[str, str]] = []
        self.closed: list[str] = []

    def add(
        self, name: str, look: Callable[[], Awaitable[Any]], *, every_s: float = 60.0, timeout_s: float = 5.0
    ) -> None:
        def deliver(reading: Any, at: datetime, took_s: float) -> Outcome:
            self.delivered.append((name, reading))
            return Outcome(problems=("cut short",) if reading == "partial" else (), found=1)

        async def close() -> None:
            self.closed.append(name)

        self.supervisor.add(
            Job(
                id=name,
                kind=ProbeKind.HEALTH,
                target=name,
                every_s=every_s,
                timeout_s=timeout_s,
                look=look,
                deliver=deliver,
                fail=lambda error: self.failed.append((name, error)),
                close=close,
            )
        )

    async def until(self, done: Callable[[], bool]) -> None:
        """Run until `done`, which must come about within 10 s."""
        runner = asyncio.create_task(self.supervisor.run())
        try:
            async with asyncio.timeout(10):
                while not done():  # noqa: ASYNC110  # the loop must spin for the supervisor to run
                    await asyncio.sleep(0)
        finally:
            runner.cancel()
            await asyncio.wait([runner])


def giving(value: Any) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        return value

    return look


def raising(error: BaseException) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        raise error

    return look


async def hanging() -> Any:
    await asyncio.Event().wait()


async def test_whatever_one_job_does_the_others_go_on() -> None:
    rig = Rig()
    rig.add("refused", raising(OutsideError(Fault.REFUSED, "127.0.0.1:1")))
    rig.add("broken", raising(RuntimeError("secret in here")))
    rig.add("hangs", hanging, timeout_s=0.05)
    rig.add("partial", giving("partial"))
    rig.add("fine", giving("ok"))
    assert await rig.supervisor.sweep(tries=1, wait_s=10)
    states = {name: (source.state, source.error) for name, source in rig.sources.items()}
    assert states["fine"] == (SourceState.OK, "")
    assert states["partial"] == (SourceState.PARTIAL, "")
    assert states["refused"] == (SourceState.FAILING, "refused: 127.0.0.1:1")
    assert states["hangs"] == (SourceState.FAILING, "time-out: after 0.05s")
    # A fault of our own is named by its type and place; its text might hold anything.
    assert states["broken"] == (SourceState.FAILING, "internal error: RuntimeError in broken")
    assert sorted(name for name, _ in rig.failed) == ["broken", "hangs", "refused"]


async def test_a_sweep_tries_failures_again_and_takes_in_what_appears_meanwhile() -> None:
    rig = Rig()

    async def discover() -> Any:
        rig.add("found", raising(OutsideError(Fault.REFUSED, "x")))
        return "agents"

    rig.add("discovery", discover)
    assert await rig.supervisor.sweep(tries=3, wait_s=10)
    assert [name for name, _ in rig.failed] == ["found"] * 3
    assert rig.sources["found"].failures == 3


async def test_a_sweep_does_not_ask_again_who_asked_to_wait() -> None:
    rig = Rig()
    rig.add("busy", raising(OutsideError(Fault.RATE_LIMITED, "429")))
    assert await rig.supervisor.sweep(tries=3, wait_s=10)
    assert rig.sources["busy"].failures == 1


async def test_a_sweep_takes_in_what_settling_adds() -> None:
    rig = Rig()
    rig.add("discovery", giving("agents"))
    late = iter(["found later", "and then this"])

    def settle() -> None:
        name = next(late, None)
        if name is not None:
            rig.add(name, giving("ok"))

    assert await rig.supervisor.sweep(tries=2, wait_s=10, settle=settle)
    assert [name for name, _ in rig.delivered] == ["discovery", "found later", "and then this"]


async def test_a_sweep_ends_when_its_time_is_up() -> None:
    rig = Rig()
    rig.add("hangs", hanging, timeout_s=60)
    rig.add("fine", giving("ok"))
    assert not await rig.supervisor.sweep(tries=2, wait_s=0.2)
    assert rig.delivered == [("fine", "ok")]
    assert rig.sources["hangs"].state is SourceState.PENDING


async def test_a_job_runs_again_and_a_failing_one_recovers() -> None:
    rig = Rig()
    answers = iter([OutsideError(Fault.RESET, "x"), "ok"])

    async def look() -> Any:
        answer = next(answers, "ok")
        if isinstance(answer, Exception):
            raise answer
        return answer

    rig.add("flaky", look, every_s=0.02)
    await rig.until(lambda: len(rig.delivered) >= 2)
    assert rig.failed == [("flaky", "connection reset: x")]
    assert rig.sources["flaky"].state is SourceState.OK
    assert rig.sources["flaky"].error == ""


async def test_no_more_run_at_once_than_allowed_and_none_twice() -> None:
    rig = Rig(concurrency=3)
    running = most = 0

    async def look() -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(3):
            await asyncio.sleep(0)
        running -= 1
        return "ok"

    for number in range(20):
        rig.add(f"job {number}", look)
    assert await rig.supervisor.sweep(tries=1, wait_s=10)
    assert (most, len(rig.delivered)) == (3, 20)


async def test_a_removed_job_is_closed_and_its_late_answer_dropped() -> None:
    rig = Rig()
    release = asyncio.Event()

    async def look() -> Any:
        rig.supervisor.remove("late")
        await release.wait()
        return "late answer"

    rig.add("late", look)
    rig.add("other", giving("ok"), every_s=0.01)
    release.set()
    await rig.until(lambda: len(rig.delivered) >= 2)
    assert {name for name, _ in rig.delivered} == {"other"}
    assert "late" not in rig.sources
    assert sorted(rig.closed) == ["late", "other"]


def test_the_grid_is_fixed_spread_and_patient_with_failures() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    sources: Slice[str, Source] = Slice()
    supervisor = Supervisor(sources, clock)
    for number in range(200):
        supervisor.add(
            Job(
                id=f"job {number}",
                kind=ProbeKind.HEALTH,
                target="t",
                every_s=10.0,
                timeout_s=1.0,
                look=hanging,
                deliver=lambda *_: Outcome(),
                fail=lambda _: None,
            )
        )
    entries = list(supervisor._entries.values())
    due = [supervisor._next_due(entry, 1000.0) for entry in entries]
    assert all(1000.0 < when <= 1010.0 for when in due)
    per_second = [sum(1 for when in due if second < when - 1000.0 <= second + 1) for second in range(10)]
    assert max(per_second) < 40, per_second
    assert supervisor._next_due(entries[0], due[0]) == pytest.approx(due[0] + 10.0)
    entries[0].failures = 50
    assert 0 < supervisor._next_due(entries[0], 1000.0) - 1000.0 <= 20.0


async def test_who_asks_to_wait_is_not_asked_sooner_by_collect_now() -> None:
    rig = Rig()
    looks: list[str] = []

    async def limited() -> Any:
        looks.append("limited")
        raise OutsideError(Fault.RATE_LIMITED, "429", retry_after_s=100)

    async def fine() -> Any:
        looks.append("fine")
        if len(looks) < 6:
            rig.supervisor.collect_now()
        return "ok"

    rig.add("limited", limited, every_s=0.05)
    rig.add("fine", fine, every_s=100)

    def again() -> bool:
        if looks.count("fine") in (1, 2) and looks.count("limited"):
            rig.supervisor.collect_now()
        return looks.count("fine") >= 3

    await rig.until(again)
    assert looks.count("limited") == 1


async def test_a_job_that_is_hurried_runs_long_before_its_interval() -> None:
    rig = Rig()
    rig.add("file", giving("ok"), every_s=3600)

    def twice() -> bool:
        rig.supervisor.hurry("file")
        rig.supervisor.hurry("no such job")
        return len(rig.delivered) >= 2

    await rig.until(twice)


async def test_what_changes_while_it_is_read_is_read_again() -> None:
    rig = Rig()
    seen: list[str] = []
    content = "old"

    async def look() -> Any:
        nonlocal content
        seen.append(content)
        if content == "old":
            content = "new"
            rig.supervisor.hurry("file")
        return "ok"

    rig.add("file", look, every_s=3600)
    await rig.until(lambda: len(rig.delivered) >= 2)
    assert seen == ["old", "new"]


class SleepyClock(SystemClock):
    """The machine's clocks, which a sleep of the machine moves on at once."""

    def __init__(self) -> None:
        self.slept_s = 0.0
        self.sleeps_in = -1
        """Readings from now on until it sleeps."""
        self.slept = asyncio.Event()
        self.woken_s = math.inf
        """When it had slept, by its own time."""

    def monotonic(self) -> float:
        if self.sleeps_in == 0:
            self.slept_s += 3600
            self.woken_s = super().monotonic() + self.slept_s
            self.slept.set()
        self.sleeps_in -= 1
        return super().monotonic() + self.slept_s


@pytest.mark.parametrize("readings", range(5), ids=lambda count: f"after reading the clock {count} times")
async def test_what_was_missed_while_the_machine_slept_is_spread_and_not_caught_up_with(readings: int) -> None:
    clock = SleepyClock()
    rig = Rig(clock=clock)
    for number in range(100):
        rig.add(f"job-{number}", giving("ok"), every_s=1.0)
    await rig.until(lambda: len(rig.delivered) >= 100)
    runner = asyncio.create_task(rig.supervisor.run())
    try:
        clock.sleeps_in = readings
        async with asyncio.timeout(20):
            await clock.slept.wait()
            count = len(rig.delivered)
            times: dict[int, float] = {}
            while len(rig.delivered) < count + 100:
                await asyncio.sleep(0.005)
                times.setdefault(len(rig.delivered) - count, clock.monotonic() - clock.woken_s)
    finally:
        runner.cancel()
        await asyncio.wait([runner])
    half = next(at for done, at in times.items() if done >= 50)
    assert half > 0.2, "not half of all within a fifth of the interval"


async def test_a_job_that_is_replaced_keeps_its_row_and_goes_on_by_its_new_schedule() -> None:
    rig = Rig()
    rig.add("a", raising(OutsideError(Fault.REFUSED, "x")), every_s=3600)
    await rig.until(lambda: rig.sources["a"].failures == 1)
    rig.supervisor.retime("a", 0.01, 1.0)
    assert (rig.sources["a"].failures, rig.sources["a"].every_s) == (1, 0.01)
    await rig.until(lambda: rig.sources["a"].failures >= 3)
