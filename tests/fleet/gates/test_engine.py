"""Gates over real samples: no data is no pass, and one that fails decides."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from fleet.errors import QueryError
from fleet.gates.engine import Gate, GateEngine, gate
from fleet.gates.model import GateState, GateStatus
from fleet.gates.target import parse_target
from fleet.promql.labels import Labels
from fleet.samples.samples import Samples
from fleet.store import Store

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def samples(*rows: tuple[dict[str, str], float], at: datetime = NOW) -> Samples:
    made = Samples()
    made.want("gates", [*gate_of("up", ">= 1").expr.wanted])
    for labels, value in rows:
        made.add(Labels.of({"__name__": "up", **labels}), round(at.timestamp() * 1000), value)
    return made


def gate_of(expr: str, target: str, **more: str) -> Gate:
    return gate("ready", expr, parse_target(target), **more)  # type: ignore[arg-type]


def judged(one: Gate, over: Samples, now: datetime = NOW) -> GateStatus:
    store = Store()
    GateEngine(store.gates, [one], over).step(now, lambda: False)
    return store.gates["ready"]


def test_the_worst_of_several_values_decides() -> None:
    row = judged(gate_of("up", ">50%"), samples(({"agent": "a"}, 0.9), ({"agent": "b"}, 0.2)))
    assert row.state is GateState.FAIL
    assert row.observed == 0.2
    assert row.observed_text == '20% up{agent="b"} (1 of 2 fail)'


def test_one_value_that_holds_passes_and_says_what_it_is() -> None:
    row = judged(gate_of("avg(up)", ">=50%"), samples(({"agent": "a"}, 0.9), ({"agent": "b"}, 0.2)))
    assert (row.state, row.observed_text) == (GateState.PASS, "55%")


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        ("absent_metric", ""),
        ("up / 0 * 0", "NaN"),
        ("up + on() up", "many-to-many|duplicate|multiple"),
        ('"text"', "neither"),
    ],
)
def test_no_data_never_passes(expr: str, why: str) -> None:
    row = judged(gate_of(expr, ">= 0"), samples(({"agent": "a"}, 0.0), ({"agent": "b"}, 0.0)))
    assert row.state is GateState.NO_DATA
    assert row.observed is None
    assert not why or any(word in row.error for word in why.split("|")), row.error


def test_a_value_that_is_not_known_does_not_hide_behind_others() -> None:
    over = samples(({"agent": "a"}, 1.0), ({"agent": "b"}, math.nan))
    row = judged(gate_of("up", ">= 1"), over)
    assert (row.state, row.error) == (GateState.NO_DATA, "1 of 2 give NaN")
    assert judged(gate_of("up", ">= 2"), over).state is GateState.FAIL


def test_a_count_is_shown_beside_how_many_there_are() -> None:
    over = samples(*(({"agent": str(n)}, 1.0 if n else 0.0) for n in range(4)))
    row = judged(gate_of("count(up == 1)", "4/4 passing", of="count(up)"), over)
    assert (row.state, row.observed_text) == (GateState.FAIL, "3/4")
    assert judged(gate_of("count(up == 1)", "3/4 passing", of="count(up)"), over).state is GateState.PASS
    blind = judged(gate_of("count(up == 1)", "3/4 passing", of="count(absent_metric)"), over)
    assert (blind.state, blind.error) == (GateState.NO_DATA, "of: 0 values where one number is wanted")


def test_a_claim_is_shown_and_decides_nothing() -> None:
    row = judged(gate_of("min(up)", ">= 1", claimed="vector(1)"), samples(({"agent": "a"}, 0.0)))
    assert (row.state, row.claimed) == (GateState.FAIL, "1")


def test_since_is_when_the_state_began() -> None:
    over, store = samples(({"agent": "a"}, 1.0)), Store()
    engine = GateEngine(store.gates, [gate_of("up", ">= 1")], over)
    engine.step(NOW, lambda: False)
    engine.step(NOW + timedelta(minutes=1), lambda: False)
    assert store.gates["ready"].since == NOW
    later = NOW + timedelta(minutes=10)
    engine.step(later, lambda: False)
    assert (store.gates["ready"].state, store.gates["ready"].since) == (GateState.NO_DATA, later)


def test_a_step_ends_when_its_time_is_spent_and_the_next_goes_on() -> None:
    over, store = samples(({"agent": "a"}, 1.0)), Store()
    gates = [gate(str(n), "up", parse_target(">= 1")) for n in range(3)]
    engine = GateEngine(store.gates, gates, over)
    assert engine.step(NOW, lambda: True)
    assert list(store.gates) == ["0"]
    assert engine.step(NOW, lambda: True)
    assert not engine.step(NOW, lambda: True)
    assert sorted(store.gates) == ["0", "1", "2"]


def test_a_gate_that_is_no_longer_configured_is_no_row() -> None:
    over, store = samples(({"agent": "a"}, 1.0)), Store()
    engine = GateEngine(store.gates, [gate_of("up", ">= 1")], over)
    engine.step(NOW, lambda: False)
    engine.reconfigure([gate("other", "up", parse_target(">= 1"))])
    engine.step(NOW, lambda: False)
    assert list(store.gates) == ["other"]


def test_an_expression_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(QueryError):
        gate_of("sum(", ">= 1")
