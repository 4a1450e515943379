"""The demo fleet as a whole: sockets, files and queues around one world and one clock.

With a running clock a background task moves files and queues on twice a second. With a `ManualClock` nothing moves by
itself: the caller advances the clock and calls `step`, and the same seed and steps give the same bytes.
"""

import asyncio
import contextlib
import random
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from demo_fleet.acts import Entries, Places, rollback_entries, template_entries
from demo_fleet.broker import BrokerMissingError, connect, start_server
from demo_fleet.configuration import (
    backlog_entries,
    configuration,
    discovery_entries,
    queue_entries,
    redis_entries,
)
from demo_fleet.coordinator import Coordinator
from demo_fleet.feeder import Feeder
from demo_fleet.files import Files, write_by_rename
from demo_fleet.http_api import ApiServer
from demo_fleet.ledger import Ledger
from demo_fleet.moment import Moment
from demo_fleet.orchestrator import Orchestrator
from demo_fleet.routes import Routes
from demo_fleet.scenario import COORDINATOR, Effect, Step
from demo_fleet.scenery import Scenery
from demo_fleet.server import AgentServers, bracketed
from demo_fleet.service_api import ServiceApi
from demo_fleet.services import Services
from demo_fleet.task_board import TaskBoard
from demo_fleet.trees import find_git, make_prompts, make_site
from demo_fleet.world import World
from fleet.clock import Clock, ManualClock

STEP_S = 0.5
SHARED_SERVER_PREFIX = "fleetdeck-demo:"
STATIC_AGENTS = 64
"""So many agents at most stand in the configuration itself; the targets file names the others."""
_CLOCK_JUMP_S = 5.0
_EXIT_CODES = {"analyze": 0, "ci-check": 0, "validate": 0, "fix": 0, "implement-todo": 0, "status": 0, "modify-fail": 1}


class DemoFleet:
    """`async with DemoFleet(...) as fleet`: everything listens and all files are there.

    `agents` and `seed` make the world. `folder` takes the files and is the caller's to remove. `base_port`: the first
    of the ports to try, else any. `redis`: a server's URL, None for one of our own, False for none. `speed`: how many
    seconds of the script pass in one of the clock's; `step_s`: how often files and queues move on. `bad_stays`: the
    bad release of the gateways reaches all of them and stays until somebody rolls it back. `notes` says what could not
    be had. Raises OSError where `host` cannot be listened on or `folder` cannot be written.
    """

    def __init__(
        self,
        *,
        agents: int = 24,
        seed: int = 7,
        clock: Clock,
        folder: Path,
        host: str = "127.0.0.1",
        base_port: int | None = None,
        redis: str | bool | None = None,
        speed: float = 1.0,
        step_s: float = STEP_S,
        bad_stays: bool = False,
    ) -> None:
        self.world = World(seed, agents, bad_stays=bad_stays)
        self.services = Services(self.world)
        self._notes: dict[str, str] = {}
        self._stepping = asyncio.Lock()
        self.redis_url: str | None = None
        self._clock = clock
        self._folder = folder
        self._host = host
        self._base_port = base_port
        self._redis = redis
        self._speed = speed
        self._step_s = step_s
        self._origin = clock.now()
        self._started = clock.monotonic()
        self._servers = AgentServers(self.world, self.moment, host, base_port)
        ledger = Ledger(_ids(f"tasks/{seed}"), _EXIT_CODES)
        routes = Routes(ledger, clock, _ids(f"correlation/{seed}"), disk_percent=self._disk_percent)
        self._coordinator = Coordinator(routes, clock, Scenery(self.world, ledger, self.moment).catch_up)
        board = TaskBoard(self.moment, _ids(f"board/{seed}"))
        self._orchestrator = Orchestrator(self.moment, _ids(f"jobs/{seed}"), host)
        self._apis = {
            "services": ApiServer("services", ServiceApi(self.services, board, self.moment).handle, clock),
            "orchestrator": ApiServer("orchestrator", self._orchestrator.handle, clock),
        }
        self._has_git = False
        self._files: Files | None = None
        self._feeder: Feeder | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._servers.stop)
            await self._servers.start()
            stack.push_async_callback(self._coordinator.stop)
            port = None if self._base_port is None else self._base_port + self._servers.listeners
            await self._coordinator.start(self._host, port)
            for number, api in enumerate(self._apis.values(), start=1):
                stack.push_async_callback(api.stop)
                await api.start(self._host, None if port is None else port + number)
            trees = asyncio.create_task(self._make_trees(), name="demo trees")
            try:
                await self._start_redis(stack)
            finally:
                await trees
            self._files = Files(self._folder, self.world, self._listed())
            await self.step()
            if not isinstance(self._clock, ManualClock):
                stack.push_async_callback(_end, asyncio.create_task(self._run(), name="demo fleet"))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def moment(self) -> Moment:
        """Where the script stands. A wall clock that was set, or a machine that slept, moves the script's origin."""
        elapsed = self._clock.monotonic() - self._started
        drift = (self._clock.now() - self._origin).total_seconds() - elapsed
        if abs(drift) > _CLOCK_JUMP_S:
            self._origin += timedelta(seconds=drift)
        return Moment(elapsed * self._speed, self._origin, self._speed)

    def now_playing(self) -> tuple[Step, ...]:
        """The steps of the script that hold now."""
        return self.world.scenario.at(self.moment().t)

    async def step(self) -> None:
        """Bring listeners, files and queues to the clock's time.

        A folder that cannot be written raises OSError; a Redis that went away is told in `notes` and tried again.
        """
        async with self._stepping:
            await self._servers.step()
            if self._files is not None:
                await asyncio.to_thread(self._files.write, self.moment())
            self._orchestrator.step()
            if self._feeder is not None:
                await self._feed(self._feeder)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._step_s)
            try:
                await self.step()
            except OSError as error:
                self._notes["files"] = f"the demo's files cannot be written: {error}"
            else:
                self._notes.pop("files", None)

    # ── What it is ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be had, in sentences; nothing where all is well."""
        return tuple(self._notes.values())

    @property
    def listening(self) -> int:
        """How many sockets listen, a Redis of our own not counted."""
        return self._servers.listening + 1 + sum(api.listening for api in self._apis.values())

    @property
    def coordinator_url(self) -> str:
        """The coordinator's base address."""
        return f"http://{bracketed(self._host)}:{self._coordinator.port}"

    def api_url(self, name: str) -> str:
        """The base address of an API: `services` or `orchestrator`."""
        return f"http://{bracketed(self._host)}:{self._apis[name].port}"

    def url(self, name: str, page: str) -> str:
        """The address of a page (`health`, `healthz`, `metrics`) of an agent. Raises KeyError for no such agent."""
        return self._servers.url(name, page)

    def config_text(self, *, absolute: bool = False) -> str:
        """The configuration that watches this fleet. Its paths are relative to `folder` unless `absolute`."""
        root = f"{self._folder.absolute()}/" if absolute else ""
        agents = [self._entry(name) for name in self.world.residents[:STATIC_AGENTS]]
        discovery = discovery_entries(root, agents, self.coordinator_url, listed=bool(self._listed()))
        queues = queue_entries(root, self.coordinator_url)
        if self._feeder is not None:
            queues += redis_entries(self.redis_url or "", self._feeder)
        count = len(self.world.names)
        return configuration(discovery, queues, backlog_entries(root), self._acts(root), root=root, agents=count)

    def write_config(self, path: Path) -> None:
        """Write the configuration to `path` at once (by rename, 0600), with absolute paths outside of `folder`.

        Blocking. Raises OSError.
        """
        absolute = path.parent.resolve() != self._folder.resolve()
        write_by_rename(path, self.config_text(absolute=absolute).encode())

    def _acts(self, root: str) -> dict[str, Entries]:
        places = Places(
            root=root,
            coordinator=self.coordinator_url,
            services=self.api_url("services"),
            orchestrator=self.api_url("orchestrator"),
            redis=self.redis_url,
            feeder=self._feeder,
            git=self._has_git,
        )
        instances = {name: len(self.services.service(name).instances) for name in self.services.names()}
        return {"templates": template_entries(places), "rollbacks": rollback_entries(places, instances)}

    def _entry(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "kind": self.world.family(name),
            "health": self.url(name, "health"),
            "metrics": self.url(name, "metrics"),
            "labels": self.world.labels(name),
        }

    def _listed(self) -> dict[str, tuple[str, str, str]]:
        """The agents that the targets file names, with address, metrics path and health path."""
        names = (*self.world.travellers, *self.world.residents[STATIC_AGENTS:])
        servers = self._servers
        return {
            name: (servers.address(name), servers.path(name, "metrics"), servers.path(name, "health")) for name in names
        }

    def _disk_percent(self) -> float:
        low = Effect.DISK_LOW in self.world.scenario.effects(COORDINATOR, self.moment().t)
        return 95.0 if low else 61.5

    async def _make_trees(self) -> None:
        """The trees that can be rolled back. The bytes of a repository are no function of the script, so there is none
        where the clock stands still."""
        await asyncio.to_thread(make_site, self._folder)
        git = None if isinstance(self._clock, ManualClock) else find_git()
        if git is None:
            return
        try:
            await asyncio.to_thread(make_prompts, self._folder, git)
        except OSError as error:
            self._notes["git"] = f"the demo goes on without its git tree: {error}"
        else:
            self._has_git = True

    # ── Redis ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _start_redis(self, stack: AsyncExitStack) -> None:
        if self._redis is False:
            return
        prefix = ""
        if isinstance(self._redis, str):
            self.redis_url, prefix = self._redis, SHARED_SERVER_PREFIX
        else:
            try:
                server = await start_server(self._folder)
            except BrokerMissingError as error:
                self._notes["redis"] = f"the demo goes on without its Redis queues: {error}"
                return
            stack.push_async_callback(server.stop)
            self.redis_url = server.url
        client = connect(self.redis_url)
        stack.push_async_callback(client.aclose)
        self._feeder = Feeder(client, self.world, self.moment, prefix, self._orchestrator.told)
        self._orchestrator.queue = self._feeder
        stack.push_async_callback(self._clear, self._feeder)

    async def _feed(self, feeder: Feeder) -> None:
        from redis.exceptions import RedisError

        try:
            await feeder.step()
        except (RedisError, OSError) as error:
            self._notes["redis"] = f"the demo's Redis does not answer: {error}"
        else:
            self._notes.pop("redis", None)

    async def _clear(self, feeder: Feeder) -> None:
        from redis.exceptions import RedisError

        with contextlib.suppress(RedisError, OSError):
            await feeder.clear()


def _ids(seed: str) -> Callable[[], str]:
    """A maker of UUIDs that are the same for the same seed."""
    rng = random.Random(seed)
    return lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4))


async def _end(task: asyncio.Task[None]) -> None:
    while not task.done():
        # More than once: a Redis client that is cancelled as its own time ends says only that its time was over.
        task.cancel()
        await asyncio.wait([task], timeout=0.5)
    await asyncio.gather(task, return_exceptions=True)
