"""Unit tests of rules as values. Times are whole milliseconds from the start of a scenario, which is 1970."""

from msgspec import Struct


class InputSeries(Struct, frozen=True):
    """A series as it is written: `up{job="a"}` and its values in the expanding notation."""

    series: str
    values: str


class ExpectedAlert(Struct, frozen=True):
    """A firing alert that is expected; the label `alertname` goes without saying."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class AlertCase(Struct, frozen=True, kw_only=True):
    """Which alerts of a name must fire at a time, no more and no fewer."""

    eval_time_ms: int
    alertname: str
    expected: tuple[ExpectedAlert, ...] = ()


class ExpectedSample(Struct, frozen=True):
    """A sample that is expected: `up{job="a"}` and its value."""

    labels: str
    value: float


class ExprCase(Struct, frozen=True, kw_only=True):
    """What an expression must give at a time."""

    expr: str
    eval_time_ms: int
    expected: tuple[ExpectedSample, ...] = ()


class Scenario(Struct, frozen=True, kw_only=True):
    """Series that are fed to the rules, and what must come of it: an item of `tests:`. `interval_ms` is the time
    between two samples of a series."""

    name: str = ""
    interval_ms: int = 0
    input_series: tuple[InputSeries, ...] = ()
    alerts: tuple[AlertCase, ...] = ()
    exprs: tuple[ExprCase, ...] = ()
    external_labels: dict[str, str] = {}
    external_url: str = ""

    @property
    def end_ms(self) -> int:
        """The last time that something is expected at."""
        alerts = max((case.eval_time_ms for case in self.alerts), default=0)
        return max(alerts, max((case.eval_time_ms for case in self.exprs), default=0))


class RuleTests(Struct, frozen=True, kw_only=True):
    """A file of unit tests. `group_order` names groups in the order of their evaluation; one that is not named comes
    as early as the first."""

    rule_files: tuple[str, ...] = ()
    evaluation_interval_ms: int = 60_000
    group_order: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
