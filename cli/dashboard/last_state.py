"""Where the last known state of a fleet is kept, beside its memory: written every minute while something changes, and
at the end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from cli.dashboard.memory_file import memory_path
from cli.settings import state_dir
from fleet.clock import Clock
from fleet.last_known import VERSION, LastKnown, last_known, recall
from fleet.store import Store
from transport.kept_files import replace_whole

log = logging.getLogger(__name__)

EVERY_S = 60.0
_MOST_BYTES = 16 << 20
AT_ONCE_BYTES = 256 << 10
"""Files up to this size are read before the first frame: a thousand agents, a few milliseconds."""


class LastState:
    """The file of one fleet. Nothing here raises: without it a start is only emptier."""

    def __init__(self, fleet: str, config: Path | None, *, every_s: float = EVERY_S) -> None:
        self._path: Path | None = None
        self._every_s = every_s
        # A fleet without a file of its own is another one at each start.
        if config is not None:
            with contextlib.suppress(OSError):
                self._path = memory_path(state_dir(), fleet, config).with_suffix(".state.json")

    @property
    def is_small(self) -> bool:
        """Whether it can be recalled before the first frame."""
        try:
            return self._path is not None and self._path.stat().st_size <= AT_ONCE_BYTES
        except OSError:
            return False

    def recall(self, store: Store, clock: Clock) -> None:
        """Show what was last known in `store`, unless something is known there already."""
        if self._path is None or store.status or store.agents:
            return
        try:
            with self._path.open("rb") as file:
                known = msgspec.json.decode(file.read(_MOST_BYTES), type=LastKnown)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            # It is written anew within the minute; there is nothing in it that an operator wrote.
            log.warning("%s: the last known state cannot be read: %s", self._path, error)
            return
        if known.version == VERSION:
            recall(store, known, clock.now())

    def save(self, known: LastKnown) -> None:
        """Replace the file."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_whole(self._path, msgspec.json.encode(known), forced=False)
        except OSError as error:
            log.warning("%s: the last known state cannot be kept: %s", self._path, error)

    @contextlib.asynccontextmanager
    async def kept(self, store: Store, clock: Clock) -> AsyncIterator[None]:
        """While this lasts, what changes is kept every minute; at its end, what is known then."""
        task = asyncio.create_task(self._keep(store, clock))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            if store.agents:
                self.save(last_known(store, clock.now()))

    async def _keep(self, store: Store, clock: Clock) -> None:
        changes = store.status.subscribe(lambda: None)
        try:
            while True:
                await asyncio.sleep(self._every_s)
                if changes.drain() and store.agents:
                    await asyncio.to_thread(self.save, last_known(store, clock.now()))
        finally:
            changes.close()
