"""`fleetdeck` as a process that is killed, that meets another one, and that ends while it acts: what the next start
makes of it, and what really arrived."""

import asyncio
import contextlib
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import ActionState
from tests.acting.bench import (
    PATIENCE_S,
    came,
    ended,
    fleetdeck,
    gateway,
    job,
    kept_in,
    lines_of,
    said,
    state_of,
    written,
)
from tests.acting.target import Cut, Target
from tests.real_redis import RealRedis, requires_redis

pytestmark = pytest.mark.anyio

YES = ("--yes", "--reason", "a test")


def only(root: Path) -> Any:
    """The one action on record."""
    (action,) = kept_in(state_of(root)).values()
    return action


async def killed_in_between(root: Path, target: Target, cut: Cut, *words: str) -> None:
    """A command that is killed once its request has come, and before there is an answer."""
    target.faults = [cut]
    target.came.clear()
    process = await fleetdeck(root, *words, *YES)
    await came(target, process)
    process.kill()
    assert (await ended(process)).code == -signal.SIGKILL


async def test_a_task_whose_process_was_killed_is_unknown_then_found_done_and_never_sent_again(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url)]})
        await killed_in_between(tmp_path, target, Cut.HELD, "submit", "job", "--set", "text=hi")
        assert (only(tmp_path).state, only(tmp_path).items[0].state) == (ActionState.SENT, ActionState.SENT)
        listed = await said(tmp_path, "get", "actions", "-o", "json")
        assert listed.code == 0, listed.err
        (row,) = json.loads(listed.out)
        assert (row["state"], row["took_s"]) == ("unknown", None)
        assert only(tmp_path).state is ActionState.SENT
        told = await said(tmp_path, "reconcile")
        assert told.code == 0, told.err
        assert told.out.startswith("succeeded: ")
        assert only(tmp_path).state is ActionState.SUCCEEDED
        again = await said(tmp_path, "reconcile")
        assert (again.code, again.out) == (0, "")
        assert "no action is unknown" in again.err
        assert len(target.wrote) == 1
        decisions = [line["decision"] for line in lines_of(state_of(tmp_path))]
        assert decisions == ["intent", "outcome", "reconciled"]
        outcomes = [line["outcome"] for line in lines_of(state_of(tmp_path))]
        assert outcomes[1:] == ["unknown", "succeeded"]


async def test_one_that_nobody_can_be_asked_about_keeps_no_other_from_being_reconciled(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url), {**job(target.url), "name": "old"}]})
        await killed_in_between(tmp_path, target, Cut.HELD, "submit", "old", "--set", "text=hi")
        await killed_in_between(tmp_path, target, Cut.HELD, "submit", "job", "--set", "text=hi")
        written(tmp_path, {"templates": [job(target.url)]})
        told = await said(tmp_path, "reconcile")
        assert "'old' is not in the configuration: nobody can be asked" in told.err
        assert sorted(line.partition(":")[0] for line in told.out.splitlines() if line[0] != " ") == [
            "succeeded",
            "unknown",
        ]
        assert told.code == 3


async def test_a_task_that_its_server_does_not_know_stays_unknown_and_is_never_sent_again(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url)]})
        await killed_in_between(tmp_path, target, Cut.HELD_UNDONE, "submit", "job", "--set", "text=hi")
        told = await said(tmp_path, "reconcile", "-o", "json")
        assert told.code == 3, told.err
        assert json.loads(told.out)["state"] == "unknown"
        assert (len(target.wrote), target.done) == (1, {})


@pytest.mark.parametrize(("cut", "code", "state"), [(Cut.HELD, 0, "succeeded"), (Cut.HELD_UNDONE, 1, "failed")])
async def test_a_rollback_whose_process_was_killed_is_judged_by_what_is_live(
    cut: Cut, code: int, state: str, tmp_path: Path
) -> None:
    async with Target() as target:
        written(tmp_path, {"rollbacks": [gateway(target.url, within="300ms")]})
        await killed_in_between(tmp_path, target, cut, "rollback", "gateway", "--to", "r2")
        id = only(tmp_path).id
        told = await said(tmp_path, "reconcile", id)
        assert (told.out.partition(":")[0], told.code) == (state, code), told
        assert len(target.wrote) == 1
        # The lock of the dead one is in nobody's way.
        again = await said(tmp_path, "rollback", "gateway", "--to", "r1", *YES)
        assert again.code == 0, again
        assert set(target.instances.values()) == {"r1"}


def patient(url: str) -> dict[str, Any]:
    """A service that is waited for until another process has started, been told, and ended."""
    return gateway(url, timeout="1m")


async def two_at_once(root: Path, target: Target) -> None:
    """Two operators roll one target: one sends, the other is refused by its lock, which names who and since when."""
    target.faults = [Cut.HELD]
    first = await fleetdeck(root, "rollback", "gateway", "--to", "r2", *YES, LOGNAME="ann", USER="ann")
    await came(target, first)
    second = await said(root, "rollback", "gateway", "--to", "r1", *YES, LOGNAME="bob", USER="bob")
    assert second.code == 2, second
    assert re.search(
        r"fleetdeck: refused: ann@\S+ is at work on gateway for (less than a second|\d+s) \(", second.err
    ), second.err
    assert second.out == ""
    target.go_on()
    told = await ended(first)
    assert told.code == 0, told
    assert [wrote.body["to"] for wrote in target.wrote] == ["r2"]
    decisions = [(line["actor"].partition("@")[0], line["decision"]) for line in lines_of(state_of(root))]
    assert decisions == [("ann", "intent"), ("bob", "refused"), ("ann", "sent"), ("ann", "outcome")]


async def test_of_two_operators_at_once_one_sends_and_the_other_is_told_who(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"rollbacks": [patient(target.url)]})
        await two_at_once(tmp_path, target)


@requires_redis
async def test_of_two_operators_with_locks_in_a_redis_one_sends(tmp_path: Path) -> None:
    with RealRedis(tcp=True) as redis:
        async with Target() as target:
            written(tmp_path, {"rollbacks": [patient(target.url)], "actions": {"lock": {"url": redis.url}}})
            await two_at_once(tmp_path, target)
        with contextlib.closing(redis.client()) as client:
            assert [key for key in client.keys("*") if b"gateway" in key] == []


@requires_redis
async def test_where_the_redis_of_the_locks_is_gone_nothing_is_sent(tmp_path: Path) -> None:
    redis = RealRedis(tcp=True)
    redis.stop()
    async with Target() as target:
        written(tmp_path, {"rollbacks": [gateway(target.url)], "actions": {"lock": {"url": redis.url}}})
        told = await said(tmp_path, "rollback", "gateway", "--to", "r2", *YES)
        assert (told.code, target.wrote) == (2, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_command_that_is_ended_while_it_acts_leaves_nothing_in_doubt_unsaid(
    number: signal.Signals, tmp_path: Path
) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url, timeout="1m")]})
        target.faults = [Cut.HELD]
        process = await fleetdeck(tmp_path, "submit", "job", "--set", "text=hi", *YES)
        await came(target, process)
        process.send_signal(number)
        await ended(process)
        told = await said(tmp_path, "reconcile")
        assert (told.code, told.out.partition(":")[0]) == (0, "succeeded"), told
        assert len(target.wrote) == 1
        assert lines_of(state_of(tmp_path))[-1]["decision"] == "reconciled"


async def test_no_process_of_a_command_is_left_where_the_dashboards_own_is_ended(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    script = tmp_path / "work"
    script.write_text(f"#!/bin/sh\necho $$ > {marker}.new; mv {marker}.new {marker}\nexec sleep 600\n")
    script.chmod(0o755)
    written(tmp_path, {"templates": [{"kind": "command", "name": "work", "argv": [str(script)], "fields": []}]})
    process = await fleetdeck(tmp_path, "submit", "work", *YES)
    async with asyncio.timeout(PATIENCE_S):
        while not marker.exists():  # noqa: ASYNC110  # a file of another process
            await asyncio.sleep(0.02)
    pid = int(marker.read_text())
    process.send_signal(signal.SIGTERM)
    await ended(process)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert only(tmp_path).state is ActionState.UNKNOWN
    assert [line["decision"] for line in lines_of(state_of(tmp_path))] == ["intent", "outcome"]
