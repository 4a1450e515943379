"""What was last known is shown at a start, as stale as it is, and gives way to what is known."""

from datetime import UTC, datetime, timedelta

import msgspec

from fleet.evaluate import AgeLimits, Evaluator
from fleet.last_known import KnownAgent, LastKnown, last_known, recall
from fleet.model import Agent, AgentStatus, Endpoint, Health, HealthReading, ProbeKind, Source, SourceState
from fleet.store import Store
from fleet.verdict import Rules
from fleet.views.agents import VIEW
from fleet.views.view import look
from fleet.vocabulary import AgentState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KNOWN = LastKnown(
    at=NOW - timedelta(hours=2),
    agents=(
        KnownAgent(name="a", kind="coder", state=AgentState.UP, labels={"env": "prod"}, seen=NOW - timedelta(hours=2)),
        KnownAgent(name="b\x1b[2J", state=AgentState.DOWN, since=NOW + timedelta(hours=1)),
    ),
)


def evaluator(store: Store) -> Evaluator:
    limits = AgeLimits(health=lambda _: 60.0, metrics=lambda _: 60.0, process=lambda _: 60.0)
    return Evaluator(store, Rules(), limits, wake=lambda: None)


def source(store: Store, name: str, *, answered: bool) -> None:
    state = SourceState.OK if answered else SourceState.FAILING
    at = NOW if answered else None
    store.sources.put(
        name, Source(id=name, kind=ProbeKind.DISCOVERY, target=name, state=state, last_success=at, every_s=5.0)
    )


def cells(store: Store, name: str) -> dict[str, str]:
    at = look(store, store.status, name)
    return {column.id: column.cell(store.status[name], at).text.strip() for column in VIEW.columns}


def test_what_was_up_is_stale_with_its_age() -> None:
    store = Store()
    recall(store, KNOWN, NOW)
    assert {row.state for row in store.status.values()} == {AgentState.STALE}
    shown = cells(store, "a")
    assert (shown["state"], shown["age"], shown["detail"]) == ("◌ stale", "2h", "last known: up")
    assert "b\\x1b[2J" in store.status
    assert store.status["b\\x1b[2J"].since == NOW


def test_it_is_no_event_and_no_verdict_is_built_on_it() -> None:
    store = Store()
    recall(store, KNOWN, NOW)
    judging = evaluator(store)
    source(store, "static", answered=False)
    store.agents.put("a", Agent(name="a", health=Endpoint(url="http://127.0.0.1:1/")))
    store.health.put("a", Health(reading=HealthReading(observed=AgentState.UP), latency_s=0.01))
    store.health.touch("a", NOW)
    judging.evaluate(NOW)
    assert store.status["a"].state is AgentState.UP
    assert store.status["a"].since == NOW
    assert [event.subject for event in store.events.values() if event.subject == "a"] == []
    assert store.status["b\\x1b[2J"].state is AgentState.STALE


def test_it_stays_while_discovery_has_not_answered_and_goes_when_it_has() -> None:
    store = Store()
    recall(store, KNOWN, NOW)
    judging = evaluator(store)
    source(store, "one", answered=True)
    source(store, "two", answered=False)
    judging.evaluate(NOW)
    assert len(store.status) == 2
    source(store, "two", answered=True)
    judging.evaluate(NOW)
    assert not store.status
    assert not store.recalled


def test_what_was_not_looked_at_is_kept_as_it_was_known() -> None:
    store = Store()
    recall(store, KNOWN, NOW)
    store.status.put("c", AgentStatus(name="c", state=AgentState.UP))
    store.status.put("gone", AgentStatus(name="gone", state=AgentState.DOWN, gone=True))
    again = last_known(store, NOW)
    assert {agent.name: agent.state for agent in again.agents} == {
        "a": AgentState.UP,
        "b\x1b[2J": AgentState.DOWN,
        "c": AgentState.UP,
    }
    assert msgspec.json.decode(msgspec.json.encode(again), type=LastKnown) == again


def test_of_too_many_the_worst_are_kept() -> None:
    store = Store()
    for number in range(30):
        state = AgentState.DOWN if number % 10 == 9 else AgentState.UP
        store.status.put(f"a{number}", AgentStatus(name=f"a{number}", state=state))
    assert {agent.state for agent in last_known(store, NOW, most=3).agents} == {AgentState.DOWN}
