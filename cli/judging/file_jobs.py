"""Rule files and SLO files are watched as the configuration is: what changes in them is taken up, what is wrong with
them is said in a row of the sources, and what was right before goes on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from collectors.supervisor import Job, Outcome
from fleet.errors import OutsideError
from fleet.model import ProbeKind
from transport.files import identity

T = TypeVar("T")

EVERY_S = 5.0
_STILL_S = 0.25
_LOOKS = 40
"""Looks at files that are being written, before they are read all the same."""
_TIMEOUT_S = 30.0
Identity = tuple[tuple[Path, tuple[int, int, int] | None], ...]


class FileJob(Generic[T]):
    """A job that reads files again when any of them is another one than before.

    `paths` are the files that there are now, `read` reads all of them; both block. `use` takes in what was read, and
    `outcome` says how that goes, at every look. `told` is what else the reading depends on.
    """

    def __init__(
        self,
        id: str,
        *,
        paths: Callable[[], Sequence[Path]],
        read: Callable[[], T],
        use: Callable[[T], None],
        outcome: Callable[[], Outcome],
        told: Callable[[], object] = lambda: None,
    ) -> None:
        self.id = id
        self._paths = paths
        self._read = read
        self._use = use
        self._outcome = outcome
        self._told = told
        self._known: tuple[object, Identity] | None = None

    async def refresh(self) -> None:
        """Read the files where they changed."""
        found = self._told(), await self._standing_still()
        if found != self._known:
            self._use(await asyncio.to_thread(self._read))
            self._known = found

    def changed(self) -> None:
        """Other files are named now: read them at the next look, whatever they are."""
        self._known = None

    def job(self, target: str) -> Job:
        """The job, for the supervisor."""
        return Job(
            id=self.id,
            kind=ProbeKind.SELF,
            target=target,
            every_s=EVERY_S,
            timeout_s=_TIMEOUT_S,
            look=self.refresh,
            deliver=self._deliver,
            fail=lambda error: None,
        )

    def _deliver(self, _: None, at: datetime, took_s: float) -> Outcome:
        return self._outcome()

    async def _standing_still(self) -> Identity:
        """What the files are, once that is the same for a moment: half a file may look like a whole one."""
        found = await asyncio.to_thread(self._identity)
        if self._known is None or found == self._known[1]:
            return found
        for _ in range(_LOOKS):
            before = found
            await asyncio.sleep(_STILL_S)
            found = await asyncio.to_thread(self._identity)
            if found == before:
                break
        return found

    def _identity(self) -> Identity:
        return tuple((path, _identity_of(path)) for path in self._paths())


def _identity_of(path: Path) -> tuple[int, int, int] | None:
    try:
        return identity(path)
    except OutsideError:
        # That it is not there is for the reader to say.
        return None
