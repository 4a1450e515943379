"""An evaluation that is cut into pieces comes to the same as one in one go, and what is seen meanwhile is whole."""

from datetime import UTC, datetime, timedelta

from fleet.promql.labels import Labels
from fleet.rules.engine import RuleEngine
from fleet.rules.model import Group, Rule
from fleet.samples.samples import Samples

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNT = 90
LABELS = [Labels.of({"__name__": "x", "agent": f"a{number}", "team": f"t{number % 3}"}) for number in range(COUNT)]
RULES = (
    Rule(
        alert="High",
        expr='x{team=~"t.*"} > 10',
        labels={"who": "{{ $labels.agent }}"},
        annotations={"summary": '{{ $labels.agent }} is at {{ $value }}, {{ query "count(x)" | first | value }} there'},
    ),
    Rule(record="team:x:sum", expr='sum by (team) (x{team="t1"})'),
    Rule(alert="Team", expr="team:x:sum > 5"),
)


class Fleet:
    def __init__(self, rules: tuple[Rule, ...] = RULES) -> None:
        self.samples = Samples()
        self.engine = RuleEngine([self.group(rules)], self.samples, self.samples)
        self.samples.want("rules", self.engine.wanted())

    def group(self, rules: tuple[Rule, ...]) -> Group:
        return Group(name="g", file="f", rules=rules, interval_s=60.0)

    def put(self, at: datetime, base: float) -> None:
        values = [base + number % 20 for number in range(COUNT)]
        self.samples.add_row("t", round(at.timestamp() * 1000), LABELS, values)

    def piece(self, at: datetime) -> bool:
        """The least that a step does."""
        return self.engine.step(at, lambda: 1.0, 0.5)


def states(engine: RuleEngine) -> frozenset[tuple[str, str]]:
    high = (one for one in engine.readings() if one.name == "High")
    return frozenset((one.labels["agent"], one.state.value) for one in high)


def test_pieces_come_to_the_same_as_all_at_once() -> None:
    whole, parts = Fleet(), Fleet()
    whole.engine.step(START)
    parts.engine.step(START)
    for minute, base in ((1, 0.0), (2, 8.0), (3, -8.0), (4, 3.0)):
        at = START + timedelta(minutes=minute)
        whole.put(at - timedelta(seconds=59), base)
        parts.put(at - timedelta(seconds=59), base)
        while whole.engine.step(at):
            pass
        seen, steps = {states(parts.engine)}, 1
        before = set(seen)
        while parts.piece(at):
            steps += 1
            # What comes in meanwhile is of a later time, and no part of this evaluation.
            parts.samples.add(Labels.of({"__name__": "x", "agent": "late", "team": "t1"}), 0, 99.0)
            seen.add(states(parts.engine))
        assert steps > 5
        assert seen <= before | {states(parts.engine)}, "of before or of after, and nothing in between"
        assert parts.engine.readings() == whole.engine.readings()
        assert [one.error for one in parts.engine.health()] == ["", "", ""]


def test_rules_that_are_edited_within_an_evaluation_keep_their_alerts() -> None:
    fleet = Fleet()
    fleet.engine.step(START)
    at = START + timedelta(minutes=1)
    fleet.put(START - timedelta(seconds=1), 8.0)
    assert fleet.piece(at)
    assert fleet.piece(at)
    edited = (RULES[0], Rule(alert="Other", expr="x > 1e9"))
    fleet.engine.replace([fleet.group(edited)])
    assert len(fleet.engine.readings()) == sum(8 + number % 20 > 10 for number in range(COUNT))
    while fleet.engine.step(at + timedelta(minutes=1)):
        pass
    assert {one.since for one in fleet.engine.readings()} == {fleet.engine.readings()[0].since}
