"""Demo fleets for tests: a frozen clock, no Redis unless it is what the test is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from demo_fleet.fleet import DemoFleet
from demo_fleet.scenario import Effect, Step
from fleet.clock import ManualClock

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class Frozen:
    """A fleet whose time stands still until it is moved."""

    def __init__(self, fleet: DemoFleet, clock: ManualClock) -> None:
        self.fleet = fleet
        self._clock = clock

    async def to(self, t: float) -> None:
        """Go on to the script's time `t`."""
        self._clock.advance(t - self.fleet.moment().t)
        await self.fleet.step()

    def step_of(self, effect: Effect) -> Step:
        """The first step of the script with this effect."""
        return next(step for step in self.fleet.world.scenario.steps if step.effect is effect)


@asynccontextmanager
async def frozen(
    folder: Path, *, agents: int = 24, base_port: int | None = None, redis: str | bool | None = False
) -> AsyncIterator[Frozen]:
    clock = ManualClock(START)
    fleet = DemoFleet(agents=agents, clock=clock, folder=folder, base_port=base_port, redis=redis)
    async with fleet:
        yield Frozen(fleet, clock)


def names_in(folder: Path, pattern: str = "*") -> list[str]:
    """Names of what is in `folder`, sorted."""
    return sorted(path.name for path in folder.glob(pattern))


def contents(folder: Path) -> list[bytes]:
    """What is in the files of `folder` and below, in order of their paths."""
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
