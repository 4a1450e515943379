"""Disks that are full and commands that misbehave, through the whole of acting."""

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.limits import RunLimits
from fleet.actions.action import ActionState
from fleet.errors import RefusedError
from tests.acting.bench import PATIENCE_S, QUICK, Whole, job, lines_of, whole
from tests.acting.target import Target, once

pytestmark = pytest.mark.anyio


@contextlib.contextmanager
def files_of(most: int) -> Iterator[None]:
    """No file can grow beyond so many bytes, as on a full disk (EFBIG in place of ENOSPC)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The bytecode of what is imported meanwhile would be cut off, and be there for every later import.
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = kept


def largest(it: Whole) -> int:
    return max(path.stat().st_size for path in (it.state / "actions").iterdir())


async def grown(it: Whole, beyond: int) -> int:
    """Let the audit log grow beyond so many bytes; its size."""
    log = it.state / "audit.jsonl"
    while not log.exists() or log.stat().st_size < beyond:
        await it.desk.freeze("ann", "x" * 300)
        await it.desk.unlock("ann", "x" * 300, 600)
    return log.stat().st_size


async def test_where_the_audit_log_cannot_grow_nothing_is_sent_and_it_is_whole_afterwards(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        await it.submit()
        size = await grown(it, 4 * largest(it))
        plan = await it.desk.plan_submit("job", [{"text": "two"}], ())
        with files_of(size + 40), pytest.raises(RefusedError, match="audit log cannot be written") as refused:
            await it.start(plan)
        assert str(refused.value).count("audit log") == 1
        assert len(target.wrote) == 1
        assert it.kept()[plan.key].state is ActionState.REFUSED
        again = await it.submit({"text": "three"})
        assert (again.state, len(target.wrote)) == (ActionState.SUCCEEDED, 2)
        # The refusal is owed, and stands there before what came later.
        assert it.audited()[-4:] == ["refused", "intent", "sent", "outcome"]


async def test_where_not_even_a_lock_can_be_written_it_says_so_once_and_later_it_is_done(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        plan = await it.desk.plan_submit("job", [{"text": "one"}], ())
        with files_of(0), pytest.raises(RefusedError) as refused:
            await it.start(plan)
        said = str(refused.value)
        assert f"over limit: no lock in {it.state / 'claims'}: File too large" in said
        assert "permission" not in said
        assert target.wrote == []
        assert (await it.run(plan)).state is ActionState.SUCCEEDED
        assert it.audited() == ["refused", "intent", "sent", "outcome"]


async def test_where_the_record_cannot_be_kept_nothing_is_sent_and_the_log_says_why(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        plan = await it.desk.plan_submit("job", [{"text": f"task {number}"} for number in range(100)], ())
        with files_of(12_000), pytest.raises(RefusedError, match="cannot be kept"):
            await it.start(plan)
        assert target.wrote == []
        assert it.audited() == ["refused"]
        assert it.kept() == {}
        assert it.store.actions.get(plan.key) is None
        done = await it.run(plan)
        assert (done.state, len(target.wrote)) == (ActionState.SUCCEEDED, 100)
        assert once(target.keys)


async def test_where_the_disk_becomes_full_in_the_middle_of_a_batch_the_rest_is_not_sent(tmp_path: Path) -> None:
    limits = RunLimits(at_once=1, look_s=0.02, look_most_s=0.05)
    async with Target() as target:
        async with whole(tmp_path, {"templates": [job(target.url)]}, limits=limits) as it:
            plan = await it.desk.plan_submit("job", [{"text": f"task {number}"} for number in range(40)], ())
            with contextlib.ExitStack() as full:
                target.when = lambda: full.enter_context(files_of(2_000)) if len(target.wrote) == 7 else None
                done = await it.run(plan)
            assert 7 <= len(target.wrote) <= 8
            assert once(target.keys)
            assert done.state is not ActionState.SUCCEEDED
            assert done.count(ActionState.CANCELLED, ActionState.PLANNED) == 40 - len(target.wrote)
            assert "cannot be" in done.outcome
        async with whole(tmp_path, {"templates": [job(target.url)]}, limits=limits) as it:
            (after,) = it.store.actions.values()
            assert after.state in (ActionState.UNKNOWN, ActionState.FAILED)
            found = await it.desk.reconcile(after.id, "bob")
            found = await it.desk.ended(found.id)
            assert found.count(ActionState.SUCCEEDED) == len(target.done)
            assert found.state is not ActionState.SUCCEEDED
            assert once(target.keys)
            assert "intent" in it.audited(found.id)


# ── commands ──


def command(root: Path, text: str, **more: Any) -> dict[str, Any]:
    """A template that runs a script, which is given."""
    path = root / "script"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return {"kind": "command", "name": "job", "argv": [str(path)], **more}


def at_work_in(folder: Path) -> list[str]:
    """The processes whose working folder it is; one that is killed early can tell of itself in no other way."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if path.readlink() == folder:
                found.append(path.parent.name)
    return found


async def test_one_that_ignores_term_is_killed_and_nobody_knows_what_it_did(tmp_path: Path) -> None:
    text = "trap '' TERM\nwhile :; do sleep 600 & wait $!; done"
    template = command(tmp_path, text, timeout="500ms", kill_after="200ms")
    async with whole(tmp_path, {"templates": [template]}) as it:
        done = await it.submit({})
        assert done.state is ActionState.UNKNOWN
        assert "did not end within" in done.outcome
        assert it.audited() == ["intent", "sent", "outcome"]
    async with asyncio.timeout(PATIENCE_S):
        while at_work_in(tmp_path):  # noqa: ASYNC110  # no child of ours: nothing tells of its end
            await asyncio.sleep(0.01)


async def test_one_that_floods_its_output_ends_and_is_not_kept_in_memory_or_on_disk(tmp_path: Path) -> None:
    template = command(tmp_path, "head -c 100000000 /dev/zero | tr '\\0' 'x'\necho the end", timeout="60s")
    async with whole(tmp_path, {"templates": [template]}) as it:
        done = await it.submit({})
        assert done.state is ActionState.SUCCEEDED, done.outcome
        assert len(done.output) <= QUICK.output_chars
        assert sum(path.stat().st_size for path in it.state.rglob("*") if path.is_file()) < 100_000


async def test_the_lines_of_an_output_stay_lines(tmp_path: Path) -> None:
    template = command(tmp_path, "printf 'one\\n\\ntwo\\n'\nprintf three", timeout="20s")
    async with whole(tmp_path, {"templates": [template]}) as it:
        done = await it.submit({})
        assert done.output.splitlines() == ["one", "", "two", "three"]


async def test_one_that_waits_for_input_gets_none(tmp_path: Path) -> None:
    template = command(tmp_path, "read line && echo got it && exit 0\nexit 7", timeout="20s")
    async with whole(tmp_path, {"templates": [template]}) as it:
        done = await it.submit({})
        assert (done.state, "7" in done.outcome) == (ActionState.FAILED, True)


async def test_one_that_leaves_a_daemon_behind_is_not_waited_for(tmp_path: Path) -> None:
    text = f"setsid sleep 600 &\necho $! > {tmp_path}/pid\nexit 0"
    async with whole(tmp_path, {"templates": [command(tmp_path, text, timeout="20s")]}) as it:
        try:
            done = await it.submit({})
            assert done.state is ActionState.SUCCEEDED
        finally:
            os.kill(int((tmp_path / "pid").read_text()), 9)


async def test_stopping_one_ends_it_and_what_it_did_is_in_doubt(tmp_path: Path) -> None:
    template = command(tmp_path, f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid\nexec sleep 600")
    async with whole(tmp_path, {"templates": [template]}) as it:
        id = await it.start(await it.desk.plan_submit("job", [{}], ()))
        while not (tmp_path / "pid").exists():
            await it.desk.refresh()
        await it.desk.abort(id, "bob@there")
        done = await it.desk.ended(id)
        assert done.state is ActionState.UNKNOWN
        assert [line["actor"] for line in lines_of(it.state)][1] == "bob@there"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_one_that_ignores_term_does_not_hold_up_the_end_of_fleetdeck(tmp_path: Path) -> None:
    told = f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid"
    text = f"trap '' TERM\n{told}\nwhile :; do sleep 600 & wait $!; done"
    template = command(tmp_path, text, kill_after="60s")
    limits = RunLimits(close_s=0.2)
    async with whole(tmp_path, {"templates": [template]}, limits=limits) as it:
        id = await it.start(await it.desk.plan_submit("job", [{}], ()))
        while not (tmp_path / "pid").exists():
            await it.desk.refresh()
    assert it.kept()[id].state is ActionState.UNKNOWN
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
