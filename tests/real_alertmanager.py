"""A real Alertmanager for tests: the one on PATH, else the one that `tests/servers.sh` unpacked into `.servers/`.

    with RealAlertmanager(folder) as server:
        server.url                     # http://127.0.0.1:PORT
        server.api("alerts")           # an answer of API v2
        server.amtool("silence", "add", "alertname=Down", "-c", "why")

It keeps its data in `folder`, so that one that is started again knows its silences, and is ended by its pid.
"""

import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.real_prometheus import eventually, free_ports, is_ready

_UNPACKED = Path(__file__).parents[1] / ".servers" / "usr" / "bin"
_WHY_NOT = "no alertmanager: none on PATH, and `make servers` could not get one"
_TEMPLATES = "/usr/share/prometheus/alertmanager"
CONFIG = """
route: {receiver: team, group_by: [alertname], group_wait: 1s, group_interval: 1s}
receivers: [{name: team}, {name: nobody}]
inhibit_rules:
  - source_matchers: ['alertname="HostDown"']
    target_matchers: ['severity="warning"']
    equal: [host]
"""


def binary(*names: str) -> str | None:
    """The path of the first of these programs that is there, or None."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
        if (_UNPACKED / name).is_file():
            return str(_UNPACKED / name)
    return None


def alertmanager_binary() -> str | None:
    """The path of Alertmanager, or None. Debian's program has another name."""
    return binary("alertmanager", "prometheus-alertmanager")


def runnable(program: str) -> str:
    """`program` so that it runs. Debian's reads its templates from a folder of the system by an absolute path; where
    the package is only unpacked, a copy of the program has the same path without its first slash, to be run in the
    folder of the package."""
    path = Path(program)
    if path.parent != _UNPACKED or Path(_TEMPLATES).is_dir():
        return program
    copy = path.with_name(f"{path.name}-unpacked")
    if not copy.is_file():
        content = path.read_bytes().replace(_TEMPLATES.encode(), f"{_TEMPLATES[1:]}/".encode())
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o755)
        Path(file.name).replace(copy)
    return str(copy)


requires_alertmanager = pytest.mark.skipif(alertmanager_binary() is None, reason=_WHY_NOT)


class RealAlertmanager:
    """One Alertmanager process. `peers` are the cluster ports of others; with None it is alone, without a cluster."""

    def __init__(self, folder: Path, *, port: int | None = None, peers: Sequence[int] | None = None) -> None:
        if alertmanager_binary() is None:
            pytest.skip(_WHY_NOT)
        folder.mkdir(parents=True, exist_ok=True)
        free, self.cluster_port = free_ports(2)
        self.port = port or free
        self.url = f"http://127.0.0.1:{self.port}"
        self.name = f"127.0.0.1:{self.port}"
        self._folder = folder
        self._peers = peers
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "alertmanager.yml").write_text(CONFIG, encoding="utf-8")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, on the same port as before, and wait until it is ready."""
        cluster = "" if self._peers is None else f"127.0.0.1:{self.cluster_port}"
        log = (self._folder / "alertmanager.log").open("ab")
        self._process = subprocess.Popen(
            [
                runnable(str(alertmanager_binary())),
                f"--config.file={self._folder / 'alertmanager.yml'}",
                f"--storage.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                f"--cluster.listen-address={cluster}",
                "--cluster.settle-timeout=1s",
                "--cluster.gossip-interval=50ms",
                *(f"--cluster.peer=127.0.0.1:{peer}" for peer in self._peers or ()),
                "--log.level=warn",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=_UNPACKED.parents[1] if _UNPACKED.is_dir() else None,
        )
        log.close()
        try:
            eventually(self._ready)
        except AssertionError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it; what it knows stays in its folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def api(self, path: str) -> Any:
        """An answer of `GET /api/v2/PATH`."""
        with urllib.request.urlopen(f"{self.url}/api/v2/{path}", timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: object) -> None:
        """`POST /api/v2/PATH`."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def amtool(self, *arguments: str) -> str:
        """What amtool prints."""
        program = binary("amtool")
        if program is None:
            pytest.skip("no amtool beside the alertmanager")
        done = subprocess.run(
            [program, f"--alertmanager.url={self.url}", *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout.strip()

    def _ready(self) -> bool | None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError((self._folder / "alertmanager.log").read_text(encoding="utf-8"))
        return is_ready(self.url)
