"""The wiring: a configuration becomes a store and everything that fills it. The one place that knows all parts.

A deck can be given another configuration while it runs: what both have in common goes on with its state, its history
and its connections.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli.collecting.changing import Changing, serve
from cli.collecting.entry_jobs import entry_job
from cli.collecting.file_watch import FileWatch
from cli.collecting.ourselves import Ourselves
from cli.collecting.parts import Parts
from cli.collecting.rounds import Rounds
from cli.judging.past import Past, no_past
from cli.judging.servers import connected
from cli.settings import allow_many_connections
from cli.wiring import placed
from collectors.supervisor import Job
from config.changes import Changes
from config.schema import Config
from fleet.clock import Clock
from fleet.model import TerminalReading
from fleet.store import Store
from fleet.timekeeper import Timekeeper
from transport.names import NamesApart

if TYPE_CHECKING:
    from cli.acting.books import Keeping

_ASKED_S = 1.0
"""Seconds between two looks whether what is waited for is there."""


class Deck:
    """Discovery, probes and evaluation of one fleet, writing into `store`."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        read_terminal: Callable[[], TerminalReading] | None = None,
        past: Past | None = None,
        keeping: "Keeping | None" = None,
    ) -> None:
        """`keeping` None: nothing can be done to the fleet from here."""
        if keeping is not None:
            # What only looks does without.
            from cli.acting.acts import Acts
            from cli.acting.books import Books
        allow_many_connections()
        self._clock = clock = Timekeeper(clock)
        books = None if keeping is None else Books(config, store, keeping, clock)
        self._parts = parts = Parts(
            config,
            store,
            clock,
            past or no_past(),
            read_only=config.read_only if books is None else books.freezing.why,
            intents=None if books is None else books.intents,
            quiet=keeping is not None and bool(keeping.read_only),
        )
        self._http, self._supervisor = parts.http, parts.supervisor
        self.samples, self.judgement = parts.samples, parts.judgement
        self._rounds = Rounds(parts)
        self._files = FileWatch(parts)
        ourselves = Ourselves(parts, self._rounds, read_terminal)
        self.acts: Acts | None = None
        if keeping is not None and books is not None:
            self.acts = Acts(
                config, store, keeping, books, self.judgement, self._http, clock, note=self._acted, judge=self.judge
            )
        self._changing = Changing(parts, ourselves, self._files, self.acts)
        for section, entry in placed(config):
            self._supervisor.add(entry_job(parts, section, entry, parts.reach))
        ourselves.watch(config)
        for job in filter(None, (*self.judgement.jobs(), self.judgement.kept_job())):
            self._supervisor.add(job)
        serve(parts, connected(config, self._http, clock, parts.intents))

    @property
    def store(self) -> Store:
        """What this deck fills."""
        return self._parts.store

    # ── looking ──

    async def run(self) -> None:
        """Collect and evaluate until cancelled; then close every connection."""
        asyncio.get_running_loop().set_default_executor(NamesApart())
        try:
            async with asyncio.TaskGroup() as group:
                # First what rules and objectives ask for, so that it is kept of the first page, too.
                await self.judgement.prepare()
                self._look_on(group)
                group.create_task(self._files.run())
                self._act_on(group)
        finally:
            await self._end_acts()
            await self.judgement.aclose()
            await self._http.aclose()

    async def sweep(self, wait_s: float, *, ordered: bool = False) -> bool:
        """Discover, look at everything once, and judge; True where all of it came to an end within `wait_s`.

        An agent is looked at as soon as it is found; `ordered` waits until all that is under way has ended, so that
        the same answers make the same events in the same order.
        """
        await self.judgement.prepare(whole=True)
        judging = None if ordered else asyncio.create_task(self._rounds.run())
        asyncio.get_running_loop().set_default_executor(NamesApart())
        tries = max(settings.down_after for settings in self._parts.config.probes.values())
        try:
            return await self._supervisor.sweep(tries=tries, wait_s=wait_s, settle=self.judge)
        finally:
            if judging is not None:
                judging.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await judging
            self._rounds.settle()

    async def watch(self, watch_s: float, until: Callable[[], bool] = lambda: False) -> None:
        """After a sweep, go on for `watch_s` seconds, or until `until` says that it is enough."""
        try:
            async with asyncio.timeout(watch_s), asyncio.TaskGroup() as group:
                tasks = self._look_on(group)
                while not until():  # noqa: ASYNC110  # many things may make it so
                    await asyncio.sleep(_ASKED_S)
                for task in tasks:
                    task.cancel()
        except TimeoutError:
            pass
        self._rounds.settle()

    async def go_on(self) -> None:
        """After a sweep, go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._look_on(group)
            self._act_on(group)

    async def aclose(self) -> None:
        """Close what a sweep left open."""
        await self._end_acts()
        await self._supervisor.aclose()
        await self.judgement.aclose()
        await self._http.aclose()

    def collect_now(self) -> None:
        """Have everything looked at now."""
        self._supervisor.collect_now()

    def judge(self) -> None:
        """Bring probes and rows in step with what is known now."""
        self._rounds.judge()

    def _look_on(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        work = (self._supervisor.run(), self._rounds.run(), self.judgement.run())
        return [group.create_task(one) for one in work]

    # ── acting ──

    def _act_on(self, group: asyncio.TaskGroup) -> None:
        if self.acts is not None:
            group.create_task(self.acts.run())

    async def _end_acts(self) -> None:
        if self.acts is not None:
            await self.acts.aclose()

    def _acted(self, subject: str, before: str, after: str, detail: str, bad: bool) -> None:
        self._parts.evaluator.acted(subject, before, after, self._clock.now(), detail, bad=bad)

    # ── another configuration ──

    def apply(self, config: Config) -> Changes:
        """Go on by `config`; what it changes is returned. Raises ConfigError, with nothing changed, where a part of it
        cannot be made (a secret is missing)."""
        return self._changing.apply(config)

    def follow(self, job: Job, file: Path) -> None:
        """Run one more job, and at once when `file` changes."""
        self._files.follow(job, file)

    def hurry(self, job_id: str) -> None:
        """Run a job now, if it did not run just now."""
        self._supervisor.hurry(job_id)
