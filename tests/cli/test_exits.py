"""How commands end that are interrupted, or whose output goes nowhere: a code, a sentence, never a traceback."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment

COMMAND = [sys.executable, "-m", "cli.main"]


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[socket.socket]:
    """A server that takes connections and says nothing, and a configuration that watches it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/health"
        (tmp_path / "fleetdeck.yaml").write_text(
            f'timeout: 60s\ndiscovery: [{{kind: static, agents: [{{name: mute, health: "{url}"}}]}}]\n'
        )
        yield server


@pytest.mark.parametrize("arguments", [["get", "agents"], ["screenshot", "agents"], []], ids=" ".join)
def test_an_interrupt_ends_a_sweep(tmp_path: Path, silent: socket.socket, arguments: list[str]) -> None:
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)
            command.send_signal(signal.SIGINT)
            out, words = command.communicate(timeout=30)
    assert (command.returncode, out) == (130, "")
    assert "Traceback" not in words


def test_a_sweep_that_was_too_short_says_so(fleetdeck: Run, silent: socket.socket) -> None:
    for arguments in (["get", "agents"], ["screenshot", "agents"]):
        done = fleetdeck(*arguments, "--wait", "0.3")
        assert (done.returncode, done.stderr) == (0, "fleetdeck: not everything answered within 0.3s\n")
        assert "mute" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["get", "agents"], ["config", "show"], ["completion", "bash"]], ids=" ".join)
def test_a_full_disk_is_a_failure_with_its_reason(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "fleetdeck: No space left on device\n")


def test_a_reader_that_went_away_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("name: x\n")
    with subprocess.Popen(
        [*COMMAND, "config", "show"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        words = command.stderr.read()
    assert (command.returncode, words) == (141, "")
