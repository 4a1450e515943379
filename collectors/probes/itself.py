"""fleetdeck itself: a monitor that does not show its own cost cannot be trusted on a machine in trouble."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import structs

from fleet.model import SelfReading

if TYPE_CHECKING:
    import psutil


class SelfProbe:
    """Looks at this process; `count` fills in what only the rest of the program knows (probes, errors, samples)."""

    target = "fleetdeck"

    def __init__(self, count: Callable[[], SelfReading]) -> None:
        self._count = count
        self._process: psutil.Process | None = None

    async def probe(self) -> SelfReading:
        counted = self._count()
        rss, cpu = await asyncio.to_thread(self._look)
        return structs.replace(counted, rss_bytes=rss, cpu_percent=cpu)

    def _look(self) -> tuple[int, float | None]:
        import psutil

        first, process = self._process is None, self._process or psutil.Process()
        self._process = process
        cpu_percent = process.cpu_percent()
        # It is measured from one look to the next: the first one only begins.
        return process.memory_info().rss, None if first else cpu_percent
