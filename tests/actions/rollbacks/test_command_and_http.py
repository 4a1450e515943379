"""Definitions of one's own, by programs and over HTTP; the demo fleet's API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fleet.actions.action import ActionState
from fleet.actions.plan import CommandRun, Fact, HttpRequest
from fleet.actions.verdict import step_key
from fleet.errors import ConfigError, OutsideError, RefusedError
from tests.actions.rollbacks.bench import bench, entries_of, program

_TOOL = """#!/usr/bin/env python3
import json, pathlib, sys
state = pathlib.Path(__file__).with_name("live")
words = sys.argv[1:]
if words[0] == "list":
    for number in (3, 2, 1):
        print(json.dumps({"id": f"v{number}", "date": f"2026-02-0{number}T00:00:00Z", "user": "ann\\x1b[2J",
                          "message": f"change {number}"}))
elif words[0] == "live":
    print(state.read_text() if state.exists() else "v3")
elif words[0] == "to":
    print("rolling", *words[1:])
    state.write_text(words[1])
elif words[0] == "verify":
    sys.exit(0 if words[1] != "v1" else 3)
elif words[0] == "undo":
    state.write_text(words[2])
"""


def _tool(root: Path, **more: object) -> dict[str, object]:
    path = str(program(root / "tool", _TOOL))
    return {
        "kind": "command",
        "name": "planner",
        "list": [path, "list"],
        "live": [path, "live"],
        "to": [path, "to", "{to}", "{percent}"],
        "verify": [path, "verify", "{to}"],
        **more,
    }


@pytest.mark.anyio
async def test_programs_list_roll_and_verify(tmp_path: Path) -> None:
    async with bench(tmp_path, _tool(tmp_path)) as it:
        known = await it.book.revisions("planner")
        assert next((one.id, one.live, one.author) for one in known.revisions) == ("v3", True, "ann\\x1b[2J")
        plan = await it.book.plan("planner", "v2", staged=True)
        runs = [step.effect for step in plan.steps if isinstance(step.effect, CommandRun)]
        assert [run.argv[1:] for run in runs] == [("to", "v2", "10"), ("to", "v2", "50"), ("to", "v2", "100")]
        assert [(stage.title, stage.share) for stage in plan.stages] == [("10 %", 0.1), ("50 %", 0.5), ("100 %", 1.0)]
        assert set(runs[0].env) == {"PATH", "LC_ALL", "TZ", "HOME"}
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        assert await it.book.live_of(plan) == "v2"
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert (undone.state, await it.book.live_of(plan)) == (ActionState.SUCCEEDED, "v3")


@pytest.mark.anyio
async def test_what_is_live_and_not_verified_has_not_succeeded(tmp_path: Path) -> None:
    async with bench(tmp_path, _tool(tmp_path)) as it:
        done = await it.carry_out(await it.book.plan("planner", "v1"))
        assert (done.state, done.items[0].sentence) == (ActionState.RUNNING, "not verified: 3 of tool: ")
        it.clock.advance(3600)
        assert (await it.seen(done.plan)).state is ActionState.FAILED


@pytest.mark.anyio
async def test_what_verifies_gets_the_name_of_the_revision_and_stands_in_the_plan(tmp_path: Path) -> None:
    names = {"c0ffee": "v1.4", "decade": "v1.5"}
    listing = f"import json\nprint(json.dumps([{{'id': i, 'name': n}} for i, n in {names!r}.items()]))"
    lister = program(tmp_path / "lister", f"#!/usr/bin/env python3\n{listing}\n")
    state = tmp_path / "live"
    state.write_text("decade")
    roller = program(tmp_path / "roller", f'#!/bin/sh\nprintf %s "$1" > {state}\n')
    verifier = program(tmp_path / "verifier", '#!/bin/sh\ntest "$1" = v1.4\n')
    rolled = {
        "kind": "command",
        "name": "x",
        "list": [str(lister)],
        "live": ["cat", str(state)],
        "to": [str(roller), "{to}"],
        "verify": [str(verifier), "{name}"],
    }
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("x", "c0ffee")
        assert Fact("verified by", f"{verifier} v1.4, which must end with 0") in plan.facts
        done = await it.carry_out(plan)
        assert (done.state, done.items[0].sentence) == (ActionState.SUCCEEDED, "v1.4 (c0ffee) is live")


@pytest.mark.anyio
async def test_the_own_way_of_undoing_is_taken(tmp_path: Path) -> None:
    path = str(tmp_path / "tool")
    async with bench(tmp_path, _tool(tmp_path, undo=[path, "undo", "{to}", "{live}"])) as it:
        done = await it.carry_out(await it.book.plan("planner", "v2"))
        plan = await it.book.plan_undo(done)
        effect = plan.steps[0].effect
        assert isinstance(effect, CommandRun)
        assert effect.argv[1:] == ("undo", "v2", "v3")
        assert (await it.carry_out(plan)).state is ActionState.SUCCEEDED


@pytest.mark.anyio
@pytest.mark.parametrize("id_", ["--all", "-rf", "v1\n--force", "../../etc", "$(reboot)", "v1; reboot", "⟦key⟧", " "])
async def test_an_id_that_is_none_is_put_into_no_command(tmp_path: Path, id_: str) -> None:
    tool = program(tmp_path / "liar", f"#!/usr/bin/env python3\nimport json\nprint(json.dumps([{{'id': {id_!r}}}]))\n")
    rolled = {"kind": "command", "name": "x", "list": [str(tool)], "to": [str(tool), "{to}"]}
    async with bench(tmp_path, rolled) as it:
        known = await it.book.revisions("x")
        for one in known.revisions:
            with pytest.raises(RefusedError):
                await it.book.plan("x", one.id)


@pytest.mark.anyio
async def test_lines_are_read_by_a_pattern(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool", "#!/bin/sh\necho 'id   when'\necho '* r2 2026-02-02'\necho '  r1 2026-02-01'\n")
    lines = r"(?P<live>\*)? *(?P<id>r[0-9]+) (?P<at>[0-9-]+)"
    rolled = {"kind": "command", "name": "x", "list": [str(tool)], "to": [str(tool), "{to}"], "lines": lines}
    async with bench(tmp_path, rolled) as it:
        assert [(one.id, one.live) for one in (await it.book.revisions("x")).revisions] == [("r2", True), ("r1", False)]


@pytest.mark.anyio
async def test_a_program_that_fails_is_told_and_stands_in_the_row(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool", "#!/bin/sh\necho 'no such cluster' >&2\nexit 4\n")
    async with bench(tmp_path, {"kind": "command", "name": "x", "list": [str(tool)], "to": [str(tool), "{to}"]}) as it:
        with pytest.raises(OutsideError, match="4 of tool: no such cluster"):
            await it.book.revisions("x")
        (row,) = await it.book.look()
        assert "no such cluster" in row.error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"list": ["ls"], "to": ["{to}"]}, "takes no placeholder"),
        ({"list": ["ls"], "to": ["roll", "{revision}"]}, "there is no value for"),
        ({"list": [], "to": ["roll"]}, "list"),
    ],
)
def test_a_wrong_definition_is_named(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        entries_of(tmp_path, [{"kind": "command", "name": "x", **options}])


# ── HTTP ──


class _Service(BaseHTTPRequestHandler):
    """Instances that are rolled as the demo fleet's are."""

    instances: ClassVar[dict[str, str]] = {}
    posted: ClassVar[list[dict[str, Any]]] = []
    deaf = False

    def do_GET(self) -> None:
        ids = set(self.instances.values())
        self._say(
            {
                "service": "gateway",
                "live": ids.pop() if len(ids) == 1 else "r3",
                "revisions": [
                    {
                        "id": f"r{number}",
                        "version": f"1.{number}.0",
                        "at": f"2026-02-0{number}T00:00:00Z",
                        "author": "ann",
                        "changed": f"change {number}",
                        "checksum": "0",
                    }
                    for number in (3, 2, 1)
                ],
                "instances": [{"name": name, "revision": at} for name, at in self.instances.items()],
            }
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.posted.append({**body, "header": self.headers.get("Idempotency-Key")})
        names = list(self.instances)[: ceil(body["share"] * len(self.instances))]
        if not self.deaf:
            self.instances.update(dict.fromkeys(names, body["to"]))
        self._say({"ok": True, "rolled": names})

    def _say(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def service() -> Iterator[tuple[str, type[_Service]]]:
    """(address, handler with the instances)."""
    handler = type("Handler", (_Service,), {"instances": {f"gw-{n}": "r3" for n in range(10)}, "posted": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.anyio
async def test_a_service_of_the_demo_fleet_is_rolled_in_stages(
    tmp_path: Path, service: tuple[str, type[_Service]]
) -> None:
    rolled = {"kind": "demo", "name": "gateway", "url": service[0], "service": "gateway"}
    async with bench(tmp_path, rolled) as it:
        known = await it.book.revisions("gateway")
        assert [(one.id, one.name, one.live) for one in known.revisions][:2] == [
            ("r3", "1.3.0", True),
            ("r2", "1.2.0", False),
        ]
        plan = await it.book.plan("gateway", "1.2.0", staged=True)
        assert plan.steps[0].title == "roll 10 % to 1.2.0 (r2), 1 of 10 instances"
        assert "instance gw-0, at 1.3.0 (r3)" in plan.blast
        bodies = [json.loads(step.effect.body) for step in plan.steps if isinstance(step.effect, HttpRequest)]
        assert [body["share"] for body in bodies] == [0.1, 0.5, 1.0]
        keys = [body["key"] for body in bodies]
        assert len(set(keys)) == 3
        assert keys == [step_key(plan, step) for step in plan.steps], "the header says the same"
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        assert set(service[1].instances.values()) == {"r2"}
        assert (await it.carry_out(await it.book.plan_undo(done))).state is ActionState.SUCCEEDED
        assert set(service[1].instances.values()) == {"r3"}


@pytest.mark.anyio
async def test_a_target_that_says_ok_and_does_nothing_has_not_succeeded(
    tmp_path: Path, service: tuple[str, type[_Service]]
) -> None:
    service[1].deaf = True
    rolled = {"kind": "demo", "name": "gateway", "url": service[0], "service": "gateway"}
    async with bench(tmp_path, rolled) as it:
        done = await it.carry_out(await it.book.plan("gateway", "r2"))
        assert (done.state, done.items[0].sentence) == (ActionState.RUNNING, "1.3.0 (r3) is live, not 1.2.0 (r2)")
        assert len(service[1].posted) == 1


@pytest.mark.anyio
async def test_requests_of_ones_own_keep_the_secret_out_of_the_plan(
    tmp_path: Path, service: tuple[str, type[_Service]]
) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2")
    secret.chmod(0o600)
    rolled = {
        "kind": "http",
        "name": "gateway",
        "list": f"{service[0]}/revisions",
        "to": {"url": f"{service[0]}/roll/{{to}}", "body": {"to": "{to}", "share": 1}},
        "auth": {"secret": {"file": "token"}},
    }
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("gateway", "r1")
        assert "hunter2" not in repr(plan)
        effect = plan.steps[0].effect
        assert isinstance(effect, HttpRequest)
        assert effect.url == f"{service[0]}/roll/r1"
        assert (await it.carry_out(plan)).state is ActionState.SUCCEEDED
        with pytest.raises(RefusedError, match="in stages"):
            await it.book.plan("gateway", "r2", staged=True)


@pytest.mark.parametrize("field", ["to", "verify", "undo"])
def test_a_definition_whose_secret_another_server_would_get_is_refused(field: str, tmp_path: Path) -> None:
    ours, other = "http://127.0.0.1:9000/{to}", "http://127.0.0.1:9001/{to}"
    rolled = {"kind": "http", "name": "gateway", "list": "http://127.0.0.1:9000", "to": {"url": ours}}
    assert entries_of(tmp_path, [{**rolled, field: {"url": other}}])
    with pytest.raises(ConfigError, match=f"{field}: it is another server than that of list"):
        entries_of(tmp_path, [{**rolled, "auth": {"secret": {"env": "TOKEN"}}, field: {"url": other}}])
