"""The book agrees with a model that makes everything anew at every step."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.alerts.book import AlertBook
from fleet.alerts.groups import grouped
from fleet.alerts.inhibition import InhibitRule
from fleet.alerts.matching import Matching, parse_matchers
from fleet.alerts.model import AlertReading, AlertState, Silence, SilenceState
from fleet.alerts.silences import state_at
from fleet.store import Store
from tests.fleet.alerts.making import at, reading, silence

SOURCES = ("rules", "prometheus", "claims")
RULE = InhibitRule(
    source=parse_matchers('alertname="Down"'), target=parse_matchers('alertname=~"Sick|Down"'), equal=("agent",)
)
READINGS = st.builds(
    reading,
    st.sampled_from(["Down", "Sick", "Full"]),
    st.sampled_from(AlertState),
    agent=st.sampled_from("ab"),
    replica=st.sampled_from(["0", "1"]),
)
SILENCES = st.builds(
    silence,
    st.sampled_from("stu"),
    st.sampled_from(['agent="a"', 'alertname=~"D.*"', 'agent!="a",alertname="Sick"']),
    st.integers(0, 2000),
    st.integers(2001, 6000),
    ack=st.booleans(),
    by=st.sampled_from(["ann", "bob"]),
)
ACTS = st.one_of(
    st.tuples(st.just("deliver"), st.sampled_from(SOURCES), st.lists(READINGS, max_size=4).map(tuple)),
    st.tuples(st.just("again"), st.sampled_from(SOURCES), st.none()),
    st.tuples(st.just("away"), st.sampled_from(SOURCES), st.none()),
    st.tuples(st.just("forget"), st.sampled_from(SOURCES), st.none()),
    st.tuples(st.just("silences"), st.just("local"), st.lists(SILENCES, max_size=3, unique_by=lambda one: one.id)),
    st.tuples(st.just("wait"), st.sampled_from([1, 200, 900, 2000]), st.none()),
)
RANK = {AlertState.FIRING: 0, AlertState.PENDING: 1, AlertState.RESOLVED: 2}


def key(one: AlertReading) -> tuple[str, str]:
    return one.labels["alertname"], one.labels["agent"]


class Model:
    """What is said now, by source; which alerts ever fired since they came; when they ended."""

    def __init__(self) -> None:
        self.said: dict[str, tuple[AlertReading, ...]] = {}
        self.away: set[str] = set()
        self.silences: list[Silence] = []
        self.fired: set[tuple[str, str]] = set()
        self.ended: dict[tuple[str, str], float] = {}
        self.now = 0.0

    def settle(self) -> None:
        says = self.states()
        for one in list(self.fired):
            if says.get(one) in (None, AlertState.RESOLVED):
                self.ended.setdefault(one, self.now)
            elif says[one] is AlertState.FIRING:
                self.ended.pop(one, None)
        for one, state in says.items():
            if state is AlertState.FIRING:
                self.fired.add(one)

    def states(self) -> dict[tuple[str, str], AlertState]:
        says: dict[tuple[str, str], list[tuple[bool, int, AlertState]]] = {}
        for source, readings in self.said.items():
            worst: dict[tuple[str, str], AlertState] = {}
            for one in readings:
                there = worst.get(key(one))
                if there is None or RANK[one.state] < RANK[there]:
                    worst[key(one)] = one.state
            for name, state in worst.items():
                says.setdefault(name, []).append((source in self.away, RANK[state], state))
        return {name: min(states)[2] for name, states in says.items()}


@settings(max_examples=150)
@given(st.lists(ACTS, max_size=25))
def test_it_agrees_with_making_everything_anew(acts: list[tuple[str, Any, Any]]) -> None:
    store, model = Store(), Model()
    book = AlertBook(store, inhibit=(RULE,))
    for act, what, value in acts:
        if act == "deliver":
            model.said[what] = value
            model.away.discard(what)
            book.deliver(what, value, at(model.now))
        elif act == "again" and what in model.said and what not in model.away:
            book.deliver(what, tuple(model.said[what]), at(model.now))
        elif act == "away":
            model.away.add(what)
            model.said.setdefault(what, ())
            book.deliver(what, (), at(model.now), stale=True)
        elif act == "forget":
            model.said.pop(what, None)
            model.away.discard(what)
            book.forget(what, at(model.now))
        elif act == "silences":
            model.silences = value
            book.put_silences("local", value, at(model.now))
        elif act == "wait":
            model.now += what
            book.step(at(model.now))
        model.settle()
        check(store, model)


def check(store: Store, model: Model) -> None:
    rows = {(row.labels["alertname"], row.labels["agent"]): row for row in store.alerts.values()}
    assert len(rows) == len(store.alerts)
    live = {name: state for name, state in model.states().items() if state is not AlertState.RESOLVED}
    assert {name: row.state for name, row in rows.items() if row.state is not AlertState.RESOLVED} == live
    firing = {
        row.labels["agent"]: row.id for row in rows.values() if (row.name, row.state) == ("Down", AlertState.FIRING)
    }
    for name, row in rows.items():
        speaking = {source for source, said in model.said.items() if any(key(one) == name for one in said)}
        assert set(row.sources) == speaking or row.state is AlertState.RESOLVED
        if speaking:
            assert row.stale is (speaking <= model.away)
        active = [one for one in model.silences if state_at(one, at(model.now)) is SilenceState.ACTIVE]
        holding = [one for one in active if Matching(one.matchers).holds(row.labels)]
        assert set(row.silenced_by) == {one.id for one in holding}
        assert (row.acknowledged_by is not None) is any(one.acknowledges for one in holding)
        inhibited = row.name == "Sick" and row.labels["agent"] in firing and row.state is not AlertState.RESOLVED
        assert row.inhibited_by == ((firing[row.labels["agent"]],) if inhibited else ())
    assert {line.key: line for line in grouped(store.alerts.values())} == dict(store.alert_groups)
    assert {one.id: state_at(one, at(model.now)) for one in model.silences} == {
        id: one.state for id, one in store.silences.items()
    }
    for id, one in store.silences.items():
        held = [row for row in rows.values() if id in row.silenced_by]
        assert one.matched == sum(row.state is not AlertState.RESOLVED or row.flapping for row in held)
