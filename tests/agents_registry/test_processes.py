"""Processes of this machine: real ones, and what they are called."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from agents_registry.program import program_name
from agents_registry.sources.processes import Found, Processes, ProcessesOptions, names, topmost
from config.values import Regex

pytestmark = pytest.mark.anyio

SCRIPT = "import sys; print('up', flush=True); sys.stdin.read()\n"
SECRET = "hunter2-do-not-show"


@asynccontextmanager
async def running(script: Path, *arguments: str) -> AsyncIterator[int]:
    """A process that lives until it is let go; its pid."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    await process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.stdin.close()
        await process.communicate()


def script(folder: Path, name: str = "plan_agent.py") -> Path:
    path = folder / name
    path.write_text(SCRIPT)
    return path


async def test_agents_are_found_by_command_line_and_called_after_their_script(tmp_path: Path) -> None:
    path = script(tmp_path)
    source = Processes(ProcessesOptions(match=Regex(f"{tmp_path}.*--role")), 100)
    assert (await source.discover()).sightings == ()
    async with running(path, "--role", "x", "--api-key", SECRET) as pid, running(path, "--other"):
        found = await source.discover()
    (one,) = found.sightings
    assert (one.name, one.pid, one.process_seen) == ("plan_agent", pid, True)
    assert SECRET not in repr(found)
    assert (await source.discover()).sightings == ()


async def test_the_match_may_name_the_agent(tmp_path: Path) -> None:
    path = script(tmp_path)
    by_group = Processes(ProcessesOptions(match=Regex(rf"{tmp_path}.*--role (?P<name>\w+)")), 100)
    by_option = Processes(ProcessesOptions(match=Regex(str(tmp_path)), agent="worker"), 100)
    async with running(path, "--role", "scout"):
        assert [one.name for one in (await by_group.discover()).sightings] == ["scout"]
        assert [one.name for one in (await by_option.discover()).sightings] == ["worker"]


async def test_several_of_one_script_keep_their_names_as_long_as_they_live(tmp_path: Path) -> None:
    path = script(tmp_path)
    source = Processes(ProcessesOptions(match=Regex(str(tmp_path))), 100)
    async with AsyncExitStack() as second:
        async with running(path) as first_pid:
            second_pid = await second.enter_async_context(running(path))
            pids = {one.name: one.pid for one in (await source.discover()).sightings}
            assert pids == {"plan_agent": first_pid, "plan_agent-2": second_pid}
        pids = {one.name: one.pid for one in (await source.discover()).sightings}
        assert pids == {"plan_agent-2": second_pid}
        async with running(path) as third_pid:
            pids = {one.name: one.pid for one in (await source.discover()).sightings}
            assert pids == {"plan_agent": third_pid, "plan_agent-2": second_pid}


async def test_we_never_find_ourselves(tmp_path: Path) -> None:
    script(tmp_path, "fleetdeck")
    source = Processes(ProcessesOptions(match=Regex("python|pytest")), 100_000)
    async with running(tmp_path / "fleetdeck", "get", "agents") as other_pid:
        pids = {one.pid for one in (await source.discover()).sightings}
    assert os.getpid() not in pids
    assert other_pid not in pids


def test_children_of_the_same_name_belong_to_their_parent() -> None:
    top, worker = Found(1, 10.0, 0, "server"), Found(2, 11.0, 1, "server")
    helper = Found(3, 12.0, 1, "helper")
    assert topmost([worker, helper, top]) == [top, helper]


def test_a_name_that_another_script_has_is_not_given_away() -> None:
    a, b, c = Found(1, 1.0, 0, "x-2"), Found(2, 2.0, 0, "x"), Found(3, 3.0, 0, "x")
    assert list(names([a, b, c], {}).values()) == ["x-2", "x", "x-3"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("python3.11 -u /opt/fleet/planner.py --key abc", "planner"),
        ("/usr/bin/python -m fleet.agents.planner --key abc", "fleet.agents.planner"),
        ("python -W ignore agent.py", "agent"),
        ("python --check-hash-based-pycs always agent.py", "agent"),
        ("python -c secret_code()", "python"),
        ("python -Bc secret_code()", "python"),
        ("python", "python"),
        ("python3 /opt/fleet/planner/__main__.py", "planner"),
        ("bash /agents/agent_debug.sh loop", "agent_debug"),
        ("bash -ec secret", "bash"),
        ("node --token abc server.mjs", "server"),
        ("node --token abc", "node"),
        ("node --token abc secretvalue", "node"),
        ("node -r dotenv/config app.js", "app"),
        ("uv run python agent.py", "agent"),
        ("/usr/bin/env KEY=abc python agent.py", "agent"),
        ("java -Dkey=abc -jar /srv/worker.jar", "worker"),
        ("/usr/local/bin/ollama serve", "ollama"),
        ("-zsh", "zsh"),
    ],
)
def test_a_process_is_called_after_what_it_runs(line: str, name: str) -> None:
    assert program_name(line.split(" ")) == name


def test_a_name_that_is_not_plain_is_not_shown() -> None:
    assert program_name(["python", "/tmp/\x1b]0;x\x07.py"]) == "python"
    assert program_name([]) == ""
