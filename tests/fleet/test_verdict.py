"""What is said of an agent from claims and looks: never green from a claim."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model import (
    Agent,
    AgentStatus,
    Claim,
    Endpoint,
    Health,
    HealthReading,
    Page,
    Process,
    ProcessReading,
    Scrape,
    SeriesId,
    SourcedClaim,
)
from fleet.verdict import Rules, Seen, judge
from fleet.vocabulary import AgentState
from fleet.wellknown import PlanBook

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HEALTH = Endpoint(url="http://127.0.0.1:1/health")
METRICS = Endpoint(url="http://127.0.0.1:1/metrics")
PAGE = Page(series=(SeriesId("agent_tasks_queued"),), values=(3.0,))
RULES = Rules()


def claims(status: str | None, at: datetime | None = None) -> tuple[SourcedClaim, ...]:
    return (SourcedClaim("status file", Claim(status=status, at=at)),)


def seen(agent: Agent, **known: object) -> Seen:
    return Seen(agent=agent, now=NOW, **known)  # type: ignore[arg-type]


def state(agent: Agent, **known: object) -> AgentState:
    return judge(seen(agent, **known), RULES, None).state


def up(claimed: str | None = "healthy") -> Health:
    return Health(reading=HealthReading(observed=AgentState.UP, claimed=claimed, claimed_state=AgentState.UP))


@pytest.mark.parametrize("word", ["running", "healthy", "available", "UP", "idle"])
def test_a_good_claim_alone_is_unknown(word: str) -> None:
    row = judge(seen(Agent(name="a", claims=claims(word))), RULES, None)
    assert (row.state, row.claimed_state, row.claimed) == (AgentState.UNKNOWN, AgentState.UP, word)


@given(st.text(max_size=30) | st.none(), st.integers(0, 10**7))
def test_no_claim_whatever_makes_an_agent_up(word: str | None, age_s: int) -> None:
    agent = Agent(name="a", claims=claims(word, NOW - timedelta(seconds=age_s)))
    assert state(agent) is not AgentState.UP


def test_an_old_sign_of_life_is_stale_and_a_claim_to_run_disagrees() -> None:
    row = judge(seen(Agent(name="a", claims=claims("running", NOW - timedelta(days=9)))), RULES, None)
    assert (row.state, row.disagrees) == (AgentState.STALE, True)


def test_a_target_that_never_answered_is_unknown_until_it_failed_often_enough() -> None:
    agent = Agent(name="a", health=HEALTH)
    assert state(agent) is AgentState.UNKNOWN
    assert state(agent, health=Health(failures=1, error="refused")) is AgentState.UNKNOWN
    down = judge(seen(agent, health=Health(failures=2, error="refused: 127.0.0.1:1")), RULES, None)
    assert (down.state, down.detail) == (AgentState.DOWN, "refused: 127.0.0.1:1")


def test_one_failure_does_not_turn_a_healthy_agent_down() -> None:
    agent = Agent(name="a", health=HEALTH)
    flaky = Health(reading=up().reading, failures=1, error="time-out")
    assert state(agent, health=flaky, health_at=NOW - timedelta(seconds=6)) is AgentState.UP


def test_an_old_answer_is_stale_and_its_claim_no_longer_a_lie() -> None:
    row = judge(
        seen(Agent(name="a", health=HEALTH), health=up(), health_at=NOW - timedelta(seconds=15), health_limit_s=15.0),
        RULES,
        None,
    )
    assert (row.state, row.disagrees) == (AgentState.STALE, False)
    assert "03:03:50Z" in row.detail


def test_any_source_that_claims_otherwise_is_shown() -> None:
    agent = Agent(name="a", health=HEALTH, claims=claims("stopped"))
    row = judge(seen(agent, health=up(), health_at=NOW), RULES, None)
    assert (row.state, row.claimed, row.disagrees) == (AgentState.UP, "stopped", True)
    agreeing = judge(
        seen(Agent(name="a", health=HEALTH, claims=claims("idle")), health=up(), health_at=NOW), RULES, None
    )
    assert (agreeing.claimed, agreeing.disagrees) == ("healthy", False)


def test_a_page_that_no_longer_answers_claims_nothing_of_the_present() -> None:
    dead = Health(reading=up().reading, failures=2, error="refused")
    alone = judge(seen(Agent(name="a", health=HEALTH), health=dead, health_at=NOW), RULES, None)
    assert (alone.state, alone.claimed, alone.disagrees) == (AgentState.DOWN, "healthy", False)
    listed = Agent(name="a", health=HEALTH, claims=claims("running"))
    row = judge(seen(listed, health=dead, health_at=NOW), RULES, None)
    assert (row.claimed, row.disagrees) == ("running", True)


def test_metrics_that_fail_beside_a_good_health_page_unmask_it() -> None:
    row = judge(
        seen(
            Agent(name="a", health=HEALTH, metrics=METRICS),
            health=up(),
            health_at=NOW,
            scrape=Scrape(failures=2, error="status 500 Internal Server Error"),
        ),
        RULES,
        None,
    )
    assert (row.state, row.claimed, row.disagrees) == (AgentState.DEGRADED, "healthy", True)
    assert row.detail == "metrics: status 500 Internal Server Error"


def test_metrics_alone_decide_where_there_is_no_health_page() -> None:
    agent = Agent(name="a", metrics=METRICS)
    assert state(agent, scrape=Scrape(page=PAGE), scrape_at=NOW) is AgentState.UP
    assert state(agent, scrape=Scrape(page=PAGE, failures=2, error="refused"), scrape_at=NOW) is AgentState.DOWN


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [("running", "up"), ("sleeping", "up"), ("zombie", "down"), ("gone", "down"), ("stopped", "degraded")],
)
def test_a_process_is_what_the_kernel_says(kernel: str, expected: str) -> None:
    agent = Agent(name="a", pid=7, process_seen=True)
    process = Process(reading=ProcessReading(pid=7, state=kernel, cpu_percent=5.0, memory_bytes=99))
    row = judge(seen(agent, process=process, process_at=NOW), RULES, None)
    assert row.state == expected
    assert (row.cpu_percent, row.memory_bytes) == (5.0, 99)


def test_a_pid_that_only_a_file_claims_is_not_looked_at() -> None:
    assert state(Agent(name="a", pid=7, claims=claims("running"))) is AgentState.UNKNOWN


def test_own_metrics_go_before_what_others_claim_and_unknown_is_not_zero() -> None:
    agent = Agent(
        name="a",
        metrics=METRICS,
        claims=(SourcedClaim("file", Claim(status="running", tasks_queued=99, tasks_failed=4)),),
    )
    row = judge(seen(agent, scrape=Scrape(page=PAGE), scrape_at=NOW, vitals=PlanBook().vitals("a", PAGE)), RULES, None)
    assert (row.tasks_queued, row.tasks_failed, row.tasks_completed) == (3, 4, None)


def test_since_stays_while_the_state_does() -> None:
    agent = Agent(name="a", health=HEALTH)
    first = judge(seen(agent, health=up(), health_at=NOW), RULES, None)
    later = Seen(agent=agent, now=NOW + timedelta(seconds=5), health=up(), health_at=NOW + timedelta(seconds=5))
    again = judge(later, RULES, first)
    assert again.since == NOW
    changed = judge(later, RULES, AgentStatus(name="a", state=AgentState.DOWN, since=NOW))
    assert changed.since == NOW + timedelta(seconds=5)


def test_an_agent_that_no_source_names_is_stale() -> None:
    agent = Agent(name="a", health=HEALTH, gone_since=NOW)
    row = judge(seen(agent, health=up(), health_at=NOW), RULES, None)
    assert (row.state, row.gone) == (AgentState.STALE, True)


def test_an_agent_whose_process_was_seen_and_is_not_found_any_more_is_down() -> None:
    row = judge(seen(Agent(name="a", pid=7, process_seen=True, gone_since=NOW)), RULES, None)
    assert (row.state, row.gone) == (AgentState.DOWN, True)
    assert "process (7) is gone" in row.detail


def test_a_process_that_was_not_looked_at_for_long_is_stale() -> None:
    agent = Agent(name="a", pid=7, process_seen=True)
    process = Process(reading=ProcessReading(pid=7, state="running"))
    late = seen(agent, process=process, process_at=NOW - timedelta(seconds=31), process_limit_s=30.0)
    assert judge(late, RULES, None).state is AgentState.STALE
