"""The wiring: a configuration becomes a store and everything that fills it. The one place that knows all parts.

A deck can be given another configuration while it runs: what both have in common goes on with its state, its history
and its connections.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agents_registry.registry import Registry
from cli.claims import BookKeeper
from cli.judging.judgement import Judgement
from cli.judging.objectives import SLOS
from cli.judging.past import Past, no_past
from cli.judging.ruling import RULES
from cli.judging.servers import Connected, connected
from cli.settings import allow_many_connections
from cli.wiring import age_limits, built, entry_job_id, most_failures, placed, rules, watched_files
from collectors.ingest import Ingest
from collectors.jobs import HOST_JOB_ID, AgentJobs, Pace, alert_job, backlog_job, host_job, queue_job, self_job
from collectors.supervisor import TICK_S, Job, Outcome, Supervisor
from config.changes import Changes, compare
from config.entries import FAMILIES
from config.schema import Config, Entry
from fleet.clock import Clock
from fleet.clock_set import shift
from fleet.evaluate import Evaluator
from fleet.model import Discovery, ProbeKind, SelfReading, TerminalReading
from fleet.ports import DiscoverySource, Reach
from fleet.samples.feed import Feed
from fleet.samples.samples import Samples
from fleet.store import Store
from fleet.timekeeper import Timekeeper
from transport.http.client import HttpClient
from transport.names import NamesApart
from transport.watch import Watched, changes

if TYPE_CHECKING:
    from cli.acting.acts import Keeping

_TICK_S = 1.0
"""Seconds between two looks at the clock: how late a value may be called stale."""
_GATHER_S = TICK_S
"""Seconds that changes are gathered before they are judged, so that a burst is judged once; at the times at which jobs
start, so that the process wakes up once for both."""


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
            from cli.acting.acts import Acts, Books
        allow_many_connections()
        self._config = config
        self._store = store
        self._clock = clock = Timekeeper(clock)
        self._read_terminal = read_terminal
        self._woken = asyncio.Event()
        self._http = HttpClient(config.limits)
        self._reach = Reach(http=self._http, root=config.root, clock=clock, limits=config.limits)
        self._rewatch = asyncio.Event()
        self._followed: dict[str, Path] = {}
        self._supervisor = Supervisor(store.sources, clock)
        self.samples = Samples()
        feed = Feed(self.samples, store, clock.now, self._source_name)
        self._keeping = keeping
        books = None if keeping is None else Books(config, store, keeping, clock)
        self._intents = None if books is None else books.intents
        self.judgement = Judgement(
            config,
            store,
            self.samples,
            feed,
            clock,
            past or no_past(),
            read_only=config.read_only if books is None else books.freezing.is_frozen,
            intents=self._intents,
            quiet=keeping is not None and bool(keeping.read_only),
        )
        self._ingest = Ingest(
            store,
            feed=feed,
            queue_limit_s=lambda name: self._limit_s("queues", name) + self._unwatched_s(store.queues.seen(name)),
            backlog_limit_s=lambda name: self._limit_s("backlog", name) + self._unwatched_s(store.backlog.seen(name)),
            most_failures=most_failures(config),
            most_samples=config.limits.all_samples,
        )
        self._registry = Registry(
            store.agents,
            order=[entry.id for entry in config.discovery],
            normalise=config.normalise_names,
            keep_gone_s=config.keep_gone_s,
            most=config.limits.agents,
        )
        self._pace = Pace(
            lambda kind: self._config.probes[kind].every_s, lambda kind: self._config.probes[kind].timeout_s
        )
        self._agent_jobs = AgentJobs(store, self._supervisor, self._ingest, self._reach, self._pace)
        self._agent_jobs.listen(self._woken.set)
        self._evaluator = Evaluator(store, rules(config), age_limits(config, self._pace), wake=self._woken.set)
        self._loop_lag_s = 0.0
        self.acts: Acts | None = None
        if keeping is not None and books is not None:
            self.acts = Acts(
                config, store, keeping, books, self.judgement, self._http, clock, note=self._acted, judge=self.judge
            )
        for section, entry in placed(config):
            self._supervisor.add(self._entry_job(section, entry, self._reach))
        self._watch_ourselves(config)
        for job in filter(None, (*self.judgement.jobs(), self.judgement.kept_job())):
            self._supervisor.add(job)
        self._serve(connected(config, self._http, clock, self._intents))

    @property
    def store(self) -> Store:
        """What this deck fills."""
        return self._store

    async def run(self) -> None:
        """Collect and evaluate until cancelled; then close every connection."""
        asyncio.get_running_loop().set_default_executor(NamesApart())
        try:
            async with asyncio.TaskGroup() as group:
                # First what rules and objectives ask for, so that it is kept of the first page, too.
                await self.judgement.prepare()
                group.create_task(self._supervisor.run())
                group.create_task(self._keep_judging())
                group.create_task(self.judgement.run())
                group.create_task(self._watch_files())
                if self.acts is not None:
                    group.create_task(self.acts.run())
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
        judging = None if ordered else asyncio.create_task(self._keep_judging())
        asyncio.get_running_loop().set_default_executor(NamesApart())
        tries = max(settings.down_after for settings in self._config.probes.values())
        try:
            return await self._supervisor.sweep(tries=tries, wait_s=wait_s, settle=self.judge)
        finally:
            if judging is not None:
                judging.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await judging
            self.judge()
            self.judgement.settle(self._clock.now())

    async def watch(self, watch_s: float, until: Callable[[], bool] = lambda: False) -> None:
        """After a sweep, go on for `watch_s` seconds, or until `until` says that it is enough."""
        try:
            async with asyncio.timeout(watch_s), asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._supervisor.run()),
                    group.create_task(self._keep_judging()),
                    group.create_task(self.judgement.run()),
                ]
                while not until():  # noqa: ASYNC110  # many things may make it so
                    await asyncio.sleep(_TICK_S)
                for task in tasks:
                    task.cancel()
        except TimeoutError:
            pass
        self.judge()
        self.judgement.settle(self._clock.now())

    async def go_on(self) -> None:
        """After a sweep, go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._supervisor.run())
            group.create_task(self._keep_judging())
            group.create_task(self.judgement.run())
            if self.acts is not None:
                group.create_task(self.acts.run())

    async def _end_acts(self) -> None:
        if self.acts is not None:
            await self.acts.aclose()

    async def aclose(self) -> None:
        """Close what a sweep left open."""
        await self._end_acts()
        await self._supervisor.aclose()
        await self.judgement.aclose()
        await self._http.aclose()

    def collect_now(self) -> None:
        """Have everything looked at now."""
        self._supervisor.collect_now()

    # ── another configuration ──

    def apply(self, config: Config) -> Changes:
        """Go on by `config`; what it changes is returned. Raises ConfigError, with nothing changed, where a part of it
        cannot be made (a secret is missing)."""
        before, changes = self._config, compare(self._config, config)
        reach = replace(self._reach, root=config.root, limits=config.limits) if changes.limits else self._reach
        jobs = [self._entry_job(*placed, reach) for placed in (*changes.added, *changes.replaced)]
        servers = connected(config, self._http, self._clock, self._intents)
        acts = None if self.acts is None or _acts_alike(before, config) else self.acts.made(config)
        self._config, self._reach = config, reach
        if self.acts is not None and acts is not None:
            self.acts.use(acts)
        self._http.limit(config.limits)
        for section, entry in changes.removed:
            self._forget(section, entry)
        for section, entry in changes.replaced:
            if section == "discovery":
                self._registry.replaced(entry.id)
        self._registry.reconfigure(
            order=[entry.id for entry in config.discovery],
            normalise=config.normalise_names,
            keep_gone_s=config.keep_gone_s,
            most=config.limits.agents,
        )
        for job in jobs:
            self._supervisor.add(job)
        for section, entry in changes.retimed:
            self._supervisor.retime(entry_job_id(section, entry), entry.every_s, entry.timeout_s)
        if changes.limits or before.probes != config.probes:
            self._agent_jobs.reconfigure(reach)
        if before.probes != config.probes or before.host != config.host:
            self._watch_ourselves(config)
        if changes:
            self._judge_otherwise(config, changes)
        if before.servers != config.servers:
            self._serve(servers)
        return changes

    def _judge_otherwise(self, config: Config, changes: Changes) -> None:
        self._ingest.most_failures = most_failures(config)
        self._ingest.budget.most = config.limits.all_samples
        self._ingest.rebuild_deadlines()
        self._evaluator.reconfigure(rules(config), age_limits(config, self._pace))
        self._judge_by(config)
        self._evaluator.note("config", "reloaded", self._clock.now(), changes.words())
        self._rewatch.set()
        self._woken.set()

    def _judge_by(self, config: Config) -> None:
        """Rules, objectives and gates by another configuration."""
        self.judgement.apply(config)
        for job_id in (RULES, SLOS):
            self._supervisor.remove(job_id)
        for job in self.judgement.jobs():
            self._supervisor.add(job)

    def _serve(self, servers: Connected) -> None:
        """Go on with these servers beside us."""
        for job_id in self.judgement.servers.job_ids():
            self._supervisor.remove(job_id)
        self.judgement.servers.use(servers)
        for job in self.judgement.servers.jobs():
            self._supervisor.add(job)

    def _forget(self, section: str, entry: Entry) -> None:
        self._supervisor.remove(entry_job_id(section, entry))
        if section == "discovery":
            self._registry.forget(entry.id)
            self._ingest.forget_source(entry.id)
        elif section == "queues":
            self._ingest.forget_queue(entry.name)
        elif section == "alerts":
            self.judgement.book.forget(entry.name, self._clock.now())
        else:
            self._ingest.forget_backlog(entry.name)

    def follow(self, job: Job, file: Path) -> None:
        """Run one more job, and at once when `file` changes."""
        self._followed[job.id] = file
        self._supervisor.add(job)
        self._rewatch.set()

    def hurry(self, job_id: str) -> None:
        """Run a job now, if it did not run just now."""
        self._supervisor.hurry(job_id)

    # ── time ──

    def judge(self) -> None:
        """Bring probes and rows in step with what is known now."""
        now = self._clock.now()
        self._registry.expire(now)
        self._agent_jobs.sync()
        self._ingest.age(now)
        self._evaluator.evaluate(now)

    def _keep_time(self) -> None:
        """Notice that the clock was set, or that nobody looked for a while, before ages are judged."""
        change = self._clock.look(_TICK_S + _GATHER_S)
        if change.set_by_s:
            shift(self._store, change.set_by_s)
            self.judgement.shift(change.set_by_s)
            self._ingest.rebuild_deadlines()
            self._evaluator.clock_set(change.set_by_s, self._clock.now())
        if change.paused_s:
            self._evaluator.paused(change.paused_s, self._clock.now())

    def _unwatched_s(self, seen: datetime | None) -> float:
        return self._evaluator.unwatched_s(seen)

    def _limit_s(self, section: str, name: str) -> float:
        """How old the last good answer of a queue or backlog may be."""
        settings = self._config.probes[FAMILIES[section]]
        every_s = next(
            (entry.every_s for entry in getattr(self._config, section) if entry.name == name), settings.every_s
        )
        return settings.stale_after * every_s

    async def _keep_judging(self) -> None:
        self._clock.look(math.inf)
        while True:
            self._woken.clear()
            self._keep_time()
            self.judge()
            before = self._clock.monotonic()
            try:
                async with asyncio.timeout(_TICK_S):
                    await self._woken.wait()
            except TimeoutError:
                self._loop_lag_s = max(0.0, self._clock.monotonic() - before - _TICK_S)
            # Agents that were just found are rows before they are looked at, and that must not wait for the next tick.
            if self._agent_jobs.sync():
                self._evaluator.evaluate(self._clock.now())
            await asyncio.sleep(_GATHER_S - self._clock.monotonic() % _GATHER_S)

    async def _watch_files(self) -> None:
        """Look at files when they change, and not only at their interval."""
        while True:
            self._rewatch.clear()
            watching = asyncio.create_task(self._hurry_what_changes())
            try:
                await self._rewatch.wait()
            finally:
                watching.cancel()
                await asyncio.wait([watching])

    async def _hurry_what_changes(self) -> None:
        files = [*watched_files(self._config), *((file, job_id) for job_id, file in self._followed.items())]
        async for jobs in changes(await asyncio.to_thread(Watched, files)):
            for job_id in jobs:
                self._supervisor.hurry(job_id)

    def _acted(self, subject: str, before: str, after: str, detail: str, bad: bool) -> None:
        self._evaluator.acted(subject, before, after, self._clock.now(), detail, bad=bad)

    # ── what the configuration names ──

    def _watch_ourselves(self, config: Config) -> None:
        """This machine, and fleetdeck on it."""
        self._supervisor.remove(HOST_JOB_ID)
        if config.host is not None:
            host = config.probes[ProbeKind.HOST]
            self._supervisor.add(host_job(tuple(config.host.disks), self._ingest, host.every_s, host.timeout_s))
        own = config.probes[ProbeKind.SELF]
        self._supervisor.replace(self_job(self._count_itself, self._ingest, own.every_s, own.timeout_s))

    def _source_name(self, entry_id: str) -> str:
        """What a discovery source is called, by its id."""
        return next((entry.name for entry in self._config.discovery if entry.id == entry_id), entry_id)

    def _entry_job(self, section: str, entry: Entry, reach: Reach) -> Job:
        """Raises ConfigError that names the place in the file."""
        if section == "discovery":
            return self._discovery_job(entry, built(entry, reach))
        if section == "alerts":
            patience = self._config.probes[ProbeKind.ALERTS].down_after
            return alert_job(
                entry.name,
                built(entry, reach),
                BookKeeper(self.judgement.book, self._clock),
                patience,
                entry.every_s,
                entry.timeout_s,
            )
        job = queue_job if section == "queues" else backlog_job
        return job(entry.name, entry.kind.name, built(entry, reach), self._ingest, entry.every_s, entry.timeout_s)

    def _discovery_job(self, entry: Entry, source: DiscoverySource) -> Job:

        def deliver(found: Discovery, at: datetime, took_s: float) -> Outcome:
            accepted = self._registry.accept(entry.id, found, at)
            page = None if found.page is None else self._ingest.page(entry.id, found.page, at, took_s)
            return Outcome(
                problems=found.problems,
                found=len(found.sightings),
                cut=accepted.refused + found.cut + (0 if page is None else page.cut),
            )

        return Job(
            id=entry_job_id("discovery", entry),
            kind=ProbeKind.DISCOVERY,
            target=source.target,
            every_s=entry.every_s,
            timeout_s=entry.timeout_s,
            look=source.discover,
            deliver=deliver,
            fail=lambda error: self._ingest.source_failed(entry.id),
        )

    def _count_itself(self) -> SelfReading:
        terminal = None if self._read_terminal is None else self._read_terminal()
        return SelfReading(
            sweep_s=self._supervisor.take_lateness(),
            loop_lag_s=self._loop_lag_s if terminal is None else terminal.loop_lag_s,
            terminal=terminal,
            probes=len(self._supervisor),
            errors=self._supervisor.errors,
            samples=sum(len(scrape.page.series) for scrape in self._store.scrapes.values() if scrape.page),
            series=len(self._store.history),
            unkept=self._store.history.refused,
            cut=sum(source.cut for source in self._store.sources.values()),
        )


def _acts_alike(one: Config, other: Config) -> bool:
    """Whether both say the same of what acts: what was seen of it meanwhile is then kept."""

    def said(config: Config) -> tuple[object, ...]:
        entries = ((entry.kind.name, entry.head, entry.options) for entry in (*config.templates, *config.rollbacks))
        return config.actions, config.root, config.limits, config.name, tuple(entries)

    return said(one) == said(other)
