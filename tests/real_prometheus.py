"""A real Prometheus for tests: the one on PATH, else the one that `tests/servers.sh` unpacked into `.servers/`.

    with RealPrometheus(config_text, folder) as server:
        server.url                     # http://127.0.0.1:PORT
        server.api("targets")          # the `data` of an API answer

It keeps its data in `folder` and is ended by its pid.
"""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import pytest

T = TypeVar("T")

_UNPACKED = Path(__file__).parents[1] / ".servers" / "usr" / "bin"
_PATIENCE_S = 30.0


def prometheus_binary(name: str = "prometheus") -> str | None:
    """The path of prometheus (or promtool), or None."""
    found = shutil.which(name)
    unpacked = _UNPACKED / name
    return found or (str(unpacked) if unpacked.is_file() else None)


requires_prometheus = pytest.mark.skipif(
    prometheus_binary() is None, reason="no prometheus: none on PATH, and `make servers` could not get one"
)


def free_port() -> int:
    """A loopback port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T | None], patience_s: float = _PATIENCE_S) -> T:
    """The first result of `look` that is not None; fails after `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing after {patience_s:g}s")


class RealPrometheus:
    """One Prometheus process with the given configuration, and more flags."""

    def __init__(self, config: str, folder: Path, *flags: str) -> None:
        binary = prometheus_binary()
        if binary is None:
            pytest.skip("no prometheus: none on PATH, and `make servers` could not get one")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        file = folder / "prometheus.yml"
        file.write_text(config, encoding="utf-8")
        self._log = (folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [
                binary,
                f"--config.file={file}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
                *flags,
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._folder = folder

    def __enter__(self) -> Self:
        try:
            eventually(self._ready)
        except AssertionError:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def api(self, path: str, **parameters: str) -> Any:
        """The `data` of `GET /api/v1/PATH`."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}{query}", timeout=10) as answer:
            return json.load(answer)["data"]

    def _ready(self) -> bool | None:
        if self._process.poll() is not None:
            raise AssertionError((self._folder / "prometheus.log").read_text(encoding="utf-8"))
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return True if answer.status == 200 else None
        except (urllib.error.URLError, ConnectionError):
            return None

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(15)
        self._log.close()
