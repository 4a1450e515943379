"""Faults that hit everything at once: the clock, a sleep, flapping, and a fleet that vanishes."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.model import EventKind
from tests.faults.fleet import WATCHERS, Fleet
from tests.faults.proxy import Mode
from tests.faults.table import FILES, emptied
from tests.hostile_server import HostileServer
from tests.real_prometheus import free_port
from tests.test_deck import HEALTHY, running, until

FLAPS = 30
MANY = 5_000


def states(fleet: Fleet) -> dict[str, str]:
    return {name: row.state.value for name, row in fleet.store.status.items()}


def changes(fleet: Fleet) -> int:
    """Changes of agents, queues and backlogs so far."""
    events = fleet.store.events.values()
    return max((event.seq for event in events if event.kind is not EventKind.SOURCE), default=0)


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
        before, seq, points = states(fleet), changes(fleet), len(store.history.points(LATENCY))
        fleet.clock.set_by += by
        await three_looks(fleet)
        await fleet.until(fleet.all_is_well, "all is well")
        assert states(fleet) == before
        assert changes(fleet) == seq
        for watcher in WATCHERS:
            seen = store.sources.seen(watcher.job)
            assert seen is not None
            assert timedelta(0) <= fleet.clock.now() - seen < timedelta(seconds=60), watcher.name
        assert all(status.since and status.since <= fleet.clock.now() for status in store.status.values())
        assert all(event.at <= fleet.clock.now() for event in store.events.values()), "nothing lies in the future"
        times = [at for at, _ in store.history.points(LATENCY)]
        assert times == sorted(times)
        assert len(times) >= min(points + 2, 240), "history goes on"
        said = [event.after for event in store.events.values() if event.subject == "fleetdeck"]
        assert said[-1].startswith(f"clock set {'forward' if by > timedelta(0) else 'back'} by ")

    fleet.do(play())


LATENCY = ("agent", "control", "latency_s")


def test_a_machine_that_slept_raises_no_alarm(fleet: Fleet) -> None:
    async def play() -> None:
        await fleet.until(fleet.all_is_well, "all is well before")
        before, seq = states(fleet), changes(fleet)
        fleet.clock.slept_s += 8 * 3600
        await three_looks(fleet)
        await fleet.until(fleet.all_is_well, "all is well")
        assert states(fleet) == before
        assert changes(fleet) == seq

    fleet.do(play())


def test_what_flaps_ten_times_a_second_disturbs_nobody_and_ends_well(fleet: Fleet) -> None:
    async def play() -> None:
        await fleet.until(fleet.all_is_well, "all is well before")
        before = {watcher: fleet.data(watcher) for watcher in WATCHERS}
        calm = [watcher for watcher in WATCHERS if watcher.by in ("nothing", "process")]
        looks = fleet.looks()
        for turn in range(FLAPS):
            for proxy in fleet.proxies.values():
                proxy.mode = Mode.RESET if turn % 2 == 0 else Mode.PASS
            for name in FILES:
                (emptied if turn % 2 == 0 else Fleet.write)(fleet, name)
            await asyncio.sleep(0.1)
            assert all(map(fleet.is_well, calm))
        assert fleet.looks() > looks + 3
        await fleet.until(fleet.all_is_well, "all is well again")
        assert {watcher: fleet.data(watcher) for watcher in WATCHERS} == before

    fleet.do(play())


@pytest.mark.anyio
async def test_five_thousand_agents_that_vanish_at_once_hold_nobody_up(tmp_path: Path) -> None:
    file = tmp_path / "targets.json"
    nobody = f"127.0.0.1:{free_port()}"
    labels = {"__scrape_interval__": "1h", "__scrape_timeout__": "1s"}
    groups = [{"targets": [nobody], "labels": labels | {"agent_name": f"many-{n}"}} for n in range(MANY)]
    everybody = json.dumps(groups)
    async with HostileServer() as server:
        server.add("/control", HEALTHY)
        # An answer takes a few rounds of the loop that five thousand hold: 50 ms, the interval, would be none too many.
        control = {"name": "control", "health": server.url("/control"), "every": "500ms", "timeout": "500ms"}
        static = json.dumps([control])
        file.write_text(everybody)
        config = (
            f"discovery: [{{kind: file_sd, files: [targets.json], every: 250ms}}, {{kind: static, agents: {static}}}]\n"
        )
        async with running(tmp_path, config) as store:
            await until(
                lambda: len(store.status) == MANY + 1 and all(f"metrics:many-{n}" in store.sources for n in range(MANY))
            )
            await until(lambda: sum(row.failures > 0 for row in store.scrapes.values()) == MANY)
            for turn in range(2):
                seen = len(server.seen)
                file.write_text("[]")
                await until(
                    lambda: (
                        [name for name, row in store.status.items() if not row.gone] == ["control"]
                        or len(store.status) == 1
                    )
                )
                await until(lambda: list(store.status) == ["control"])
                assert not any(key.startswith("metrics:") for key in store.sources)
                assert len(server.seen) > seen, "the one that stays is looked at all the while"
                assert store.status["control"].state.value == "up"
                told = [event for event in store.events.values() if "more agents" in event.subject]
                assert told, "what happens to thousands is told once"
                if turn == 0:
                    file.write_text(everybody)
                    await until(lambda: len(store.status) == MANY + 1)
            assert len(store.history) < 100, "their history is gone with them"
