"""Faults that hit everything at once: the clock, a sleep, flapping."""

import asyncio
from datetime import timedelta

import pytest

from fleet.errors import Fault
from fleet.model import EventKind
from tests.faults.fleet import PATIENCE_S, WATCHERS, Fleet
from tests.faults.proxy import Mode
from tests.faults.table import FILES, emptied, well

FLAPS = 30


def states(fleet: Fleet) -> dict[str, str]:
    return {name: row.state.value for name, row in fleet.store.status.items()}


def alarms(fleet: Fleet, after: int) -> list[str]:
    """What became worse of agents, queues and backlogs, as the events `after` one tell it. But for time-outs: those
    are measured by the event loop, which these clocks are none of, and come of a machine that is busy."""
    return [
        f"{event.subject}: {event.before} → {event.after} {event.detail}"
        for event in fleet.store.events.values()
        if event.seq > after and event.bad and event.kind is not EventKind.SOURCE and Fault.TIMEOUT not in event.detail
    ]


def told(fleet: Fleet, words: str, after: int) -> bool:
    """Whether an event `after` one says that of fleetdeck itself."""
    events = [event for event in fleet.store.events.values() if event.seq > after]
    return any(event.subject == "fleetdeck" and event.after.startswith(words) for event in events)


async def three_looks(fleet: Fleet) -> None:
    looks = fleet.looks()
    await fleet.until(lambda: fleet.looks() > looks + 3, "it goes on looking")


@pytest.mark.parametrize(
    "by", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400), timedelta(days=-400)], ids=str
)
def test_a_clock_that_is_set_changes_no_state_and_no_age(fleet: Fleet, by: timedelta) -> None:
    async def play() -> None:
        store = fleet.store
        await fleet.until(fleet.all_is_well, "all is well before")
        before, seq, points = states(fleet), max(store.events, default=0), len(store.history.points(LATENCY))
        fleet.clock.set_by += by
        words = f"clock set {'forward' if by > timedelta(0) else 'back'} by "
        await fleet.until(lambda: told(fleet, words, seq), "it is noticed that the clock was set")
        await three_looks(fleet)
        await fleet.until(lambda: fleet.all_is_well() and states(fleet) == before, "all is well")
        assert not alarms(fleet, after=seq)
        for watcher in WATCHERS:
            seen = store.sources.seen(watcher.job)
            assert seen is not None
            assert timedelta(0) <= fleet.clock.now() - seen < timedelta(seconds=60), watcher.name
        assert all(status.since and status.since <= fleet.clock.now() for status in store.status.values())
        assert all(event.at <= fleet.clock.now() for event in store.events.values()), "nothing lies in the future"
        enough = min(points + 2, 240)
        await fleet.until(lambda: len(store.history.points(LATENCY)) >= enough, "history goes on")
        times = [at for at, _ in store.history.points(LATENCY)]
        assert times == sorted(times)

    fleet.do(play())


LATENCY = ("agent", "control", "latency_s")


def test_a_machine_that_slept_raises_no_alarm(fleet: Fleet) -> None:
    async def play() -> None:
        await fleet.until(fleet.all_is_well, "all is well before")
        before, seq = states(fleet), max(fleet.store.events, default=0)
        fleet.clock.slept_s += 8 * 3600
        await fleet.until(lambda: told(fleet, "back after 8h", seq), "it is noticed that the machine slept")
        await three_looks(fleet)
        await fleet.until(lambda: fleet.all_is_well() and states(fleet) == before, "all is well")
        assert not alarms(fleet, after=seq)

    fleet.do(play())


def test_what_flaps_ten_times_a_second_disturbs_nobody_and_ends_well(fleet: Fleet) -> None:
    async def play() -> None:
        await fleet.until(fleet.all_is_well, "all is well before")
        before = {watcher: fleet.data(watcher) for watcher in WATCHERS}
        calm = [watcher for watcher in WATCHERS if watcher.by in ("nothing", "process")]
        looks, turn = fleet.looks(), 0
        async with asyncio.timeout(2 * PATIENCE_S):
            while turn < FLAPS or fleet.looks() <= looks + 3:
                for proxy in fleet.proxies.values():
                    proxy.mode = Mode.RESET if turn % 2 == 0 else Mode.PASS
                for name in FILES:
                    (emptied if turn % 2 == 0 else Fleet.write)(fleet, name)
                await asyncio.sleep(0.1)
                turn += 1
                assert all(map(fleet.is_well, calm)), [fleet.said(watcher) for watcher in calm]
        await well(fleet)
        for name in FILES:
            fleet.write(name)

        def as_before() -> bool:
            # A plan that was empty when it was looked at last is well, too.
            return fleet.all_is_well() and {watcher: fleet.data(watcher) for watcher in WATCHERS} == before

        await fleet.until(as_before, "all is as before")

    fleet.do(play())
