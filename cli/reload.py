"""Live reload: the configuration's file is watched like anything else, and what changed in it is applied.

A broken edit is a failing row with file, line and reason, and the running configuration stays. A file that is still
being written is left alone until it stands still: half a YAML document is often a whole one, with less in it.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from collectors.supervisor import Job, Outcome
from config.changes import Changes, compare
from config.kinds import KindTables
from config.load import load
from config.schema import Config
from fleet.errors import ConfigError, Fault, OutsideError
from fleet.model import ProbeKind
from fleet.text import scrub
from transport.files import identity

log = logging.getLogger(__name__)

EVERY_S = 5.0
"""Seconds between two looks at the file, for file systems that tell of no change."""
_STILL_S = 0.25
_LOOKS = 40
_TIMEOUT_S = 30.0

JOB_ID = "config"


class Reloaded(Struct, frozen=True):
    """What came of a reload, in a sentence; `bad`: the file is wrong and the running configuration stays."""

    text: str
    bad: bool = False


class Deck(Protocol):
    """What a new configuration is handed to."""

    def apply(self, config: Config) -> Changes:
        """Raises ConfigError, with nothing changed, where a part of it cannot be made."""
        ...

    def follow(self, job: Job, file: Path) -> None:
        """Run `job`, and at once when `file` changes."""
        ...

    def hurry(self, job_id: str) -> None:
        """Run a job now."""
        ...


class ConfigFile:
    """Reads the configuration again when its file is another one than before, and tells the deck."""

    def __init__(
        self, deck: Deck, config: Config, kinds: KindTables, loaded_at: datetime, told: Callable[[Reloaded], None]
    ) -> None:
        """`told` hears of every reload that came to something, and of every mistake once."""
        self._deck = deck
        self._running = self._started = config
        self._kinds = kinds
        self._told = told
        self._loaded_at = loaded_at
        self._identity: tuple[int, int, int] | None = None
        self._mistake = ""
        self._restart: tuple[str, ...] = ()
        self._asked = False

    def follow(self) -> None:
        """Have the file watched from now on."""
        job = Job(
            id=JOB_ID,
            kind=ProbeKind.SELF,
            target=str(self._running.path),
            every_s=EVERY_S,
            timeout_s=_TIMEOUT_S,
            look=self._look,
            deliver=self._deliver,
            fail=self._failed,
        )
        self._deck.follow(job, self._running.path)

    def reload(self) -> None:
        """Read the file now, whether it changed or not, and say what came of it."""
        self._asked = True
        self._identity = None
        self._mistake = ""
        self._deck.hurry(JOB_ID)

    async def _look(self) -> Config | None:
        """The configuration where its file is a new one, else None. Raises OutsideError: what is wrong with it."""
        found = await self._standing_still()
        if found == self._identity:
            return None
        if found[1] == 0:
            raise OutsideError(Fault.CONFIG, f"{self._running.path.name} is empty")
        try:
            config = await asyncio.to_thread(load, self._running.path, self._kinds)
        except ConfigError as error:
            raise _wrong(error) from error
        self._identity = found
        return config

    async def _standing_still(self) -> tuple[int, int, int]:
        """The file's identity, once it is the same for a moment. Raises OutsideError: there is none, it never is."""
        found = await asyncio.to_thread(identity, self._running.path)
        if found == self._identity:
            return found
        for _ in range(_LOOKS):
            before = found
            await asyncio.sleep(_STILL_S)
            found = await asyncio.to_thread(identity, self._running.path)
            if found == before:
                return found
        raise OutsideError(Fault.CONFIG, f"{self._running.path.name} is being written all the time")

    def _deliver(self, config: Config | None, at: datetime, took_s: float) -> Outcome:
        if config is not None:
            self._take(config, at)
        running = self._running
        counts = f"{len(running.discovery)} discovery, {len(running.queues)} queues, {len(running.backlog)} backlog"
        return Outcome(
            problems=tuple(f"{key} changed, which applies at the next start" for key in self._restart),
            found=len(running.entries),
            summary=f"loaded {self._loaded_at:%H:%M:%S}Z: {counts}",
        )

    def _take(self, config: Config, at: datetime) -> None:
        try:
            changes = self._deck.apply(config)
        except ConfigError as error:
            # A secret, say, that is not there yet: it may come without any change of this file.
            self._identity = None
            raise _wrong(error) from error
        self._running = config
        self._restart = compare(self._started, config).restart
        mended, self._mistake = bool(self._mistake), ""
        if changes:
            self._loaded_at = at
        if changes or mended or self._asked:
            later = f"; at the next start: {', '.join(self._restart)}" if self._restart else ""
            self._told(Reloaded(f"configuration: {changes.words()}{later}"))
        self._asked = False

    def _failed(self, error: str) -> None:
        if error != self._mistake:
            self._mistake = error
            log.warning("file=%s error=%s", self._running.path, error)
            self._told(Reloaded(f"{error}; the running configuration stays", bad=True))
        self._asked = False


def _wrong(error: ConfigError) -> OutsideError:
    return OutsideError(Fault.CONFIG, scrub("; ".join(str(error).splitlines()), 1024))
