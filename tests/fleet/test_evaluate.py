"""The evaluator: rows and events from what changed, and nothing from what did not."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.clock_set import shift
from fleet.evaluate import AgeLimits, Evaluator
from fleet.model import (
    Agent,
    Claim,
    Endpoint,
    Health,
    HealthReading,
    Page,
    ProbeKind,
    Scrape,
    SeriesId,
    Source,
    SourcedClaim,
    SourceState,
)
from fleet.store import Store
from fleet.verdict import Rules
from fleet.vocabulary import AgentState
from fleet.work import Queue

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


def test_thousands_that_change_at_once_leave_room_for_others() -> None:
    fleet = Fleet()
    fleet.store.agents.put("first", Agent(name="first"))
    fleet.after(0)
    for number in range(5_000):
        fleet.store.agents.put(f"n{number:04}", Agent(name=f"n{number:04}"))
    fleet.after(1)
    told = [event.subject for event in fleet.store.events.values()]
    assert (len(told), told[0], told[-1]) == (51, "n0000", "4,950 more agents")


def test_one_that_flaps_does_not_push_the_others_out() -> None:
    fleet = Fleet()
    for name in ("flaps", "rare"):
        fleet.store.agents.put(name, Agent(name=name, health=ENDPOINT))
        fleet.answer(name)
    fleet.after(0)
    fleet.answer("rare", AgentState.DEGRADED)
    for turn in range(3_000):
        fleet.answer("flaps", (AgentState.UP, AgentState.DEGRADED)[turn % 2])
        fleet.after(0)
    assert fleet.changes("rare") == [("up", "degraded")]
    assert len(fleet.changes("flaps")) == 100


def test_an_agent_whose_metrics_were_stale_is_up_again_by_the_same_page() -> None:
    fleet = Fleet()
    fleet.store.agents.put("a", Agent(name="a", health=ENDPOINT, metrics=ENDPOINT))
    fleet.after(0)
    page = Page(series=(SeriesId("up"),), values=(1.0,))
    fleet.answer("a")
    fleet.store.scrapes.put("a", Scrape(page=page))
    fleet.store.scrapes.touch("a", fleet.now)
    fleet.after(0)
    assert fleet.state("a") == "up"
    fleet.now += timedelta(seconds=20)
    fleet.answer("a")
    fleet.after(0)
    assert fleet.state("a") == "degraded"
    fleet.store.scrapes.touch("a", fleet.now)
    fleet.after(1)
    assert fleet.state("a") == "up"


def test_a_pause_makes_nothing_stale_that_was_fresh_and_nothing_fresh_that_was_stale() -> None:
    fleet = Fleet()
    for name in ("fresh", "stale"):
        fleet.store.agents.put(name, Agent(name=name, health=ENDPOINT))
        fleet.answer(name)
    fleet.store.agents.put("heard", Agent(name="heard", claims=(SourcedClaim("file", Claim(status="up", at=START)),)))
    fleet.after(16)
    fleet.answer("fresh")
    fleet.after(1)
    assert [fleet.state(name) for name in ("fresh", "stale", "heard")] == ["up", "stale", "unknown"]
    fleet.now += timedelta(hours=1)
    fleet.evaluator.paused(3600, fleet.now)
    fleet.after(1)
    assert [fleet.state(name) for name in ("fresh", "stale", "heard")] == ["up", "stale", "unknown"]
    fleet.after(15)
    assert fleet.state("fresh") == "stale", "the time since the pause counts"
    fleet.after(300)
    assert fleet.state("heard") == "stale"


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_makes_nothing_older_or_younger(hours: int) -> None:
    fleet = Fleet()
    fleet.store.agents.put("a", Agent(name="a", health=ENDPOINT))
    fleet.store.agents.put("heard", Agent(name="heard", claims=(SourcedClaim("file", Claim(status="up", at=START)),)))
    fleet.answer("a")
    fleet.after(1)
    fleet.now += timedelta(hours=hours)
    shift(fleet.store, hours * 3600)
    fleet.evaluator.clock_set(hours * 3600, fleet.now)
    fleet.after(10)
    assert (fleet.state("a"), fleet.state("heard")) == ("up", "unknown")
    assert fleet.store.status["a"].since == START + timedelta(seconds=1, hours=hours)
    fleet.after(5)
    assert fleet.state("a") == "stale", "15 s after its last answer, whatever the clock was set to"


def test_other_limits_apply_to_what_is_known_already() -> None:
    fleet = Fleet()
    fleet.store.agents.put("a", Agent(name="a", health=ENDPOINT))
    fleet.answer("a")
    fleet.store.health.put("a", Health(reading=fleet.store.health["a"].reading, failures=2, error="refused"))
    fleet.after(1)
    assert fleet.state("a") == "down"
    limits = AgeLimits(health=lambda _: 5.0, metrics=lambda _: 5.0, process=lambda _: 5.0)
    fleet.evaluator.reconfigure(Rules(health_down_after=3), limits)
    fleet.after(1)
    assert fleet.state("a") == "up"
    fleet.after(4)
    assert fleet.state("a") == "stale"
