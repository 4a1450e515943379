"""Rows of tasks that were submitted from here: when they begin, what they follow, how many there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from actions.seen_tasks import NOT_FOLLOWED, SeenTasks
from fleet.actions.action import Action, ActionState, Item, Observed
from fleet.actions.plan import ActKind, Plan, Target, Tier
from fleet.clock import ManualClock
from fleet.store import Store
from fleet.vocabulary import TaskState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUNS = Observed(state=ActionState.RUNNING, sentence="baking", task=TaskState.RUNNING)
DONE = Observed(state=ActionState.SUCCEEDED, sentence="done", final=True, task=TaskState.DONE)
LOST = Observed(state=ActionState.UNKNOWN, sentence="the server does not know it (404)")


class Sight:
    """Acts of `many` items each, seen one by one."""

    def __init__(self, most: int = 1_000, most_left: int = 500) -> None:
        self.store, self.clock = Store(), ManualClock(NOON)
        self.tasks = SeenTasks(self.store, self.clock, most, most_left)

    def see(self, number: int, one: Observed, *, plan: Plan | None = None, **item: Any) -> None:
        self.tasks.saw(plan or plan_of(), number, Item(words=f"item {number}", **item), one, "http://board")

    @property
    def states(self) -> dict[str, str]:
        return {key: task.state.value for key, task in self.store.submitted.items()}


def plan_of(key: str = "k", act: ActKind = ActKind.SUBMIT, *agents: str) -> Plan:
    named = tuple(Target(name=name, kind="agent") for name in agents)
    return Plan(
        key=key,
        act=act,
        kind="http",
        source="bake",
        fleet="test",
        title="submit",
        tier=Tier.YES,
        word="bake",
        targets=named or (Target(name="http://board", kind="queue"),),
        steps=(),
        made_at=NOON,
    )


def action_of(*states: ActionState, key: str = "k") -> Action:
    items = tuple(Item(words="x", state=state, sentence="it was cut off") for state in states)
    return Action(id=key, plan=plan_of(key), state=ActionState.TIMED_OUT, items=items)


def test_a_row_begins_when_its_target_showed_the_task_and_follows_what_is_seen_by_our_clock() -> None:
    it = Sight()
    for unseen in (LOST, replace(RUNS, task=None), replace(DONE, task=None)):
        it.see(0, unseen)
    assert it.states == {}
    it.see(0, replace(RUNS, task=TaskState.QUEUED), found={"id": "t-1", "status": "202"})
    row = it.store.submitted["k"]
    assert (row.id, row.title, row.kind, row.queue, row.agent) == ("t-1", "item 0", "bake", "board", "")
    assert (row.state, row.detail, row.created_at) == (TaskState.QUEUED, "baking", None)
    it.clock.advance(5)
    it.see(0, RUNS, found={"id": "t-1"})
    it.clock.advance(5)
    it.see(0, RUNS, found={"id": "t-1"})
    row = it.store.submitted["k"]
    assert (row.state, row.first_seen, row.last_changed) == (TaskState.RUNNING, NOON, NOON + timedelta(seconds=5))
    assert it.store.submitted.seen("k") == NOON + timedelta(seconds=10)
    it.see(0, replace(RUNS, task=None, sentence="nothing is said of it yet"))
    assert it.states == {"k": "running"}
    it.see(0, LOST)
    assert it.states == {"k": "unknown"} and it.store.submitted["k"].detail == LOST.sentence
    it.see(0, replace(DONE, tail="mixed\nbaked\n"))
    assert (it.states, it.store.submitted["k"].detail) == ({"k": "done"}, "done: mixed baked")


def test_only_tasks_that_were_submitted_are_rows_and_those_of_agents_name_them() -> None:
    it = Sight()
    for act in (ActKind.CANCEL, ActKind.ROLLBACK, ActKind.UNDO):
        it.see(0, RUNS, plan=plan_of(act=act))
    assert it.states == {}
    it.tasks.saw(plan_of("k", ActKind.SUBMIT, "ann", "ben"), 3, Item(words="x"), RUNS, "ben")
    row = it.store.submitted["k-3"]
    assert (row.id, row.agent, row.queue) == ("k-3", "ben", "")


def test_the_end_of_a_long_output_is_kept_on_one_line() -> None:
    it = Sight()
    it.see(0, replace(DONE, tail="x\n" * 9_000 + "the end\n"))
    said = it.store.submitted["k"].detail
    assert said.startswith("done: …") and said.endswith("x the end") and len(said) == 512
    it.see(0, replace(DONE, sentence="exit code 0: fine", tail="fine\n"))
    assert it.store.submitted["k"].detail == "exit code 0: fine"


def test_what_nobody_follows_any_more_is_as_it_was_last_seen_unless_even_that_is_in_doubt() -> None:
    it = Sight()
    for number, one in enumerate((RUNS, RUNS, DONE)):
        it.see(number, one)
    it.tasks.left(action_of(ActionState.TIMED_OUT, ActionState.UNKNOWN, ActionState.SUCCEEDED))
    details = [row.detail for row in it.store.submitted.values()]
    assert list(it.states.values()) == ["running", "unknown", "done"]
    assert details == [NOT_FOLLOWED, "it was cut off", "done"]
    it.see(0, DONE)
    assert it.states["k"] == "done", "it was reconciled"
    it.tasks.forget("other")
    assert len(it.states) == 3
    it.tasks.forget("k")
    assert it.states == {}


def test_the_newest_stay_and_what_had_to_make_room_does_not_come_back() -> None:
    it = Sight(most=3, most_left=2)
    for _ in range(3):
        for number in range(5):
            it.see(number, RUNS)
    assert list(it.states) == ["k-2", "k-3", "k-4"]
    for number in range(5):
        it.see(number, DONE)
    assert list(it.states) == ["k-3", "k-4"], "of those that ended, the latest changed"
    it.see(0, RUNS, plan=plan_of("new"))
    it.see(1, RUNS, plan=plan_of("new"))
    assert list(it.states) == ["k-4", "new", "new-1"], "one that ended goes before one that is followed"
    it.tasks.left(action_of(*[ActionState.SUCCEEDED] * 5))
    it.see(0, RUNS)
    assert "k" in it.states, "once nobody follows the act, it may begin anew"
