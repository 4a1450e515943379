"""Acts whose end nobody saw, over the whole of acting as it is wired and as processes: a roll that was killed in its
first stage, an end that somebody says, servers that say for certain that there is no such task, and sentences made of
answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from actions.submission.answers import said_in
from cli.acting.outcome import exit_code
from cli.kinds import kind_tables
from config.load import load
from fleet.actions.action import ActionState
from fleet.errors import ConfigError
from tests.acting.bench import SetClock, gateway, job, lines_of, said, state_of, whole, written
from tests.acting.target import Cut, Fault, Target, status
from tests.acting.test_processes import killed_in_between, only

pytestmark = pytest.mark.anyio

STAGES = [{"share": share, "hold": "100ms", "within": "1500ms"} for share in (0.25, 0.5, 1)]


async def test_a_roll_that_was_killed_in_its_first_stage_is_judged_at_once_and_can_be_undone(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"rollbacks": [gateway(target.url, stages=STAGES, within="10m")]})
        await killed_in_between(tmp_path, target, Cut.HELD, "rollback", "gateway", "--to", "r2", "--stages")
        told = await said(tmp_path, "reconcile")
        assert (told.code, told.out.partition(":")[0]) == (0, "failed"), told
        assert "fleetdeck ended in stage 1 of 3 (25 %): 1 of 4 instances runs r2, the rest r3" in told.out
        assert "next: undo it, which takes gateway back to r3; or roll anew" in told.out
        assert [stage.state for stage in only(tmp_path).stages] == ["stopped", "skipped", "skipped"]
        assert len(target.wrote) == 1
        again = await said(tmp_path, "reconcile")
        assert (again.code, again.out) == (0, "")


async def test_what_its_server_does_not_know_is_settled_by_hand_and_proves_nothing(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url)]})
        await killed_in_between(tmp_path, target, Cut.HELD_UNDONE, "submit", "job", "--set", "text=hi")
        asked = await said(tmp_path, "reconcile")
        assert (asked.code, "settle it by hand" in asked.out) == (3, True), asked
        id = only(tmp_path).id
        for words in ((id, "--settle", "succeeded"), ("--settle", "failed", "--reason", "x"), (id, "--reason", "x")):
            assert (await said(tmp_path, "reconcile", *words)).code == 2
        told = await said(tmp_path, "reconcile", id[:8], "--settle", "succeeded", "--reason", "it is in the log there")
        assert (told.code, told.out.partition(":")[0]) == (0, "settled as succeeded"), told
        assert exit_code(only(tmp_path)) == 3
        line = lines_of(state_of(tmp_path))[-1]
        assert (line["decision"], line["outcome"], line["reason"]) == (
            "settled",
            "succeeded",
            "it is in the log there",
        )
        listed = await said(tmp_path, "get", "actions")
        assert "≠ succeeded" in listed.out
        (row,) = json.loads((await said(tmp_path, "get", "actions", "-o", "json")).out)
        assert (row["state"], row["settled"], row["took_s"]) == ("succeeded", line["actor"], None)
        refused = await said(tmp_path, "reconcile", id, "--settle", "failed", "--reason", "x")
        assert (refused.code, "nothing to settle" in refused.err) == (2, True)
        assert len(target.wrote) == 1


# ── servers that say for certain ──


def certain(url: str, **more: Any) -> dict[str, Any]:
    return job(url, follow={"url": f"{url}/tasks/{{key}}", "absent": [404]}, **more)


@pytest.mark.parametrize(("fault", "state"), [(Cut.UNDONE, "cancelled"), (Cut.BEFORE_ANSWER, "succeeded")])
async def test_a_server_that_forgets_nothing_says_for_certain_that_it_was_not_done(
    fault: Fault, state: str, tmp_path: Path
) -> None:
    clock = SetClock()
    async with Target() as target, whole(tmp_path, {"templates": [certain(target.url)]}, clock=clock) as it:
        target.faults = [fault]
        done = await it.submit()
        if state == "cancelled":
            # The request may still have been on its way.
            assert done.state is ActionState.UNKNOWN
            assert "still be on its way" in done.outcome
            clock.pass_by(60)
            done = await it.desk.reconcile(done.id, "bob")
            assert done.items[0].sentence == "not done: the server knows of none"
        assert done.state == state
        assert len(target.wrote) == 1


async def test_a_task_that_was_taken_and_is_then_not_known_is_forgotten_and_not_undone(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [certain(target.url)]}) as it:
        target.when = target.done.clear
        id = await it.start(await it.desk.plan_submit("job", ({"text": "hi"},), ()))
        while target.looked < 3:
            await it.desk.refresh()
        await it.desk.abort(id, "bob")
        done = await it.desk.ended(id)
        assert done.items[0].state is ActionState.RUNNING
        assert "does not know it" in done.items[0].sentence


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"follow": {"url": "{url}/tasks/{key}", "absent": [404]}, "key_header": ""}, "is not told the key"),
        ({"follow": {"url": "{url}/tasks/{key}", "absent": [200]}}, "absent"),
    ],
)
def test_what_cannot_be_certain_is_refused(more: dict[str, Any], why: str, tmp_path: Path) -> None:
    follow = {**more["follow"], "url": more["follow"]["url"].replace("{url}", "http://127.0.0.1:1")}
    path = written(tmp_path, {"templates": [job("http://127.0.0.1:1", **{**more, "follow": follow})]})
    with pytest.raises(ConfigError, match=why):
        load(path, kind_tables())


# ── sentences ──


@pytest.mark.parametrize(
    ("fault", "said_so"),
    [
        (status("307 Temporary Redirect"), "307: it leads elsewhere, which is not followed"),
        (status("403 Forbidden", body=b'{"error": {"message": "not for you"}, "code": 7}'), "403: not for you"),
        (status("403 Forbidden", body=b'{"ok": false, "code": 7}'), "403: forbidden"),
    ],
)
async def test_an_answer_is_told_in_words_and_never_as_json(fault: Fault, said_so: str, tmp_path: Path) -> None:
    async with Target() as target:
        document = {"templates": [job(target.url)], "rollbacks": [gateway(target.url)]}
        async with whole(tmp_path, document) as it:
            target.faults = [fault, fault]
            for done in (await it.submit(), await it.roll()):
                assert said_so in done.items[0].sentence or said_so in done.outcome, done
                assert "{" not in done.outcome + done.items[0].sentence


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 200, "nothing"),
        ("", 404, "not found"),
        ("{}", 200, "OK"),
        ('{"ok": true, "rolled": ["a"', 500, "internal server error"),
        ('"try later"', 503, "try later"),
        ('{"title": "Busy", "status": 503}', 503, "Busy"),
        ("<html>", 502, "a page for people"),
        ("gone\nfor good", 410, "gone for good"),
        ("[1, 2]", 799, "nothing"),
    ],
)
def test_what_a_server_says_is_a_sentence(text: str, code: int, words: str) -> None:
    assert said_in(text, code) == words


async def test_a_roll_that_a_program_that_ends_leaves_says_so_without_the_answers_body(tmp_path: Path) -> None:
    async with Target() as target:
        target.live = "r3"
        async with whole(tmp_path, {"rollbacks": [gateway(target.url, within="10m")]}) as it:
            id = await it.start(await it.desk.plan_rollback("gateway", "r2"))
            while not it.store.actions[id].count(ActionState.RUNNING):
                await it.desk.refresh()
        left = it.store.actions[id]
        assert left.outcome.startswith("fleetdeck ended; ")
        assert "{" not in left.outcome
