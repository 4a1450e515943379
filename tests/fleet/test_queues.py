"""Rows and tasks of queues: rates, contradictions, and what is remembered from look to look."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.queues import OUT_OF_SIGHT, OUT_OF_SIGHT_KEPT, derive, merge_tasks
from fleet.vocabulary import TaskState
from fleet.work import QueueReading, Task

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(seconds=30)


def reading(*tasks: Task, complete: bool = True, **more: int) -> QueueReading:
    return QueueReading(name="jobs", kind="task_file", tasks=tasks, tasks_complete=complete, **more)  # type: ignore[arg-type]


def task(name: str, state: TaskState = TaskState.QUEUED) -> Task:
    return Task(id=name, queue="jobs", state=state)


def test_rates_are_a_minute_and_unknown_without_points() -> None:
    row = derive(reading(queued=3), [(0.0, 10.0), (30.0, 20.0)], [(0.0, 4.0)])
    assert (row.arrival_per_min, row.completion_per_min) == (20.0, None)
    assert (row.queued, row.running) == (3, None)


def test_a_restarted_counter_gives_no_negative_rate() -> None:
    row = derive(reading(), [(0.0, 100.0), (60.0, 5.0)], [])
    assert row.arrival_per_min == 5.0


def test_numbers_that_cannot_be_are_unknown_and_told() -> None:
    row = derive(reading(queued=-3, dead_letter=-1), [], [])
    assert (row.queued, row.dead_letter) == (None, None)
    assert row.anomalies == ("queued is -3", "dead letter is -1")


def test_an_empty_queue_with_a_waiting_task_is_told() -> None:
    row = derive(replace(reading(queued=0), oldest_queued_at=NOON), [], [])
    assert len(row.anomalies) == 1


def test_first_seen_stays_and_last_changed_moves_with_any_change() -> None:
    first = merge_tasks({}, reading(task("a"), task("b")), NOON)
    assert first["jobs/a"].first_seen == first["jobs/a"].last_changed == NOON
    second = merge_tasks(first, reading(task("a", TaskState.RUNNING), task("b")), LATER)
    assert (second["jobs/a"].first_seen, second["jobs/a"].last_changed) == (NOON, LATER)
    assert second["jobs/b"] is first["jobs/b"]


def test_a_task_that_left_a_complete_list_is_gone() -> None:
    first = merge_tasks({}, reading(task("a"), task("b")), NOON)
    assert set(merge_tasks(first, reading(task("b")), LATER)) == {"jobs/b"}


def test_a_task_that_left_a_window_stays_and_says_so_until_the_queue_counts_none() -> None:
    first = merge_tasks({}, reading(task("a"), task("d", TaskState.DONE), complete=False, queued=2), NOON)
    second = merge_tasks(first, reading(task("z"), complete=False, queued=2), LATER)
    assert (second["jobs/a"].state, second["jobs/a"].detail) == (TaskState.QUEUED, OUT_OF_SIGHT)
    assert second["jobs/d"] is first["jobs/d"]
    third = merge_tasks(second, reading(task("z"), complete=False, queued=2), LATER)
    assert third["jobs/a"] is second["jobs/a"]
    last = merge_tasks(third, reading(task("z", TaskState.DONE), complete=False, queued=0), LATER)
    assert set(last) == {"jobs/z", "jobs/d"}


def test_a_task_that_comes_back_into_sight_is_itself_again() -> None:
    first = merge_tasks({}, reading(task("a"), complete=False, queued=2), NOON)
    away = merge_tasks(first, reading(complete=False, queued=2), LATER)
    back = merge_tasks(away, reading(task("a"), complete=False, queued=2), LATER)
    assert back["jobs/a"].detail == ""
    assert back["jobs/a"].first_seen == NOON


def test_the_queues_name_is_the_readings_and_other_queues_are_left_alone() -> None:
    other = {"mail/a": Task(id="a", queue="mail")}
    renamed = replace(reading(task("a")), name="renamed")
    merged = merge_tasks(other, renamed, NOON)
    assert set(merged) == {"renamed/a"}
    assert merged["renamed/a"].queue == "renamed"


@given(st.lists(st.tuples(st.lists(st.integers(0, 2000), max_size=30, unique=True), st.booleans()), max_size=12))
def test_what_is_remembered_is_bounded_and_holds_what_is_shown(looks: list[tuple[list[int], bool]]) -> None:
    rows: dict[str, Task] = {}
    for numbers, complete in looks:
        tasks = [task(f"t{number}") for number in numbers]
        rows = merge_tasks(rows, reading(*tasks, complete=complete, queued=50), NOON, most=40)
        assert len(rows) <= 40
        shown = {f"jobs/t{number}" for number in numbers}
        assert shown <= set(rows)
        if complete:
            assert shown == set(rows)


def test_tasks_out_of_sight_are_bounded() -> None:
    first = merge_tasks({}, reading(*(task(f"t{n}") for n in range(1200)), complete=False, queued=9999), NOON)
    assert len(merge_tasks(first, reading(complete=False, queued=9999), LATER)) == OUT_OF_SIGHT_KEPT
