"""The demo fleet in a process of its own, as `fleetdeck demo --serve` runs it, shared by the tests of the command."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real_prometheus import eventually

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The configuration that watches a demo fleet of 24 agents, six times as fast as life."""
    with demo_fleet(tmp_path_factory.mktemp("demo")) as file:
        yield file


@contextmanager
def demo_fleet(folder: Path) -> Iterator[Path]:
    """Such a fleet, for as long as the context is open."""
    file = folder / "fleetdeck.yaml"
    command = [sys.executable, "-m", "demo_fleet", "-o", str(file), "--speed", "6", "--until-stdin-closes"]
    fleet = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        eventually(lambda: file if file.exists() else _alive(fleet))
        yield file
    finally:
        fleet.communicate(timeout=60)
    assert fleet.returncode == 0


def _alive(fleet: "subprocess.Popen[bytes]") -> None:
    assert fleet.poll() is None, fleet.communicate()[1].decode()


def environment(tmp_path: Path) -> dict[str, str]:
    """State and configuration folders of its own for a command that runs in `tmp_path`."""
    return {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


@pytest.fixture
def fleetdeck(tmp_path: Path) -> Run:
    """Runs the command in an empty folder, with state and configuration folders of its own."""

    def run(*arguments: str, timeout: float = 60, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path) | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
