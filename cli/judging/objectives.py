"""The objectives of a configuration: their files, their engine, and their roll-ups on disk."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cli.judging.file_jobs import FileJob
from cli.judging.past import Past
from cli.judging.ruling import MOST_PROBLEMS
from collectors.supervisor import Job, Outcome
from config.rule_files import rule_paths
from config.schema import Config
from config.slo.files import SloFiles, named_slos
from fleet.clock import Clock
from fleet.errors import OutsideError
from fleet.samples.samples import Samples
from fleet.slo.agents import StoreAgents
from fleet.slo.engine import SloEngine
from fleet.slo.ports import PrometheusQuery
from fleet.slo.served import Served
from fleet.store import Store
from journal.keeping import Keeper

log = logging.getLogger(__name__)

SLOS = "slos"
"""What asks for the samples, and the id of the job that watches the files."""


class Objectives:
    """The objectives of a configuration over `samples`."""

    def __init__(
        self, config: Config, store: Store, samples: Samples, clock: Clock, past: Past, every_s: float
    ) -> None:
        self._config = config
        self._samples = samples
        self._clock = clock
        self._past = past
        self._found = SloFiles()
        self._good: dict[Path, str] = {}
        self._files = FileJob(
            SLOS, paths=self._paths, read=self._read, use=self._use, outcome=self._outcome, told=self._told
        )
        self.engine = SloEngine(store.slos, (), samples, agents=StoreAgents(store), sink=samples, every_s=every_s)
        self._keeper = None if past.rollups is None else Keeper(self.engine, past.rollups)
        self._unloaded = asyncio.Event()

    async def prepare(self, *, whole: bool = False) -> None:
        """Read the definitions; with `whole` their past, too, which `run` else reads beside the watching."""
        await self._files.refresh()
        if whole:
            await self._load()

    @property
    def trouble(self) -> str:
        """What is wrong with the file of the roll-ups, in a sentence; "" where nothing is."""
        return "" if self._keeper is None else self._keeper.error

    async def keep(self) -> None:
        """Keep the roll-ups that are to be kept now."""
        if self._keeper is not None and self._past.writes and self.engine.loaded:
            await self._keeper.keep()

    def job(self) -> Job | None:
        """The job that watches the files; None where the configuration names none."""
        if not self._config.slo_files:
            return None
        return self._files.job(", ".join(self._config.slo_files))

    def apply(self, config: Config) -> None:
        """Go on by another configuration; its files are read at the next look."""
        self._config = config
        self._use(self._found if config.slo_files else SloFiles())
        self._files.changed()

    def served_by(self, prometheus: PrometheusQuery | None) -> Served | None:
        """Definitions that name a Prometheus as their source are fed from this one, by what is returned; None: there
        is none, and they use our own samples."""
        if self.engine.prometheus is not (prometheus is not None):
            self.engine.prometheus = prometheus is not None
            self._use(self._found)
        return None if prometheus is None else Served(self.engine, prometheus)

    def step(self, now: datetime, spent: Callable[[], bool]) -> bool:
        """Go on with what is due; True where some is left."""
        return self.engine.step(now, spent)

    async def run(self) -> None:
        """Read the past, then keep what changes, until cancelled; read the past of new objectives when there are."""
        keeping = asyncio.create_task(self._keep())
        try:
            while True:
                self._unloaded.clear()
                await self._load()
                await self._unloaded.wait()
        finally:
            keeping.cancel()

    async def finish(self) -> None:
        """Keep what is not kept yet, and let go of the file."""
        if self._keeper is not None and self._past.writes:
            await asyncio.to_thread(self._keeper.finish)
        if self._past.rollups is not None:
            await asyncio.to_thread(self._close)

    async def _load(self) -> None:
        if self._keeper is None:
            self.engine.start()
            return
        await self._keeper.load(self._clock.now())
        if self._keeper.error:
            log.warning("the roll-ups of objectives: %s", self._keeper.error)

    async def _keep(self) -> None:
        while self._keeper is not None and self._past.writes:
            await asyncio.sleep(_KEEP_EVERY_S)
            await self.keep()

    def _close(self) -> None:
        try:
            if self._past.rollups is not None:
                self._past.rollups.close()
        except OutsideError as error:
            log.warning("the roll-ups of objectives: %s", error)

    def _paths(self) -> list[Path]:
        return [path for pattern in self._config.slo_files for path in rule_paths(pattern, self._config.root)]

    def _told(self) -> object:
        return self._config.slos, self._config.slo_files

    def _read(self) -> SloFiles:
        return named_slos(self._config.slo_files, self._config.root, self._good)

    def _use(self, found: SloFiles) -> None:
        self._found = found
        self.engine.reconfigure((*self._config.slos, *found.definitions))
        self._samples.want(SLOS, self.engine.wanted)
        self._unloaded.set()

    def _outcome(self) -> Outcome:
        problems = (*self._found.problems, *self.engine.problems)
        return Outcome(problems=problems[:MOST_PROBLEMS], found=len(self._found.definitions))


_KEEP_EVERY_S = 5.0
