"""The demo fleet as a whole: sockets, files and queues around one world and one clock.

With a running clock a background task moves files and queues on twice a second. With a `ManualClock` nothing moves by
itself: the caller advances the clock and calls `step`, and the same seed and steps give the same bytes.
"""

import asyncio
import contextlib
import random
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from demo_fleet.broker import BrokerMissingError, connect, start_server
from demo_fleet.configuration import configuration
from demo_fleet.coordinator import Coordinator
from demo_fleet.feeder import GROUP, Feeder
from demo_fleet.files import TARGETS_FILE, TODO_FILE, TRACKER_FILE, Files, write_by_rename
from demo_fleet.ledger import Ledger
from demo_fleet.moment import Moment
from demo_fleet.routes import Routes
from demo_fleet.scenario import COORDINATOR, PLAN_FILE, PROGRESS_FILE, STATUS_FILE, TASK_FILE, Effect, Step
from demo_fleet.scenery import Scenery
from demo_fleet.server import AgentServers
from demo_fleet.world import World
from fleet.clock import Clock, ManualClock

STEP_S = 0.5
SHARED_SERVER_PREFIX = "fleetdeck-demo:"
STATIC_AGENTS = 64
"""So many agents at most stand in the configuration itself; the targets file names the others."""
_CLOCK_JUMP_S = 5.0
_COORDINATOR_EVERY = "10s"
"""The coordinator allows 50 requests a minute from this machine."""
_EXIT_CODES = {"analyze": 0, "ci-check": 0, "validate": 0, "fix": 0, "implement-todo": 0, "status": 0, "modify-fail": 1}


class DemoFleet:
    """`async with DemoFleet(...) as fleet`: everything listens and all files are there.

    `agents` and `seed` make the world. `folder` takes the files and is the caller's to remove. `base_port`: the first
    of the ports to try, else any. `redis`: a server's URL, None for one of our own, False for none. `speed`: how many
    seconds of the script pass in one of the clock's. `notes` says what could not be had. Raises OSError where `host`
    cannot be listened on or `folder` cannot be written.
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
    ) -> None:
        self.world = World(seed, agents)
        self.notes: tuple[str, ...] = ()
        self.redis_url: str | None = None
        self._clock = clock
        self._folder = folder
        self._host = host
        self._base_port = base_port
        self._redis = redis
        self._speed = speed
        self._origin = clock.now()
        self._started = clock.monotonic()
        self._servers = AgentServers(self.world, self.moment, host, base_port)
        ids = random.Random(f"ids/{seed}")
        ledger = Ledger(lambda: str(uuid.UUID(int=ids.getrandbits(128), version=4)), _EXIT_CODES)
        self._coordinator = self._made_coordinator(ledger, random.Random(f"correlation/{seed}"))
        self._files: Files | None = None
        self._feeder: Feeder | None = None
        self._stack = AsyncExitStack()

    def _made_coordinator(self, ledger: Ledger, ids: random.Random) -> Coordinator:
        def new_id() -> str:
            return str(uuid.UUID(int=ids.getrandbits(128), version=4))

        routes = Routes(ledger, self._clock, new_id, disk_percent=self._disk_percent)
        return Coordinator(routes, self._clock, Scenery(self.world, ledger, self.moment).catch_up)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._servers.stop)
            await self._servers.start()
            stack.push_async_callback(self._coordinator.stop)
            port = None if self._base_port is None else self._base_port + self._servers.listeners
            await self._coordinator.start(self._host, port)
            await self._start_redis(stack)
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
            self._origin += (self._clock.now() - self._origin) - Moment(elapsed, self._origin).at(elapsed) + self._origin
        return Moment(elapsed * self._speed, self._origin, self._speed)

    def now_playing(self) -> tuple[Step, ...]:
        """The steps of the script that hold now."""
        return self.world.scenario.at(self.moment().t)

    async def step(self) -> None:
        """Bring listeners, files and queues to the clock's time.

        A folder that cannot be written raises OSError; a Redis that went away is said in `notes` and tried again.
        """
        await self._servers.step()
        if self._files is not None:
            await asyncio.to_thread(self._files.write, self.moment())
        if self._feeder is not None:
            await self._feed(self._feeder)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(STEP_S)
            try:
                await self.step()
            except OSError as error:
                self._note("files", f"the demo's files cannot be written: {error}")
            else:
                self._note("files", "")
