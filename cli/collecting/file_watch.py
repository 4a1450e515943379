"""Jobs that read files are run when these change, and not only at their interval."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from cli.collecting.parts import Parts
from cli.wiring import watched_files
from collectors.supervisor import Job
from transport.watch import Watched, changes


class FileWatch:
    """The files that the configuration names, and those that others follow."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._followed: dict[str, Path] = {}
        self._other = asyncio.Event()

    def follow(self, job: Job, file: Path) -> None:
        """Run one more job, and at once when `file` changes."""
        self._followed[job.id] = file
        self._parts.supervisor.add(job)
        self.look_again()

    def look_again(self) -> None:
        """Other files may have to be watched."""
        self._other.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._other.clear()
            watching = asyncio.create_task(self._hurry_what_changes())
            try:
                await self._other.wait()
            finally:
                watching.cancel()
                await asyncio.wait([watching])

    async def _hurry_what_changes(self) -> None:
        async for jobs in changes(await asyncio.to_thread(Watched, self._files())):
            for job_id in jobs:
                self._parts.supervisor.hurry(job_id)

    def _files(self) -> list[tuple[Path, str]]:
        followed: Iterable[tuple[Path, str]] = ((file, job_id) for job_id, file in self._followed.items())
        return [*watched_files(self._parts.config), *followed]
