"""Rules, objectives, gates and the book of alerts, composed: what they read, when they run, what outlives the process.

A round is cut into steps of less than 20 ms, so that keys are answered while ten thousand series are evaluated. While
nothing is due a step looks at a few times and does nothing. Everything here follows `store` and `samples`; nothing of
it asks the fleet anything.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from actions.intents import Intents
from actions.routing import RoutedSilencer
from actions.silencing import LocalSilencer, ReadOnly
from cli.judging.alerting import alert_reader, alert_rules, heartbeats
from cli.judging.explaining import Reasons
from cli.judging.graphs import Graphs
from cli.judging.keeping import kept_job
from cli.judging.objectives import Objectives
from cli.judging.past import Past
from cli.judging.queries import Queries
from cli.judging.ruling import RULES, Ruling
from cli.judging.servers import Serving
from collectors.supervisor import Job
from config.gate_options import GateOptions
from config.schema import Config
from fleet.alerts.book import AlertBook
from fleet.alerts.deadman import DeadMan
from fleet.alerts.managers import Managers
from fleet.alerts.model import AlertState
from fleet.clock import Clock
from fleet.errors import FleetdeckError
from fleet.gates.engine import Gate, GateEngine, gate
from fleet.gates.target import parse_target
from fleet.samples.everything import Everything
from fleet.samples.feed import Feed
from fleet.samples.own import OwnSeries
from fleet.samples.samples import Samples
from fleet.slo.engine import SloEngine
from fleet.store import Store

log = logging.getLogger(__name__)

STEP_S = 0.012
"""Seconds after which a step ends: what it is at when they are over may take some more, and all of it not 20 ms."""
LEAST_EVERY_S, MOST_EVERY_S = 1.0, 15.0
"""Between which limits the interval of rules without one of their own follows that of the fleet."""
_PAUSE_S = 0.005


def every_s(config: Config) -> float:
    """Seconds between two evaluations of what says no interval of its own."""
    every: float = min((settings.every_s for settings in config.probes.values()), default=MOST_EVERY_S)
    return min(MOST_EVERY_S, max(LEAST_EVERY_S, every))


def gates_of(options: dict[str, GateOptions]) -> list[Gate]:
    """The gates of a configuration, whose expressions and targets were checked when it was read."""
    return [
        gate(name, one.expr, parse_target(one.target, one.unit), unit=one.unit, of=one.of, claimed=one.claimed)
        for name, one in options.items()
    ]


class Judgement:
    """Everything that says what is wrong. `prepare` before the first look at the fleet, so that what is asked of its
    pages is kept from the first one on; then `run`, or `settle` after a sweep."""

    def __init__(
        self,
        config: Config,
        store: Store,
        samples: Samples,
        feed: Feed,
        clock: Clock,
        past: Past,
        *,
        read_only: ReadOnly = False,
        intents: Intents | None = None,
        quiet: bool = False,
    ) -> None:
        """`quiet`: our own alerts are posted nowhere from here. A freeze does not stop that: whoever gets them would
        take them for resolved."""
        self._config = config
        self._store = store
        self._samples = samples
        self._clock = clock
        self._past = past
        self._every_s = every_s(config)
        self._round_at = 0.0
        self._concluded: int | None = None
        self._unkept = ""
        self.own = OwnSeries(store, samples, feed.probed, every_s=self._every_s)
        self.everything = Everything(samples, store, feed, self.own, clock.now)
        self.queries = Queries(self.everything, samples, store)
        self.graphs = Graphs(self.queries, lambda: self.servers.prometheus)
        self.book = AlertBook(store, reader=alert_reader(config), inhibit=alert_rules(config))
        local = LocalSilencer(store, self.book, past.silences, clock, read_only=read_only, intents=intents)
        managers = Managers(self.book, config.external_labels)
        self.silencer = RoutedSilencer(local, managers, store, clock, read_only=read_only, intents=intents)
        self._deadman = DeadMan(self.book, heartbeats(config))
        self._rules = Ruling(config, samples, clock, past, self._every_s)
        self._slos = Objectives(config, store, samples, clock, past, self._every_s)
        self.servers = Serving(self.book, managers, self.silencer, self._slos, clock, writes=past.writes, quiet=quiet)
        self._gates = GateEngine(store.gates, gates_of(config.gates), samples)
        self.reasons = Reasons(store, samples, self.everything, lambda: self._slos.engine.book, clock)

    @property
    def slo_engine(self) -> SloEngine:
        """What judges objectives now."""
        return self._slos.engine

    # ── before the first look ──

    async def prepare(self, *, whole: bool = False) -> None:
        """Read rules, objectives, and what was kept of them; with `whole` the past of objectives, too, which `run` else
        reads beside the watching."""
        await self._rules.prepare()
        await self._slos.prepare(whole=whole)
        await self._refresh_silences()
        self._want()

    def jobs(self) -> Iterator[Job]:
        """The jobs that watch the files of rules and objectives, where the configuration names any."""
        yield from filter(None, (self._rules.job(), self._slos.job()))

    def kept_job(self) -> Job | None:
        """The job that says what is wrong with what is kept on disk; None where nothing is kept."""
        if self._past.alerts is None or not self._past.writes:
            return None
        return kept_job(self._past.alerts.path.parent, self._troubles)

    def _troubles(self) -> tuple[str, ...]:
        silences = self._unkept or self._past.silences.trouble
        return tuple(filter(None, (silences, self._rules.keeper.trouble, self._slos.trouble)))

    def _want(self) -> None:
        self._samples.want("gates", self._gates.wanted)

    # ── another configuration ──

    def apply(self, config: Config) -> None:
        """Go on by `config`; its rule files and SLO files are read by the jobs that watch them (`jobs`)."""
        self._config = config
        self.book.reconfigure(alert_reader(config), alert_rules(config), self._clock.now())
        self._deadman.heartbeats = heartbeats(config)
        self._gates.reconfigure(gates_of(config.gates))
        self._want()
        self._rules.apply(config)
        self._slos.apply(config)

    # ── rounds ──

    def step(self, now: datetime, spent: Callable[[], float]) -> bool:
        """Go on with what is due until `spent()` seconds reach the limit; True where something is left."""

        def enough() -> bool:
            return spent() >= STEP_S

        if self.book.take_in(enough):
            return True
        # Rules read what is written about objectives, and these what was observed.
        if not self.own.observe(now, enough) or enough():
            return True
        if self._slos.step(now, enough) or enough() or self._rules.step(now, spent):
            return True
        is_round = self._round_at <= now.timestamp()
        if is_round and self._gates.step(now, enough):
            return True
        self.book.offer(RULES, self._rules.readings(), now)
        if self.book.take_in(enough):
            return True
        if is_round or self._concluded != self._rules.newest_ms:
            self._conclude(now)
        self.book.step(now)
        return self.book.take_in(enough)

    def settle(self, now: datetime) -> None:
        """Judge everything once, for one look at the fleet."""
        self.own.observe(now)
        while self._slos.step(now, lambda: False):
            pass
        self._rules.engine.evaluate(now)
        while self._gates.step(now, lambda: False):
            pass
        self.book.deliver(RULES, self._rules.readings(), now)
        self._conclude(now)
        self.book.step(now)
        self.book.take_in(lambda: False)

    def shift(self, seconds: float) -> None:
        """The clock was set by `seconds`."""
        self._samples.shift(seconds)
        self.own.shift(seconds)

    def is_pending(self) -> bool:
        """Whether an alert waits for its time."""
        return any(row.state is AlertState.PENDING for row in self._store.alerts.values())

    def _conclude(self, now: datetime) -> None:
        """What is not known is judged last: after each round, and whenever rules were evaluated."""
        if self._round_at <= now.timestamp():
            self._round_at = now.timestamp() + self._every_s
        self._concluded = self._rules.newest_ms
        self._deadman.step(now, self._rules.states(), self._store.sources, self._store.sources.seen)

    # ── living with it ──

    async def run(self) -> None:
        """Judge until cancelled; keep what outlives the process."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._judge_on())
            group.create_task(self._keep_silences())
            group.create_task(self._rules.keeper.run())
            group.create_task(self._slos.run())

    async def _judge_on(self) -> None:
        while True:
            began = self._clock.monotonic()
            more = self.step(self._clock.now(), lambda: self._clock.monotonic() - began)  # noqa: B023
            # At the times at which jobs start, so that the process wakes up once for both.
            idle_s = LEAST_EVERY_S - self._clock.monotonic() % LEAST_EVERY_S
            await asyncio.sleep(_PAUSE_S if more else idle_s)

    async def _keep_silences(self) -> None:
        while True:
            await self._keep_silences_now()
            await asyncio.sleep(LEAST_EVERY_S * 2)

    async def _keep_silences_now(self) -> None:
        before = self._unkept
        try:
            await self.silencer.keep()
            self._unkept = ""
        except FleetdeckError as error:
            self._unkept = str(error)
            if self._unkept != before:
                log.warning("silences: %s", error)

    async def keep(self) -> None:
        """Keep what changed now, and not only at its time."""
        await self._keep_silences_now()
        await self._rules.keeper.keep()
        await self._slos.keep()

    async def _refresh_silences(self) -> None:
        try:
            await self.silencer.refresh()
        except FleetdeckError as error:
            log.warning("silences: %s", error)

    async def aclose(self) -> None:
        """Keep what is not kept yet."""
        await self._rules.keeper.keep()
        await self._slos.finish()
