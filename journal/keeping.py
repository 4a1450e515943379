"""Between the engine of SLOs and the file of its roll-ups: reads the past at the start, keeps what changed each minute.

The file is touched in a thread; whatever is wrong with it, SLOs go on from memory, and `error` says so.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

from fleet.errors import OutsideError
from fleet.slo.engine import SloEngine
from fleet.slo.ports import Kept, RollupStore

LOOK_EVERY_S = 5.0


class Keeper:
    """Owns neither the engine nor the store, and closes neither."""

    def __init__(self, engine: SloEngine, store: RollupStore) -> None:
        self._engine = engine
        self._store = store
        self._file = asyncio.Lock()
        self.error = ""
        self.is_writer: bool | None = None
        """Whether this dashboard is the one that writes; None before it was seen."""

    async def run(self, now: Callable[[], datetime]) -> None:
        """Read the past, let the engine begin, then keep what changes, until cancelled; then keep the rest."""
        await self.load(now())
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.keep()
        finally:
            self.finish()

    async def load(self, now: datetime) -> None:
        """Read what is not read yet of the past into the engine, piece by piece, and let it begin. An engine that is
        given other objectives meanwhile does not; the past of those is to be read first."""
        engine, book = self._engine, self._engine.book
        try:
            pieces = iter(self._store.load(engine.keys, engine.keys, engine.since_hour(now)) if engine.keys else ())
            while (piece := await self._piece(pieces)) is not None:
                engine.load(piece)
        except OutsideError as error:
            self.error = error.detail
        if engine.book is book:
            engine.start()

    async def keep(self) -> None:
        """Keep what the engine has ready, if anything."""
        kept = self._engine.take_unsaved()
        if kept is not None:
            async with self._file:
                await asyncio.to_thread(self._save, kept)
            self._seen(kept)

    async def _piece(self, pieces: Iterator[Kept]) -> Kept | None:
        async with self._file:
            return await asyncio.to_thread(_next, pieces)

    def finish(self) -> None:
        """Keep everything that is left, at once: fleetdeck ends."""
        kept = self._engine.all_unsaved()
        if self._engine.loaded and (kept.hours or kept.marks):
            self._save(kept)

    def _save(self, kept: Kept) -> None:
        try:
            self.is_writer = self._store.save(kept)
            self.error = ""
        except OutsideError as error:
            self.is_writer = False
            self.error = error.detail

    def _seen(self, kept: Kept) -> None:
        # Another writes, or the disk is full: if that ends, this is what was not written yet.
        if not self.is_writer:
            self._engine.not_saved(kept)
        if self._store.begun_anew:
            self._store.begun_anew = False
            self._engine.keep_anew()


def _next(pieces: Iterator[Kept]) -> Kept | None:
    return next(pieces, None)
