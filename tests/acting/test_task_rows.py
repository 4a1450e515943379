"""Tasks that were submitted from here in the tasks view, through the whole of acting: as they are seen at their target,
never because they were sent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actions.limits import RunLimits
from fleet.actions.action import Action, ActionState
from fleet.queues import OUT_OF_SIGHT_KEPT
from fleet.store import Store
from fleet.views.tasks import VIEW
from fleet.views.view import look
from fleet.vocabulary import TaskState
from fleet.work import Task
from tests.acting.bench import PATIENCE_S, QUICK, Whole, job, whole
from tests.acting.target import Cut, Target, status

pytestmark = pytest.mark.anyio


def board(target: Target, **more: Any) -> dict[str, Any]:
    return job(target.url, id="id", **more) | {"follow": {"url": f"{target.url}/tasks/{{key}}", "output": "log"}}


def shown(store: Store) -> list[tuple[str, str]]:
    """The title and the state of every row of the view."""
    rows, title = VIEW.rows(store), next(column for column in VIEW.columns if column.id == "title")
    return [(title.cell(rows[key], look(store, rows, key)).text, rows[key].state.value) for key in rows]


def fields(store: Store) -> dict[str, Any]:
    """All fields of the one row that there is."""
    rows = VIEW.rows(store)
    [key] = rows
    return {field.name: field.value(rows[key], look(store, rows, key)) for field in VIEW.fields}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110  # a row tells of no change by itself
            await asyncio.sleep(0.01)


async def begun(it: Whole, *texts: str, **more: Any) -> str:
    return await it.start(await it.desk.plan_submit("job", [{"text": text} for text in texts], ()), **more)


async def test_a_task_of_an_api_stands_there_once_it_was_seen_and_goes_from_running_to_its_end(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [board(target)]}) as it:
        target.truth, target.faults = "queued", [Cut.HELD]
        id = await begun(it, "bake it")
        await target.came.wait()
        assert shown(it.store) == [], "it was sent, and nobody has seen it yet"
        target.go_on()
        for truth in ("queued", "running"):
            target.truth = truth
            await until(lambda: shown(it.store) == [("↑ bake it", target.truth)])
        target.texts = {"log": "mixed\nbaked\n"}
        target.truth = "done"
        await it.desk.ended(id)
        row = fields(it.store)
        assert (row["id"], row["state"], row["ours"], row["kind"]) == (f"t-{id}", "done", id, "job")
        assert (row["queue"], row["detail"]) == (f"{target.url[7:]}/run", "done: mixed baked")
        assert row["first_seen"] < row["last_changed"]
        assert not it.store.tasks and not it.store.queues


@pytest.mark.parametrize("truth", ["failed", "baking"])
async def test_how_it_is_said_to_be_is_how_it_is_shown(truth: str, tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [board(target)]}) as it:
        target.truth = truth
        await begun(it, "bake it")
        expected = "failed" if truth == "failed" else "unknown"
        await until(lambda: shown(it.store) == [("↑ bake it", expected)])


async def test_one_that_its_server_forgets_is_unknown_and_one_that_it_never_knew_is_not_shown(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [board(target)]}) as it:
        target.truth, target.faults = "running", [Cut.LIE]
        id = await begun(it, "a lie", "forgotten")
        await until(lambda: shown(it.store) == [("↑ forgotten", "running")])
        target.done.clear()
        await until(lambda: shown(it.store) == [("↑ forgotten", "unknown")])
        assert "404" in fields(it.store)["detail"] and fields(it.store)["ours"] == id


async def test_one_that_is_not_followed_is_not_shown_whatever_was_answered(tmp_path: Path) -> None:
    async with Target() as target:
        template = {name: value for name, value in board(target).items() if name != "follow"}
        async with whole(tmp_path, {"templates": [template]}) as it:
            assert (await it.submit()).state is ActionState.SUCCEEDED
            assert shown(it.store) == []


@pytest.mark.parametrize(("code", "state"), [(0, "done"), (3, "failed")])
async def test_a_program_stands_there_while_it_runs_and_then_with_its_exit_code(
    code: int, state: str, tmp_path: Path
) -> None:
    text = f"echo begun; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo one; echo two; exit {code}"
    template = {"kind": "command", "name": "job", "argv": ["/bin/sh", "-c", text], "timeout": "30s"}
    async with whole(tmp_path, {"templates": [template]}) as it:
        id = await it.start(await it.desk.plan_submit("job", [{}], ()))
        await until(lambda: [one for _, one in shown(it.store)] == ["running"])
        (tmp_path / "go").touch()
        await it.desk.ended(id)
        row = fields(it.store)
        assert (row["state"], row["id"], row["ours"]) == (state, id, id)
        assert f"exit code {code}" in row["detail"] and row["detail"].endswith("two")


async def test_a_program_that_was_stopped_is_not_said_to_run(tmp_path: Path) -> None:
    template = {"kind": "command", "name": "job", "argv": ["/bin/sleep", "100"], "kill_after": "1s"}
    async with whole(tmp_path, {"templates": [template]}) as it:
        id = await it.start(await it.desk.plan_submit("job", [{}], ()))
        await until(lambda: [one for _, one in shown(it.store)] == ["running"])
        await it.desk.abort(id, "ann")
        await it.desk.ended(id)
        assert fields(it.store)["state"] == "unknown"


async def test_one_that_a_watched_queue_shows_stands_there_once_as_the_queue_has_it(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [board(target)]}) as it:
        target.truth = "running"
        id = await begun(it, "bake it")
        await until(lambda: shown(it.store) == [("↑ bake it", "running")])
        it.store.tasks.put("q/x", Task(id=f"t-{id}", queue="q", title="a queue's", state=TaskState.QUEUED))
        assert shown(it.store) == [("↑ a queue's", "queued")]
        target.truth = "done"
        await it.desk.ended(id)
        assert shown(it.store) == [("↑ a queue's", "queued")]
        it.store.tasks.drop("q/x")
        assert shown(it.store) == [("↑ bake it", "done")]


async def test_nothing_private_is_in_a_row_also_where_the_server_repeats_it(tmp_path: Path) -> None:
    secret = "invoice 4711 of Ms Ångström"
    fields_ = [{"name": "text", "private": True, "required": True}]
    async with Target() as target, whole(tmp_path, {"templates": [board(target, fields=fields_)]}) as it:
        target.texts = {"log": f"> {secret}\nfine\n"}
        target.answer = {"id": secret}
        assert (await it.submit({"text": secret})).state is ActionState.SUCCEEDED
        assert "Ångström" not in repr(dict(it.store.all_tasks)) and "fine" in fields(it.store)["detail"]


async def test_of_a_big_batch_the_newest_are_shown_and_each_once(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [board(target)]}, limits=QUICK) as it:
        done = await it.submit(*({"text": f"part {number}"} for number in range(OUT_OF_SIGHT_KEPT + 100)))
        assert done.state is ActionState.SUCCEEDED
        rows = shown(it.store)
        assert len(rows) == OUT_OF_SIGHT_KEPT and {state for _, state in rows} == {"done"}
        assert rows[-1] == (f"↑ part {OUT_OF_SIGHT_KEPT + 99}", "done")


async def test_what_was_left_behind_stands_there_once_it_is_reconciled(tmp_path: Path) -> None:
    document: dict[str, Any] = {}
    async with Target() as target:
        document = {"templates": [board(target)]}
        target.truth = "running"
        async with whole(tmp_path, document) as it:
            id = await begun(it, "bake it")
            await until(lambda: bool(shown(it.store)))
        async with whole(tmp_path, document) as it:
            assert shown(it.store) == []
            target.truth = "done"
            again: Action = await it.desk.reconcile(id, "ann")
            assert again.state is ActionState.SUCCEEDED
            assert shown(it.store) == [("↑ bake it", "done")]


async def test_a_settled_one_is_as_it_was_seen_not_as_somebody_says(tmp_path: Path) -> None:
    async with Target() as target:
        document = {"templates": [board(target)], "actions": {"follow": "300ms"}}
        async with whole(tmp_path, document, limits=RunLimits(look_s=0.02, look_most_s=0.05)) as it:
            target.truth = "running"
            done = await it.submit()
            assert done.state is ActionState.TIMED_OUT
            assert "not followed any more" in fields(it.store)["detail"]
            await it.desk.settle(done.id, ActionState.SUCCEEDED, "ann", "I looked")
            assert fields(it.store)["state"] == "running"


async def test_a_refused_one_is_not_shown(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [board(target)]}) as it:
        target.faults = [status("403 Forbidden")]
        assert (await it.submit()).state is ActionState.REFUSED
        assert shown(it.store) == []
