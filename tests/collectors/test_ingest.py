"""Ingest: what changes a row, what only advances its time, and what a failure leaves standing."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from collectors.ingest import Ingest, on_ladder
from fleet.evaluate import AgeLimits, Evaluator
from fleet.model import Agent, HealthReading, Page, SeriesId
from fleet.store import Store
from fleet.verdict import Rules
from fleet.vocabulary import AgentState, TaskState
from fleet.work import BacklogReading, QueueReading, Task

AT = datetime(2026, 1, 1, tzinfo=UTC)
READING = HealthReading(observed=AgentState.UP, claimed="healthy", claimed_state=AgentState.UP, reported_at=AT)
QUEUE = QueueReading(
    name="probe's own name",
    kind="task_file",
    queued=2,
    running=0,
    arrived_total=10,
    tasks=(Task(id="1", queue="probe's own name", state=TaskState.QUEUED),),
)


def made() -> tuple[Store, Ingest]:
    store = Store()
    return store, Ingest(store, queue_limit_s=lambda _: 30.0, backlog_limit_s=lambda _: 90.0, most_failures=5)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_the_same_health_again_wakes_nobody_but_is_seen() -> None:
    store, ingest = made()
    ingest.health("a", READING, AT, 0.010)
    woken: list[int] = []
    store.health.subscribe(lambda: woken.append(1))
    for second in range(1, 10):
        again = structs.replace(READING, reported_at=later(second))
        ingest.health("a", again, later(second), 0.010 + second / 2000)
    assert not woken
    assert store.health.seen("a") == later(9)
    assert store.status.seen("a") == later(9)
    assert store.history.last(("agent", "a", "latency_s")) == pytest.approx(0.0145)


def test_a_failure_keeps_the_last_good_reading_and_recovery_clears_it() -> None:
    store, ingest = made()
    ingest.health("a", READING, AT, 0.01)
    for _ in range(9):
        ingest.health_failed("a", "time-out: after 2s")
    row = store.health["a"]
    assert (row.reading, row.failures, row.error) == (READING, 5, "time-out: after 2s")
    assert store.health.seen("a") == AT
    ingest.health("a", READING, later(9), 0.01)
    assert (store.health["a"].failures, store.health["a"].error) == (0, "")


def test_a_page_is_kept_with_its_history_and_survives_failures() -> None:
    store, ingest = made()
    series = (SeriesId("agent_cpu_usage_percent"), SeriesId("x", (("le", "1"),)))
    for second, value in enumerate((3.0, 5.0)):
        ingest.page("a", Page(series=series, values=(value, 1.0)), later(second))
    ingest.page_failed("a", "status 500")
    scrape = store.scrapes["a"]
    assert scrape.page is not None
    assert (scrape.page.values, scrape.failures, scrape.error) == ((5.0, 1.0), 1, "status 500")
    assert [value for _, value in store.history.column("a", series[0])] == [3.0, 5.0]
    assert store.history.values(("agent", "a", "cpu_percent")) == [3.0, 5.0]


def test_a_queue_goes_by_its_configured_name_with_its_tasks_and_rates() -> None:
    store, ingest = made()
    ingest.queue("jobs", QUEUE, AT)
    assert store.queues["jobs"].arrival_per_min is None
    ingest.queue("jobs", structs.replace(QUEUE, arrived_total=16), later(60))
    assert store.queues["jobs"].arrival_per_min == 6.0
    assert [(task.queue, task.first_seen) for task in store.tasks.values()] == [("jobs", AT)]
    ingest.queue("jobs", structs.replace(QUEUE, tasks=(), queued=0, arrived_total=16), later(61))
    assert not store.tasks


def test_a_queue_without_totals_has_the_rates_that_we_saw() -> None:
    store, ingest = made()

    def reading(*states: TaskState, complete: bool = True) -> QueueReading:
        tasks = tuple(Task(id=str(n), queue="jobs", state=state) for n, state in enumerate(states))
        return QueueReading(name="jobs", kind="task_file", done=0, tasks=tasks, tasks_complete=complete)

    ingest.queue("jobs", reading(TaskState.QUEUED, TaskState.RUNNING), AT)
    assert store.queues["jobs"].arrival_per_min is None, "what was there at the first look did not come since"
    ingest.queue("jobs", reading(TaskState.QUEUED, TaskState.DONE, TaskState.QUEUED, TaskState.FAILED), later(60))
    row = store.queues["jobs"]
    assert (row.arrival_per_min, row.completion_per_min) == (2.0, 2.0)
    ingest.queue("jobs", reading(TaskState.QUEUED, complete=False), later(120))
    ingest.queue("window", structs.replace(reading(TaskState.QUEUED, complete=False), name="window"), AT)
    ingest.queue("window", structs.replace(reading(TaskState.DONE, complete=False), name="window"), later(60))
    assert store.queues["window"].arrival_per_min is None


def test_a_queue_that_cannot_be_read_keeps_its_numbers_then_turns_stale_and_recovers() -> None:
    store, ingest = made()
    ingest.queue("jobs", QUEUE, AT)
    ingest.queue_failed("jobs", "task_file", "missing: no file")
    ingest.age(later(29))
    assert (store.queues["jobs"].queued, store.queues["jobs"].error, store.queues["jobs"].stale) == (
        2,
        "missing: no file",
        False,
    )
    ingest.age(later(30))
    assert store.queues["jobs"].stale
    ingest.queue("jobs", QUEUE, later(31))
    assert (store.queues["jobs"].error, store.queues["jobs"].stale) == ("", False)
    ingest.age(later(61))
    assert store.queues["jobs"].stale


def test_a_queue_that_never_answered_has_no_numbers() -> None:
    store, ingest = made()
    ingest.queue_failed("jobs", "redis_list", "refused")
    row = store.queues["jobs"]
    assert (row.queued, row.running, row.failed, row.dead_letter, row.error) == (None, None, None, None, "refused")


def test_a_backlog_that_falls_says_so_and_has_a_rate() -> None:
    store, ingest = made()
    reading = BacklogReading(name="TODO.md", kind="markdown", total=100, done=10)
    ingest.backlog("plan", reading, AT)
    ingest.backlog("plan", structs.replace(reading, done=20), later(3600))
    row = store.backlog["plan"]
    assert (row.name, row.rate_per_hour, row.eta_s) == ("plan", 10.0, 8 * 3600.0)
    ingest.backlog("plan", structs.replace(reading, done=5), later(7200))
    assert any("fell" in anomaly for anomaly in store.backlog["plan"].anomalies)


def test_a_dropped_agent_leaves_nothing() -> None:
    store, ingest = made()
    ingest.health("a", READING, AT, 0.01)
    ingest.page("a", Page(series=(), values=()), AT)
    ingest.forget_agent("a")
    assert not store.health
    assert not store.scrapes


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_the_ladder_is_close_and_calm(first: float, second: float) -> None:
    step = on_ladder(first, None)
    assert step >= 0.001
    assert max(first, 0.001) / 1.7 <= step <= max(first, 0.001) * 1.001
    assert on_ladder(step, step) == step
    moved = on_ladder(second, step)
    assert moved == step or not step / 1.6 <= max(second, 0.001) <= step * 1.6


def test_labels_that_differ_in_every_scrape_hold_no_memory() -> None:
    store, ingest = made()
    limits = AgeLimits(health=lambda _: 15.0, metrics=lambda _: 15.0, process=lambda _: 15.0)
    evaluator = Evaluator(store, Rules(), limits, wake=lambda: None)
    store.agents.put("a", Agent(name="a"))

    def scrape(times: range) -> int:
        for number in times:
            series = tuple(SeriesId("requests", (("id", f"{number}-{place}"),)) for place in range(500))
            ingest.page("a", Page(series=series, values=(1.0,) * 500), later(number))
            evaluator.evaluate(later(number))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        settled = scrape(range(20))
        assert scrape(range(20, 80)) < settled + 1_000_000
    finally:
        tracemalloc.stop()
