"""Tasks for a coordinator that speaks its HTTP/1.0 over a socket, with its allow-list, its limit and its silences."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actions.tasks.coordinator import KIND
from demo_fleet.coordinator import Coordinator
from demo_fleet.ledger import ALLOWED, RUN_S, Ledger
from demo_fleet.routes import Routes
from fleet.actions.action import Action, ActionState, Item, Verdict
from fleet.actions.plan import HttpRequest, public
from fleet.actions.ports import ActReach, item_key
from fleet.clock import ManualClock
from fleet.errors import RefusedError
from fleet.model import AgentStatus
from fleet.vocabulary import AgentState, TaskState
from fleet.work import Queue, Task
from tests.actions.submit_parts import NOON, RawServer, carry_out, client, entry, page_of, reach_of, submissions

pytestmark = pytest.mark.anyio

FIELDS = [
    {"name": "command", "required": True},
    {"name": "project", "pattern": "[a-z0-9-]*"},
    {"name": "agent"},
]


class Demo:
    """A coordinator on loopback and everything that is asked of it."""

    def __init__(self, tmp_path: Path) -> None:
        self.clock = ManualClock(NOON)
        numbers = iter(range(1, 10_000))
        self.ledger = Ledger(lambda: f"task-{next(numbers)}")
        self.server = Coordinator(Routes(self.ledger, self.clock, lambda: "id"), self.clock)
        self.http = client()
        self.reach = reach_of(self.http, tmp_path, self.clock)

    def template(self, **options: Any) -> Any:
        url = f"http://127.0.0.1:{self.server.port}"
        return entry(
            KIND, "run", {"url": url, **options}, fields=FIELDS, agents="role:worker or name:worker", queue="jobs"
        )

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    made = Demo(tmp_path)
    await made.server.start()
    yield made
    await made.http.aclose()
    await made.server.stop()


def _up(reach: ActReach, name: str, state: AgentState = AgentState.UP) -> None:
    reach.store.status.put(name, AgentStatus(name=name, state=state))


async def test_a_task_is_registered_queued_executed_and_followed_to_its_end(demo: Demo) -> None:
    _up(demo.reach, "worker-1")
    book = submissions(demo.reach, demo.template(execute="after", capabilities=["shell"]))
    plan = await book.plan("run", [{"command": "status", "project": "app"}], ["worker-1"])
    assert [step.title for step in plan.steps] == [
        "register worker-1",
        "queue status app for worker-1",
        "execute status app for worker-1",
    ]
    assert len({step.target for step in plan.steps}) == 1
    assert plan.blast == ("register worker-1",)
    doer = book.doer("run")
    assert doer is not None and await doer.guards(plan) == ()
    sent = await carry_out(demo.reach, doer, plan)
    assert sent.verdicts == [Verdict.DONE] * 3 and demo.ledger.agents() == ["worker-1"]
    seen = await doer.look(plan, sent.found, NOON)
    assert seen[0].state is ActionState.RUNNING
    demo.wait(RUN_S + 5)
    seen = await doer.look(plan, sent.found, NOON)
    assert (seen[0].state, seen[0].sentence, seen[0].final) == (ActionState.SUCCEEDED, "success, exit code 0", True)
    assert seen[0].tail == "status: done"
    # It is known now, and is not registered a second time.
    again = await book.plan("run", [{"command": "status"}], ["worker-1"])
    assert len(again.steps) == 2 and again.key != plan.key


async def test_a_failed_command_is_a_failure_with_its_output(demo: Demo) -> None:
    book = submissions(demo.reach, demo.template(execute="run", register=False))
    plan = await book.plan("run", [{"command": "modify-fail", "agent": "a"}, {"command": "fix", "agent": "a"}], [])
    doer = book.doer("run")
    assert doer is not None
    sent = await carry_out(demo.reach, doer, plan)
    demo.wait(RUN_S)
    seen = await doer.look(plan, sent.found, NOON)
    assert seen[0].state is seen[1].state is ActionState.FAILED
    assert "exit code 1" in seen[0].sentence and "could not be done" in seen[0].tail
    assert "No such file or directory" in seen[1].sentence


async def test_what_is_allowed_is_asked_once_and_changes_nothing(demo: Demo) -> None:
    book = submissions(demo.reach, demo.template())
    desk = await book.desk("run", [])
    assert desk.template.fields[0].offered == ALLOWED and not demo.ledger.tasks()
    await demo.server.stop()
    assert (await book.desk("run", [])).template.fields[0].offered == ALLOWED


async def test_a_command_that_is_not_allowed_is_refused_item_by_item(demo: Demo) -> None:
    book = submissions(demo.reach, demo.template(register=False))
    items = [{"command": word, "agent": "a"} for word in ("status", "reboot", "validate")]
    plan = await book.plan("run", items, [])
    assert plan.warnings == ("1 item will be refused: command reboot is not allowed there",)
    doer = book.doer("run")
    assert doer is not None
    sent = await carry_out(demo.reach, doer, plan)
    assert sent.verdicts == [Verdict.DONE, Verdict.REFUSED, Verdict.DONE]
    assert "allowed: analyze, analyze-all" in sent.reads[1].sentence
    assert len(demo.ledger.tasks()) == 2


async def test_a_task_that_a_controller_took_is_not_executed_twice(demo: Demo) -> None:
    book = submissions(demo.reach, demo.template(execute="after", register=False))
    plan = await book.plan("run", [{"command": "status", "agent": "a"}], [])
    doer = book.doer("run")
    assert doer is not None
    run, execute = plan.steps
    first = doer.read(plan, run, await demo.reach.performer.perform(run.effect))
    demo.ledger.start(first.found["task_id"])
    assert isinstance(execute.effect, HttpRequest)
    body = execute.effect.body.replace("⟦task_id⟧", first.found["task_id"])
    effect = HttpRequest(method="POST", url=execute.effect.url, body=body, close=True)
    read = doer.read(plan, execute, await demo.reach.performer.perform(effect))
    assert (read.verdict, read.sentence) == (Verdict.DONE, "it was running already: a controller had taken it")


async def test_where_its_requests_are_used_up_it_is_waited_for_a_window(demo: Demo) -> None:
    book = submissions(demo.reach, demo.template(register=False, ask_allowed=False))
    plan = await book.plan("run", [{"command": "status", "agent": "a"}] * 51, [])
    doer = book.doer("run")
    assert doer is not None
    sent = await carry_out(demo.reach, doer, plan)
    assert sent.verdicts.count(Verdict.DONE) == 50 and sent.last.verdict is Verdict.AGAIN
    assert sent.last.again_after_s == 60 and "50 requests a minute" in sent.last.sentence
    assert len(demo.ledger.tasks()) == 50
    demo.wait(60)
    # The first ones are not among the ten newest any more; the list of all tasks has them.
    demo.ledger.start(sent.found[0]["task_id"])
    demo.ledger.finish(sent.found[0]["task_id"], 0)
    seen = await doer.look(plan, {0: sent.found[0], 49: sent.found[49]}, NOON)
    assert seen[0].state is ActionState.SUCCEEDED and seen[49].sentence == "queued"


async def test_a_task_that_was_lost_is_said_to_be_and_is_not_a_success(demo: Demo) -> None:
    book = submissions(demo.reach, demo.template(register=False))
    plan = await book.plan("run", [{"command": "status", "agent": "a"}], [])
    doer = book.doer("run")
    assert doer is not None
    seen = await doer.look(plan, {0: {"task_id": "gone"}}, NOON)
    assert seen[0].state is ActionState.UNKNOWN and seen[0].final and "lost when it restarts" in seen[0].sentence
    demo.reach.store.tasks.put("jobs/gone", Task(id="gone", queue="jobs", state=TaskState.DONE, raw_state="success"))
    demo.wait(60)
    assert (await doer.look(plan, {0: {"task_id": "gone"}}, NOON))[0].state is ActionState.SUCCEEDED


async def test_no_item_is_planned_where_one_is_wrong(demo: Demo) -> None:
    _up(demo.reach, "worker-1")
    book = submissions(demo.reach, demo.template())
    with pytest.raises(RefusedError) as caught:
        await book.plan(
            "run", [{"command": "status"}, {"command": ""}, {"command": "x", "project": "A B"}], ["worker-1"]
        )
    assert [line.split(":")[0] for line in str(caught.value).split("\n")] == ["item 2", "item 3"]
    with pytest.raises(RefusedError, match="is not for nobody"):
        await book.plan("run", [{"command": "status"}], ["nobody"])
    with pytest.raises(RefusedError, match="did you mean run"):
        await book.plan("rum", [{}], [])
    with pytest.raises(RefusedError, match="10,001 items"):
        await book.plan("run", [{"command": "status"}] * 10_001, [])


async def test_a_plan_says_what_it_means_for_queue_and_agents(demo: Demo) -> None:
    _up(demo.reach, "worker-1")
    _up(demo.reach, "worker-2", AgentState.DOWN)
    demo.reach.store.queues.put("jobs", Queue(name="jobs", kind="coordinator", queued=31, completion_per_min=16.5))
    book = submissions(demo.reach, demo.template())
    plan = await book.plan("run", [{"command": "status"}] * 100, ["worker-1", "worker-2"])
    assert plan.title == "submit 200 × run to worker-1, worker-2" and len(plan.items) == 200
    assert plan.blast == ("register worker-1", "register worker-2")
    assert plan.effects == (
        "each of the agents is given 100 tasks",
        "queue jobs: 31 waiting, +200; empty in about 14m",
    )
    assert plan.warnings == ("worker-2: down; what it is given may stay undone",)
    assert [(target.name, target.mark) for target in plan.targets] == [("worker-1", "up"), ("worker-2", "down")]
    doer = book.doer("run")
    assert doer is not None
    _up(demo.reach, "worker-1", AgentState.DOWN)
    assert await doer.guards(plan) == ("worker-1 is down now; it was up when this was planned",)
    assert [row.agents for row in book.templates_for("worker-2")] == [("worker-1", "worker-2")]
    assert book.templates_for("stranger") == () and len(book.templates_for("jobs")) == 1


async def test_whom_it_is_for_is_asked_for_by_the_name_of_its_line(demo: Demo) -> None:
    url = f"http://127.0.0.1:{demo.server.port}"
    book = submissions(demo.reach, entry(KIND, "run", {"url": url}, fields=FIELDS[:2], agents="name:worker"))
    assert [row.for_agents for row in book.templates()] == [True]
    with pytest.raises(RefusedError, match=r"^to: name an agent that it is for$"):
        await book.plan("run", [{"command": "status"}], [])
    nobody = submissions(demo.reach, entry(KIND, "run", {"url": url}, fields=FIELDS[:2]))
    assert "name an agent that it is for" in nobody.templates()[0].error
    named = submissions(demo.reach, demo.template(agent="worker-9"))
    assert [row.for_agents for row in named.templates()] == [False]
    assert (await named.plan("run", [{"command": "status"}], [])).items
    by_field = submissions(demo.reach, demo.template(agent="{project}"))
    with pytest.raises(RefusedError, match="item 1: project: whom the task is for is missing"):
        await by_field.plan("run", [{"command": "status"}], [])


async def test_of_a_queue_whose_rate_is_not_known_no_time_is_said_and_of_none_nothing(demo: Demo) -> None:
    _up(demo.reach, "worker-1")
    demo.reach.store.queues.put("jobs", Queue(name="jobs", kind="coordinator", queued=31))
    plan = await submissions(demo.reach, demo.template()).plan("run", [{"command": "status"}], ["worker-1"])
    assert plan.effects == ("queue jobs: 31 waiting, +1",)
    url = f"http://127.0.0.1:{demo.server.port}"
    without = submissions(demo.reach, entry(KIND, "run", {"url": url}, fields=FIELDS, agents="name:worker"))
    assert (await without.plan("run", [{"command": "status"}], ["worker-1"])).effects == ()


# ── faults ──


async def _one(tmp_path: Path, answer: bytes | None, tasks: list[dict[str, Any]]) -> tuple[Any, Any, int]:
    analytics = json.dumps({"analytics": {"total_tasks": len(tasks), "recent_tasks": tasks}})
    pages = {"POST /run": answer, "GET /api/tasks/analytics": page_of(200, analytics)}
    http = client()
    reach = reach_of(http, tmp_path)
    async with RawServer(pages) as server:
        options = {"url": server.url, "register": False, "ask_allowed": False}
        book = submissions(reach, entry(KIND, "run", options, fields=FIELDS))
        plan = await book.plan("run", [{"command": "status", "agent": "a"}], [])
        doer = book.doer("run")
        assert doer is not None
        sent = await carry_out(reach, doer, plan)
        seen = await doer.look(plan, {0: {**sent.found[0], "key": plan.key}}, NOON)
        await http.aclose()
        return sent.last, seen[0], server.heads("/run")


LIKE = {"id": "t-1", "agent": "a", "command": "status", "project": None, "status": "success"}


@pytest.mark.parametrize("answer", [None, b"HTTP/1.0 200 OK\r\nContent-Le", page_of(200, '{"ok": tr')[:-30]])
async def test_an_answer_that_was_cut_is_unknown_and_is_not_sent_again(tmp_path: Path, answer: bytes | None) -> None:
    read, seen, times = await _one(tmp_path, answer, [LIKE])
    assert read.verdict is Verdict.UNKNOWN and times == 1
    # A task like it ended well; nothing proves that it is ours.
    assert seen.state is ActionState.UNKNOWN and seen.sentence.startswith("probably task t-1")


async def test_a_task_whose_answer_was_lost_is_not_taken_for_the_one_beside_it(tmp_path: Path) -> None:
    analytics = json.dumps({"analytics": {"total_tasks": 1, "recent_tasks": [LIKE]}})
    http = client()
    reach = reach_of(http, tmp_path)
    async with RawServer({"GET /api/tasks/analytics": page_of(200, analytics)}) as server:
        options = {"url": server.url, "register": False, "ask_allowed": False}
        book = submissions(reach, entry(KIND, "run", options, fields=FIELDS))
        plan = await book.plan("run", [{"command": "status", "agent": "a"}] * 2, [])
        first = Item(words="a status", state=ActionState.SUCCEEDED, found={"task_id": "t-1"})
        lost = Item(words="a status", state=ActionState.UNKNOWN)
        state = ActionState.UNKNOWN
        reach.store.actions.put(plan.key, Action(id=plan.key, plan=plan, state=state, items=(first, lost)))
        doer = book.doer("run")
        assert doer is not None
        seen = await doer.look(plan, {1: {"key": item_key(plan.key, 1)}}, NOON)
        await http.aclose()
    assert seen[1].state is ActionState.FAILED and "it was not queued" in seen[1].sentence


async def test_a_task_that_is_not_listed_was_not_queued(tmp_path: Path) -> None:
    _, seen, _ = await _one(tmp_path, None, [{**LIKE, "command": "analyze"}])
    assert seen.state is ActionState.FAILED and "it was not queued" in seen.sentence


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (page_of(200, '{"ok": true}'), Verdict.UNKNOWN),
        (page_of(200, '{"error": "no"}'), Verdict.REFUSED),
        (page_of(400, '{"error": "agent_and_command_required"}'), Verdict.REFUSED),
        (page_of(500, '{"error": "internal_server_error: x"}'), Verdict.UNKNOWN),
        (page_of(502, "<html>"), Verdict.UNKNOWN),
        (page_of(503, '{"error": "ai_service_unavailable"}'), Verdict.FAILED),
        (page_of(302, "", Location="http://elsewhere/"), Verdict.REFUSED),
        (page_of(429, '{"error": "rate_limited"}', Retry_After="7"), Verdict.AGAIN),
    ],
)
async def test_an_answer_is_not_more_than_it_says(tmp_path: Path, answer: bytes, verdict: Verdict) -> None:
    read, _, times = await _one(tmp_path, answer, [])
    assert read.verdict is verdict and times == 1


async def test_a_private_field_is_in_no_record(demo: Demo) -> None:
    fields = [{"name": "command"}, {"name": "project", "private": True}]
    template = entry(
        KIND, "run", {"url": f"http://127.0.0.1:{demo.server.port}", "register": False, "agent": "a"}, fields=fields
    )
    book = submissions(demo.reach, template)
    plan = await book.plan("run", [{"command": "status", "project": "hush-hush"}], [])
    assert "hush-hush" not in repr(public(plan)) and plan.values == ({"command": "status"},)


async def test_a_template_that_cannot_be_used_is_a_row_with_its_error(demo: Demo) -> None:
    bad = entry(KIND, "bad", {"url": "http://127.0.0.1:1", "command": "{kommand}"}, fields=FIELDS)
    worse = entry(KIND, "worse", {"url": "http://127.0.0.1:1"}, fields=FIELDS, agents="(state:up")
    book = submissions(demo.reach, bad, worse, demo.template())
    errors = {row.name: row.error for row in book.templates()}
    assert "there is no field kommand" in errors["bad"] and errors["worse"].startswith("agents: ") and not errors["run"]
    with pytest.raises(RefusedError, match="cannot be used"):
        await book.plan("bad", [{}], [])
