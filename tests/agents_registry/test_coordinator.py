"""The coordinator's own list of agents and controllers, over a real socket."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents_registry.options import HeaderAuth
from agents_registry.sources.coordinator import Coordinator, CoordinatorOptions
from config.values import HttpUrl, SecretRef
from fleet.errors import Fault, OutsideError
from fleet.model import Discovery
from tests.agents_registry.web import captured, reach, reply, serving
from tests.plain_http import PlainHttp

pytestmark = pytest.mark.anyio


def body(registered: list[Any], controllers: Any = (), **more: Any) -> str:
    agents = {"registered_agents": registered, "controller_details": list(controllers), **more}
    return json.dumps({"ok": True, "agents": agents})


async def discovered(answer: bytes, tmp_path: Path) -> Discovery:
    async with serving() as server:
        server.answer = answer
        return await Coordinator(CoordinatorOptions(url=HttpUrl(server.url)), reach(tmp_path)).discover()


async def test_agents_and_controllers_are_found_with_their_heartbeat(tmp_path: Path) -> None:
    beat = {"agent": "controller", "project": "web", "last_heartbeat": 1770000000.5}
    found = await discovered(reply(body(["alpha", "controller"], [beat], total_agents=2)), tmp_path)
    alpha, controller = found.sightings
    assert (alpha.name, alpha.claim) == ("alpha", None)
    assert (controller.name, controller.kind, controller.labels) == ("controller", "controller", {"project": "web"})
    assert controller.claim and controller.claim.at == datetime.fromtimestamp(1770000000.5, UTC)
    assert found.complete
    assert not found.problems


async def test_one_request_on_one_connection_and_only_one_at_a_time(tmp_path: Path) -> None:
    client = PlainHttp()
    async with serving() as server:
        server.answer = reply(body([]))
        options = CoordinatorOptions(url=HttpUrl(server.url + "/"), client_id="deck")
        found = await Coordinator(options, reach(tmp_path, client=client)).discover()
    assert client.asked == [("/api/agents/status", True, True)]
    assert server.heads[0].startswith("GET /api/agents/status HTTP/1.1\r\n")
    assert "X-Client-Id: deck" in server.heads[0]
    assert found.sightings == ()


async def test_the_secret_goes_into_the_header_and_into_no_repr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECK_TOKEN", "hunter2")
    async with serving() as server:
        server.answer = reply(body([]))
        auth = HeaderAuth(secret=SecretRef(env="DECK_TOKEN"), scheme="Bearer")
        options = CoordinatorOptions(url=HttpUrl(server.url), auth=auth)
        source = Coordinator(options, reach(tmp_path))
        await source.discover()
    assert "Authorization: Bearer hunter2" in server.heads[0]
    assert "hunter2" not in repr(vars(source))


async def test_the_real_answers(shared: Path, tmp_path: Path) -> None:
    folder = shared / "fixtures/tools-automation"
    found = await discovered(captured(folder / "mcp_67_agents_status.http"), tmp_path)
    assert [one.name for one in found.sightings] == ["agent_alpha", "controller_tools"]
    with pytest.raises(OutsideError) as caught:
        await discovered(captured(folder / "mcp_70_rate_limited_429.http"), tmp_path)
    assert caught.value.fault is Fault.RATE_LIMITED


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (
            reply('{"error": "rate_limited"}', status="429 Too Many Requests", more="Retry-After: 7\r\n"),
            Fault.RATE_LIMITED,
        ),
        (reply("<html>", status="500 Oops", content_type="text/html"), Fault.STATUS),
        (reply("<html>not JSON", content_type="text/html"), Fault.PAYLOAD),
        (reply('{"ok": true}'), Fault.PAYLOAD),
        (reply('{"agents": 4}'), Fault.PAYLOAD),
        (reply("[]"), Fault.PAYLOAD),
        (b"", Fault.EMPTY),
    ],
)
async def test_what_is_no_list_is_a_failure(answer: bytes, fault: Fault, tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as caught:
        await discovered(answer, tmp_path)
    assert caught.value.fault is fault
    assert caught.value.retry_after_s == (7 if fault is Fault.RATE_LIMITED else None)


async def test_bad_records_are_said_and_the_good_ones_stay(tmp_path: Path) -> None:
    controllers = [{"agent": "c", "last_heartbeat": "soon"}, {"project": "x"}, 5]
    found = await discovered(reply(body(["a", 7, None, "b"], controllers, total_agents=9)), tmp_path)
    assert [one.name for one in found.sightings] == ["a", "b", "c"]
    assert any("c: last_heartbeat" in text for text in found.problems)
    assert any("counts 9 agents and names 4" in text for text in found.problems)


async def test_a_dashboard_that_answers_on_the_same_route_is_read_and_named(tmp_path: Path) -> None:
    found = await discovered(reply('{"agents": {"coder": {"status": "idle"}}, "last_update": 1}'), tmp_path)
    assert [one.name for one in found.sightings] == ["coder"]
    assert "status file" in found.problems[0]
