"""An agent's own process on this machine, by its id."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet.errors import Fault, OutsideError
from fleet.model import ProcessReading

if TYPE_CHECKING:
    import psutil


class ProcessProbe:
    """Looks at one process. An id that was given to another process since (its start time changed) counts as gone."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._process: psutil.Process | None = None
        self.target = f"pid {pid}"

    async def probe(self) -> ProcessReading:
        return await asyncio.to_thread(self._look)

    def _look(self) -> ProcessReading:
        import psutil

        try:
            first, process = self._process is None, self._process or psutil.Process(self._pid)
            self._process = process
            if not process.is_running():
                return ProcessReading(pid=self._pid, state="gone")
            with process.oneshot():
                cpu_percent = process.cpu_percent()
                return ProcessReading(
                    pid=self._pid,
                    state=str(process.status()),
                    # It is measured from one look to the next: the first one only begins.
                    cpu_percent=None if first else cpu_percent,
                    memory_bytes=process.memory_info().rss,
                    started_at=datetime.fromtimestamp(process.create_time(), UTC),
                )
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return ProcessReading(pid=self._pid, state="gone")
        except psutil.AccessDenied as error:
            raise OutsideError(Fault.PERMISSION, f"process {self._pid}") from error
        except OSError as error:
            raise OutsideError(Fault.PROTOCOL, f"process {self._pid}: {error.strerror or error}") from error
