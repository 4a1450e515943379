"""Rules, objectives, gates and the book of alerts, composed: what they read, when they run, what outlives the process.

A round is cut into steps of some 20 ms, so that keys are answered while ten thousand series are evaluated. Everything
here follows `store` and `samples`; nothing of it asks the fleet anything.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from actions.silencing import LocalSilencer
from cli.judging.alerting import alert_reader, alert_rules, heartbeats
from cli.judging.file_jobs import FileJob
from cli.judging.graphs import curves
from cli.judging.keeping import Keeping
from cli.judging.past import Past
from collectors.supervisor import Job, Outcome
from config.gate_options import GateOptions
from config.rule_files import RuleFiles, named_rules, rule_paths
from config.schema import Config
from config.slo.files import SloFiles, named_slos
from fleet.alerts.book import AlertBook
from fleet.alerts.deadman import DeadMan, RuleState
from fleet.alerts.model import AlertState
from fleet.alerts.ports import Curve
from fleet.clock import Clock
from fleet.errors import FleetdeckError
from fleet.gates.engine import Gate, GateEngine, gate
from fleet.gates.target import parse_target
from fleet.rules.engine import RuleEngine
from fleet.samples.everything import Everything
from fleet.samples.feed import Feed
from fleet.samples.own import OwnSeries
from fleet.samples.samples import Samples
from fleet.slo.agents import StoreAgents
from fleet.slo.engine import SloEngine
from fleet.store import Store

log = logging.getLogger(__name__)

STEP_S = 0.02
"""Seconds that a step may hold the loop."""
LEAST_EVERY_S, MOST_EVERY_S = 1.0, 15.0
"""Between which limits the interval of rules without one of their own follows that of the fleet."""
RULES = "rules"
"""The source of the alerts that our own rules raise, and the id of the job that watches their files."""
SLOS = "slos"
_MOST_PROBLEMS = 50
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

    def __init__(self, config: Config, store: Store, samples: Samples, feed: Feed, clock: Clock, past: Past) -> None:
        self._config = config
        self._store = store
        self._samples = samples
        self._clock = clock
        self._past = past
        self._every_s = every_s(config)
        self._round_at = 0.0
        self._rule_files = RuleFiles()
        self._slo_files = SloFiles()
        self._rule_job = FileJob(
            RULES, paths=self._rule_paths, read=self._read_rules, use=self._use_rules, outcome=self._rules_outcome
        )
        self._slo_job = FileJob(
            SLOS, paths=self._slo_paths, read=self._read_slos, use=self._use_slos, outcome=self._slos_outcome
        )
        self._files = (self._rule_job, self._slo_job)
        self.own = OwnSeries(store, samples, feed.probed, every_s=self._every_s)
        self.everything = Everything(samples, store, feed, self.own, clock.now)
        self.book = AlertBook(store, reader=alert_reader(config), inhibit=alert_rules(config))
        self.silencer = LocalSilencer(store, self.book, past.silences, clock, read_only=config.read_only)
        self._deadman = DeadMan(self.book, heartbeats(config))
        self._rules = RuleEngine((), samples, samples, interval_s=self._every_s, external_labels=config.external_labels)
        self._gates = GateEngine(store.gates, gates_of(config.gates), samples)
        self._slos = SloEngine(store.slos, (), samples, agents=StoreAgents(store), sink=samples, every_s=self._every_s)
        self._keeping = Keeping(past, self._rules, self._slos, clock)

    # ── before the first look ──

    async def prepare(self, *, whole: bool = False) -> None:
        """Read rules, objectives, and what was kept of them; with `whole` the past of objectives, too, which `run` else
        reads beside the watching."""
        for files in self._files:
            await files.refresh()
        await self._keeping.restore_alerts()
        await self._refresh_silences()
        self._want()
        if whole:
            await self._keeping.load_rollups()

    def jobs(self) -> Iterator[Job]:
        """The jobs that watch the files of rules and objectives, where the configuration names any."""
        if self._config.rules or self._config.default_rules:
            yield self._rule_job.job(", ".join(self._config.rules) or "the default rules")
        if self._config.slo_files:
            yield self._slo_job.job(", ".join(self._config.slo_files))

    def _rule_paths(self) -> list[Path]:
        return [path for pattern in self._config.rules for path in rule_paths(pattern, self._config.root)]

    def _read_rules(self) -> RuleFiles:
        return named_rules(self._config.rules, self._config.root, defaults=self._config.default_rules)

    def _use_rules(self, found: RuleFiles) -> None:
        self._rule_files = found
        self._rules.replace(found.groups)
        self._samples.want(RULES, self._rules.wanted())

    def _rules_outcome(self) -> Outcome:
        wrong = [str(problem) for problem in self._rule_files.errors]
        failing = [f"{one.where or one.name}: {one.error}" for one in self._rules.health() if one.error]
        kept = [problem for problem in self._samples.problems() if problem.startswith(RULES)]
        count = sum(len(group.rules) for group in self._rules.groups)
        return Outcome(problems=tuple((*wrong, *failing, *kept)[:_MOST_PROBLEMS]), found=count)

    def _slo_paths(self) -> list[Path]:
        return [path for pattern in self._config.slo_files for path in rule_paths(pattern, self._config.root)]

    def _read_slos(self) -> SloFiles:
        return named_slos(self._config.slo_files, self._config.root)

    def _use_slos(self, found: SloFiles) -> None:
        self._slo_files = found
        self._slos.reconfigure((*self._config.slos, *found.definitions))
        self._samples.want(SLOS, self._slos.wanted)

    def _slos_outcome(self) -> Outcome:
        problems = (*self._slo_files.problems, *self._slos.problems)
        return Outcome(problems=problems[:_MOST_PROBLEMS], found=len(self._slo_files.definitions))

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
        for files in self._files:
            files.changed()

    # ── rounds ──

    def step(self, now: datetime, spent: Callable[[], float]) -> bool:
        """Go on with what is due until `spent()` seconds reach the limit; True where something is left."""
        done = self.own.observe(now)
        if not done or spent() >= STEP_S:
            return True
        # Rules read what is written about objectives.
        if self._slos.step(now, lambda: spent() >= STEP_S):
            return True
        if self._rules.step(now, spent, STEP_S):
            return True
        if self._round_at <= now.timestamp() and self._gates.step(now, lambda: spent() >= STEP_S):
            return True
        self._conclude(now)
        return False

    def settle(self, now: datetime) -> None:
        """Judge everything once, for one look at the fleet."""
        while not self.own.observe(now):
            pass
        while self._slos.step(now, lambda: False):
            pass
        self._rules.evaluate(now)
        while self._gates.step(now, lambda: False):
            pass
        self._conclude(now)

    def shift(self, seconds: float) -> None:
        """The clock was set by `seconds`."""
        self._samples.shift(seconds)
        self.own.shift(seconds)

    def curves(self, expr: str, from_s: float, to_s: float) -> tuple[Curve, ...] | None:
        """How an expression went, over all that is in memory; None where that is not known."""
        return curves(expr, from_s, to_s, self.everything)

    def is_pending(self) -> bool:
        """Whether an alert waits for its time."""
        return any(row.state is AlertState.PENDING for row in self._store.alerts.values())

    def _conclude(self, now: datetime) -> None:
        """What the rules say goes into the book, and what is not known is judged last."""
        if self._round_at <= now.timestamp():
            self._round_at = now.timestamp() + self._every_s
        self.book.deliver(RULES, self._rules.readings(), now)
        self._deadman.step(now, self._rule_states(), self._store.sources)
        self.book.step(now)

    def _rule_states(self) -> list[RuleState]:
        intervals = {group.key: group.interval_s or self._every_s for group in self._rules.groups}
        return [
            RuleState(
                group=one.group,
                name=one.name,
                interval_s=intervals.get(one.group, self._every_s),
                evaluated_at=None if one.evaluated_at_ms is None else _moment(one.evaluated_at_ms, self._clock.now()),
                error=one.error,
            )
            for one in self._rules.health()
        ]

    # ── living with it ──

    async def run(self) -> None:
        """Judge until cancelled; keep what outlives the process."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._load())
            group.create_task(self._judge_on())
            group.create_task(self._keep_silences())
            group.create_task(self._keeping.run())

    async def _load(self) -> None:
        if not self._slos.loaded:
            await self._keeping.load_rollups()

    async def _judge_on(self) -> None:
        while True:
            began = self._clock.monotonic()
            more = self.step(self._clock.now(), lambda: self._clock.monotonic() - began)  # noqa: B023
            await asyncio.sleep(_PAUSE_S if more else LEAST_EVERY_S)

    async def _keep_silences(self) -> None:
        while True:
            try:
                await self.silencer.keep()
            except FleetdeckError as error:
                log.warning("silences: %s", error)
            await asyncio.sleep(LEAST_EVERY_S * 2)

    async def _refresh_silences(self) -> None:
        try:
            await self.silencer.refresh()
        except FleetdeckError as error:
            log.warning("silences: %s", error)

    async def aclose(self) -> None:
        """Keep what is not kept yet."""
        await self._keeping.finish()


def _moment(at_ms: int, like: datetime) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, like.tzinfo)
