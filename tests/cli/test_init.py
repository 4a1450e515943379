"""`fleetdeck init`: what it finds on a real machine, and that what it writes works."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.survey.finds import Finds
from cli.survey.places import known, listening
from cli.survey.text import configuration
from config.kinds import installed_kinds
from config.load import load
from tests.cli.conftest import Run, demo_fleet
from tests.real_redis import RealRedis

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def options(file: Path, section: str, kind: str = "") -> list[Any]:
    entries = getattr(load(file, installed_kinds()), section)
    return [entry.options for entry in entries if kind in ("", entry.kind.name)]


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo fleet of its own: the coordinator of the one that all share answers fifty requests a minute."""
    with demo_fleet(tmp_path_factory.mktemp("fresh")) as file:
        yield file


def test_it_writes_a_configuration_that_watches_what_runs_here(fresh: Path, fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "TODO.md").write_text("# Plan\n- [x] one\n- [ ] two\n- [ ] three\n")
    (tmp_path / "agent_status.json").write_text(json.dumps({"agents": {"planner": {"status": "running"}}}))
    (tmp_path / "tracker.csv").write_text("id,Status,title\n1,Done,a\n2,Open,b\n")
    urls = {agent.health for static in options(fresh, "discovery", "static") for agent in static.agents}

    done = fleetdeck("init")

    assert done.returncode == 0, done.stderr
    file = tmp_path / "fleetdeck.yaml"
    found = {agent.health for static in options(file, "discovery", "static") for agent in static.agents}
    assert urls & found - {None}, "none of the demo's agents was found"
    assert {str(backlog.path) for backlog in options(file, "backlog")} == {"TODO.md", "tracker.csv"}
    assert options(file, "discovery", "agent_status")
    assert options(file, "queues", "coordinator")
    assert fleetdeck("config", "validate").returncode == 0


def test_what_asks_to_wait_is_named(fleetdeck: Run, tmp_path: Path) -> None:
    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(429)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        done = fleetdeck("init")
        server.shutdown()
        thread.join()
    place = f"127.0.0.1:{server.server_port}"
    (said,) = (line for line in done.stderr.splitlines() if line.startswith("There may be more at "))
    assert place in said
    (written,) = (line for line in (tmp_path / "fleetdeck.yaml").read_text().splitlines() if place in line)
    assert written == f"# {said}"


def test_the_queues_of_a_redis_are_found_with_the_lists_beside_them(fleetdeck: Run, tmp_path: Path) -> None:
    with RealRedis(tcp=True) as server, server.client() as client:
        client.rpush("jobs", "a", "b")
        client.rpush("jobs:processing", "c")
        client.rpush("jobs:dead", "d")
        client.xadd("ingest", {"job": "1"})
        client.xgroup_create("ingest", "workers", id="0")
        assert fleetdeck("init").returncode == 0
        port = f":{server.port}/"

    queues = load(tmp_path / "fleetdeck.yaml", installed_kinds()).queues
    mine: list[Any] = [entry.options for entry in queues if port in str(getattr(entry.options, "url", ""))]
    lists = {(queue.key, queue.processing, queue.dead_letter) for queue in mine if hasattr(queue, "key")}
    assert lists == {("jobs", "jobs:processing", "jobs:dead")}
    assert [(queue.stream, queue.group) for queue in mine if hasattr(queue, "stream")] == [("ingest", "workers")]


def test_a_file_that_is_there_stays(fleetdeck: Run, tmp_path: Path) -> None:
    file = tmp_path / "fleetdeck.yaml"
    file.write_text("name: mine\n")
    done = fleetdeck("init")
    assert done.returncode == 1
    assert "fleetdeck.yaml is there already" in done.stderr
    assert file.read_text() == "name: mine\n"
    assert fleetdeck("init", "--force").returncode == 0
    assert "Written by `fleetdeck init`" in file.read_text()


def test_the_standard_output_gets_nothing_but_the_configuration(fleetdeck: Run, tmp_path: Path) -> None:
    done = fleetdeck("init", "-o", "-", "--name", "night shift")
    assert done.returncode == 0
    file = tmp_path / "other.yaml"
    file.write_text(done.stdout)
    assert load(file, installed_kinds()).name == "night shift"
    assert not (tmp_path / "fleetdeck.yaml").exists()


def test_where_nothing_is_found_the_configuration_is_right_and_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "fleetdeck.yaml"
    file.write_text(configuration(Finds(), "empty: [fleet", NOW))
    config = load(file, installed_kinds())
    assert config.name == "empty: [fleet"
    assert not config.entries
    commented = "\n".join(line.removeprefix("#") for line in file.read_text().splitlines() if line.startswith("#   - "))
    for line in commented.splitlines():
        assert line.strip().startswith("- ")
    uncommented = file.read_text().replace("discovery: []", "discovery:").replace("queues: []", "queues:")
    uncommented = uncommented.replace("backlog: []", "backlog:").replace("\n#   ", "\n  ")
    body = "\n".join(line for line in uncommented.splitlines() if not line.startswith("  fleetdeck"))
    file.write_text(body)
    assert len(load(file, installed_kinds()).entries) == 7


def test_nothing_but_loopback_is_asked_unless_told() -> None:
    asked = {place.host for place in [*known(("127.0.0.1",)), *listening()]}
    assert asked <= {"127.0.0.1", "[::1]"}
    assert {place.host for place in known(("10.0.0.5",))} == {"10.0.0.5"}


def test_a_file_whose_name_would_draw_is_left_out(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "TODO\x1b[2J.md").write_text("- [ ] one\n")
    (tmp_path / "PLAN: [x] #1.md").write_text("- [ ] one\n")
    assert fleetdeck("init").returncode == 0
    text = (tmp_path / "fleetdeck.yaml").read_text()
    assert "\x1b" not in text
    assert [str(backlog.path) for backlog in options(tmp_path / "fleetdeck.yaml", "backlog")] == ["PLAN: [x] #1.md"]
