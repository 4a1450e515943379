"""What can be done to a demo fleet: its board of tasks, its trees, its controllers, and the configuration of it all."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.kinds import kind_tables
from config.load import load
from demo_fleet.fleet import DemoFleet
from demo_fleet.trees import CURRENT, PROMPTS, RELEASES, find_git, make_prompts, make_site
from fleet.clock import SystemClock
from fleet.filters.filter import parse_filter
from fleet.views.agents import VIEW
from tests.demo_fleet.fleets import Frozen, frozen
from tests.demo_fleet.wire import Got, ask, get, parsed, post

pytestmark = pytest.mark.anyio


async def give(it: Frozen, body: object, key: str = "") -> Got:
    headers = {"Idempotency-Key": key} if key else {}
    return await post(it.fleet.api_url("services") + "/tasks", json.dumps(body).encode(), headers)


async def board(it: Frozen, path: str) -> Any:
    return json.loads((await get(it.fleet.api_url("services") + path)).body)


async def test_of_two_hundred_tasks_ten_are_refused_and_none_is_there_twice(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        texts = ["forbidden words" if number % 20 == 7 else f"task {number}" for number in range(200)]
        for _ in range(2):  # an intent that is sent again is the same intent
            answers = [await give(it, {"text": text}, f"key-{number}") for number, text in enumerate(texts)]
            assert [answer.status for answer in answers].count(422) == 10
        assert {answer.status for answer in answers} == {200, 422}
        assert (await board(it, "/tasks"))["count"] == 190
        one = json.loads(answers[0].body)
        assert (one["status"], (await board(it, f"/tasks?key={one['key']}"))["count"]) == ("queued", 1)
        await it.to(1)
        assert (await board(it, f"/tasks/{one['id']}"))["status"] == "running"
        await it.to(60)
        assert (await board(it, "/tasks?status=done"))["count"] == 190


async def test_a_task_can_be_cancelled_until_it_has_ended(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        first, second = [json.loads((await give(it, {"text": text})).body)["id"] for text in ("one", "let it fail")]
        url = it.fleet.api_url("services") + "/tasks/"
        assert json.loads(parsed(await ask(url + first, "DELETE")).body)["status"] == "cancelled"
        await it.to(10)
        assert (await board(it, f"/tasks/{first}"))["status"] == "cancelled"
        assert (await board(it, f"/tasks/{second}"))["status"] == "failed"
        assert parsed(await ask(url + second, "DELETE")).status == 409
        assert parsed(await ask(url + "nobody", "DELETE")).status == 404


@pytest.mark.parametrize("body", [[], {}, {"text": " "}, {"text": "a", "priority": 0}, {"text": "a", "agent": 1}])
async def test_a_wrong_task_is_refused_with_a_sentence(tmp_path: Path, body: object) -> None:
    async with frozen(tmp_path) as it:
        answer = await give(it, body)
        assert answer.status == 422
        assert json.loads(answer.body)["error"]


async def test_an_api_keeps_its_connections_and_refuses_what_is_no_request(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        port = int(it.fleet.api_url("services").rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 3 + b"HEAD /health HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        assert answer.count(b"HTTP/1.1 200 OK") == 4
        assert answer.endswith(b"\r\n\r\n")
        writer.close()
        for request, status in (
            (b"nonsense\r\n\r\n", 400),
            (b"POST /tasks HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
            (b"POST /tasks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
            (b"POST /tasks HTTP/1.1\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{", 400),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n")
            assert head.split()[1] == str(status).encode()
            writer.close()


async def test_what_an_operator_queues_is_carried_out_by_the_controllers(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        url, free = it.fleet.coordinator_url, {"X-Client-Id": "test_client"}

        async def states() -> list[str]:
            answer = json.loads((await get(url + "/api/tasks/analytics", free)).body)
            known = {task["id"]: task["status"] for task in answer["analytics"]["recent_tasks"]}
            return [known[task_id] for task_id in queued]

        await it.to(1)
        queued = []
        for command in ("status", "modify-fail", "quantum_finance"):
            answer = await post(url + "/run", json.dumps({"agent": "coder-1", "command": command}).encode(), free)
            queued.append(json.loads(answer.body)["task_id"])
        assert await states() == ["queued"] * 3
        await it.to(4.5)
        assert await states() == ["running"] * 3
        again = await post(url + "/execute_task", json.dumps({"task_id": queued[0]}).encode(), free)
        assert (again.status, json.loads(again.body)["status"]) == (409, "running")
        await it.to(7)
        assert await states() == ["success", "failed", "error"]


def test_the_trees_have_something_to_roll_back_to(tmp_path: Path) -> None:
    make_site(tmp_path)
    make_site(tmp_path)
    assert (tmp_path / CURRENT).resolve().name == max(path.name for path in (tmp_path / RELEASES).iterdir())
    git = find_git()
    if git is None:
        pytest.skip("no git")
    make_prompts(tmp_path, git)
    tags = subprocess.run([git, "tag"], cwd=tmp_path / PROMPTS, capture_output=True, text=True, check=True).stdout
    assert tags.split() == ["v1.0.0", "v1.1.0", "v1.2.0"]
    dirty = subprocess.run([git, "status", "-s"], cwd=tmp_path / PROMPTS, capture_output=True, check=True).stdout
    assert dirty == b""


async def test_the_configuration_can_be_loaded_and_names_all_that_can_be_done(tmp_path: Path) -> None:
    async with DemoFleet(clock=SystemClock(), folder=tmp_path) as fleet:
        fleet.write_config(tmp_path / "fleetdeck.yaml")
        config = load(tmp_path / "fleetdeck.yaml", kind_tables())
        assert not [note for note in fleet.notes if "git" in note]
        templates, rollbacks = ({entry.name: entry for entry in part} for part in (config.templates, config.rollbacks))
        assert {"run", "ingest", "task", "say"} <= set(templates)
        assert {"mcp-gateway", "model-server", "status-page"} <= set(rollbacks)
        assert ("prompts" in rollbacks) == (find_git() is not None)
        assert ({"embed", "chunk"} <= set(templates)) == (fleet.redis_url is not None)
        for entry in (*config.templates, *config.rollbacks):
            parse_filter(entry.head.agents, VIEW)
        slos, gates = {slo.name for slo in config.slos}, set(config.gates)
        assert gates
        for entry in config.rollbacks:
            gate = getattr(entry.head, "gate", None)
            assert gate is None or gate in gates
        assert slos
    assert (tmp_path / PROMPTS).exists() == (find_git() is not None)


async def test_the_stages_end_with_all_instances_and_allow_what_is_not_rolled_yet(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        rollbacks = {one["name"]: one for one in yaml.safe_load(it.fleet.config_text())["rollbacks"]}
        stages = rollbacks["mcp-gateway"]["stages"]
        assert [stage["share"] for stage in stages] == [0.1, 0.5, 1.0]
        assert [stage["target"] for stage in stages] == ["<=1", "<=1", "<=0"]
        assert "prompts" not in rollbacks  # the bytes of a repository are no function of the script
