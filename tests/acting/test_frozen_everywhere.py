"""A freeze among programs that really are several: what one freezes no other writes to, however the first one ended."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import ActionState
from fleet.errors import RefusedError
from tests.acting.bench import (
    PATIENCE_S,
    QUICK,
    ended,
    fleetdeck,
    gateway,
    job,
    lines_of,
    said,
    state_of,
    whole,
    written,
)
from tests.acting.target import Cut, Target

pytestmark = pytest.mark.anyio

YES = ("--yes", "--reason", "a test")
SUBMIT = ("submit", "job", "--set", "text=hi", *YES)


def acting(url: str, **more: Any) -> dict[str, Any]:
    cancel = {"url": f"{url}/tasks/{{key}}", "method": "DELETE"}
    return {"templates": [job(url, cancel=cancel)], "rollbacks": [gateway(url)], **more}


async def test_what_a_command_freezes_every_command_is_refused_until_it_is_unfrozen(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, acting(target.url))
        told = await said(tmp_path, "freeze", "--reason", "INC-7")
        assert (told.code, told.err) == (0, "")
        assert told.out.startswith("frozen by ")
        assert ": INC-7 (since 2" in told.out
        for words in (SUBMIT, ("rollback", "gateway", "--to", "r2", *YES)):
            told = await said(tmp_path, *words)
            assert told.code == 2, told
            assert "INC-7 (since 2" in told.err
            assert "fleetdeck unfreeze" in told.err
        assert target.wrote == []
        told = await said(tmp_path, "doctor", "acting")
        assert "nothing can be written: frozen by " in told.out
        told = await said(tmp_path, "get", "templates")
        assert (told.code, "fleetdeck: frozen by " in told.err) == (0, True), told
        refused = (("unfreeze",), ("unlock", "--for", "1m"), ("unlock", "--for", "0s", *YES[1:]))
        for wrong in refused:
            assert (await said(tmp_path, *wrong)).code == 2
        told = await said(tmp_path, "--read-only", "unfreeze", "--reason", "over")
        assert (told.code, "--read-only" in told.err) == (2, True)
        assert (await said(tmp_path, *SUBMIT)).code == 2
        told = await said(tmp_path, "unfreeze", "--reason", "over")
        assert (told.code, told.out) == (0, "unfrozen\n")
        assert (await said(tmp_path, *SUBMIT)).code == 0
        assert (await said(tmp_path, "unfreeze", "--reason", "again")).code == 2
        assert len(target.wrote) == 1
        told_of = [(line["action"], line["decision"]) for line in lines_of(state_of(tmp_path))]
        assert told_of[:3] == [("freeze", "frozen"), ("submit", "refused"), ("rollback", "refused")]
        assert ("unfreeze", "unfrozen") in told_of
        assert told_of.count(("unlock", "refused")) == 2


async def test_commands_that_freeze_and_lift_tell_how_it_is_then_as_json(tmp_path: Path) -> None:
    written(tmp_path, {})
    form = ("-o", "json")
    told = await said(tmp_path, "freeze", "--reason", "INC-7", *form)
    frozen = json.loads(told.out)
    assert (told.code, frozen["frozen"], frozen["until"]) == (0, True, None), told
    assert ": INC-7 (since " in frozen["why"]
    assert frozen["by"]
    assert frozen["since"].endswith("Z")
    refused = await said(tmp_path, "unlock", *form)
    assert (refused.code, refused.out, "needs a reason" in refused.err) == (2, "", True), refused
    told = await said(tmp_path, "unlock", "--for", "10m", "--reason", "rolling back", *form)
    unlocked = json.loads(told.out)
    assert (told.code, unlocked["frozen"], unlocked["why"]) == (0, False, ""), told
    assert unlocked["until"] > frozen["since"]
    told = await said(tmp_path, "unfreeze", "--reason", "over", *form)
    over = json.loads(told.out)
    assert (told.code, over["frozen"], over["until"], over["since"]) == (0, False, None, None), told


async def test_a_dashboard_that_was_killed_has_frozen_and_a_command_unlocks_for_a_while(tmp_path: Path) -> None:
    """The dashboard is a program that holds its desk open, and is killed as the kernel or a lost session would."""
    script = tmp_path / "dashboard.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from cli.acting.books import Books, Keeping\n"
        "from cli.kinds import kind_tables\n"
        "from config.load import load\n"
        "from fleet.clock import SystemClock\n"
        "from fleet.store import Store\n"
        "async def main():\n"
        "    config = load(Path('fleetdeck.yaml'), kind_tables())\n"
        "    books = Books(config, Store(), Keeping.of(config), SystemClock())\n"
        "    print((await books.freezing.freeze('ann@here', 'panic')).why, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    async with Target() as target:
        written(tmp_path, acting(target.url))
        environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "xdg"), "PYTHONPATH": str(Path(__file__).parents[2])}
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), cwd=tmp_path, env=environ, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            assert "frozen by ann@here: panic" in (await process.stdout.readline()).decode()
        process.send_signal(signal.SIGKILL)
        await process.communicate()  # to the end of its output, or its pipe stays open
        told = await said(tmp_path, *SUBMIT)
        assert (told.code, "frozen by ann@here: panic" in told.err) == (2, True), told
        told = await said(tmp_path, "unlock", "--for", "10m", "--reason", "needed")
        assert (told.code, told.out.startswith("unlocked until 2")) == (0, True), told
        assert (await said(tmp_path, *SUBMIT)).code == 0
        # What one command line says is its own.
        assert (await said(tmp_path, "--read-only", *SUBMIT)).code == 2
        assert (await said(tmp_path, "freeze")).code == 0
        assert (await said(tmp_path, *SUBMIT)).code == 2
        assert len(target.wrote) == 1


async def test_a_dashboard_that_runs_is_frozen_and_let_go_by_a_command(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, acting(target.url), state=state_of(tmp_path)) as it:
        target.truth = "running"
        id = await it.start(await it.desk.plan_submit("job", [{"text": "hi"}], ()))
        await it.taken(id)
        rolled = await it.roll()
        plans = [await it.desk.plan_undo(rolled.id), await it.desk.plan_cancel(id)]
        assert (await said(tmp_path, "freeze", "--reason", "panic")).code == 0
        await it.desk.refresh()
        row = it.store.freeze["freeze"]
        assert (row.frozen, row.since is not None, ": panic (since" in row.why) == (True, True, True)
        wrote = len(target.wrote)
        for plan in plans:
            with pytest.raises(RefusedError, match=r"frozen by .*: panic"):
                await it.start(plan)
        assert len(target.wrote) == wrote
        # What ran goes on to its end.
        target.truth = "done"
        assert (await it.desk.ended(id)).state is ActionState.SUCCEEDED
        assert (await said(tmp_path, "unfreeze", "--reason", "over")).code == 0
        await it.desk.refresh()
        assert not it.store.freeze["freeze"].frozen
        assert (await it.submit()).state is ActionState.SUCCEEDED


async def test_a_freeze_that_no_disk_takes_is_a_failure_of_the_command(tmp_path: Path) -> None:
    written(tmp_path, {})
    (tmp_path / "xdg" / "fleetdeck" / "frozen").mkdir(parents=True)
    limited = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
    program = limited + "sys.argv = ['fleetdeck', 'freeze']; runpy.run_module('cli.start', run_name='__main__')"
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "xdg"), "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=tmp_path,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told = await ended(process)
    assert (told.code, told.out) == (1, ""), told
    assert "not frozen: " in told.err
    assert "other programs are not" in told.err
    assert list((tmp_path / "xdg" / "fleetdeck" / "frozen").iterdir()) == []


async def test_an_act_that_is_frozen_while_its_intent_is_written_sends_nothing(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, acting(target.url), limits=QUICK) as it:
        plan = await it.desk.plan_submit("job", [{"text": "hi"}], ())
        record = it.books.audit.record

        async def slow(entry: Any) -> Any:
            made = await record(entry)
            if entry.decision == "intent":
                await it.books.freezing.freeze("bob@here", "stop")
            return made

        it.books.audit.record = slow  # type: ignore[method-assign]
        with pytest.raises(RefusedError, match="frozen by bob@here: stop"):
            await it.start(plan)
        assert target.wrote == []
        assert it.store.actions[plan.key].state is ActionState.REFUSED
        assert it.kept()[plan.key].state is ActionState.REFUSED
        assert it.audited(plan.key) == ["intent", "refused"]


async def test_a_command_under_way_goes_on_when_another_freezes(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, acting(target.url))
        target.faults = [Cut.HELD]
        process = await fleetdeck(tmp_path, *SUBMIT)
        async with asyncio.timeout(PATIENCE_S):
            await target.came.wait()
        assert (await said(tmp_path, "freeze")).code == 0
        target.go_on()
        told = await ended(process)
        assert told.code == 0, told
        assert len(target.wrote) == 1
