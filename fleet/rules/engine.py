"""The rule engine: every group evaluated on its grid, a rule at a time, within a budget of time.

All rules of one iteration are evaluated for the same time, one after the other, so that a rule reads what those before
it recorded. `step` stops when its budget is spent and the next call goes on, between two rules or within one: an
evaluation is an iterator, and only its expression is worked out in one go. So the event loop is never held for a whole
iteration. The iteration keeps its time however long it takes, and a point of the grid that passes meanwhile is counted
as missed, as in Prometheus.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fleet.alerts.model import AlertReading, AlertState
from fleet.errors import QueryError
from fleet.promql.evaluate import EvalLimits
from fleet.promql.labels import Labels
from fleet.promql.parse import Wanted, parse
from fleet.promql.storage import Storage
from fleet.rules.model import Group
from fleet.rules.restore import OUTAGE_TOLERANCE_MS, VERSION, EngineState, KeptRule, Remembered, kept, revived
from fleet.rules.running import RuleHealth, Surroundings, mark_stale
from fleet.rules.running_group import RunningGroup, no_time
from fleet.rules.sink import Sink
from fleet.rules.texts import queries_in

BUDGET_S = 0.01
"""How long a step may hold the loop; what one rule takes longer than last time comes on top."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


Running = tuple[RunningGroup, ...]
"""Groups that are ready to run."""


class RuleEngine:
    """Evaluates groups of rules over a storage. Configured once; `replace` takes in edited rules."""

    def __init__(
        self,
        groups: Sequence[Group],
        storage: Storage,
        sink: Sink,
        *,
        interval_s: float = 15.0,
        external_labels: Mapping[str, str] | None = None,
        external_url: str = "",
        limits: EvalLimits | None = None,
        subquery_step_s: float | None = None,
    ) -> None:
        """`interval_s` is that of groups without one, and of subqueries without a step unless `subquery_step_s` is
        given. External labels stand in templates; alerts do not carry them:
        whoever sends alerts elsewhere adds them, as Prometheus does."""
        from fleet.rules.expander import expander

        self._interval_ms = max(1, round(interval_s * 1000))
        expand = expander(external_labels or {}, external_url)
        step_ms = self._interval_ms if subquery_step_s is None else max(1, round(subquery_step_s * 1000))
        self._around = Surroundings(storage, sink, expand, limits or EvalLimits(), step_ms, {})
        self._groups = [self._running(group) for group in groups]
        self._read: tuple[object, tuple[AlertReading, ...]] | None = None
        self._newest_ms = 0
        self._ended: set[Labels] = set()

    def step(self, now: datetime, spent: Callable[[], float] | None = None, budget_s: float = BUDGET_S) -> bool:
        """Evaluate what is due until `spent()`, the seconds since this step began, has reached `budget_s`; whether
        more is due. Without `spent` it evaluates everything that is due.

        At least one piece of a rule is done in every step. A rule is not begun where the longest piece of its last
        evaluation took longer than what is left, or, before its first one, where less than half of the budget is left.
        """
        now_ms, spent = milliseconds(now), spent or no_time
        self._end_series(now_ms)
        due = sorted((group for group in self._groups if group.begin(now_ms)), key=lambda group: group.at_ms or 0)
        first = True
        for group in due:
            while group.at_ms is not None:
                if not first and spent() + _likely_s(group, budget_s) >= budget_s:
                    return True
                first = False
                self._newest_ms = max(self._newest_ms, group.at_ms)
                group.go_on(spent)
        return self._make_readings(lambda: not first and spent() >= budget_s)

    def evaluate(self, now: datetime) -> None:
        """Evaluate every rule once for this time, in the order of groups and rules: for one look without a loop."""
        now_ms = milliseconds(now)
        self._newest_ms = max(self._newest_ms, now_ms)
        self._end_series(now_ms)
        for group in self._groups:
            group.evaluate(now_ms)

    def next_due(self) -> datetime | None:
        """When the next iteration is due, None where that is not known before the next step."""
        times = [group.grid.next_ms for group in self._groups]
        known = [at_ms for at_ms in times if at_ms is not None]
        return None if not known or len(known) < len(times) else _EPOCH + min(known) * _MILLISECOND

    def readings(self) -> tuple[AlertReading, ...]:
        """All pending, firing and lately resolved alerts; the same tuple until something changed. Within an evaluation
        it is that of before."""
        within = [group for group in self._groups if group.is_within]
        if within and self._read is not None:
            return self._read[1]
        for group in within:
            group.settle()
        alerting = [rule.alerting for group in self._groups for rule in group.rules if rule.alerting is not None]
        version = [(id(one), one.revision) for one in alerting]
        if self._read is None or self._read[0] != version:
            self._read = version, tuple(reading for one in alerting for reading in one.readings())
        return self._read[1]

    def health(self) -> tuple[RuleHealth, ...]:
        """How every rule does."""
        return tuple(rule.health() for group in self._groups for rule in group.rules)

    @property
    def newest_ms(self) -> int:
        """The newest time that any rule was evaluated for, 0 before the first."""
        return self._newest_ms

    @property
    def missed(self) -> int:
        """Iterations of groups that were skipped since the start."""
        return sum(group.grid.missed for group in self._groups)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups as they were given."""
        return tuple(group.group for group in self._groups)

    def wanted(self) -> tuple[Wanted, ...]:
        """What the rules, and the queries in their templates, read: for `Samples.want`."""
        found: dict[Wanted, None] = {}
        for group in self._groups:
            for rule in group.rules:
                if rule.query is not None:
                    found.update(dict.fromkeys(rule.query.wanted))
                for text in (*rule.rule.labels.values(), *rule.rule.annotations.values()):
                    for query in queries_in(text):
                        found.update(dict.fromkeys(_wanted(query)))
        return tuple(found)

    def made(self, groups: Sequence[Group]) -> Running:
        """What `replace` makes of the groups: to be called in a thread where they are many, since it parses every
        expression. Touches nothing that runs."""
        return tuple(self._running(group) for group in groups)

    def replace(self, groups: Sequence[Group], made: Running | None = None) -> None:
        """Take in edited rules. A group that is the same goes on undisturbed; in one that changed, rules of the same
        name and labels keep their alerts; series of rules that are gone are marked stale. `made` of the same groups
        may be given, so that they are not parsed here."""
        old = {group.group.key: group for group in self._groups}
        self._groups = []
        for place, group in enumerate(groups):
            before = old.pop(group.key, None)
            if before is not None and before.group == group:
                self._groups.append(before)
                continue
            fresh = self._running(group) if made is None else made[place]
            if before is not None:
                before.settle()
                fresh.inherit(before)
            self._groups.append(fresh)
        for gone in old.values():
            gone.settle()
            self._ended |= gone.ended.union(*(rule.written for rule in gone.rules))
        self._read = None

    def state(self) -> EngineState:
        """The alerts, to be kept over a restart."""
        for group in self._groups:
            group.settle()
        rules = []
        for group in self._groups:
            for (name, labels, number), rule in group.numbered().items():
                if rule.alerting is not None and rule.alerting.active:
                    alerts = tuple(
                        kept(alert, rule.alerting.annotations(alert) if rule.alerting.runs_queries else None)
                        for alert in rule.alerting.active.values()
                    )
                    rules.append(
                        KeptRule(group=group.group.key, name=name, labels=dict(labels), number=number, alerts=alerts)
                    )
        return EngineState(at_ms=self._newest_ms, rules=tuple(rules))

    def restore(self, state: EngineState, now: datetime) -> int:
        """Take up what was kept; before the first step. How many alerts were taken up or may come back.

        Nothing is, where the state is of another version, of the future, or older than an hour.
        """
        now_ms = milliseconds(now)
        if state.version != VERSION or not 0 <= now_ms - state.at_ms <= OUTAGE_TOLERANCE_MS:
            return 0
        known, count = {rule.key: rule.alerts for rule in state.rules}, 0
        for group in self._groups:
            for (name, labels, number), rule in group.numbered().items():
                alerts = known.get((group.group.key, name, labels, number), ())
                if rule.alerting is None or not alerts:
                    continue
                pending = [alert for alert in alerts if alert.state is AlertState.PENDING]
                rule.alerting.remembered = Remembered(pending, state.at_ms)
                again = [alert for one in alerts if (alert := revived(one, now_ms)) is not None]
                rule.alerting.active.update((alert.labels, alert) for alert in again)
                rule.alerting.revision += 1
                count += len(pending) + len(again)
        return count

    def _make_readings(self, enough: Callable[[], bool]) -> bool:
        """Make what `readings` gives, in pieces; True where some is left."""
        for group in self._groups:
            for rule in group.rules:
                if rule.alerting is None or rule.alerting.read_revision == rule.alerting.revision:
                    continue
                if enough() or any(enough() for _ in rule.alerting.read()):
                    return True
        return False

    def _end_series(self, now_ms: int) -> None:
        """Mark the series of groups that are gone stale."""
        mark_stale(self._ended, self._around.sink, now_ms)
        self._ended.clear()

    def _running(self, group: Group) -> RunningGroup:
        own_ms = self._interval_ms if group.interval_s is None else max(1, round(group.interval_s * 1000))
        return RunningGroup(group, own_ms, self._around)


def _likely_s(group: RunningGroup, budget_s: float) -> float:
    """How long the next piece of a group may take: what could not be cut last time, before what is not known."""
    if group.is_within:
        return 0.0
    rule = group.upcoming
    return budget_s / 2 if rule.evaluated_at_ms is None else rule.longest_s


def _wanted(query: str) -> tuple[Wanted, ...]:
    try:
        return parse(query).wanted
    except QueryError:
        return ()


def milliseconds(at: datetime) -> int:
    """A time as whole milliseconds since the epoch."""
    return (at - _EPOCH) // _MILLISECOND
