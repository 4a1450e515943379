"""What looks at a fleet, composed by a configuration: what is asked, what is kept of it, and what judges it."""

import asyncio
from datetime import datetime

from actions.intents import Intents
from actions.silencing import ReadOnly
from agents_registry.registry import Registry
from cli.judging.judgement import Judgement
from cli.judging.past import Past
from cli.wiring import age_limits, most_failures, rules
from collectors.ingest import Ingest
from collectors.jobs import AgentJobs, Pace
from collectors.supervisor import Supervisor
from config.entries import FAMILIES
from config.schema import Config
from fleet.evaluate import Evaluator
from fleet.ports import Reach
from fleet.samples.feed import Feed
from fleet.samples.samples import Samples
from fleet.store import Store
from fleet.timekeeper import Timekeeper
from transport.http.client import HttpClient


class Parts:
    """The parts of one deck. `config` and `reach` are those that are gone by at present; `woken` is set where rows may
    have to be judged anew."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Timekeeper,
        past: Past,
        *,
        read_only: ReadOnly,
        intents: Intents | None,
        quiet: bool,
    ) -> None:
        """`read_only`, `intents` and `quiet` as the judgement's."""
        self.config = config
        self.store = store
        self.clock = clock
        self.intents = intents
        self.woken = asyncio.Event()
        self.http = HttpClient(config.limits)
        self.reach = Reach(http=self.http, root=config.root, clock=clock, limits=config.limits)
        self.supervisor = Supervisor(store.sources, clock)
        self.samples = Samples()
        feed = Feed(self.samples, store, clock.now, self._source_name)
        self.judgement = Judgement(
            config, store, self.samples, feed, clock, past, read_only=read_only, intents=intents, quiet=quiet
        )
        self.ingest = Ingest(
            store,
            feed=feed,
            queue_limit_s=lambda name: self._limit_s("queues", name, store.queues.seen(name)),
            backlog_limit_s=lambda name: self._limit_s("backlog", name, store.backlog.seen(name)),
            most_failures=most_failures(config),
            most_samples=config.limits.all_samples,
        )
        self.registry = Registry(
            store.agents,
            order=[entry.id for entry in config.discovery],
            normalise=config.normalise_names,
            keep_gone_s=config.keep_gone_s,
            most=config.limits.agents,
        )
        self.pace = Pace(lambda kind: self.config.probes[kind].every_s, lambda kind: self.config.probes[kind].timeout_s)
        self.agent_jobs = AgentJobs(store, self.supervisor, self.ingest, self.reach, self.pace)
        self.agent_jobs.listen(self.woken.set)
        self.evaluator = Evaluator(store, rules(config), age_limits(config, self.pace), wake=self.woken.set)

    def _source_name(self, entry_id: str) -> str:
        """What a discovery source is called, by its id."""
        return next((entry.name for entry in self.config.discovery if entry.id == entry_id), entry_id)

    def _limit_s(self, section: str, name: str, seen: datetime | None) -> float:
        """How old the last good answer of a queue or backlog may be; while nobody looked it grew no older."""
        settings = self.config.probes[FAMILIES[section]]
        entries = getattr(self.config, section)
        every_s: float = next((entry.every_s for entry in entries if entry.name == name), settings.every_s)
        return settings.stale_after * every_s + self.evaluator.unwatched_s(seen)
