"""The tasks of queues and those that were submitted from here, as one: each once, a queue's row before ours, and told
exactly as a slice tells."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.clock_set import shift
from fleet.store import Store
from fleet.vocabulary import TaskState
from fleet.work import Task

AT = datetime(2026, 3, 1, tzinfo=UTC)
WRITES = st.tuples(
    st.sampled_from(["tasks", "submitted"]),
    st.sampled_from("abc"),
    st.sampled_from(["", "t-1", "t-2"]),
    st.sampled_from([*TaskState, None]),
)


def write(store: Store, where: str, name: str, id: str, state: TaskState | None) -> None:
    """Put a row, or drop it where it has no state. A task of a queue has the id that its key ends in."""
    theirs = where == "tasks"
    key, id = (f"q/{id or name}", id or name) if theirs else (name, id or name)
    rows = store.tasks if theirs else store.submitted
    if state is None:
        rows.drop(key)
    else:
        rows.put(key, Task(id=id, queue="q" if theirs else "", state=state))


def expected(store: Store) -> dict[str, Task]:
    ids = {task.id for task in store.tasks.values()}
    return dict(store.tasks) | {key: one for key, one in store.submitted.items() if not {key, one.id} & ids}


@given(st.lists(st.lists(WRITES, max_size=4), max_size=12))
def test_it_is_what_both_are_together_and_its_readers_hear_of_every_change(rounds: list[list[tuple[str, ...]]]) -> None:
    store, woken = Store(), list[None]()
    subscription = store.all_tasks.subscribe(lambda: woken.append(None))
    shown: dict[str, Task] = {}
    for writes in rounds:
        for one in writes:
            write(store, *one)  # type: ignore[arg-type]
        diff = subscription.drain()
        for key in diff.removed:
            del shown[key]
        for key in diff.changed:
            assert (key in shown) is (key in diff.updated)
            shown[key] = store.all_tasks[key]
        assert shown == dict(store.all_tasks) == expected(store)
        assert len(store.all_tasks) == len(shown)
        assert all(key in store.all_tasks for key in shown)


def test_a_row_of_a_queue_stands_before_ours_whichever_came_first_and_for_as_long_as_it_is_there() -> None:
    store = Store()
    ours, theirs = Task(id="t-1", queue="", title="ours"), Task(id="t-1", queue="q", title="theirs")
    store.submitted.put("key", ours)
    store.submitted.touch("key", AT)
    assert list(store.all_tasks) == ["key"] and store.all_tasks.seen("key") == AT
    store.tasks.put("q/t-1", theirs)
    assert dict(store.all_tasks) == {"q/t-1": theirs} and "key" not in store.all_tasks
    assert store.all_tasks.get("key") is None
    store.tasks.put("other/key", Task(id="key", queue="other"))
    store.tasks.drop("q/t-1")
    assert list(store.all_tasks) == ["other/key"], "a queue may know it by our key, too"
    store.tasks.drop("other/key")
    assert dict(store.all_tasks) == {"key": ours}


def test_the_times_of_ours_move_along_when_the_clock_is_set() -> None:
    store = Store()
    store.submitted.put("key", Task(id="t-1", queue="", first_seen=AT, last_changed=AT))
    store.submitted.touch("key", AT)
    shift(store, 60)
    later = AT + timedelta(minutes=1)
    row = store.all_tasks["key"]
    assert (row.first_seen, row.last_changed, store.all_tasks.seen("key")) == (later, later, later)
