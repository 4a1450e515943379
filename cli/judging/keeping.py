"""Keeps the state of alerts, and takes it up again after a start. (Roll-ups of objectives: `journal.keeping`.)"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from cli.judging.past import Past
from collectors.supervisor import Job, Outcome
from fleet.clock import Clock
from fleet.model import ProbeKind
from fleet.rules.engine import RuleEngine

KEPT = "kept"
"""The id of the row about what is kept on disk."""
log = logging.getLogger(__name__)

_LOOK_EVERY_S = 5.0
EVERY_S = 10.0
"""Seconds between two times that what changed is kept."""


def kept_job(folder: Path, troubles: Callable[[], tuple[str, ...]]) -> Job:
    """The row that says what cannot be kept of silences, alerts and objectives."""

    async def look() -> tuple[str, ...]:
        return troubles()

    return Job(
        id=KEPT,
        kind=ProbeKind.SELF,
        target=str(folder),
        every_s=_LOOK_EVERY_S,
        timeout_s=_LOOK_EVERY_S,
        look=look,
        deliver=lambda found, at, took_s: Outcome(problems=found),
        fail=lambda error: None,
    )


class AlertKeeper:
    """The file of one fleet's alerts. What cannot be read or written is a line in the log: a dashboard without a past
    is better than none."""

    def __init__(self, past: Past, rules: RuleEngine, clock: Clock) -> None:
        self._past = past
        self._rules = rules
        self._clock = clock
        self._written: object = None
        self.trouble = ""
        """What is wrong with the file, in a sentence; "" where nothing is."""

    async def restore(self) -> None:
        """Take up alerts that were pending or firing."""
        if self._past.alerts is None:
            return
        state, trouble = await asyncio.to_thread(self._past.alerts.read)
        self._say(trouble)
        if state is not None:
            self._rules.restore(state, self._clock.now())

    async def run(self) -> None:
        """Keep what changed, now and then, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.keep()

    async def keep(self) -> None:
        """Keep the state where it changed."""
        if self._past.alerts is None or not self._past.writes:
            return
        written = self._rules.readings()
        if written is self._written and await asyncio.to_thread(self._past.alerts.is_there):
            return
        trouble = await asyncio.to_thread(self._past.alerts.write, self._rules.state())
        # What could not be written is tried again: the disk may have room by then.
        self._written = None if trouble else written
        self._say(trouble)

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble
