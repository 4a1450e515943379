"""Tasks that were submitted from here are told from others, and the end of an output is what is kept of it."""

from datetime import UTC, datetime

from fleet.actions.action import Action, ActionState, Item
from fleet.actions.plan import ActKind, Plan, Tier
from fleet.store import Store
from fleet.task_records import TaskRecord, task_of
from fleet.views.tasks import VIEW
from fleet.views.view import look
from fleet.work import Task


def _action(id: str, *found: dict[str, str], act: ActKind = ActKind.SUBMIT) -> Action:
    plan = Plan(
        key=id,
        act=act,
        kind="coordinator",
        source="run",
        fleet="test",
        title="submit",
        tier=Tier.YES,
        word="run",
        targets=(),
        steps=(),
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return Action(id=id, plan=plan, state=ActionState.RUNNING, items=tuple(Item(words="x", found=one) for one in found))


def _shown(store: Store, id: str) -> tuple[str, object]:
    at = look(store, store.tasks, f"q/{id}")
    title = next(column for column in VIEW.columns if column.id == "title")
    ours = next(field for field in VIEW.fields if field.name == "ours")
    return title.cell(store.tasks[f"q/{id}"], at).text, ours.value(store.tasks[f"q/{id}"], at)


def test_a_task_of_ours_is_marked_as_soon_as_its_id_is_known_and_for_as_long_as_its_act_is() -> None:
    store = Store()
    for id in ("t-1", "t-2"):
        store.tasks.put(f"q/{id}", Task(id=id, queue="q", title="analyze"))
    store.actions.put("a", _action("a", {}))
    assert _shown(store, "t-1") == ("analyze", None)
    store.actions.put("a", _action("a", {"task_id": "t-1"}))
    store.actions.put("c", _action("c", {"task_id": "t-2"}, act=ActKind.CANCEL))
    assert _shown(store, "t-1") == ("↑ analyze", "a")
    assert _shown(store, "t-2") == ("analyze", None)
    store.actions.drop("a")
    assert _shown(store, "t-1") == ("analyze", None)


def test_a_task_that_its_target_gave_no_id_is_known_by_the_key_of_its_item() -> None:
    store = Store()
    store.actions.put("a", _action("a", {}, {}))
    for id, of in (("a", "a"), ("a-1", "a"), ("a-x", ""), ("b-1", ""), ("-1", "")):
        assert store.ours.action_of(id) == of


def test_the_end_of_a_long_output_is_kept_and_no_password_of_a_url_that_it_cuts() -> None:
    said = "x" * 5000 + " http://user:hunter2@host/ " + "y" * 490 + " done"
    task = task_of(TaskRecord(id="1", status="success", stdout=said), "q")
    assert task.detail.endswith("y done") and task.detail.startswith("…") and len(task.detail) == 512
    assert "hunter2" not in task.detail
    assert task_of(TaskRecord(id="1", error="first", stdout="last"), "q").detail == "first"
