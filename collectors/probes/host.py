"""This machine: CPU, memory, load, disks, network."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fleet.errors import Fault, OutsideError
from fleet.model import Disk, HostReading
from fleet.text import scrub


class HostProbe:
    """Looks at the machine that fleetdeck runs on. A disk that cannot be read is left out."""

    target = "this machine"

    def __init__(self, disks: Sequence[str] = ("/",)) -> None:
        self._disks = tuple(disks)
        self._cpu_times: Any = None

    async def probe(self) -> HostReading:
        return await asyncio.to_thread(self.look)

    def look(self) -> HostReading:
        """One look. Blocking, from any thread."""
        import psutil

        try:
            before, self._cpu_times = self._cpu_times, psutil.cpu_times()
            memory = psutil.virtual_memory()
            network = psutil.net_io_counters()
            return HostReading(
                cpu_percent=None if before is None else busy_percent(before, self._cpu_times),
                memory_percent=memory.percent,
                memory_total_bytes=memory.total,
                load=psutil.getloadavg(),
                disks=tuple(disk for path in self._disks if (disk := _disk(path)) is not None),
                net_sent_bytes=network.bytes_sent if network else None,
                net_received_bytes=network.bytes_recv if network else None,
            )
        except (psutil.Error, OSError) as error:
            raise OutsideError(Fault.PROTOCOL, f"this machine: {error}") from error


def busy_percent(before: Any, after: Any) -> float | None:
    """The busy share of all cores between two of psutil's `cpu_times()`; None where no time went by.

    Not psutil's `cpu_percent()`, which remembers the last look per thread: each look here may run in another one, and
    the first of each would be 0 %.
    """
    spent = {name: max(0.0, getattr(after, name) - getattr(before, name)) for name in after._fields}
    # Linux counts the time of guests in that of their hosts, too.
    total = sum(spent.values()) - spent.get("guest", 0.0) - spent.get("guest_nice", 0.0)
    idle = spent["idle"] + spent.get("iowait", 0.0)
    return round(100 * max(0.0, total - idle) / total, 1) if total > 0 else None


def _disk(path: str) -> Disk | None:
    import psutil

    try:
        usage = psutil.disk_usage(path)
    except OSError:
        return None
    return Disk(scrub(path), usage.total, usage.free)
