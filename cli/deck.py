"""The wiring: a configuration becomes a store and everything that fills it. The one place that knows all parts."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from agents_registry.registry import Registry
from cli.settings import allow_many_connections
from collectors.ingest import Ingest
from collectors.jobs import AgentJobs, Pace, backlog_job, host_job, queue_job, self_job
from collectors.supervisor import Job, Outcome, Supervisor
from config.schema import Config, Entry
from fleet.clock import Clock
from fleet.errors import ConfigError
from fleet.evaluate import AgeLimits, Evaluator
from fleet.model import Agent, Discovery, ProbeKind, SelfReading
from fleet.ports import DiscoverySource, Probe, Reach
from fleet.store import Store
from fleet.verdict import Rules
from transport.http import HttpClient
from transport.watch import Watched, changes

_TICK_S = 1.0
"""Seconds between two looks at the clock: how late a value may be called stale."""
_GATHER_S = 0.1
"""Seconds that changes are gathered before they are judged, so that a burst is judged once."""


class Deck:
    """Discovery, probes and evaluation of one fleet, writing into `store`."""

    def __init__(self, config: Config, store: Store, clock: Clock) -> None:
        allow_many_connections()
        self._config = config
        self._store = store
        self._clock = clock
        self._woken = asyncio.Event()
        self._http = HttpClient(config.limits)
        self._reach = Reach(http=self._http, root=config.root, clock=clock, limits=config.limits)
        self._supervisor = Supervisor(store.sources, clock)
        self._ingest = Ingest(
            store,
            queue_limit_s=_entry_limits(config, config.queues, ProbeKind.QUEUE),
            backlog_limit_s=_entry_limits(config, config.backlog, ProbeKind.BACKLOG),
            most_failures=max(settings.down_after for settings in config.probes.values()),
        )
        self._registry = Registry(
            store.agents,
            order=[entry.id for entry in config.discovery],
            normalise=config.normalise_names,
            keep_gone_s=config.keep_gone_s,
            most=config.limits.agents,
        )
        pace = Pace(lambda kind: config.probes[kind].every_s, lambda kind: config.probes[kind].timeout_s)
        self._agent_jobs = AgentJobs(store, self._supervisor, self._ingest, self._reach, pace)
        self._agent_jobs.listen(self._woken.set)
        self._evaluator = Evaluator(store, _rules(config), _age_limits(config, pace), wake=self._woken.set)
        self._loop_lag_s = 0.0
        self._add_configured()

    @property
    def store(self) -> Store:
        """What this deck fills."""
        return self._store

    async def run(self) -> None:
        """Collect and evaluate until cancelled; then close every connection."""
        try:
            await self._http.open()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._supervisor.run())
                group.create_task(self._keep_judging())
                group.create_task(self._watch_files())
        finally:
            await self._http.aclose()

    async def sweep(self, wait_s: float, *, ordered: bool = False) -> bool:
        """Discover, look at everything once, and judge; True where all of it came to an end within `wait_s`.

        An agent is looked at as soon as it is found; `ordered` waits until all that is under way has ended, so that
        the same answers make the same events in the same order.
        """
        await self._http.open()
        judging = None if ordered else asyncio.create_task(self._keep_judging())
        tries = max(settings.down_after for settings in self._config.probes.values())
        try:
            return await self._supervisor.sweep(tries=tries, wait_s=wait_s, settle=self.judge)
        finally:
            if judging is not None:
                judging.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await judging
            self.judge()

    async def aclose(self) -> None:
        """Close what a sweep left open."""
        await self._supervisor.aclose()
        await self._http.aclose()

    def collect_now(self) -> None:
        """Have everything looked at now."""
        self._supervisor.collect_now()

    def judge(self) -> None:
        """Bring probes and rows in step with what is known now."""
        now = self._clock.now()
        self._registry.expire(now)
        self._agent_jobs.sync()
        self._ingest.age(now)
        self._evaluator.evaluate(now)

    async def _keep_judging(self) -> None:
        while True:
            self._woken.clear()
            self.judge()
            before = self._clock.monotonic()
            try:
                async with asyncio.timeout(_TICK_S):
                    await self._woken.wait()
            except TimeoutError:
                self._loop_lag_s = max(0.0, self._clock.monotonic() - before - _TICK_S)
            # The jobs of agents that were just found must not wait for the next tick.
            self._agent_jobs.sync()
            await asyncio.sleep(_GATHER_S)

    async def _watch_files(self) -> None:
        """Look at files when they change, and not only at their interval."""
        async for jobs in changes(Watched(_files(self._config))):
            for job_id in jobs:
                self._supervisor.hurry(job_id)

    # ── what the configuration names ──

    def _add_configured(self) -> None:
        config, ingest = self._config, self._ingest
        for entry in config.discovery:
            self._supervisor.add(self._discovery_job(entry))
        for entry in config.queues:
            probe: Probe = _built(entry, self._reach)
            self._supervisor.add(queue_job(entry.name, entry.kind.name, probe, ingest, entry.every_s, entry.timeout_s))
        for entry in config.backlog:
            probe = _built(entry, self._reach)
            self._supervisor.add(
                backlog_job(entry.name, entry.kind.name, probe, ingest, entry.every_s, entry.timeout_s)
            )
        if config.host is not None:
            host = config.probes[ProbeKind.HOST]
            self._supervisor.add(host_job(tuple(config.host.disks), ingest, host.every_s, host.timeout_s))
        own = config.probes[ProbeKind.SELF]
        self._supervisor.add(self_job(self._count_itself, ingest, own.every_s, own.timeout_s))

    def _discovery_job(self, entry: Entry) -> Job:
        source: DiscoverySource = _built(entry, self._reach)

        def deliver(found: Discovery, at: datetime, took_s: float) -> Outcome:
            accepted = self._registry.accept(entry.id, found, at)
            if found.page is not None:
                self._ingest.page(entry.id, found.page, at)
            return Outcome(
                problems=found.problems,
                found=len(found.sightings),
                cut=accepted.refused + (found.page.cut if found.page is not None else 0),
            )

        return Job(
            id=f"{ProbeKind.DISCOVERY}:{entry.id}",
            kind=ProbeKind.DISCOVERY,
            target=source.target,
            every_s=entry.every_s,
            timeout_s=entry.timeout_s,
            look=source.discover,
            deliver=deliver,
            fail=lambda error: None,
        )

    def _count_itself(self) -> SelfReading:
        return SelfReading(
            sweep_s=self._supervisor.take_lateness(),
            loop_lag_s=self._loop_lag_s,
            probes=len(self._supervisor),
            errors=self._supervisor.errors,
            samples=sum(len(scrape.page.series) for scrape in self._store.scrapes.values() if scrape.page),
            series=len(self._store.history),
            cut=sum(source.cut for source in self._store.sources.values()),
        )


def _built(entry: Entry, reach: Reach) -> Any:
    """The source or probe of an entry. Raises ConfigError that names the place in the file."""
    try:
        built = entry.kind.build(entry.options, reach)
    except ConfigError as error:
        raise ConfigError(f"{entry.where}: {error}") from error
    # A path below the configuration's folder reads best as it was written there.
    built.target = built.target.removeprefix(f"{reach.root}/")
    return built


def _files(config: Config) -> Iterator[tuple[Path, str]]:
    """The files that entries name by `path` or `files`, with the ids of their jobs."""
    for kind, entries in (
        (ProbeKind.DISCOVERY, config.discovery),
        (ProbeKind.QUEUE, config.queues),
        (ProbeKind.BACKLOG, config.backlog),
    ):
        for entry in entries:
            named = getattr(entry.options, "files", None) or [getattr(entry.options, "path", None)]
            job_id = f"{kind}:{entry.id if kind is ProbeKind.DISCOVERY else entry.name}"
            yield from ((config.root / path, job_id) for path in named if path is not None)


def _rules(config: Config) -> Rules:
    return Rules(
        health_down_after=config.probes[ProbeKind.HEALTH].down_after,
        metrics_down_after=config.probes[ProbeKind.METRICS].down_after,
        process_down_after=config.probes[ProbeKind.PROCESS].down_after,
    )


def _age_limits(config: Config, pace: Pace) -> AgeLimits:
    def limit(kind: ProbeKind) -> Callable[[Agent], float]:
        intervals = config.probes[kind].stale_after

        def of(agent: Agent) -> float:
            endpoint = (
                agent.health if kind is ProbeKind.HEALTH else agent.metrics if kind is ProbeKind.METRICS else None
            )
            return intervals * pace.endpoint_every_s(kind, endpoint)

        return of

    return AgeLimits(health=limit(ProbeKind.HEALTH), metrics=limit(ProbeKind.METRICS), process=limit(ProbeKind.PROCESS))


def _entry_limits(config: Config, entries: tuple[Entry, ...], kind: ProbeKind) -> Callable[[str], float]:
    settings = config.probes[kind]
    intervals = {entry.name: entry.every_s for entry in entries}
    return lambda name: settings.stale_after * intervals.get(name, settings.every_s)
