"""The whole of it, running: real files and sockets in, rows out, while things change and break."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.clock import SystemClock
from fleet.model import SourceState
from fleet.promql.evaluate import instant
from fleet.promql.parse import parse
from fleet.store import Store
from fleet.vocabulary import AgentState
from tests.hostile_server import HostileServer, reply
from tests.real_redis import RealRedis, requires_redis

pytestmark = pytest.mark.anyio

HEALTHY = reply("200 OK", b'{"status": "healthy"}', "Content-Type: application/json")
PAGE = reply("200 OK", b"agent_tasks_queued 3\nagent_tasks_failed_total 1\n", "Content-Type: text/plain; version=0.0.4")
BROKEN = reply("500 Internal Server Error", b"<html>oops</html>", "Content-Type: text/html")


@asynccontextmanager
async def running(folder: Path, config: str, *, stale_after: int = 100, times_out: str = "20s") -> AsyncIterator[Store]:
    """The store that a deck fills from `config`, which looks every 50 ms and forgets after 200 ms.

    What is not seen for 5 s is stale: a busy machine pauses for longer than three rounds of 50 ms. It pauses for long
    enough, too, to be late with two answers, so that a time-out is for those whom it is about.
    """
    file = folder / "fleetdeck.yaml"
    quick = f"every: 50ms\ntimeout: {times_out}\nkeep_gone: 200ms\nstale_after: {stale_after}\nhost: false\n"
    file.write_text(quick + config)
    store = Store()
    work = asyncio.create_task(Deck(load(file, kind_tables()), store, SystemClock()).run())
    try:
        yield store
    finally:
        assert not work.done(), f"it ended by itself: {work.exception()!r}"
        work.cancel()
        await asyncio.wait([work])


async def until(condition: Callable[[], Any]) -> None:
    """Wait until `condition` holds; it must within a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # files and sockets tell nobody
            await asyncio.sleep(0.01)


def states(store: Store) -> dict[str, str]:
    return {name: row.state.value for name, row in store.status.items()}


def changes(store: Store, name: str) -> list[tuple[str, str]]:
    """What became of an agent, as its events tell it."""
    return [(event.before, event.after) for event in store.events.values() if event.subject == name]


def targets(server: HostileServer, *names: str) -> str:
    """A file_sd document of agents on `server`."""
    return json.dumps(
        [
            {
                "targets": [f"127.0.0.1:{server.port}"],
                "labels": {
                    "agent_name": name,
                    "__metrics_path__": f"/{name}/metrics",
                    "__health_path__": f"/{name}/health",
                },
            }
            for name in names
        ]
    )


async def test_agents_come_fail_recover_and_go_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "targets.json"
    async with HostileServer() as server:
        for name in ("a", "b"):
            server.add(f"/{name}/health", HEALTHY)
            server.add(f"/{name}/metrics", PAGE)
        file.write_text(targets(server, "a"))
        async with running(tmp_path, "discovery: [{kind: file_sd, files: [targets.json]}]\n") as store:
            await until(lambda: states(store) == {"a": "up"} and store.status["a"].tasks_queued == 3)
            file.write_text(targets(server, "a", "b"))
            await until(lambda: states(store) == {"a": "up", "b": "up"})

            server.add("/b/metrics", BROKEN)
            await until(lambda: states(store)["b"] == "degraded")
            assert (store.status["b"].claimed, store.status["b"].disagrees) == ("healthy", True)
            assert store.status["b"].tasks_queued == 3, "the last good numbers stay"
            server.add("/b/metrics", PAGE)
            await until(lambda: states(store)["b"] == "up")

            file.write_text("[{")
            await until(lambda: any(row.problems or row.error for row in store.sources.values()))
            assert states(store) == {"a": "up", "b": "up"}, "a malformed file keeps the last targets"

            file.write_text(targets(server, "b"))
            await until(lambda: states(store) == {"b": "up"})
            assert "health:a" not in store.sources
    assert changes(store, "a")[-2:] == [("up", "stale"), ("gone", "dropped")]
    assert changes(store, "b") == [("", "found"), ("unknown", "up"), ("up", "degraded"), ("degraded", "up")]


async def test_what_hangs_holds_nobody_up(tmp_path: Path) -> None:
    async with HostileServer() as server:
        server.add("/fine", HEALTHY)
        agents = [{"name": f"hangs-{n}", "health": server.url("/hang")} for n in range(30)]
        agents.append({"name": "fine", "health": server.url("/fine")})
        config = f"discovery: [{{kind: static, agents: {json.dumps(agents)}}}]\n"
        wanted = {agent["name"]: "up" if agent["name"] == "fine" else "down" for agent in agents}
        async with running(tmp_path, config, times_out="500ms") as store:
            await until(lambda: states(store).get("fine") == "up")
            await until(lambda: states(store) == wanted)
            assert "time-out" in store.status["hangs-0"].detail
            server.release()


async def test_a_status_file_that_is_cut_and_mended_loses_nobody(tmp_path: Path) -> None:
    file = tmp_path / "agent_status.json"
    whole = json.dumps({"agents": {f"agent-{n}": {"status": "running", "last_seen": 1767225600} for n in range(20)}})
    file.write_text(whole)
    async with running(tmp_path, "discovery: [{kind: agent_status, path: agent_status.json}]\n") as store:
        await until(lambda: len(store.status) == 20)
        source = "discovery:agent_status:agent_status.json"
        file.write_text(whole[: len(whole) // 2])
        await until(lambda: store.sources[source].problems)
        assert len(store.status) == 20
        assert not any(row.gone for row in store.status.values())
        file.write_text("")
        await until(lambda: store.sources[source].error)
        assert len(store.status) == 20
        file.write_text(whole)
        await until(lambda: not store.sources[source].error and not store.sources[source].problems)
    assert {row.state for row in store.status.values()} == {AgentState.STALE}


async def test_what_limits_cut_and_what_repeats_is_shown_with_its_source(tmp_path: Path) -> None:
    tasks = [{"id": f"t{number}", "status": "queued"} for number in range(5)]
    (tmp_path / "jobs.json").write_text(json.dumps({"tasks": tasks}))
    async with HostileServer() as server:
        server.add("/metrics", reply("200 OK", b"x 1\nx 2\n", "Content-Type: text/plain; version=0.0.4"))
        config = (
            "limits: {tasks: 2}\nqueues: [{kind: task_file, path: jobs.json}]\n"
            f'discovery: [{{kind: static, agents: [{{name: a, metrics: "{server.url("/metrics")}"}}]}}]\n'
        )
        async with running(tmp_path, config) as store:
            await until(lambda: states(store) == {"a": "up"} and store.queues)
            queue, page = store.sources["queue:jobs.json"], store.sources["metrics:a"]
            assert (queue.state, queue.cut) == (SourceState.PARTIAL, 3)
            assert (store.queues["jobs.json"].queued, store.queues["jobs.json"].anomalies) == (5, ())
            assert page.problems == ("samples that repeat a series of the page: 1",)


async def test_a_changed_file_is_seen_long_before_its_interval(tmp_path: Path) -> None:
    file = tmp_path / "TODO.md"
    file.write_text("- [ ] one\n- [ ] two\n")
    backlog = "backlog: [{kind: markdown, path: TODO.md, every: 1h}]\n"
    async with running(tmp_path, backlog) as store:
        await until(lambda: "TODO.md" in store.backlog and store.backlog["TODO.md"].done == 0)

        def tick() -> bool:
            # Written until it is seen: the watch may begin a moment after the first look.
            file.write_text("- [x] one\n- [ ] two\n")
            return store.backlog["TODO.md"].done == 1

        await until(tick)


@requires_redis
async def test_redis_that_dies_keeps_its_last_numbers(tmp_path: Path) -> None:
    server = RealRedis()
    try:
        server.client().rpush("jobs", "one", "two")
        queues = f'queues: [{{kind: redis_list, url: "{server.url}", key: jobs}}]\n'
        async with running(tmp_path, queues, stale_after=3) as store:
            await until(lambda: "jobs" in store.queues and store.queues["jobs"].queued == 2)
            await asyncio.to_thread(server.stop)
            await until(lambda: store.queues["jobs"].error and store.queues["jobs"].stale)
            assert store.queues["jobs"].queued == 2
    finally:
        server.stop()


class _Sleeper(SystemClock):
    """The clocks of a machine that sleeps when it is told to."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.slept_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.slept_s


async def test_who_judges_first_after_a_sleep_calls_nobody_stale(tmp_path: Path) -> None:
    clock, store, file = _Sleeper(), Store(), tmp_path / "fleetdeck.yaml"
    async with HostileServer() as server:
        server.add("/a", HEALTHY)
        agents = json.dumps([{"name": "a", "health": server.url("/a")}])
        file.write_text(f"every: 1s\nhost: false\nstale_after: 20\ndiscovery: [{{kind: static, agents: {agents}}}]\n")
        deck = Deck(load(file, kind_tables()), store, clock)
        work = asyncio.create_task(deck.run())
        try:
            await until(lambda: states(store) == {"a": "up"})
            clock.slept_s = 3600.0
            deck.judge()  # as the gate of a stage has it judged, at any moment
            assert states(store) == {"a": "up"}
            assert changes(store, "a") == [("unknown", "up")]
            assert changes(store, "fleetdeck") == [("", "back after 1h")]
        finally:
            work.cancel()
            await asyncio.wait([work])


class _Laggard(SystemClock):
    """A clock of a machine that is so busy that 5 ms pass between any two looks at it."""

    def __init__(self) -> None:
        super().__init__()
        self._late_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._late_s)

    def monotonic(self) -> float:
        self._late_s += 0.005
        return super().monotonic() + self._late_s


async def test_what_a_sweep_saw_is_written_down_as_of_the_moment_of_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "fleetdeck.yaml"
    file.write_text("host: false\ndiscovery: [{kind: static, agents: [{name: planner}]}]\n")
    store, asked = Store(), parse("fleetdeck_agent_state == 1")
    deck = Deck(load(file, kind_tables()), store, _Laggard())
    deck.samples.want("query", asked.wanted)
    try:
        assert await deck.sweep(10)
    finally:
        await deck.aclose()
    assert store.now is not None
    answer = instant(asked, deck.samples, round(store.now.timestamp() * 1000))
    assert "planner" in repr(answer.value)
