"""A dashboard in a real terminal that is ended and started again: it comes back as it was left."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_demo import Terminal
from tests.real_prometheus import eventually

LINE = "agents sort=name columns=state,name,age:9 /planner"

CONFIG = """\
name: kept
every: 1h
discovery:
  - kind: static
    agents: [{name: planner-1}, {name: planner-2}, {name: coder-1}]
host: false
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleetdeck.yaml").write_text(CONFIG)
    return tmp_path


def files(folder: Path) -> list[Path]:
    found = (folder / "state" / "fleetdeck" / "fleets").glob("*")
    return sorted(path for path in found if ".state." not in path.name)


def kept(folder: Path) -> dict[str, Any] | None:
    """What stands in the file of the fleet; None where there is none yet."""
    found = [path for path in files(folder) if path.suffix == ".json"]
    return json.loads(found[0].read_text()) if found else None


def choose(folder: Path, *arguments: str) -> Terminal:
    """A dashboard in which a view was ordered and filtered."""
    dashboard = Terminal(folder, *arguments)
    dashboard.until("Overview")
    dashboard.press(f":{LINE}\r")
    dashboard.until("2/3")
    return dashboard


def ended(dashboard: Terminal) -> int:
    dashboard.press("q")
    return dashboard.ended()


def test_what_was_chosen_is_there_after_a_restart(folder: Path) -> None:
    dashboard = choose(folder)
    # A moment later, without being asked: a crash must not cost the night's arrangements.
    eventually(lambda: True if "agents" in (kept(folder) or {}).get("views", {}) else None)
    assert ended(dashboard) == 0
    assert kept(folder) == {"view": "agents", "views": {"agents": LINE}, "typed": {":": [LINE]}}
    again = Terminal(folder)
    again.until("agents as it was left: /planner")
    assert ended(again) == 0
    assert kept(folder) == {"view": "agents", "views": {"agents": LINE}, "typed": {":": [LINE]}}


def test_a_fresh_start_uses_nothing_and_leaves_what_was_kept(folder: Path) -> None:
    assert ended(choose(folder)) == 0
    before = {path: path.read_bytes() for path in files(folder)}
    fresh = Terminal(folder, "--fresh")
    fresh.until("Overview")
    fresh.press(":tasks faults\r")
    fresh.until("faults only")
    assert ended(fresh) == 0
    assert {path: path.read_bytes() for path in files(folder)} == before


def test_a_broken_file_is_moved_aside_and_named(folder: Path) -> None:
    assert ended(choose(folder)) == 0
    path = next(path for path in files(folder) if path.suffix == ".json")
    path.write_text('{"version": 1, "views": [')
    again = Terminal(folder)
    again.until("cannot be used")
    assert ended(again) == 0
    assert any(found.name.endswith(".json.broken") for found in files(folder))


def test_a_closed_terminal_keeps_it_too(folder: Path) -> None:
    dashboard = choose(folder)
    dashboard.child.kill(signal.SIGHUP)
    dashboard.ended()
    assert (kept(folder) or {}).get("view") == "agents"


def test_the_last_known_state_is_shown_until_discovery_answers(folder: Path) -> None:
    (folder / "agents.json").write_text('[{"targets": ["127.0.0.1:1"], "labels": {"agent": "planner-9"}}]')
    more = "discovery:\n  - {kind: file_sd, files: [agents.json]}\n"
    (folder / "fleetdeck.yaml").write_text(CONFIG.replace("discovery:\n", more))
    dashboard = Terminal(folder, "--view", "agents")
    dashboard.until("coder-1")
    assert ended(dashboard) == 0
    (folder / "agents.json").unlink()
    again = Terminal(folder, "--view", "agents")
    again.until("last known: ")
    assert ended(again) == 0
    fresh = Terminal(folder, "--view", "agents", "--fresh")
    fresh.until("coder-1")
    assert ended(fresh) == 0
    assert "last known" not in fresh.rest
