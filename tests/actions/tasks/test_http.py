"""Tasks for any JSON API, against real servers: what is sent, what answers mean, how one is followed and cancelled."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.tasks.http import KIND
from config.kinds import installed_kinds
from config.load import load
from fleet.actions.action import Action, ActionState, Item, Observed, Verdict
from fleet.actions.plan import HttpRequest, Plan
from fleet.errors import ConfigError, OutsideError, RefusedError
from tests.actions.submit_parts import NOON, RawServer, Sent, carry_out, client, entry, page_of, reach_of, submissions

pytestmark = pytest.mark.anyio

FIELDS: list[dict[str, Any]] = [
    {"name": "queue", "default": "main"},
    {"name": "prompt", "required": True, "lines": True},
    {"name": "n", "type": "integer", "default": 1},
    {"name": "note"},
]
FULL: dict[str, Any] = {
    "headers": {"X-Queue": "q-{queue}"},
    "body": {"task": {"prompt": "{prompt}", "count": "{n}", "note": "{note}", "key": "{key}"}, "for": "<{queue}>"},
    "id": "job.id",
    "captures": {"shard": "job.shard"},
    "follow": {
        "url": "URL/jobs/{id}?shard={shard}",
        "state": "job.state",
        "words": {"ripe": "done"},
        "output": "job.log",
    },
    "cancel": {"url": "URL/jobs/{id}", "body": {"shard": "{shard}"}},
}
TAKEN = page_of(202, '{"job": {"id": "j/1", "shard": 7}}')


def options(server: RawServer, **more: Any) -> dict[str, Any]:
    text = msgspec.json.encode({"url": "URL/queues/{queue}/jobs", **more}).decode().replace("URL", server.url)
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


async def submitted(
    server: RawServer, item: dict[str, Any], tmp_path: Path, **more: Any
) -> tuple[Plan, Sent, Any, Any]:
    """The plan, what came of it, who made it, and a way to look at what became of it."""
    http = client()
    reach = reach_of(http, tmp_path)
    desk = submissions(reach, entry(KIND, "render", options(server, **more), fields=FIELDS))
    plan = await desk.plan("render", [item], [])
    doer = desk.doer("render")
    assert doer is not None
    sent = await carry_out(reach, doer, plan)

    async def look() -> Observed:
        return (await doer.look(plan, {0: {**sent.found[0], "key": plan.key}}, NOON))[0]

    return plan, sent, desk, look


async def test_the_request_is_the_one_of_the_plan_with_the_key_and_the_values_in_their_places(tmp_path: Path) -> None:
    async with RawServer({"POST /queues/a%2Fb/jobs": TAKEN}) as server:
        item = {"queue": "a/b", "prompt": 'say "{n}"\nand {{this}}', "n": "3"}
        plan, sent, _, _ = await submitted(server, item, tmp_path, **FULL)
        effect = plan.steps[0].effect
        assert isinstance(effect, HttpRequest)
        assert msgspec.json.decode(effect.body) == {
            "task": {"prompt": 'say "{n}"\nand {{this}}', "count": 3, "key": plan.key},
            "for": "<a/b>",
        }
        assert (sent.last.verdict, sent.last.found) == (Verdict.DONE, {"status": "202", "id": "j/1", "shard": "7"})
        (asked,) = server.asked
        assert asked.endswith(effect.body.encode())
        assert f"idempotency-key: {plan.key}".encode() in asked.lower()
        assert b"x-queue: q-a/b" in asked.lower()


@pytest.mark.parametrize(
    ("page", "more", "verdict", "words"),
    [
        (page_of(200, "{}"), {}, Verdict.DONE, "taken"),
        (page_of(204, ""), {}, Verdict.DONE, "taken"),
        (page_of(200, "{}"), {"success": [202]}, Verdict.UNKNOWN, "200"),
        (page_of(409, '{"error": "busy"}'), {}, Verdict.REFUSED, "409: busy"),
        (page_of(409, '{"error": "known"}'), {"statuses": {"409": "done"}}, Verdict.DONE, "taken (409)"),
        (page_of(422, '{"detail": "no such model\\u001b[31m"}'), {}, Verdict.REFUSED, "no such model\\x1b[31m"),
        (page_of(403, '{"error": {"code": 3, "message": "not yours"}}'), {}, Verdict.REFUSED, "not yours"),
        (page_of(404, "plain words"), {}, Verdict.REFUSED, "plain words"),
        (page_of(429, "{}", Retry_After="7"), {}, Verdict.AGAIN, "later"),
        (page_of(429, "{}"), {}, Verdict.AGAIN, "later"),
        (page_of(503, "{}", Retry_After="9"), {}, Verdict.AGAIN, "later"),
        (page_of(503, "{}"), {}, Verdict.UNKNOWN, "503"),
        (page_of(500, '{"message": "oops"}'), {}, Verdict.UNKNOWN, "500: oops"),
        (page_of(500, "{}"), {"repeatable": True}, Verdict.AGAIN, "500"),
        (page_of(302, "", Location="/login"), {}, Verdict.UNKNOWN, "302"),
        (page_of(308, "", Location="https://elsewhere.example/"), {}, Verdict.REFUSED, "308"),
        (page_of(200, '{"error": "enough"}'), {"error": "error"}, Verdict.REFUSED, "but: enough"),
        (page_of(200, "{}"), {"error": "error"}, Verdict.DONE, "taken"),
        (page_of(200, "<html>Log in</html>"), {"id": "id"}, Verdict.UNKNOWN, "a page for people"),
        (page_of(200, "{}"), {"id": "id"}, Verdict.DONE, "has no id: it cannot be followed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", {"repeatable": True}, Verdict.UNKNOWN, "not sent again"),
        (None, {"repeatable": True}, Verdict.UNKNOWN, "not sent again"),
    ],
)
async def test_what_an_answer_means(
    page: bytes | None, more: dict[str, Any], verdict: Verdict, words: str, tmp_path: Path
) -> None:
    async with RawServer({"POST /queues/main/jobs": page}) as server:
        _, sent, _, _ = await submitted(server, {"prompt": "x"}, tmp_path, **more)
        assert sent.last.verdict is verdict
        assert words in sent.last.sentence
        assert len(server.asked) == 1
        if verdict is Verdict.AGAIN and b"Retry-After" in (page or b""):
            assert sent.last.again_after_s in (7.0, 9.0)


@pytest.mark.parametrize(
    ("page", "state", "final", "words"),
    [
        (page_of(200, '{"job": {"state": "QUEUED"}}'), ActionState.RUNNING, False, "QUEUED"),
        (page_of(200, '{"job": {"state": "ripe", "log": "a\\nb\\u001b]0;x"}}'), ActionState.SUCCEEDED, True, "ripe"),
        (page_of(200, '{"job": {"state": "failed"}}'), ActionState.FAILED, True, "failed"),
        (page_of(200, '{"job": {"state": "canceled"}}'), ActionState.CANCELLED, True, "canceled"),
        (page_of(200, '{"job": {"state": "odd"}}'), ActionState.UNKNOWN, False, "whatever that means"),
        (page_of(200, '{"job": []}'), ActionState.UNKNOWN, False, "has no job.state"),
        (page_of(200, "<html>"), ActionState.UNKNOWN, False, "a page for people"),
        (page_of(404, '{"detail": "Job not found"}'), ActionState.UNKNOWN, False, "does not know it (404: Job not"),
        (page_of(302, ""), ActionState.UNKNOWN, False, "does not say"),
    ],
)
async def test_a_task_is_followed_by_its_id(
    page: bytes, state: ActionState, final: bool, words: str, tmp_path: Path
) -> None:
    async with RawServer({"POST /queues/main/jobs": TAKEN, "GET /jobs/j%2F1": page}) as server:
        *_, look = await submitted(server, {"prompt": "x"}, tmp_path, **FULL)
        seen = await look()
        assert (seen.state, seen.final) == (state, final)
        assert words in seen.sentence
        assert "\x1b" not in seen.tail
        assert b"shard=7" in server.asked[-1]


@pytest.mark.parametrize("page", [page_of(500, "{}"), page_of(429, "{}"), None])
async def test_a_target_that_cannot_be_asked_is_told(page: bytes | None, tmp_path: Path) -> None:
    async with RawServer({"POST /queues/main/jobs": TAKEN, "GET /jobs/j%2F1": page}) as server:
        *_, look = await submitted(server, {"prompt": "x"}, tmp_path, **FULL)
        with pytest.raises(OutsideError):
            await look()


async def test_a_task_that_was_lost_in_a_crash_is_looked_for_by_its_key_and_else_not_known(tmp_path: Path) -> None:
    follow = {"follow": {"url": "URL/jobs?key={key}", "state": "state"}}
    async with RawServer({"GET /jobs": page_of(200, '{"state": "done"}')}) as server:
        reach = reach_of(client(), tmp_path)
        for more, state in ((follow, ActionState.SUCCEEDED), (FULL, ActionState.UNKNOWN), ({}, ActionState.UNKNOWN)):
            desk = submissions(reach, entry(KIND, "render", options(server, **more), fields=FIELDS))
            plan = await desk.plan("render", [{"prompt": "x"}], [])
            doer = desk.doer("render")
            assert doer is not None
            seen = await doer.look(plan, {0: {"key": plan.key}}, NOON)
            assert seen[0].state is state
        assert server.heads("/jobs?key=key1") == 1


async def test_without_follow_what_was_taken_is_the_end_of_it(tmp_path: Path) -> None:
    async with RawServer({"POST /queues/main/jobs": TAKEN}) as server:
        *_, look = await submitted(server, {"prompt": "x"}, tmp_path)
        seen = await look()
        assert (seen.state, seen.final) == (ActionState.SUCCEEDED, True)
        assert "not followed" in seen.sentence


async def test_a_task_is_cancelled_and_seen_to_be(tmp_path: Path) -> None:
    pages: dict[str, bytes | None] = {
        "POST /queues/main/jobs": TAKEN,
        "DELETE /jobs/j%2F1": page_of(202, "{}"),
        "GET /jobs/j%2F1": page_of(200, '{"job": {"state": "cancelled"}}'),
    }
    async with RawServer(pages) as server:
        plan, sent, desk, _ = await submitted(server, {"prompt": "x"}, tmp_path, **FULL)
        items = (Item(words="x", state=ActionState.RUNNING, found=sent.found[0]),)
        cancel = await desk.plan_cancel(Action(id=plan.key, plan=plan, state=ActionState.RUNNING, items=items))
        doer = desk.doer("render")
        done = await carry_out(reach_of(client(), tmp_path), doer, cancel)
        assert done.last.verdict is Verdict.DONE
        assert server.asked[-1].endswith(b'{"shard":"7"}')
        seen = await doer.look(cancel, {0: done.found[0]}, NOON)
        assert (seen[0].state, seen[0].sentence) == (ActionState.SUCCEEDED, "it is cancelled")
        server.pages["GET /jobs/j%2F1"] = page_of(200, '{"job": {"state": "ripe"}}')
        seen = await doer.look(cancel, {0: done.found[0]}, NOON)
        assert (seen[0].state, seen[0].final) == (ActionState.FAILED, True)


async def test_a_token_is_named_in_the_plan_and_missing_ones_are_a_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_TOKEN", "tok-3cret")
    async with RawServer({"POST /queues/main/jobs": TAKEN}) as server:
        more = {"token": {"env": "FLEETDECK_TEST_TOKEN"}}
        plan, _, desk, _ = await submitted(server, {"prompt": "x"}, tmp_path, **more)
        assert b"tok-3cret" not in msgspec.json.encode(plan)
        assert b"authorization: bearer tok-3cret" in server.asked[0].lower()
        assert await desk.doer("render").guards(plan) == ()
        monkeypatch.delenv("FLEETDECK_TEST_TOKEN")
        (sentence,) = await desk.doer("render").guards(plan)
        assert "FLEETDECK_TEST_TOKEN" in sentence


@pytest.mark.parametrize("queue", ["..", "a\nb", "a\0"])
async def test_a_value_that_would_leave_its_place_is_refused_when_it_is_planned(queue: str, tmp_path: Path) -> None:
    async with RawServer({}) as server:
        with pytest.raises(RefusedError, match="queue: "):
            await submitted(server, {"prompt": "x", "queue": queue}, tmp_path)
        assert server.asked == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('url: "http://{a}/x"', "host is written out"),
        ("url: http://h/x, body: {a: {b}}", "quoted in YAML"),
        ('url: http://h/x, body: {a: "{b"}', "a brace stands alone"),
        ("url: http://h/x, method: GET, body: {a: 1}", "a GET has none"),
        ("url: http://h/x, headers: {Content-Length: 1}", ""),
        ('url: http://h/x, headers: {Content-Length: "1"}', "is set already"),
        ('url: http://h/x, headers: {authorization: "x"}, token: {env: T}', "is set already"),
        ('url: http://h/x, key_header: "", repeatable: true', "without key_header"),
        ('url: http://h/x, follow: {url: "http://h/{id}"}', "no value for {id}"),
        ('url: http://h/x, id: id, cancel: {url: "http://h/{prompt}"}', "no value for {prompt}"),
        ("url: http://h/x, token: {env: T}, follow: {url: http://h:81/x}", "another server"),
        ("url: http://h/x, token: {env: T}, cancel: {url: https://h/x}", "another server"),
        ("url: http://h/x, token: tok-3cret", "a secret is not written here"),
        ('url: "http://u:p@h/x"', "credentials"),
    ],
)
def test_mistakes_are_told_when_the_configuration_is_read(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(f"templates:\n  - {{kind: http, name: t, {text}}}\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "fleetdeck.yaml", installed_kinds())
    assert words in str(caught.value)
    assert "fleetdeck.yaml:2" in str(caught.value)
    assert "tok-3cret" not in str(caught.value)
