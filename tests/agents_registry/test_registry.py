"""Several sources, one list of agents."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agents_registry.merge import contradict, normal_name
from agents_registry.registry import Registry
from fleet.model import Agent, Claim, Discovery, Endpoint, Sighting
from fleet.store import Slice
from tests.agents_registry.web import NOW


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def said(*names: str, complete: bool = True) -> Discovery:
    return Discovery(sightings=tuple(Sighting(name=name) for name in names), complete=complete)


def one(**fields: object) -> Discovery:
    return Discovery(sightings=(Sighting(name="x", **fields),))  # type: ignore[arg-type]


def merged(*answers: tuple[str, Discovery], normalise: bool = False) -> Slice[str, Agent]:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents, order=[source for source, _ in answers], normalise=normalise)
    for source, answer in reversed(answers):  # The order of precedence is the configuration's, not that of arrival.
        registry.accept(source, answer, NOW)
    return agents


def test_an_agent_of_two_sources_is_one_and_the_first_is_believed() -> None:
    agent = merged(
        ("static", one(kind="planner", labels={"env": "prod"}, health=Endpoint(url="http://a/health"))),
        ("status", one(kind="testing", labels={"env": "dev", "team": "core"}, claim=Claim(status="running"), pid=7)),
    )["x"]
    assert (agent.kind, agent.labels, agent.pid) == ("planner", {"env": "prod", "team": "core"}, 7)
    assert agent.health == Endpoint(url="http://a/health")
    assert agent.sources == ("static", "status")
    assert [claim.source for claim in agent.claims] == ["status"]
    assert agent.disagreements == (
        "kind: planner (static) ≠ testing (status)",
        "label env: prod (static) ≠ dev (status)",
    )


def test_other_addresses_and_claims_are_said() -> None:
    agent = merged(
        ("a", one(health=Endpoint(url="http://1"), metrics=Endpoint(url="http://m"), claim=Claim(status="running"))),
        ("b", one(health=Endpoint(url="http://2"), metrics=Endpoint(url="http://m"), claim=Claim(status="stopped"))),
        ("c", one(claim=Claim(status="not running"))),
        ("d", one(claim=Claim(status="unknown"))),
    )["x"]
    assert agent.disagreements == (
        "health: http://1 (a) ≠ http://2 (b)",
        "status: running (a) ≠ stopped (b)",
        "status: running (a) ≠ not running (c)",
    )


def test_a_process_that_was_seen_outweighs_a_number_in_a_file() -> None:
    agent = merged(("status", one(pid=7)), ("processes", one(pid=9, process_seen=True)))["x"]
    assert (agent.pid, agent.process_seen) == (9, True)
    assert agent.disagreements == ("pid: 9 (processes) ≠ 7 (status)",)


def test_names_are_made_equal_only_when_asked_for() -> None:
    answers = (("a", said("agent_debug.sh", "debug")), ("b", said("debug_agent")))
    assert set(merged(*answers)) == {"agent_debug.sh", "debug", "debug_agent"}
    (agent,) = merged(*answers, normalise=True).values()
    assert (agent.name, agent.sources) == ("debug", ("a", "b"))
    assert agent.disagreements == ("name: a has it 2 times, as agent_debug.sh, debug",)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("agent_debug.sh", "debug"),
        ("testing_agent.py", "testing"),
        ("agent_x_agent", "x"),
        ("agent_", "agent_"),
        (".sh", ".sh"),
        ("DebugAgent", "DebugAgent"),
        ("planner-1", "planner-1"),
    ],
)
def test_normal_names(name: str, normal: str) -> None:
    assert normal_name(name) == normal


@pytest.mark.parametrize(
    ("a", "b", "is_so"),
    [
        ("running", "stopped", True),
        ("running", "idle", False),
        ("running", "unknown", False),
        ("Running", "not running", True),
        ("idle", "not running", False),
    ],
)
def test_which_words_contradict(a: str, b: str, is_so: bool) -> None:
    assert contradict(a, b) is contradict(b, a) is is_so


def test_an_agent_that_is_not_named_any_more_is_kept_a_while_then_dropped() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents, keep_gone_s=60)
    registry.accept("s", one(process_seen=True, pid=3, kind="k"), at(0))
    result = registry.accept("s", said("y"), at(10))
    assert (result.added, result.gone, result.found) == (1, 1, 1)
    assert agents["x"].gone_since == at(10)
    assert (agents["x"].kind, agents["x"].process_seen) == ("k", True), "a process that went was seen to go"
    assert registry.expire(at(70)) == 0
    assert registry.expire(at(71)) == 1
    assert set(agents) == {"y"}


def test_an_agent_that_comes_back_is_whole_again() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents)
    registry.accept("s", one(kind="k"), at(0))
    before = agents["x"]
    registry.accept("s", said(), at(1))
    registry.accept("s", one(kind="k"), at(2))
    assert agents["x"] == before
    assert registry.expire(at(10_000)) == 0


def test_an_incomplete_answer_takes_nobody_away_and_changes_who_is_in_it() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents)
    registry.accept("s", said("a", "x"), at(0))
    registry.accept("s", Discovery(sightings=(Sighting(name="x", kind="new"),), complete=False), at(1))
    assert agents["a"].gone_since is None
    assert agents["x"].kind == "new"
    assert agents.seen("a") == at(0)
    assert agents.seen("x") == at(1)


def test_an_answer_that_says_the_same_wakes_nobody_but_confirms() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents)
    registry.accept("s", one(labels={"a": "b"}), at(0))
    woken: list[bool] = []
    agents.subscribe(lambda: woken.append(True))
    registry.accept("s", one(labels={"a": "b"}), at(5))
    assert not woken
    assert agents.seen("x") == at(5)


def test_a_source_that_is_no_longer_configured_is_forgotten() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents)
    registry.accept("a", said("x", "y"), at(0))
    registry.accept("b", said("x"), at(0))
    registry.forget("a")
    assert agents["x"].sources == ("b",)
    assert "y" not in agents, "what the operator took away is not gone but no more"


def test_a_source_that_is_configured_otherwise_keeps_its_agents_until_it_answers() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents)
    registry.accept("a", said("x", "y", "z"), at(0))
    registry.accept("b", said("z"), at(0))
    registry.replaced("a")
    registry.accept("a", Discovery(sightings=(Sighting(name="w"),), complete=False), at(1))
    assert set(agents) == {"w", "x", "y", "z"}
    registry.accept("a", said("x"), at(2))
    assert set(agents) == {"x", "z"}
    registry.accept("a", said(), at(3))
    assert agents["x"].gone_since == at(3), "after its first answer it is a source like any other"


def test_other_rules_apply_to_what_was_said_before() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents, order=["a", "b", "c"])
    for source in "abc":
        sightings = (Sighting(name="agent_x.sh", kind=source), Sighting(name=f"only-{source}"))
        registry.accept(source, Discovery(sightings=sightings), at(0))
    registry.reconfigure(order=["b", "a"], normalise=True, keep_gone_s=1, most=5)
    assert set(agents) == {"x", "only-a", "only-b"}
    assert (agents["x"].kind, agents["x"].sources) == ("b", ("b", "a"))
    registry.accept("a", said("only-a"), at(1))
    assert agents["x"].sources == ("b",)


def test_a_process_that_was_seen_stays_watched_while_only_hearsay_names_its_agent() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents)
    registry.accept("status", Discovery(sightings=(Sighting(name="x", pid=4),)), at(0))
    registry.accept("processes", Discovery(sightings=(Sighting(name="x", pid=7, process_seen=True),)), at(0))
    registry.accept("processes", said(), at(1))
    assert (agents["x"].pid, agents["x"].process_seen) == (7, True)
    registry.accept("processes", Discovery(sightings=(Sighting(name="x", pid=9, process_seen=True),)), at(2))
    assert agents["x"].pid == 9


def test_there_are_never_more_agents_than_the_limit_and_room_is_made_by_the_gone() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents, most=2)
    answer = said("a", "b", "c")
    assert registry.accept("s", answer, at(0)).refused == 1
    assert set(agents) == {"a", "b"}
    registry.accept("t", said("b"), at(1))
    registry.accept("s", said("b"), at(2))
    assert registry.accept("s", answer, at(3)).refused == 1
    registry.accept("s", said("b"), at(4))
    assert registry.accept("u", said("z"), at(5)).refused == 0
    assert set(agents) == {"b", "z"}


def test_who_was_refused_comes_in_as_soon_as_there_is_room() -> None:
    agents: Slice[str, Agent] = Slice()
    registry = Registry(agents, most=1, keep_gone_s=1)
    late = said("late")
    registry.accept("a", said("early"), at(0))
    registry.accept("b", late, at(0))
    registry.accept("a", said(), at(1))
    registry.accept("b", late, at(2))
    assert set(agents) == {"late"}


NAMES = st.sampled_from("abcde")
SOURCES = st.sampled_from(["s", "t", "u"])
ANSWERS = st.dictionaries(NAMES, st.sampled_from(["", "k", "l"]), max_size=5)


class Model(RuleBasedStateMachine):
    """The registry against the plainest thing that could be said of it."""

    def __init__(self) -> None:
        super().__init__()
        self.agents: Slice[str, Agent] = Slice()
        self.registry = Registry(self.agents, order=["s", "t", "u"], keep_gone_s=5)
        self.said: dict[str, dict[str, str]] = {"s": {}, "t": {}, "u": {}}
        self.gone: dict[str, int] = {}
        self.clock = 0

    @rule(source=SOURCES, answer=ANSWERS, complete=st.booleans())
    def accept(self, source: str, answer: dict[str, str], complete: bool) -> None:
        before = self._named()
        sightings = tuple(Sighting(name=name, kind=kind) for name, kind in answer.items())
        self.registry.accept(source, Discovery(sightings=sightings, complete=complete), at(self.clock))
        self.said[source] = answer if complete else self.said[source] | answer
        self._go(before)

    @rule(source=SOURCES)
    def forget(self, source: str) -> None:
        self.registry.forget(source)
        # Its place in the order is lost, so it says nothing that another could be weighed against.
        self.said[source] = {}
        self.registry.accept(source, said(), at(self.clock))
        order = [one for one in self.said if one != source]
        self.said = {one: self.said[one] for one in [*order, source]}

    @rule(seconds=st.integers(0, 4))
    def wait(self, seconds: int) -> None:
        self.clock += seconds
        self.registry.expire(at(self.clock))
        self.gone = {name: since for name, since in self.gone.items() if self.clock - since <= 5}

    def _named(self) -> set[str]:
        return {name for answer in self.said.values() for name in answer}

    def _go(self, before: set[str]) -> None:
        now = self._named()
        self.gone |= dict.fromkeys(before - now, self.clock)
        self.gone = {name: since for name, since in self.gone.items() if name not in now}

    @invariant()
    def the_same_agents_are_there_and_gone(self) -> None:
        named = self._named()
        assert set(self.agents) == named | set(self.gone)
        for name, agent in self.agents.items():
            assert agent.gone_since == (None if name in named else at(self.gone[name]))
            if name in named:
                who = [source for source, answer in self.said.items() if name in answer]
                kinds = [kind for source in who if (kind := self.said[source][name])]
                assert agent.sources == tuple(who)
                assert agent.kind == (kinds[0] if kinds else "")
                assert bool(agent.disagreements) == (len(set(kinds)) > 1)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(st.permutations(["s", "t", "u"]), st.dictionaries(SOURCES, ANSWERS))
def test_the_order_of_arrival_does_not_matter(order: list[str], answers: dict[str, dict[str, str]]) -> None:
    agents: Slice[str, Agent] = Slice()
    other: Slice[str, Agent] = Slice()
    for slice_, arrival in ((agents, order), (other, sorted(order))):
        registry = Registry(slice_, order=["u", "s", "t"])
        for source in arrival:
            sightings = tuple(Sighting(name=name, kind=kind) for name, kind in answers.get(source, {}).items())
            registry.accept(source, Discovery(sightings=sightings), NOW)
    assert dict(agents) == dict(other)
