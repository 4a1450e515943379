"""The script of tools-automation: one that behaves as the contract says is really called, in a folder of its own."""

import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from actions.rollbacks.tools_automation import messages
from fleet.actions.action import ActionState
from fleet.actions.plan import CommandRun, FileWork
from tests.actions.rollbacks.bench import Bench, bench, program

_SCRIPT = """#!/usr/bin/env python3
# Stands in for rollback.sh: its root is the parent of its folder, what is there is deleted, and it ends with 0.
import pathlib, shutil, sys, tarfile, urllib.request
root = pathlib.Path(__file__).resolve().parent.parent
def say(level, text):
    print(f"\\x1b[32m{level}: {text}\\x1b[0m")
    print(f"2026-03-01 12:00:00 - {level}: {text}")
words = sys.argv[1:]
if words[:1] == ["list"]:
    (root / "logs").mkdir(exist_ok=True)
    say("INFO", "Available backups")
elif words[:1] == ["rollback"] and len(words) == 3:
    if not (root / "logs").is_dir():
        say("INFO", "Starting rollback procedure")
        sys.exit(1)
    if words[2] == "false":
        try:
            urllib.request.urlopen("MCP/health", timeout=60).read()
        except OSError:
            say("ERROR", "MCP server is not healthy")
            sys.exit(1)
    say("INFO", "Starting rollback procedure")
    for entry in root.iterdir():
        keep = ("logs", "backups", "rollback.sh")
        if entry.name in keep or entry.name.endswith((".log", ".tar.gz")):
            continue
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not BROKEN:
        with tarfile.open(words[1]) as tar:
            tar.extractall(root)
    say("SUCCESS", "Rollback procedure completed successfully")
else:
    input("menu> ")
"""


class _Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        body = json.dumps({"ok": self.status == 200}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def coordinator() -> Iterator[tuple[str, type[_Health]]]:
    """(address, handler whose `status` /health answers)."""
    handler = type("Health", (_Health,), {})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _project(root: Path, mcp: str, *, broken: bool = False) -> dict[str, object]:
    """A project `work` with the script in a folder of it, and a backup of an older state."""
    work = root / "work"
    for folder in (work / "bin", work / "backups", work / "config", root / "kept"):
        folder.mkdir(parents=True)
    program(work / "bin" / "rollback.sh", _SCRIPT.replace("MCP", mcp).replace("BROKEN", str(broken)))
    (work / "agent_dashboard_api.py").write_text("old\n")
    (work / "config" / "agents.json").write_text("{}")
    with tarfile.open(work / "backups" / "backup_20260201_101500_full.tar.gz", "w:gz") as tar:
        for name in ("agent_dashboard_api.py", "config", "bin"):
            tar.add(work / name, f"./{name}")
    (work / "agent_dashboard_api.py").write_text("new and bad\n")
    return {
        "kind": "tools_automation",
        "name": "automation",
        "script": "work/bin/rollback.sh",
        "archive_to": "kept",
        "mcp": mcp,
    }


async def _facts(it: Bench) -> dict[str, str]:
    plan = await it.book.plan("automation")
    return {fact.name: fact.value for fact in plan.facts if fact.bad}


@pytest.mark.anyio
async def test_it_is_archived_then_called_exactly_so_and_judged_by_the_files(
    tmp_path: Path, coordinator: tuple[str, type[_Health]]
) -> None:
    rolled = _project(tmp_path, coordinator[0])
    work = tmp_path / "work"
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("automation")
        backup = work / "backups" / "backup_20260201_101500_full.tar.gz"
        assert plan.revision == backup.name
        archive, listing, rolling = (step.effect for step in plan.steps)
        assert isinstance(archive, FileWork)
        assert (archive.work, archive.source) == ("archive", str(work))
        assert Path(archive.path).parent == tmp_path / "kept"
        assert isinstance(listing, CommandRun)
        assert isinstance(rolling, CommandRun)
        assert listing.argv[1:] == ("list",)
        assert rolling.argv[1:] == ("rollback", str(backup), "false")
        facts = {fact.name: fact.value for fact in plan.facts}
        assert facts["project root"] == f"{work} (the parent of {work / 'bin'})"
        assert facts["deletes"] == "3 entries: agent_dashboard_api.py, bin, config"
        assert f"deleted: {work / 'config'}" in plan.blast
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        assert (work / "agent_dashboard_api.py").read_text() == "old\n"
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert undone.state is ActionState.SUCCEEDED
        assert (work / "agent_dashboard_api.py").read_text() == "new and bad\n"


@pytest.mark.anyio
async def test_a_script_that_deletes_and_ends_with_0_has_not_succeeded(
    tmp_path: Path, coordinator: tuple[str, type[_Health]]
) -> None:
    rolled = _project(tmp_path, coordinator[0], broken=True)
    async with bench(tmp_path, rolled) as it:
        done = await it.carry_out(await it.book.plan("automation"))
        assert done.state is ActionState.RUNNING
        assert "does not say" in done.items[0].sentence
        it.clock.advance(3600)
        assert (await it.seen(done.plan)).state is ActionState.FAILED
        undone = await it.carry_out(await it.book.plan_undo(done))
        assert (tmp_path / "work" / "agent_dashboard_api.py").read_text() == "new and bad\n"
        assert undone.state is ActionState.SUCCEEDED


@pytest.mark.anyio
async def test_the_guard_refuses_a_root_that_is_not_the_project(
    tmp_path: Path, coordinator: tuple[str, type[_Health]]
) -> None:
    rolled = _project(tmp_path, coordinator[0])
    work = tmp_path / "work"
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("automation")
        (work / "photos").mkdir()
        assert list(await _facts(it)) == ["not of the project"]
        assert "photos" in (await _facts(it))["not of the project"]
        doer = it.book.doer("automation")
        assert doer is not None
        assert any("photos" in refusal for refusal in await doer.guards(plan))
        (work / "photos").rmdir()
        (work / "agent_dashboard_api.py").unlink()
        assert "is not in" in (await _facts(it))["agent_dashboard_api.py"]


@pytest.mark.anyio
async def test_a_coordinator_that_answers_503_is_said_and_skipping_is_explicit(
    tmp_path: Path, coordinator: tuple[str, type[_Health]]
) -> None:
    rolled = _project(tmp_path, coordinator[0])
    coordinator[1].status = 503
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("automation")
        assert len(plan.refusals) == 1
        assert "answers 503: the script would refuse" in plan.refusals[0]
    async with bench(tmp_path, {**rolled, "skip_validation": True}) as it:
        plan = await it.book.plan("automation")
        assert plan.refusals == ()
        assert ("skip_validation", "true") in {(fact.name, fact.value) for fact in plan.facts}
        last = plan.steps[-1].effect
        assert isinstance(last, CommandRun)
        assert last.argv[-1] == "true"
        done = await it.carry_out(plan)
        assert done.items[0].sentence == "the coordinator's /health answers 503"


@pytest.mark.anyio
async def test_a_backup_that_became_another_one_is_neither_rolled_to_nor_taken_for_it(
    coordinator: tuple[str, type[_Health]], tmp_path: Path
) -> None:
    rolled = _project(tmp_path, coordinator[0])
    async with bench(tmp_path, rolled) as it:
        plan, doer = await it.book.plan("automation"), it.book.doer("automation")
        assert doer is not None
        work = tmp_path / "work"
        mark = work / "agent_dashboard_api.py"
        mark.write_text("another one\n")
        with tarfile.open(work / "backups" / plan.revision, "w:gz") as tar:
            for name in (mark.name, "config", "bin"):
                tar.add(work / name, f"./{name}")
        mark.write_text("new and bad\n")
        (refusal,) = await doer.guards(plan)
        assert "another one than when this was planned" in refusal
        assert await doer.guards(await it.book.plan("automation")) == ()
        # Where it was exchanged later still, what stands there is what is in it, and yet not what was planned.
        mark.write_text("another one\n")
        seen = await it.seen(plan)
        assert (seen.state is ActionState.SUCCEEDED, refusal in seen.sentence) == (False, True)


def test_every_message_is_read_once() -> None:
    said = "\x1b[31mERROR: no disk\x1b[0m\n2026-03-01 12:00:00 - ERROR: no disk\n2026-03-01 12:00:01 - done\nnoise\n"
    assert messages(said) == [("ERROR", "no disk"), ("", "done")]
