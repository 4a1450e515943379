"""`undo` and `cancel` as an operator and a script use them: what they refuse, and what is so at the target then."""

import contextlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acting.bench import Ended, gateway, job, kept_in, lines_of, said, state_of, written
from tests.acting.target import Cut, Target
from tests.cli.test_acting_commands import answered, asked
from tests.real_redis import RealRedis, requires_redis

pytestmark = pytest.mark.anyio

YES = ("--yes", "--reason", "a test")

RESTARTED = """#!/bin/sh
# A systemctl whose unit gets the next process id by being restarted.
cd "$(dirname "$0")" || exit 1
case "$*" in
    *restart*) echo $(($(cat pid) + 1)) > pid ;;
    *show*) printf 'ActiveState=active\\nSubState=running\\nMainPID=%s\\nLoadState=loaded\\n' "$(cat pid)" ;;
esac
"""


def id_of(told: Ended) -> str:
    found = re.search(r"(?m)^  id ([0-9a-f]{32})$", told.out)
    assert found, told
    return found[1]


def live(link: Path) -> str:
    return link.resolve().name


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with Target() as target:
        yield target


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """A link that can be rolled."""
    for name in ("r1", "r2"):
        (tmp_path / "releases" / name).mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/r2")
    written(tmp_path, {"rollbacks": [{"kind": "symlink", "name": "app", "link": "current", "releases": "releases"}]})
    return tmp_path / "current"


# ── undo ──


async def test_a_link_that_was_rolled_is_pointed_back_once_and_only_where_that_was_confirmed(
    tmp_path: Path, link: Path
) -> None:
    rolled = id_of(await said(tmp_path, "rollback", "app", "--to", "r1", *YES))
    assert live(link) == "r1"

    for words, why in (
        ((), "--yes stands for the answer"),
        (("--yes",), "it needs a reason"),
        (("--timeout", "0x"), "--timeout"),
    ):
        refused = await said(tmp_path, "undo", rolled, *words)
        assert (refused.code, refused.out) == (2, ""), refused
        assert why in refused.err
    assert (await said(tmp_path, "--read-only", "undo", rolled, *YES)).code == 2
    dry = await said(tmp_path, "undo", rolled, "--dry-run", "-o", "json")
    plan = json.loads(dry.out)
    assert (dry.code, plan["act"], plan["of"], plan["refused_because"]) == (0, "undo", rolled, [])
    assert f"undoes   {rolled[:8]}: roll app to r1\n" in (await said(tmp_path, "undo", rolled, "--dry-run")).out
    assert live(link) == "r1"

    told = await said(tmp_path, "undo", rolled[:8], *YES, "--ticket", "INC-7")
    assert told.code == 0, told.err
    undone = f"  undoes {rolled[:8]}: roll app to r1\n"
    assert told.out.startswith(f"succeeded: undo: roll app to r2\n  the post-condition holds: live is r2\n{undone}")
    assert live(link) == "r2"
    assert kept_in(state_of(tmp_path))[rolled].undone_by == id_of(told)
    lines = [line for line in lines_of(state_of(tmp_path)) if line["idempotency_key"] == id_of(told)]
    assert [line["decision"] for line in lines] == ["intent", "sent", "outcome"]
    assert {(line["action"], line["ticket"], line["reason"]) for line in lines} == {("undo", "INC-7", "a test")}

    again = await said(tmp_path, "undo", rolled, *YES)
    assert (again.code, again.out) == (2, "")
    assert f"it was undone already, by {id_of(told)[:8]}" in again.err
    # An undoing is an act like any other.
    assert (await said(tmp_path, "undo", id_of(told), *YES)).code == 0
    assert live(link) == "r1"


async def test_in_a_terminal_it_asks_for_the_name_and_a_reason(tmp_path: Path, link: Path) -> None:
    rolled = id_of(await said(tmp_path, "rollback", "app", "--to", "r1", *YES))
    for name, code, then in (("", 2, "r1"), ("app", 0, "r2")):
        answers = [("Type app to do it", name)] + ([("Why", "it burns")] if name else [])
        seen, ended_with = await answered(asked(tmp_path, "undo", rolled[:8]), *answers)
        assert (ended_with, live(link)) == (code, then), seen


async def test_which_action_is_meant_must_be_plain(tmp_path: Path, link: Path) -> None:
    for to in ("r1", "r2"):
        assert (await said(tmp_path, "rollback", "app", "--to", to, *YES)).code == 0
    for command in ("undo", "cancel"):
        for text, why in (("app", "no action on record is 'app'"), ("", "2 actions on record begin with ''")):
            told = await said(tmp_path, command, text, *YES)
            assert (told.code, told.out) == (2, ""), told
            assert f"{why}: `fleetdeck get actions --columns id,title,state` lists them" in told.err
    assert live(link) == "r2"


async def test_what_is_undone_in_vain_has_failed_and_can_be_undone_still(tmp_path: Path, target: Target) -> None:
    written(tmp_path, {"rollbacks": [gateway(target.url)]})
    rolled = id_of(await said(tmp_path, "rollback", "gateway", "--to", "r1", *YES))
    target.faults = [Cut.LIE]
    told = await said(tmp_path, "undo", rolled, *YES, "-o", "json")
    receipt = json.loads(told.out)
    assert (told.code, receipt["state"], receipt["plan"]["of"]) == (1, "failed", rolled), told.err
    assert set(target.instances.values()) == {"r1"}
    assert (await said(tmp_path, "undo", rolled, *YES)).code == 0
    assert set(target.instances.values()) == {"r3"}


async def test_what_cannot_be_undone_says_why(tmp_path: Path, target: Target) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(RESTARTED)
    systemctl.chmod(0o755)
    (tmp_path / "pid").write_text("4711\n")
    unit = {"kind": "systemd", "name": "planner", "unit": "planner.service", "program": str(systemctl)}
    written(tmp_path, {"rollbacks": [unit, gateway(target.url)], "templates": [job(target.url)]})
    restarted = id_of(await said(tmp_path, "rollback", "planner", *YES))
    submitted = id_of(await said(tmp_path, "submit", "job", "--set", "text=hi", "--yes"))
    rolled = id_of(await said(tmp_path, "rollback", "gateway", "--to", "r1", *YES))
    await target.__aexit__()
    wrote = len(target.wrote)
    for id, why in (
        (
            restarted,
            "planner cannot be taken back: a restart cannot be taken back: what the process held in memory is lost",
        ),
        (submitted, "only what was rolled can be undone"),
        (rolled, f"gateway ({target.url}"),
    ):
        told = await said(tmp_path, "undo", id, *YES)
        assert (told.code, told.out) == (2, ""), told
        assert why in told.err
    assert "cannot be asked, so there is no plan" in told.err
    assert ((tmp_path / "pid").read_text(), len(target.wrote)) == ("4712\n", wrote)


# ── cancel ──


@requires_redis
async def test_a_task_that_waits_in_a_list_is_taken_out_of_it_and_one_that_a_worker_has_is_not(tmp_path: Path) -> None:
    with RealRedis() as server, contextlib.closing(server.client()) as redis:
        listed = {"kind": "redis_list", "name": "embed", "url": server.url, "key": "jobs", "processing": "jobs:held"}
        written(tmp_path, {"templates": [{**listed, "fields": [{"name": "text", "required": True}]}]})
        (tmp_path / "items").write_text('text="a"\ntext="b"\n')
        timed_out = await said(tmp_path, "submit", "embed", "--items", "items", *YES, "--timeout", "1s")
        assert (timed_out.code, timed_out.out.split(":")[0]) == (1, "timed out"), timed_out
        redis.rpoplpush("jobs", "jobs:held")

        dry = await said(tmp_path, "cancel", id_of(timed_out), "--dry-run")
        assert dry.code == 0, dry.err
        assert "1 task cannot be cancelled any more" in dry.out
        assert redis.llen("jobs") == 1
        assert (await said(tmp_path, "cancel", id_of(timed_out))).code == 2
        assert redis.llen("jobs") == 1

        told = await said(tmp_path, "cancel", id_of(timed_out)[:8], *YES)
        assert told.code == 0, told
        assert told.out.startswith("succeeded: cancel 1 task of ")
        assert (redis.llen("jobs"), redis.llen("jobs:held")) == (0, 1)
        known = json.loads((await said(tmp_path, "reconcile", id_of(timed_out), "-o", "json")).out)
        assert sorted(item["state"] for item in known["items"]) == ["cancelled", "running"]
        again = await said(tmp_path, "cancel", id_of(timed_out), *YES)
        assert (again.code, again.out) == (2, ""), again
        assert "nothing of it waits" in again.err


async def test_what_nobody_can_cancel_is_refused_with_the_reason(tmp_path: Path, target: Target) -> None:
    written(tmp_path, {"templates": [job(target.url)], "rollbacks": [gateway(target.url)]})
    done = id_of(await said(tmp_path, "submit", "job", "--set", "text=hi", "--yes"))
    rolled = id_of(await said(tmp_path, "rollback", "gateway", "--to", "r1", *YES))
    target.truth = "running"
    at_work = id_of(await said(tmp_path, "submit", "job", "--set", "text=hi", "--yes", "--timeout", "1s"))
    wrote = target.tried
    for id, why in (
        (done, "nothing of it runs or waits any more"),
        (rolled, "only what was submitted can be cancelled"),
        (at_work, "http: what was submitted there cannot be cancelled"),
    ):
        told = await said(tmp_path, "cancel", id, "--yes")
        assert (told.code, told.out) == (2, ""), told
        assert why in told.err
    assert target.tried == wrote


@pytest.mark.parametrize(
    ("faults", "truth", "code", "state"),
    [
        ([], "cancelled", 0, "succeeded"),
        ([], "done", 1, "failed"),
        ([], "running", 1, "timed out"),
        ([Cut.BEFORE_ANSWER], "unknown", 3, "unknown"),
    ],
)
async def test_the_exit_code_tells_what_became_of_a_cancelling(
    tmp_path: Path, target: Target, faults: list[Cut | bytes], truth: str, code: int, state: str
) -> None:
    cancel = {"url": f"{target.url}/tasks/{{key}}"}
    # What its target knows it tells at once; only what will not be known is waited for in vain.
    follow = "60s" if truth in ("cancelled", "done") else "1s"
    written(tmp_path, {"templates": [job(target.url, cancel=cancel)], "actions": {"follow": follow}})
    target.truth = "running"
    id = id_of(await said(tmp_path, "submit", "job", "--set", "text=hi", "--yes", "--timeout", "1s"))

    def answers_then() -> None:
        target.truth = truth

    target.when, target.faults = answers_then, faults
    told = await said(tmp_path, "cancel", id, "--yes")
    assert (told.code, told.out.split(":")[0]) == (code, state), told
    assert [one.path for one in target.wrote] == ["/run", f"/tasks/{id}"]
