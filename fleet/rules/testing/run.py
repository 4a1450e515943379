"""Runs scenarios: feeds series to the rules, evaluates them in steps, compares with what is expected.

Promtool's order of things, which verdicts depend on: at every step of the evaluation interval the samples up to there
are loaded and each group is evaluated in turn; alerts of a time are those of the last step at or before it; expressions
are asked after the last step, when samples later than that step have not been loaded.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from fleet.alerts.model import AlertState
from fleet.errors import QueryError
from fleet.promql.evaluate import instant
from fleet.promql.labels import Labels, Pairs
from fleet.promql.parse import parse
from fleet.rules.engine import RuleEngine
from fleet.rules.model import Group
from fleet.rules.running import as_vector
from fleet.rules.testing import go_text
from fleet.rules.testing.memory import MemoryStorage
from fleet.rules.testing.model import AlertCase, ExprCase, RuleTests, Scenario
from fleet.rules.testing.notation import Value, metric, series

STEPS = 1_000_000
"""Steps of one scenario."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Found = tuple[Pairs, Pairs]
"""Labels and annotations of an alert."""


def failures(tests: RuleTests, groups: Sequence[Group]) -> list[str]:
    """What does not hold, in promtool's words, one text an item; nothing where all is as expected."""
    ordered = in_order(groups, tests.group_order)
    found: list[str] = []
    for scenario in tests.scenarios:
        try:
            found += _Run(scenario, ordered, tests.evaluation_interval_ms).failures()
        except QueryError as error:
            found.append(str(error))
    return found


def repeated_group(order: Sequence[str]) -> str | None:
    """The first name that stands twice in `group_eval_order`, which is an error."""
    return next((name for at, name in enumerate(order) if name in order[:at]), None)


def in_order(groups: Sequence[Group], order: Sequence[str]) -> list[Group]:
    """Groups by `group_eval_order`; those that it does not name come with the first, in the order of their files."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(groups, key=lambda group: places.get(group.name, 0))


class _Run:
    """One scenario while it runs."""

    def __init__(self, scenario: Scenario, groups: Sequence[Group], interval_ms: int) -> None:
        self._scenario = scenario
        self._interval_ms = interval_ms
        self._storage = MemoryStorage()
        self._engine = RuleEngine(
            groups,
            self._storage,
            self._storage,
            interval_s=max(1, scenario.interval_ms) / 1000,
            external_labels=scenario.external_labels,
            external_url=scenario.external_url,
            subquery_step_s=interval_ms / 1000,
        )
        self._waiting = self._input()
        self._loaded: dict[Labels, int] = {}

    def failures(self) -> list[str]:
        """What does not hold."""
        nameless = next((case for case in self._scenario.alerts if not case.alertname), None)
        if nameless is not None:
            where = f" (in TestGroup {self._scenario.name})" if self._scenario.name else ""
            time = go_text.duration(nameless.eval_time_ms)
            return [f"an item under alert_rule_test misses required attribute alertname at eval_time {time}{where}"]
        found: list[str] = []
        cases = sorted(self._scenario.alerts, key=lambda case: case.eval_time_ms)
        steps = range(0, self._scenario.end_ms + 1, self._interval_ms)
        if len(steps) > STEPS:
            raise QueryError(f"{len(steps):,} evaluations of the rules; {STEPS:,} are allowed", "limit")
        for at_ms in steps:
            self._load(at_ms)
            self._engine.evaluate(_EPOCH + timedelta(milliseconds=at_ms))
            errors = list(self._errors(at_ms))
            if errors:
                return found + errors
            while cases and cases[0].eval_time_ms < at_ms + self._interval_ms:
                found += self._wrong_alerts(cases.pop(0))
        for case in self._scenario.exprs:
            found += self._wrong_samples(case)
        return found

    def _input(self) -> dict[Labels, list[Value]]:
        """The series; of one that is written twice, the last counts. As in promtool, a line that is empty ends them."""
        lines = [f"{one.series} {one.values}" for one in self._scenario.input_series]
        made: dict[Labels, list[Value]] = {}
        for line in "\n".join(lines).split("\n"):
            text = line.strip()
            if not text or text.startswith("#"):
                break
            labels, values = series(text)
            made[labels] = values
        return made

    def _load(self, until_ms: int) -> None:
        """Load the samples up to a time."""
        step = self._scenario.interval_ms
        count = until_ms // step + 1 if step else None
        for labels, values in self._waiting.items():
            done = self._loaded.get(labels, 0)
            ready = values[done:count]
            for at, value in enumerate(ready, done):
                if value is not None:
                    self._storage.add(labels, at * step, value)
            self._loaded[labels] = done + len(ready)

    def _errors(self, at_ms: int) -> Iterator[str]:
        for health in self._engine.health():
            if health.error:
                yield f"    rule: {health.name}, time: {go_text.go_duration(at_ms)}, err: {health.error}"

    def _wrong_alerts(self, case: AlertCase) -> Iterator[str]:
        wanted = sorted(
            (tuple(sorted({**one.labels, "alertname": case.alertname}.items())), tuple(sorted(one.annotations.items())))
            for one in case.expected
        )
        found = sorted(
            (tuple(reading.labels.items()), tuple(reading.annotations.items()))
            for reading in self._engine.readings()
            if reading.name == case.alertname and reading.state is AlertState.FIRING
        )
        if wanted != found:
            name = f"    name: {self._scenario.name},\n" if self._scenario.name else ""
            time = go_text.duration(case.eval_time_ms)
            expected, got = (go_text.indented(_alerts(one), " " * 12) for one in (wanted, found))
            yield (
                f"{name}    alertname: {case.alertname}, time: {time}, \n        exp:{expected}, \n        got:{got}"
            )

    def _wrong_samples(self, case: ExprCase) -> Iterator[str]:
        head = f"    expr: {go_text.quoted(case.expr)}, time: {go_text.duration(case.eval_time_ms)},"
        try:
            answer = as_vector(
                instant(parse(case.expr), self._storage, case.eval_time_ms, interval_ms=self._interval_ms)
            )
        except QueryError as error:
            yield f"{head} err: {error}"
            return
        wanted = []
        for sample in case.expected:
            try:
                wanted.append((metric(sample.labels), sample.value))
            except QueryError as error:
                yield f"{head} err: labels {go_text.quoted(sample.labels)}: {error}"
                return
        got = sorted(zip(answer.labels, answer.values, strict=True), key=_by_labels)
        wanted.sort(key=_by_labels)
        # NaN is equal to nothing, and so it is there.
        if len(got) != len(wanted) or any(
            one[0] != other[0] or one[1] != other[1] for one, other in zip(got, wanted, strict=True)
        ):
            yield f"{head}\n        exp: {_samples(wanted)}\n        got: {_samples(got)}"


def _by_labels(sample: tuple[Labels, float]) -> Pairs:
    return sample[0].pairs


def _samples(samples: Sequence[tuple[Labels, float]]) -> str:
    shown = [f"{go_text.label_set(labels.pairs)} {go_text.number(value)}" for labels, value in samples]
    return ", ".join(shown) or "nil"


def _alerts(alerts: Sequence[_Found]) -> str:
    if not alerts:
        return "[]"
    shown = []
    for place, (labels, annotations) in enumerate(alerts):
        text = f"\nLabels:{go_text.label_set(labels)}\nAnnotations:{go_text.label_set(annotations)}"
        shown.append(f"{place}:" + go_text.indented(text, "  "))
    return "[\n" + ",\n".join(shown) + "\n]"
