"""What alerts do over a restart."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.alerts.model import AlertState
from fleet.promql.labels import Labels
from fleet.rules.engine import RuleEngine
from fleet.rules.model import Group, Rule
from fleet.rules.testing.memory import MemoryStorage

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
X = Labels.of({"__name__": "x", "a": "b"})


class Fleet:
    """Rules over one series, which is 1 while its condition holds; a restart loses all samples."""

    def __init__(self, *, for_s: float = 0.0, keep_s: float = 0.0, annotations: dict[str, str] | None = None) -> None:
        rule = Rule(alert="A", expr="x > 0", for_s=for_s, keep_firing_for_s=keep_s, annotations=annotations or {})
        self.group = Group(name="g", file="f", rules=(rule,), interval_s=60.0)
        self.started()

    def started(self) -> None:
        self.storage = MemoryStorage()
        self.rules = RuleEngine([self.group], self.storage, self.storage)

    def evaluate(self, at: datetime, holds: bool) -> str:
        """The alert's state after an evaluation."""
        ms = round(at.timestamp() * 1000)
        self.storage.add(X, ms, float(holds))
        self.rules.evaluate(at)
        return self.state()

    def state(self) -> str:
        readings = self.rules.readings()
        return readings[0].state.value if readings else "inactive"

    def restarted(self, at: datetime) -> int:
        kept = self.rules.state()
        self.started()
        return self.rules.restore(kept, at)


@pytest.mark.parametrize("for_s", [0.0, 120.0, 1200.0])
def test_a_firing_alert_goes_on_firing_with_its_times(for_s: float) -> None:
    fleet = Fleet(for_s=for_s)
    for minute in range(30):
        fleet.evaluate(START + minute * MINUTE, True)
    (before,) = fleet.rules.readings()
    again = START + 40 * MINUTE
    assert fleet.restarted(again) == 1
    (restored,) = fleet.rules.readings()
    assert restored == before
    assert fleet.evaluate(again, True) == "firing"
    assert fleet.rules.readings()[0].since == START


def test_a_firing_alert_is_not_resolved_before_data_have_come() -> None:
    fleet = Fleet()
    fleet.evaluate(START, True)
    fleet.restarted(START + MINUTE)
    seen = [fleet.evaluate(START + minute * MINUTE, False) for minute in (1, 2, 3)]
    assert seen == ["firing", "firing", "resolved"]


def test_keep_firing_for_goes_on_from_where_it_was() -> None:
    fleet = Fleet(keep_s=300.0)
    fleet.evaluate(START, True)
    fleet.evaluate(START + MINUTE, False)
    fleet.restarted(START + 2 * MINUTE)
    seen = [fleet.evaluate(START + minute * MINUTE, False) for minute in (2, 3, 4, 5, 6)]
    assert seen == ["firing"] * 4 + ["resolved"]


@pytest.mark.parametrize(
    ("for_min", "held_min", "down_min", "fires_after"),
    [
        (5, 4, 3, 5),  # `for` below the grace period: anew
        (30, 10, 7, 20),  # 20 minutes to go, of which the outage is none
        (30, 25, 7, 10),  # 5 minutes to go: the grace period
        (30, 29, 50, 10),
    ],
)
def test_for_goes_on_as_prometheus_restores_it(for_min: int, held_min: int, down_min: int, fires_after: int) -> None:
    fleet = Fleet(for_s=for_min * 60.0)
    for minute in range(held_min + 1):
        assert fleet.evaluate(START + minute * MINUTE, True) == "pending"
    again = START + (held_min + down_min) * MINUTE
    assert fleet.restarted(again) == 1
    assert fleet.state() == "inactive"
    states = [fleet.evaluate(again + minute * MINUTE, True) for minute in range(for_min + 1)]
    assert states.index("firing") == fires_after


def test_a_pending_alert_that_comes_back_later_begins_anew() -> None:
    fleet = Fleet(for_s=1800.0)
    for minute in range(20):
        fleet.evaluate(START + minute * MINUTE, True)
    fleet.restarted(START + 20 * MINUTE)
    for minute in (20, 21):
        assert fleet.evaluate(START + minute * MINUTE, False) == "inactive"
    fleet.evaluate(START + 22 * MINUTE, True)
    assert fleet.rules.readings()[0].since == START + 22 * MINUTE


def test_nothing_comes_back_after_an_hour_or_from_the_future() -> None:
    fleet = Fleet()
    fleet.evaluate(START, True)
    kept = fleet.rules.state()
    fleet.started()
    assert fleet.rules.restore(kept, START + timedelta(hours=1, seconds=1)) == 0
    assert fleet.rules.restore(kept, START - MINUTE) == 0
    assert fleet.state() == "inactive"
    assert fleet.rules.restore(kept, START + timedelta(hours=1)) == 1


def test_a_resolved_alert_is_told_for_the_rest_of_its_quarter_of_an_hour() -> None:
    fleet = Fleet()
    fleet.evaluate(START, True)
    fleet.evaluate(START + MINUTE, False)
    fleet.restarted(START + 10 * MINUTE)
    assert fleet.rules.readings()[0].state is AlertState.RESOLVED
    assert fleet.evaluate(START + 16 * MINUTE, False) == "resolved"
    assert fleet.evaluate(START + 17 * MINUTE, False) == "inactive"


def test_a_rule_is_known_again_by_its_name_and_labels() -> None:
    fleet = Fleet()
    fleet.evaluate(START, True)
    kept = fleet.rules.state()
    fleet.group = Group(name="g", file="f", rules=(Rule(alert="B", expr="x > 0"),), interval_s=60.0)
    fleet.started()
    assert fleet.rules.restore(kept, START + MINUTE) == 0


def test_annotations_that_ran_queries_are_kept_as_they_were() -> None:
    text = '{{ with query "x" }}{{ . | first | value }}{{ end }}'
    fleet = Fleet(annotations={"a": text})
    fleet.evaluate(START, True)
    fleet.restarted(START + MINUTE)
    assert fleet.rules.readings()[0].annotations == {"a": "1"}
