"""What a command prints, through the whole of acting: on the row while it runs and at its end, on disk, and on stderr;
and that it runs, and is being stopped, where that is so."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actions.records import Records
from fleet.actions.action import Action, ActionState, Item
from fleet.actions.printed import lines_of, printed_lines
from tests.acting.bench import ANN, PATIENCE_S, Whole, ended, fleetdeck, said, state_of, whole, written

pytestmark = pytest.mark.anyio

UNTIL = "while [ ! -e {root}/go ]; do sleep 0.02; done"


def script(root: Path, text: str, **more: Any) -> dict[str, Any]:
    """A template of a script that is given; it can wait for the file `go`."""
    return {"kind": "command", "name": "job", "argv": ["/bin/sh", "-c", text], "timeout": "30s", **more}


async def until(it: Whole, id: str, holds: Any) -> Action:
    """The row, once `holds` of it."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds(it.store.actions[id]):  # noqa: ASYNC110  # a row tells of no change by itself
            await asyncio.sleep(0.01)
    return it.store.actions[id]


def hold_up_starts(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Processes start at once, and who started one hears of that once the event is set."""
    loop, goes_on = asyncio.get_running_loop(), asyncio.Event()
    start = loop.subprocess_exec

    async def late(*arguments: Any, **more: Any) -> Any:
        made = await start(*arguments, **more)
        await goes_on.wait()
        return made

    monkeypatch.setattr(loop, "subprocess_exec", late)
    return goes_on


async def test_all_of_it_is_there_within_the_limit_and_less_of_it_on_disk(tmp_path: Path) -> None:
    async with whole(tmp_path, {"templates": [script(tmp_path, "seq 1 60000")]}) as it:
        done = await it.submit({})
        assert done.output == "".join(f"{number}\n" for number in range(1, 60_001))
        assert done.output_cut == 0
        kept = it.kept()[done.id]
    assert len(kept.output) <= 64_000
    lines = lines_of(kept)
    assert (lines[0], lines[-1]) == ("1", "60000")
    assert printed_lines(kept) == 60_000
    assert len(kept.output) + kept.output_cut == len(done.output)
    assert f"… {kept.output_cut_lines:,} lines" in lines[kept.output[: kept.output_head].count("\n")]


async def test_beyond_the_limit_its_first_and_last_half_are(tmp_path: Path) -> None:
    async with whole(tmp_path, {"templates": [script(tmp_path, "seq 1 60000", output_bytes=10_000)]}) as it:
        done = await it.submit({})
    assert len(done.output) <= 10_000
    assert lines_of(done)[:3] == ["1", "2", "3"] and lines_of(done)[-1] == "60000"
    assert printed_lines(done) == 60_000
    assert len(done.output) + done.output_cut == 348_894


async def test_it_runs_once_its_process_does(tmp_path: Path) -> None:
    text = f"echo begun; {UNTIL.format(root=tmp_path)}"
    async with whole(tmp_path, {"templates": [script(tmp_path, text)]}) as it:
        id = await it.start(await it.desk.plan_submit("job", [{}], ()))
        # What it prints may come a moment before who started it hears that it runs.
        row = await until(it, id, lambda row: "begun" in row.output and row.state is ActionState.RUNNING)
        assert row.items[0].state is ActionState.RUNNING
        async with asyncio.timeout(PATIENCE_S):
            while it.kept()[id].state is not ActionState.RUNNING:  # noqa: ASYNC110  # nor does a file
                await asyncio.sleep(0.01)
        (tmp_path / "go").touch()
        assert (await it.desk.ended(id)).state is ActionState.SUCCEEDED


@pytest.mark.parametrize("known", [True, False], ids=["known to run", "not yet known to run"])
async def test_one_that_ignores_term_is_said_to_be_stopped_meanwhile(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"trap 'echo ignored' TERM; echo begun; {UNTIL.format(root=tmp_path)}"
    goes_on = hold_up_starts(monkeypatch)
    if known:
        goes_on.set()
    async with whole(tmp_path, {"templates": [script(tmp_path, text, kill_after="20s")]}) as it:
        id = await it.start(await it.desk.plan_submit("job", [{}], ()))
        await until(it, id, lambda row: "begun" in row.output and (row.state is ActionState.RUNNING) is known)
        await it.desk.abort(id, ANN)
        goes_on.set()
        row = await until(it, id, lambda row: "ignored" in row.output)
        assert not row.ended and row.cancelling
        assert row.outcome == f"stopping: TERM sent, KILL in 20 s (stopped by {ANN})"
        (tmp_path / "go").touch()
        row = await it.desk.ended(id)
    assert not row.cancelling and "TERM sent" not in row.outcome
    assert row.state is ActionState.UNKNOWN
    assert "settle it by hand" in row.next_step and "reconcile" not in row.next_step


async def test_the_command_line_tells_it_as_it_comes(tmp_path: Path) -> None:
    text = f"echo first; printf 'se\\033[31mcond\\007\\n'; {UNTIL.format(root=tmp_path)}; seq 1 500; echo last"
    written(tmp_path, {"templates": [script(tmp_path, text)]})
    process = await fleetdeck(tmp_path, "submit", "job", "--yes", "--wait", "0.1", "-o", "json")
    assert process.stderr is not None
    told: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while "second" not in "".join(told):
            told.append((await process.stderr.readline()).decode())
    assert "  | first\n" in told and told[-1] == "  | second\\x07\n"
    (tmp_path / "go").touch()
    done = await ended(process)
    lines = [line for line in done.err.splitlines() if line.startswith("  | ")]
    assert lines[-1] == "  | last"
    # It looks now and then, also in the middle of them: how many it tells at one time is for the clock to say.
    missing = [int(found[1]) for line in lines if (found := re.fullmatch(r"  \| … (\d+) lines left out …", line))]
    assert max(missing) >= 300 and sum(missing) + len(lines) - len(missing) == 501
    receipt = json.loads(done.out)
    assert (receipt["state"], receipt["output_cut"], receipt["output_head"]) == ("succeeded", 0, 0)
    assert receipt["output"].count("\n") == 503
    (row,) = json.loads((await said(tmp_path, "get", "actions", "-o", "json", "--wait", "0.1")).out)
    assert row["output"][-1] == "last" and (row["output_cut"], row["output_cut_lines"]) == (0, 0)


async def test_a_receipt_says_how_much_is_missing(tmp_path: Path) -> None:
    written(tmp_path, {"templates": [script(tmp_path, "seq 1 60000", output_bytes=10_000)]})
    done = await said(tmp_path, "submit", "job", "--yes", "--wait", "0.1")
    (missing,) = [line for line in done.out.splitlines() if "before these" in line]
    assert missing.startswith("  | … 59,980 lines before these, 57,")
    assert missing.endswith("left out; -o json has the others …")


async def test_tasks_that_were_submitted_from_here_are_known_without_a_dashboard(tmp_path: Path) -> None:

    async with whole(tmp_path, {"templates": [script(tmp_path, "true")]}, state=state_of(tmp_path)) as it:
        done = await it.submit({})
        mine = replace(done, items=(replace(done.items[0], found={"task_id": "t-1"}),))
        Records(state_of(tmp_path) / "actions").write(mine)
        Records(state_of(tmp_path) / "actions").write(
            replace(mine, id="other", plan=replace(mine.plan, fleet="another"), items=(Item(words="x"),))
        )
    (state_of(tmp_path) / "actions" / "broken.json").write_text("{")
    before = sorted(path.name for path in (state_of(tmp_path) / "actions").iterdir())
    tasks = [{"id": "t-1", "agent": "a", "command": "go"}, {"id": "t-2", "agent": "a", "command": "go"}]
    (tmp_path / "jobs.json").write_text(json.dumps({"tasks": tasks}))
    written(tmp_path, {"queues": [{"kind": "task_file", "path": "jobs.json"}]})
    told = await said(tmp_path, "get", "tasks", "-o", "json")
    assert {row["id"]: row["ours"] for row in json.loads(told.out)} == {"t-1": done.id, "t-2": None}
    told = await said(tmp_path, "get", "tasks", "-o", "json", "--filter", f"ours:{done.id[:6]}")
    assert [row["id"] for row in json.loads(told.out)] == ["t-1"]
    assert sorted(path.name for path in (state_of(tmp_path) / "actions").iterdir()) == before
