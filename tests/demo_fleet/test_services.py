"""Services with revisions: the bad one burns, rolling back heals at once, and a key counts once."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo_fleet.scenario import CYCLE_S, Effect
from demo_fleet.services import Services
from demo_fleet.world import World
from tests.demo_fleet.fleets import Frozen, frozen
from tests.demo_fleet.wire import Got, get, post

pytestmark = pytest.mark.anyio
SERVICE, SICK = "mcp-gateway", "mcp-gateway-2"


async def revisions(it: Frozen, service: str = SERVICE) -> Any:
    return json.loads((await get(it.fleet.api_url("services") + f"/services/{service}/revisions")).body)


async def roll(it: Frozen, body: object, service: str = SERVICE, key: str = "") -> Got:
    headers = {"Idempotency-Key": key} if key else {}
    url = it.fleet.api_url("services") + f"/services/{service}/roll"
    return await post(url, json.dumps(body).encode(), headers)


def counts(it: Frozen, name: str = SICK) -> tuple[int, int]:
    agent = it.fleet.world.agent(name, it.fleet.moment().t)
    return agent.completed, agent.failed


async def test_the_bad_revision_is_listed_from_its_first_roll_out_on(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        names = json.loads((await get(it.fleet.api_url("services") + "/services")).body)["services"]
        assert names == ["mcp-gateway", "model-server"]
        before = await revisions(it)
        await it.to(110)
        after = await revisions(it)
    assert len(before["revisions"]) == 3
    bad, good = after["revisions"][0], after["revisions"][1]
    assert set(bad) == {"id", "version", "at", "author", "changed", "checksum"}
    assert (before["live"], after["live"]) == (good["id"], bad["id"])
    assert bad["at"] == "2026-01-31T12:01:36Z"
    assert [one["at"] for one in after["revisions"]] == sorted((one["at"] for one in after["revisions"]), reverse=True)
    assert {one["name"]: one["revision"] for one in after["instances"]} == {
        "mcp-gateway-1": good["id"],
        SICK: bad["id"],
    }


async def test_rolling_back_heals_at_once_and_for_the_rest_of_the_cycle(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        await it.to(130)
        listed = await revisions(it)
        good = listed["revisions"][1]
        sick = counts(it)
        answer = await roll(it, {"to": good["id"], "share": 1, "key": "k1"})
        assert answer.status == 200
        assert json.loads(answer.body) == {"ok": True, "rolled": [SICK], "live": good["id"]}
        health = json.loads((await get(it.fleet.url(SICK, "health"))).body)
        assert (health["version"], health["uptime_seconds"]) == (good["version"], 0.0)
        await it.to(157)
        healed = counts(it)
        assert healed[0] - sick[0] > 5
        assert healed[1] - sick[1] <= 1
        for t in (170, 300, 359):
            await it.to(t)
            assert (await revisions(it))["live"] == good["id"]
        assert json.loads((await get(it.fleet.url(SICK, "health"))).body)["uptime_seconds"] == 359 - 130
        await it.to(CYCLE_S + 120)
        assert Effect.FAILING in it.fleet.world.releases.effects(SICK, CYCLE_S + 120)
        assert (await revisions(it))["live"] == listed["live"]


async def test_rolling_to_the_bad_revision_breaks_until_it_is_taken_back(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        await it.to(170)
        bad, good = (one["id"] for one in (await revisions(it))["revisions"][:2])
        assert len(json.loads((await roll(it, {"to": bad})).body)["rolled"]) == 2
        before = counts(it, "mcp-gateway-1")
        await it.to(230)
        after = counts(it, "mcp-gateway-1")
        assert after[1] - before[1] > 3 * (after[0] - before[0]) / 2
        assert json.loads((await roll(it, {"to": good})).body)["live"] == good
        healed = counts(it, "mcp-gateway-1")
        await it.to(290)
        assert counts(it, "mcp-gateway-1")[1] - healed[1] <= 2


async def test_a_share_takes_that_many_and_a_larger_one_goes_on_from_there(tmp_path: Path) -> None:
    async with frozen(tmp_path, agents=240) as it:
        await it.to(120)
        world = it.fleet.world
        bad = {step.target for step in world.scenario.steps if step.effect is Effect.ROLLED_OUT}
        sick = [name for name in world.members(SERVICE) if name in bad]
        assert len(sick) == 3
        good = (await revisions(it))["revisions"][1]["id"]
        seen = []
        for share in (0.1, 0.5, 0.5, 1.0, 1.0):
            answer = json.loads((await roll(it, {"to": good, "share": share})).body)
            seen.append((len(answer["rolled"]), answer["live"] == good))
            assert sum(Effect.FAILING in world.releases.effects(name, 120) for name in sick) == 3 - sum(
                count for count, _ in seen
            )
    assert seen == [(1, False), (1, False), (0, False), (1, True), (0, True)]


async def test_a_repeated_key_answers_the_same_and_does_nothing(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        await it.to(130)
        bad, good = (one["id"] for one in (await revisions(it))["revisions"][:2])
        first = await roll(it, {"to": good}, key="once")
        await it.to(140)
        await roll(it, {"to": bad}, key="back")
        again = await roll(it, {"to": good}, key="once")
        assert again.body == first.body
        assert (await revisions(it))["live"] == bad


@pytest.mark.parametrize(
    ("body", "service", "status"),
    [
        ({"to": "r999"}, SERVICE, 404),
        ({"to": "r1"}, "no-such", 404),
        ({"share": 1}, SERVICE, 400),
        ([], SERVICE, 400),
        ({"to": "r1", "share": 0}, SERVICE, 400),
        ({"to": "r1", "share": True}, SERVICE, 400),
        ({"to": "r1", "share": 1.5}, SERVICE, 400),
    ],
)
async def test_what_cannot_be_done_is_an_error_with_a_sentence(
    tmp_path: Path, body: object, service: str, status: int
) -> None:
    async with frozen(tmp_path) as it:
        answer = await roll(it, body, service)
        assert answer.status == status
        assert json.loads(answer.body)["error"]


async def test_what_is_not_live_any_more_is_a_conflict(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        good, older = (one["id"] for one in (await revisions(it))["revisions"][:2])
        assert (await roll(it, {"to": older, "from": older})).status == 409
        assert (await revisions(it))["live"] == good
        assert (await roll(it, {"to": older, "from": good})).status == 200
        assert (await get(it.fleet.api_url("services") + f"/services/{SERVICE}/roll")).status == 405


def test_a_bad_release_that_stays_reaches_all_gateways_until_the_cycle_ends() -> None:
    world = World(7, 24, bad_stays=True)
    Services(world)
    for t in (110, 200, 340):
        assert all(Effect.FAILING in world.releases.effects(name, t) for name in world.members(SERVICE))
    assert not any(Effect.ROLLED_OUT in world.releases.effects(name, 355) for name in world.members(SERVICE))
    other = [
        step
        for step in world.scenario.steps
        if step.target.startswith("model-server") and step.effect in (Effect.ROLLED_OUT, Effect.FAILING)
    ]
    assert {(step.from_s, step.to_s) for step in other} == {(98, 166), (104, 158)}


@given(
    acts=st.lists(st.tuples(st.floats(0.1, 150), st.integers(0, 3), st.sampled_from([0.1, 0.5, 1.0])), max_size=8),
    step=st.floats(0.5, 40),
)
@settings(max_examples=60)
def test_no_counter_falls_whatever_is_rolled(acts: list[tuple[float, int, float]], step: float) -> None:
    world = World(7, 24)
    service = Services(world).service(SERVICE)
    t, seen = 0.0, {name: world.agent(name, 0.0) for name in service.instances}
    for wait, index, share in [*acts, (400.0, -1, 1.0)]:
        until = t + wait
        while t < until:
            t = min(until, t + step)
            for name, before in seen.items():
                now = world.agent(name, t)
                assert before.completed <= now.completed
                assert before.failed <= now.failed
                assert now.uptime_s >= 0
                seen[name] = now
        if index >= 0:
            service.roll(service.revisions(t)[index % len(service.revisions(t))].id, share, t)
        assert service.live(t) in {revision.id for revision in service.revisions(t)}
