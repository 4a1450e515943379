"""The alert state machine against an independent model: random conditions at regular, late and missed ticks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.alerts.model import AlertReading
from fleet.promql.evaluate import instant
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.promql.parse import parse
from fleet.rules.engine import RuleEngine
from fleet.rules.model import Group, Rule
from fleet.rules.testing.memory import MemoryStorage
from fleet.samples.samples import Samples
from tests.fleet.rules.state_model import Evaluation, Told, told

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
X = Labels.of({"__name__": "x", "a": "b"})
Y = Labels.of({"__name__": "x", "a": "c"})
MINUTE = 60_000


def at(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def engine(storage: MemoryStorage, *rules: Rule, interval_s: float = 60.0, limit: int = 0) -> RuleEngine:
    group = Group(name="g", file="f", rules=rules, interval_s=interval_s, limit=limit)
    return RuleEngine([group], storage, storage)


def found(readings: tuple[AlertReading, ...]) -> Told | None:
    if not readings:
        return None
    (one,) = readings
    assert one.since is not None
    times = [
        None if time is None else (time - EPOCH) // timedelta(milliseconds=1)
        for time in (one.since, one.fired_at, one.resolved_at)
    ]
    return Told(one.state.value, times[0] or 0, times[1], times[2])


MINUTES = st.integers(0, 6).map(lambda minutes: minutes * MINUTE)


@settings(max_examples=300)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from((MINUTE, MINUTE, MINUTE, 90_000, 5 * MINUTE, 7 * MINUTE, 16 * MINUTE)),
            st.sampled_from((True, True, False, False, None)),
        ),
        max_size=40,
    ),
    for_ms=MINUTES,
    keep_ms=MINUTES,
)
def test_every_state_is_what_the_history_says(steps: list[tuple[int, bool | None]], for_ms: int, keep_ms: int) -> None:
    storage = MemoryStorage()
    # A failing evaluation: two elements become one alert.
    rule = Rule(alert="A", expr="x > 0", for_s=for_ms / 1000, keep_firing_for_s=keep_ms / 1000, labels={"a": "same"})
    rules = engine(storage, rule)
    history: list[Evaluation] = []
    now = 0
    for gap, holds in steps:
        now += gap
        storage.add(X, now, 1.0 if holds is not False else 0.0)
        storage.add(Y, now, 1.0 if holds is None else 0.0)
        rules.evaluate(at(now))
        history.append(Evaluation(now, holds))
        assert bool(rules.health()[0].error) == (holds is None)
        assert found(rules.readings()) == told(history, for_ms, keep_ms)


@settings(max_examples=100)
@given(
    ticks=st.lists(st.integers(1, 200_000), max_size=30),
    interval_s=st.sampled_from((1.0, 15.0, 60.0)),
)
def test_late_ticks_are_evaluated_at_the_newest_point_of_the_grid_and_missed_ones_are_counted(
    ticks: list[int], interval_s: float
) -> None:
    storage = MemoryStorage()
    rules = engine(storage, Rule(record="t", expr="time()"), interval_s=interval_s)
    interval = round(interval_s * 1000)
    now, evaluated = 10_000_000, set()
    rules.step(at(now))
    first = rules.next_due()
    assert first is not None
    for tick in ticks:
        now += tick
        rules.step(at(now))
        when = rules.health()[0].evaluated_at_ms
        if when is not None:
            evaluated.add(when)
            assert now - interval < when <= now
    if evaluated:
        assert {(when - min(evaluated)) % interval for when in evaluated} == {0}
        first_ms = (first - EPOCH) // timedelta(milliseconds=1)
        points = (max(evaluated) - first_ms) // interval + 1
        assert rules.missed == points - len(evaluated)


def test_a_step_stops_between_rules_and_the_next_goes_on_at_the_same_time() -> None:
    storage = MemoryStorage()
    rules = engine(storage, *(Rule(record=f"r{number}", expr="time()") for number in range(10)))
    rules.step(at(0))
    due = rules.next_due()
    assert due is not None
    seconds, steps = 0.0, 0

    def spent() -> float:
        nonlocal seconds
        seconds += 0.004
        return seconds

    more = True
    while more:
        seconds, steps = 0.0, steps + 1
        more = rules.step(due + timedelta(seconds=steps), spent)
    assert steps > 2
    assert {one.evaluated_at_ms for one in rules.health()} == {(due - EPOCH) // timedelta(milliseconds=1)}


def test_a_clock_that_is_set_back_does_not_stop_the_rules() -> None:
    storage = MemoryStorage()
    rules = engine(storage, Rule(alert="A", expr="vector(1)"))
    day = 86_400_000
    rules.step(at(day))
    rules.step(at(day + MINUTE))
    rules.step(at(day // 2))
    rules.step(at(day // 2 + MINUTE))
    (health,) = rules.health()
    assert health.evaluated_at_ms is not None
    assert health.evaluated_at_ms <= day // 2 + MINUTE


def test_readings_are_the_same_objects_until_something_changes() -> None:
    storage = MemoryStorage()
    rules = engine(storage, Rule(alert="A", expr="x > 0", annotations={"v": "{{ $value }} of {{ $labels.a }}"}))
    for number, value in enumerate((1.0, 1.0, 2.0)):
        storage.add(X, number * MINUTE, value)
    rules.evaluate(at(0))
    first = rules.readings()
    rules.evaluate(at(MINUTE))
    assert rules.readings() is first
    assert first[0].annotations == {"v": "1 of b"}
    rules.evaluate(at(2 * MINUTE))
    assert rules.readings()[0].annotations == {"v": "2 of b"}
    assert rules.readings()[0].value == 2.0


def test_an_expression_that_cannot_be_read_is_the_rules_own_error() -> None:
    storage = MemoryStorage()
    rules = engine(storage, Rule(alert="Bad", expr="x +"), Rule(alert="Good", expr="vector(1)"))
    rules.evaluate(at(0))
    bad, good = rules.health()
    assert bad.error
    assert not good.error
    assert [one.name for one in rules.readings()] == ["Good"]


def test_what_rules_and_their_templates_read_is_wanted() -> None:
    storage = MemoryStorage()
    rules = engine(storage, Rule(alert="A", expr="x > 0", annotations={"q": '{{ query "sum(y)" | first | value }}'}))
    assert {str(matcher.value) for wanted in rules.wanted() for matcher in wanted.matchers} == {"x", "y"}


def test_edited_rules_keep_their_alerts_and_the_series_of_others_end() -> None:
    storage = MemoryStorage()
    storage.add(X, 0, 1.0)
    kept = Rule(alert="A", expr="x > 0", for_s=600.0)
    rules = engine(storage, kept, Rule(record="r", expr="x"))
    rules.evaluate(at(0))
    group = Group(name="g", file="f", rules=(Rule(alert="A", expr="x >= 1", for_s=600.0),), interval_s=60.0)
    rules.replace([group])
    rules.evaluate(at(MINUTE))
    assert rules.readings()[0].since == EPOCH
    recorded = instant(parse("r"), storage, MINUTE).value
    assert isinstance(recorded, Vector)
    assert not recorded.labels


def test_over_the_kept_samples_only_what_is_asked_for_is_written() -> None:
    samples = Samples()
    group = Group(name="g", file="f", rules=(Rule(alert="A", expr="vector(1)"), Rule(record="r", expr="vector(2)")))
    rules = RuleEngine([group], samples, samples)
    minute = timedelta(minutes=1)
    rules.evaluate(EPOCH + minute)
    assert len(samples) == 0
    samples.want("query", parse('ALERTS{alertname="A"}').wanted)
    rules.evaluate(EPOCH + 2 * minute)
    (alerts,) = samples.latest(parse("ALERTS").wanted[0].matchers, 0, 2 * MINUTE).labels
    assert str(alerts) == 'ALERTS{alertname="A", alertstate="firing"}'
    rules.replace([])
    rules.evaluate(EPOCH + 3 * minute)
    assert not samples.latest(parse("ALERTS").wanted[0].matchers, 0, 3 * MINUTE).labels


def test_an_annotation_with_an_error_names_its_alert() -> None:
    samples = Samples()
    rule = Rule(alert="Loud", expr="vector(1)", annotations={"summary": "{{ humanise $value }}"})
    rules = RuleEngine([Group(name="g", file="f", rules=(rule,))], samples, samples)
    rules.evaluate(at(MINUTE))
    (reading,) = rules.readings()
    assert "error parsing template __alert_Loud:" in reading.annotations["summary"]
