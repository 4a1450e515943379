"""The script and what follows from it by arithmetic alone: cast, queues, agents, pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from demo_fleet import pages
from demo_fleet.moment import Moment
from demo_fleet.scenario import CYCLE_S, LIST, STOPS_WORK, STREAM, TASK_FILE, Effect, Scenario, Step
from demo_fleet.world import World
from tests.demo_fleet.fleets import START

times = st.floats(min_value=0, max_value=4 * CYCLE_S, allow_nan=False)
fleets = st.sampled_from([1, 2, 3, 7, 24, 61, 300])


def _well(world: World, t: float) -> int:
    return sum(not world.scenario.effects(name, t) for name in world.names)


def test_names_are_believable_and_labelled() -> None:
    world = World(7, 24)
    assert {"planner-1", "coder-3", "reviewer-2", "tester-1", "mcp-gateway-1", "model-server-2", "indexer-1"} <= set(
        world.names
    )
    for name in world.names:
        assert set(world.labels(name)) == {"env", "team", "role", "version"}
        assert world.labels(name)["env"] in ("prod", "staging")


def test_another_seed_makes_another_fleet() -> None:
    one, two = World(1, 24), World(2, 24)
    assert one.scenario.steps != two.scenario.steps
    assert [one.agent(name, 50) for name in one.names] != [two.agent(name, 50) for name in two.names]


def test_something_is_wrong_within_twenty_seconds_and_nothing_at_the_end_of_a_cycle() -> None:
    world = World(7, 24)
    assert any(step.effect is Effect.LYING for step in world.scenario.at(15))
    assert all(world.scenario.at(t) == () for t in range(240, 330, 5))


@given(seed=st.integers(0, 999), agents=fleets, t=times)
def test_most_agents_stay_well(seed: int, agents: int, t: float) -> None:
    world = World(seed, agents)
    assert _well(world, t) >= agents / 2


def test_every_effect_is_played_in_the_default_fleet() -> None:
    assert {step.effect for step in World(7, 24).scenario.steps} == set(Effect)


def test_a_step_outside_of_the_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="not within the cycle"):
        Scenario([Step(300, 400, Effect.LYING, "a", "")])


@given(t=times, more=st.floats(0, 200))
def test_the_time_an_effect_lasted_never_falls(t: float, more: float) -> None:
    scenario = World(7, 24).scenario
    target = next(step.target for step in scenario.steps if step.effect is Effect.LYING)
    before, after = (scenario.seconds(target, STOPS_WORK, at) for at in (t, t + more))
    assert before <= after <= before + more + 1e-6
    spans = scenario.spans_until(target, STOPS_WORK, t)
    assert sum(end - start for start, end in spans) == pytest.approx(before)


@given(seed=st.integers(0, 20), t=times, more=st.floats(0, 200))
@settings(max_examples=60)
def test_counters_never_fall(seed: int, t: float, more: float) -> None:
    world = World(seed, 12)
    for name in world.names:
        before, after = world.agent(name, t), world.agent(name, t + more)
        for field in ("completed", "failed", "responses", "slow_responses", "input_tokens", "output_tokens"):
            assert getattr(before, field) <= getattr(after, field)
        assert before.responses - before.slow_responses <= after.responses - after.slow_responses


def test_work_that_has_stopped_shows_in_the_numbers() -> None:
    world = World(7, 24)
    liar = next(step for step in world.scenario.steps if step.effect is Effect.LYING)
    early, late = (world.agent(liar.target, t) for t in (liar.from_s + 1, liar.to_s - 1))
    assert early.completed == late.completed
    assert late.queued > early.queued
    assert world.agent(liar.target, liar.to_s + 120).completed > late.completed


def test_a_roll_out_is_another_version_in_another_process_and_its_tasks_fail() -> None:
    world = World(7, 24)
    rolled_out = next(step for step in world.scenario.steps if step.effect is Effect.ROLLED_OUT)
    failing = next(
        step for step in world.scenario.steps if step.effect is Effect.FAILING and step.target == rolled_out.target
    )
    assert rolled_out.from_s < failing.from_s < failing.to_s < rolled_out.to_s

    def at(t: float) -> tuple[str, float]:
        agent = world.agent(rolled_out.target, t)
        return agent.labels["version"], agent.uptime_s

    before, within, after = at(rolled_out.from_s - 1), at(rolled_out.from_s + 2), at(rolled_out.to_s + 3)
    assert within[0] != before[0] == after[0]
    assert (within[1], after[1]) == (2.0, 3.0)
    assert before[1] > 100
    start, end = (world.agent(failing.target, t) for t in (failing.from_s, failing.to_s))
    assert end.failed - start.failed > 4 * (end.completed - start.completed)


def test_numbers_move_smoothly() -> None:
    world = World(7, 24)
    well = [name for name in world.names if not any(step.target == name for step in world.scenario.steps)]
    for name in well:
        for t in range(100):
            one, two = world.agent(name, t), world.agent(name, t + 1)
            assert abs(one.cpu_percent - two.cpu_percent) < 8
            assert 0 <= two.cpu_percent <= 100


@pytest.mark.parametrize("name", [STREAM, LIST, TASK_FILE])
def test_a_queue_backs_up_and_recovers(name: str) -> None:
    world = World(7, 24)
    surge = next(step for step in world.scenario.steps if step.target == name and step.effect is Effect.SURGE)

    def waiting(t: float) -> int:
        return sum(job.started > t for job in world.lines[name].recent(t, 0))

    assert waiting(surge.from_s - 1) <= 3
    assert max(waiting(t) for t in range(int(surge.from_s), int(surge.to_s))) >= 10
    assert waiting(330) <= 2


@given(name=st.sampled_from([STREAM, LIST, TASK_FILE]), a=times, b=st.floats(0, 90), c=st.floats(0, 90))
@settings(max_examples=40)
def test_events_in_steps_are_the_same_as_at_once(name: str, a: float, b: float, c: float) -> None:
    line = World(7, 24).lines[name]
    assert line.events(a, a + b) + line.events(a + b, a + b + c) == line.events(a, a + b + c)


def test_the_metrics_page_is_valid_prometheus_text() -> None:
    world = World(7, 24)
    slow = next(step for step in world.scenario.steps if step.effect is Effect.DEGRADED)
    text = pages.metrics(world.agent(slow.target, slow.to_s), Moment(slow.to_s, START).now)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["agent_tasks_completed"].type == "counter"
    histogram = families["agent_response_time_seconds"]
    assert histogram.type == "histogram"
    counts = [sample.value for sample in histogram.samples if sample.name.endswith("_bucket")]
    assert counts == sorted(counts)
    assert counts[-1] == next(sample.value for sample in histogram.samples if sample.name.endswith("_count"))
    assert text.count("# HELP ") == text.count("# TYPE ") == len(families)
