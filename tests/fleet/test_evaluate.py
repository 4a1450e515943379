"""The evaluator: rows and events from what changed, and nothing from what did not."""

from datetime import UTC, datetime, timedelta

from fleet.evaluate import AgeLimits, Evaluator
from fleet.model import Agent, Endpoint, Health, HealthReading, ProbeKind, Queue, Source, SourceState
from fleet.store import Store
from fleet.verdict import Rules
from fleet.vocabulary import AgentState

START = datetime(2026, 1, 1, tzinfo=UTC)
ENDPOINT = Endpoint(url="http://127.0.0.1:1/health")


class Fleet:
    def __init__(self) -> None:
        self.store = Store()
        self.woken = 0
        limits = AgeLimits(health=lambda _: 15.0, metrics=lambda _: 15.0, process=lambda _: 15.0)
        self.evaluator = Evaluator(self.store, Rules(), limits, wake=self._wake)
        self.now = START

    def _wake(self) -> None:
        self.woken += 1

    def after(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.evaluator.evaluate(self.now)

    def answer(self, name: str, observed: AgentState = AgentState.UP) -> None:
        reading = HealthReading(observed=observed, claimed="healthy", claimed_state=AgentState.UP)
        self.store.health.put(name, Health(reading=reading))
        self.store.health.touch(name, self.now)

    def state(self, name: str) -> str:
        return self.store.status[name].state.value

    def changes(self, subject: str) -> list[tuple[str, str]]:
        return [(event.before, event.after) for event in self.store.events.values() if event.subject == subject]


def test_an_agent_goes_stale_with_time_alone_and_recovers() -> None:
    fleet = Fleet()
    fleet.store.agents.put("a", Agent(name="a", health=ENDPOINT))
    fleet.after(0)
    fleet.answer("a")
    fleet.after(1)
    assert fleet.state("a") == "up"
    fleet.after(13)
    assert fleet.state("a") == "up"
    fleet.after(2)
    assert fleet.state("a") == "stale"
    fleet.store.health.put("a", Health(reading=HealthReading(observed=AgentState.UP), latency_s=0.1))
    fleet.store.health.touch("a", fleet.now)
    fleet.after(1)
    assert fleet.state("a") == "up"
    assert fleet.changes("a") == [("unknown", "up"), ("up", "stale"), ("stale", "up")]


def test_a_touch_keeps_an_agent_fresh_without_waking_anybody() -> None:
    fleet = Fleet()
    fleet.store.agents.put("a", Agent(name="a", health=ENDPOINT))
    fleet.answer("a")
    fleet.after(0)
    woken = fleet.woken
    for _ in range(20):
        fleet.store.health.touch("a", fleet.now)
        fleet.after(5)
    assert fleet.state("a") == "up"
    assert fleet.woken == woken


def test_a_stale_agent_that_answers_the_same_again_is_up_again() -> None:
    """The answer equals the one before, so no slice wakes."""
    fleet = Fleet()
    fleet.store.agents.put("a", Agent(name="a", health=ENDPOINT))
    fleet.answer("a")
    fleet.after(20)
    assert fleet.state("a") == "stale"
    fleet.store.health.touch("a", fleet.now)
    fleet.after(1)
    assert fleet.state("a") == "up"
    fleet.after(15)
    assert fleet.state("a") == "stale"


def test_a_new_agent_is_an_event_but_the_first_fleet_is_not() -> None:
    fleet = Fleet()
    for name in ("a", "b"):
        fleet.store.agents.put(name, Agent(name=name))
    fleet.after(0)
    assert not fleet.store.events
    fleet.store.agents.put("c", Agent(name="c", sources=("static",)))
    fleet.after(1)
    assert fleet.changes("c") == [("", "found")]
    fleet.store.agents.drop("a")
    fleet.after(1)
    assert fleet.changes("a") == [("gone", "dropped")]
    assert "a" not in fleet.store.status


def test_sources_and_queues_that_turn_bad_are_events() -> None:
    fleet = Fleet()
    source = Source(id="s", kind=ProbeKind.DISCOVERY, target="t")
    fleet.store.sources.put("s", source)
    fleet.store.queues.put("q", Queue(name="q", kind="redis_list", queued=1))
    fleet.after(0)
    assert not fleet.store.events
    fleet.store.sources.put("s", Source(id="s", kind=ProbeKind.DISCOVERY, target="t", state=SourceState.FAILING))
    fleet.store.queues.put("q", Queue(name="q", kind="redis_list", queued=1, error="refused"))
    fleet.after(1)
    fleet.store.queues.put("q", Queue(name="q", kind="redis_list", queued=2))
    fleet.after(1)
    assert fleet.changes("s") == [("pending", "failing")]
    assert fleet.changes("q") == [("ok", "failing"), ("failing", "ok")]
    assert [event.bad for event in fleet.store.events.values()] == [True, True, False]


def test_events_are_bounded() -> None:
    fleet = Fleet()
    fleet.store.agents.put("first", Agent(name="first"))
    fleet.after(0)
    for number in range(2_100):
        fleet.store.agents.put(f"n{number}", Agent(name=f"n{number}"))
    fleet.after(1)
    assert len(fleet.store.events) == 2_000
    assert max(fleet.store.events) == 2_100
