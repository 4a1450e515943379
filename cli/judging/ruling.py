"""Our own rules: their files, their engine, and what is kept of their alerts."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cli.judging.file_jobs import FileJob
from cli.judging.keeping import AlertKeeper
from cli.judging.past import Past
from collectors.supervisor import Job, Outcome
from config.rule_files import LastGood, RuleFiles, named_rules, rule_paths
from config.schema import Config
from fleet.alerts.deadman import RuleState
from fleet.alerts.model import AlertReading
from fleet.clock import Clock
from fleet.promql.limits import EvalLimits
from fleet.rules.engine import RuleEngine, Running
from fleet.samples.samples import Samples

RULES = "rules"
"""The source of the alerts that our own rules raise, and the id of the job that watches their files."""
_LIMITS = EvalLimits(work=20_000_000)
"""A rule is evaluated in one go, while nothing else is; one that would take longer than a second or two fails."""
MOST_PROBLEMS = 50
"""Problems that a row of the sources names."""


class Ruling:
    """The rules of a configuration over `samples`."""

    def __init__(self, config: Config, samples: Samples, clock: Clock, past: Past, every_s: float) -> None:
        """`every_s` is the interval of groups without one of their own."""
        self._config = config
        self._samples = samples
        self._every_s = every_s
        self._found = RuleFiles()
        self._good: dict[Path, LastGood] = {}
        self._files = FileJob(
            RULES, paths=self._paths, read=self._read, use=self._use, outcome=self._outcome, told=self._told
        )
        self.engine = RuleEngine(
            (), samples, samples, interval_s=every_s, external_labels=config.external_labels, limits=_LIMITS
        )
        self.keeper = AlertKeeper(past, self.engine, clock)

    async def prepare(self) -> None:
        """Read the rules, and what was kept of their alerts."""
        await self._files.refresh()
        await self.keeper.restore()

    def job(self) -> Job | None:
        """The job that watches the files; None where the configuration names no rules at all."""
        if not (self._config.rules or self._config.default_rules):
            return None
        return self._files.job(", ".join(self._config.rules) or "the default rules")

    def apply(self, config: Config) -> None:
        """Go on by another configuration, whose files are read at the next look."""
        self._config = config
        if self.job() is None:
            self._good.clear()
            self._use((RuleFiles(), ()))
        self._files.changed()

    def step(self, now: datetime, spent: Callable[[], float]) -> bool:
        """Go on with what is due; True where some is left. `spent` are the seconds of the step so far."""
        return self.engine.step(now, spent)

    def readings(self) -> tuple[AlertReading, ...]:
        """The alerts; the same tuple until something changed."""
        return self.engine.readings()

    @property
    def newest_ms(self) -> int:
        """The newest time that rules were evaluated for; it moves on with every evaluation of a group."""
        return self.engine.newest_ms

    def states(self) -> list[RuleState]:
        """How every rule does, for the dead-man's switch."""
        intervals = {group.key: group.interval_s or self._every_s for group in self.engine.groups}
        return [
            RuleState(
                group=one.group,
                name=one.name,
                interval_s=intervals.get(one.group, self._every_s),
                evaluated_at=(
                    None if one.evaluated_at_ms is None else datetime.fromtimestamp(one.evaluated_at_ms / 1000, UTC)
                ),
                error=one.error,
            )
            for one in self.engine.health()
        ]

    def _paths(self) -> list[Path]:
        return [path for pattern in self._config.rules for path in rule_paths(pattern, self._config.root)]

    def _told(self) -> object:
        return self._config.rules, self._config.default_rules

    def _read(self) -> tuple[RuleFiles, Running]:
        config = self._config
        found = named_rules(config.rules, config.root, defaults=config.default_rules, good=self._good)
        return found, self.engine.made(found.groups)

    def _use(self, read: tuple[RuleFiles, Running]) -> None:
        self._found, running = read
        self.engine.replace(self._found.groups, running)
        self._samples.want(RULES, self.engine.wanted())

    def _outcome(self) -> Outcome:
        wrong = [str(problem) for problem in self._found.errors]
        failing = [f"{one.where or one.name}: {one.error}" for one in self.engine.health() if one.error]
        kept = [problem for problem in self._samples.problems() if problem.startswith(RULES)]
        count = sum(len(group.rules) for group in self.engine.groups)
        return Outcome(problems=tuple((*wrong, *failing, *kept)[:MOST_PROBLEMS]), found=count)
