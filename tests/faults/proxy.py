"""A TLS-terminating proxy on loopback that can be told to fail, in front of a real server that stays well.

What fails is the way to the server, so the same faults can be put before an HTTP server and before a Redis.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from pathlib import Path

from tests.ending import end
from tests.faults.certificates import Certificates

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]


class Mode(Enum):
    """What happens to what the server answers."""

    PASS = auto()
    HANG = auto()
    """Nothing of it comes."""
    DRIP = auto()
    """A byte at a time, without an end."""
    RESET = auto()
    """RST in its place."""
    HALF = auto()
    """Half of the body, then the end of the connection."""
    INSTEAD = auto()
    """Something else in its place."""


class Proxy:
    """Listens on a port that stays the same. `connect` opens a connection to the server."""

    def __init__(self, connect: Connect, certificates: Certificates) -> None:
        self._connect = connect
        self._certificates = certificates
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.mode = Mode.PASS
        self.instead: Callable[[bytes], bytes] = lambda request: b""
        """What is answered to a request in the mode INSTEAD."""
        self.port = 0

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self.certificate(self._certificates.good)
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and cut every connection."""
        if self._server is not None:
            server, self._server = self._server, None
            await end(server)
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End every connection by a reset."""
        for writer in list(self._open):
            _reset(writer)

    def certificate(self, path: Path) -> None:
        """Show this certificate from the next connection on."""
        self._tls.load_cert_chain(path, self._certificates.key)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        # Not left to the server: asyncio loses a connection that breaks off in the handshake now and then, unclosed.
        raw = writer.transport
        try:
            await writer.start_tls(self._tls)
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._open.discard(writer)
            if writer.transport is raw:
                raw.abort()
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_server = await self._connect()
        answers = asyncio.ensure_future(self._answers(upstream, writer))
        try:
            while request := await reader.read(65_536):
                if self.mode is Mode.INSTEAD:
                    writer.write(self.instead(request))
                    continue
                to_server.write(request)
        finally:
            answers.cancel()
            to_server.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await answers

    async def _answers(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer := await upstream.read(65_536):
            match self.mode:
                case Mode.PASS:
                    writer.write(answer)
                case Mode.DRIP:
                    for place in range(len(answer)):
                        writer.write(answer[place : place + 1])
                        await asyncio.sleep(0.02)
                case Mode.RESET:
                    _reset(writer)
                case Mode.HALF:
                    writer.write(answer[: _half(answer)])
                    await writer.drain()
                    writer.close()
                case _:
                    pass
        if self.mode is Mode.HANG:
            await asyncio.Event().wait()
        writer.close()


def _half(answer: bytes) -> int:
    head = answer.find(b"\r\n\r\n") + 4 if answer.startswith(b"HTTP/") else 0
    return head + (len(answer) - head) // 2


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
