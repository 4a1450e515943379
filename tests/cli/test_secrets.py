"""A secret in use: it goes to the origin that it was given for, and is in no output, log, picture or process list."""

import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.fuzz.dashboard import Dashboard

TOKEN, PASSWORD = "canary-token-7f3a", "canary-password-91bc"


class Recorder(http.server.ThreadingHTTPServer):
    """Keeps what every request carried, and answers by its path."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is http.server's
                recorder.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status, body, headers = recorder.answers.get(self.path, (404, b"", {}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"


@pytest.fixture
def servers() -> Iterator[tuple[Recorder, Recorder]]:
    pair = Recorder(), Recorder()
    threads = [threading.Thread(target=server.serve_forever) for server in pair]
    for thread in threads:
        thread.start()
    yield pair
    for server, thread in zip(pair, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def fleet(tmp_path: Path, servers: tuple[Recorder, Recorder]) -> Path:
    """A source with a token that names agents at its own origin and at another, one that leads away, and a Redis."""
    own, other = servers
    groups = [
        {"targets": [own.place], "labels": {"agent_name": "near", "__health_path__": "/near"}},
        {"targets": [other.place], "labels": {"agent_name": "far", "__health_path__": "/far"}},
    ]
    own.answers["/sd"] = (200, json.dumps(groups).encode(), {"Content-Type": "application/json"})
    own.answers["/away"] = (302, b"", {"Location": f"http://{other.place}/lured"})
    own.answers["/refused"] = (401, f"your token {TOKEN} is bad".encode(), {"WWW-Authenticate": f"Bearer {TOKEN}"})
    other.answers["/lured"] = (200, b"[]", {"Content-Type": "application/json"})
    secret = tmp_path / "redis.secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    auth = "auth: {scheme: Bearer, secret: {env: FLEET_TOKEN}}"
    (tmp_path / "fleetdeck.yaml").write_text(
        "host: false\ntimeout: 30s\ndiscovery:\n"
        + "".join(
            f"- {{kind: http_sd, url: 'http://{own.place}/{path}', {auth}}}\n" for path in ("sd", "away", "refused")
        )
        + "queues:\n- {kind: redis_list, url: 'redis://127.0.0.1:1/0', key: jobs, password: {file: redis.secret}}\n"
    )
    return tmp_path


def test_a_secret_goes_to_its_own_origin_and_into_no_output(
    fleet: Path, fleetdeck: Run, servers: tuple[Recorder, Recorder]
) -> None:
    said = []
    for arguments in (
        ["get", "sources", "-o", "json"],
        ["get", "agents", "-o", "csv"],
        ["get", "events", "-o", "jsonl"],
        ["screenshot", "sources", "--size", "200x50", "-o", "frame.svg"],
        ["config", "show"],
        ["config", "show", "-o", "json"],
        ["config", "validate"],
    ):
        done = fleetdeck(*arguments, FLEET_TOKEN=TOKEN)
        assert done.returncode == 0, done.stderr
        said += [done.stdout, done.stderr]
    files = [path for path in fleet.rglob("*") if path.is_file() and path.suffix != ".secret"]
    said += [path.read_text(errors="replace") for path in files]
    assert (fleet / "frame.svg") in files
    for canary in (TOKEN, PASSWORD):
        assert canary not in "\n".join(said)
    own, other = servers
    carried = {path: headers.get("authorization") for path, headers in own.seen}
    assert carried["/sd"] == carried["/away"] == f"Bearer {TOKEN}"
    assert carried["/near"] is None
    assert {path for path, _ in other.seen} >= {"/far", "/lured"}
    assert TOKEN not in str(other.seen)


def test_a_running_dashboard_has_no_secret_in_its_arguments_or_on_its_screen(fleet: Path) -> None:
    with Dashboard(["-m", "cli.main"], fleet, {"FLEET_TOKEN": TOKEN}) as dashboard:
        dashboard.press("8", lambda shown: "status 401" in shown, "the source that is refused")
        pid = dashboard.process.pid
        arguments = [Path(f"/proc/{pid}/cmdline").read_bytes()] if os.path.exists("/proc/self/cmdline") else []  # noqa: PTH110
        dashboard.press("q")
        assert dashboard.end() == 0
    assert TOKEN.encode() not in b"".join(arguments)
    assert TOKEN not in dashboard.screen.text()


def test_a_secret_file_that_others_can_read_is_refused_with_words(fleet: Path, fleetdeck: Run) -> None:
    (fleet / "redis.secret").chmod(0o644)
    done = fleetdeck("get", "queues", FLEET_TOKEN=TOKEN)
    assert done.returncode == 2
    assert "can be read by others; chmod 600 it" in done.stderr
    assert PASSWORD not in done.stderr
