"""Keeps the state of alerts and the roll-ups of objectives, and takes them up again after a start."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

from cli.judging.past import Past
from fleet.clock import Clock
from fleet.errors import OutsideError
from fleet.rules.engine import RuleEngine
from fleet.slo.engine import SloEngine
from fleet.slo.ports import Kept

log = logging.getLogger(__name__)

EVERY_S = 10.0
"""Seconds between two times that what changed is kept."""


class Keeping:
    """The files of one fleet's rules and objectives. What cannot be read or written is a line in the log: a dashboard
    without a past is better than none."""

    def __init__(self, past: Past, rules: RuleEngine, slos: SloEngine, clock: Clock) -> None:
        self._past = past
        self._rules = rules
        self._slos = slos
        self._clock = clock
        self._written: object = None
        self.trouble = ""
        """What is wrong with the files, in a sentence; "" where nothing is."""

    async def restore_alerts(self) -> None:
        """Take up alerts that were pending or firing."""
        if self._past.alerts is None:
            return
        state, trouble = await asyncio.to_thread(self._past.alerts.read)
        self._say(trouble)
        if state is not None:
            self._rules.restore(state, self._clock.now())

    async def load_rollups(self) -> None:
        """Take up the roll-ups, newest first, a piece at a time."""
        if self._past.rollups is not None:
            pieces = iter(
                self._past.rollups.load(
                    self._slos.keys, tuple(self._slos.book.meters), self._slos.since_hour(self._clock.now())
                )
            )
            try:
                while (piece := await asyncio.to_thread(_next, pieces)) is not None:
                    self._slos.load(piece)
                    await asyncio.sleep(0)
            except OutsideError as error:
                self._say(f"the roll-ups of objectives cannot be read: {error}")
        self._slos.start()

    async def run(self) -> None:
        """Keep what changed, now and then, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self._keep(self._slos.take_unsaved())

    async def finish(self) -> None:
        """Keep everything: fleetdeck ends."""
        if self._past.writes:
            await self._keep(self._slos.all_unsaved() if self._slos.loaded else None)
        if self._past.rollups is not None:
            with contextlib.suppress(OutsideError):
                await asyncio.to_thread(self._past.rollups.close)

    async def _keep(self, kept: Kept | None) -> None:
        if not self._past.writes:
            return
        if self._past.alerts is not None and self._rules.readings() is not self._written:
            self._written = self._rules.readings()
            self._say(await asyncio.to_thread(self._past.alerts.write, self._rules.state()))
        if kept is None or self._past.rollups is None or not (kept.hours or kept.marks):
            return
        try:
            saved = await asyncio.to_thread(self._past.rollups.save, kept)
        except OutsideError as error:
            saved = False
            self._say(f"the roll-ups of objectives cannot be kept: {error}")
        if not saved:
            self._slos.not_saved(kept)

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble or self.trouble


def _next(pieces: Iterator[Kept]) -> Kept | None:
    return next(pieces, None)
