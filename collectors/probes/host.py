"""This machine: CPU, memory, load, disks, network."""

import asyncio
from collections.abc import Sequence

from fleet.errors import Fault, OutsideError
from fleet.model import Disk, HostReading
from fleet.text import scrub


class HostProbe:
    """Looks at the machine that fleetdeck runs on. A disk that cannot be read is left out."""

    target = "this machine"

    def __init__(self, disks: Sequence[str] = ("/",)) -> None:
        self._disks = tuple(disks)

    async def probe(self) -> HostReading:
        return await asyncio.to_thread(self._look)

    def _look(self) -> HostReading:
        import psutil

        try:
            memory = psutil.virtual_memory()
            network = psutil.net_io_counters()
            return HostReading(
                cpu_percent=psutil.cpu_percent(),
                memory_percent=memory.percent,
                memory_total_bytes=memory.total,
                load=psutil.getloadavg(),
                disks=tuple(disk for path in self._disks if (disk := _disk(path)) is not None),
                net_sent_bytes=network.bytes_sent if network else None,
                net_received_bytes=network.bytes_recv if network else None,
            )
        except (psutil.Error, OSError) as error:
            raise OutsideError(Fault.PROTOCOL, f"this machine: {error}") from error


def _disk(path: str) -> Disk | None:
    import psutil

    try:
        usage = psutil.disk_usage(path)
    except OSError:
        return None
    return Disk(scrub(path), usage.total, usage.free)
