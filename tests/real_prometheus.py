"""A real Prometheus for tests: the one on PATH, else the one that `tests/servers.sh` unpacked into `.servers/`.

    with RealPrometheus(config_text, folder) as server:
        server.url                     # http://127.0.0.1:PORT
        server.api("targets")          # the `data` of an API answer

It keeps its data in `folder` and is ended by its pid.
"""

import http.client
import json
import random
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import pytest

T = TypeVar("T")

_UNPACKED = Path(__file__).parents[1] / ".servers" / "usr" / "bin"
_PATIENCE_S = 60.0
_PORTS = range(20_000, 32_000)
"""Below those that systems give to clients and for port 0: what is free here stays so until it is used. In a port that
is given by chance a client may be first, even one that asks whether the server is there, and is connected to itself."""


def prometheus_binary(name: str = "prometheus") -> str | None:
    """The path of prometheus (or promtool), or None."""
    found = shutil.which(name)
    unpacked = _UNPACKED / name
    return found or (str(unpacked) if unpacked.is_file() else None)


requires_prometheus = pytest.mark.skipif(
    prometheus_binary() is None, reason="no prometheus: none on PATH, and `make servers` could not get one"
)


def free_ports(count: int) -> list[int]:
    """Different loopback ports that nobody has."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            probe, port = held.enter_context(socket.socket()), random.SystemRandom().choice(_PORTS)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    return found


def free_port() -> int:
    """A loopback port that nobody has."""
    return free_ports(1)[0]


def is_ready(url: str) -> bool | None:
    """True where a server of the Prometheus family says at `url` that it is ready; None while it does not, whatever it
    does instead: refuse, hang up in the middle, answer 503, take its time."""
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return True if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None


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
        return is_ready(self.url)

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()
