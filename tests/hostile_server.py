"""A real HTTP server on loopback that misbehaves by path, for every test that must survive one.

    async with HostileServer() as server:
        await http.get(server.url("/hang"))

Every answer is written byte by byte as listed in `_Replies`; nothing of it goes through an HTTP library. `server.seen`
has the requests (path and headers, lower-case names), `server.most_at_once` the number of connections that were being
served at one time.
"""

import asyncio
import gzip
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Self

from tests.stream_server import StreamServer

BIG = 10 * 1024 * 1024


class Request(NamedTuple):
    """A request as it came: the path with its query, the header, the method and the body."""

    path: str
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""


Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(status: str, body: bytes = b"", *headers: str, version: str = "1.1", length: int | None = None) -> bytes:
    """A whole answer. `length` lies about the body; -1 leaves `Content-Length` out."""
    lines = [f"HTTP/{version} {status}", *headers]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class HostileServer:
    """The server. `add` gives a path an answer or behaviour of the test's own, before the built-in ones."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Request] = []
        self.port = 0
        self.connections = 0
        self.open_now = 0
        self.most_at_once = 0
        self._tls = tls
        self._own: dict[str, bytes | Behaviour] = {}
        self._server = StreamServer(self._connected, tls=tls)
        self._released = asyncio.Event()
        self.asked = asyncio.Event()
        """Set when the first request came."""
        self.greeting = b""
        """Sent at once on every connection, which then is closed: for servers that speak something else."""

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        self.port = self._server.port
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.__aexit__()

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http{'s' if self._tls else ''}://{host}:{self.port}{path}"

    def add(self, path: str, answer: bytes | Behaviour) -> None:
        """Answer `path` so from now on; bytes are written as they are, and the connection stays open."""
        self._own[path] = answer

    def release(self) -> None:
        """Let every `/hang` and `/drip` end."""
        self._released.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            if self.greeting:
                writer.write(self.greeting)
                await writer.drain()
                return
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open_now -= 1

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection may serve another."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        method, path = first.split(" ")[:2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest if ": " in line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Request(path, headers, method, body))
        self.asked.set()
        answer = self._own.get(path) or getattr(self, "_" + path.strip("/").partition("?")[0].replace("-", "_"), None)
        if answer is None:
            answer = reply("404 Not Found", b'{"error":"not_found"}', "Content-Type: application/json")
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return self.seen[-1].headers.get("connection", "").lower() != "close"
        await answer(writer)
        return False

    async def _ok(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b'{"status":"ok"}', "Content-Type: application/json", "Connection: close"))
        await writer.drain()

    async def _hang(self, writer: asyncio.StreamWriter) -> None:
        await self._released.wait()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        """Always one more byte, so that a time-out between bytes would never end it."""
        writer.write(reply("200 OK", length=-1))
        while not self._released.is_set():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def _reset(self, writer: asyncio.StreamWriter) -> None:
        _abort(writer)

    async def _reset_in_body(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"half", length=100))
        await writer.drain()
        await self._released.wait()
        _abort(writer)

    async def _empty(self, writer: asyncio.StreamWriter) -> None:
        """The coordinator on a cold cache: the connection ends without a byte."""

    async def _too_long(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"half", length=100))
        await writer.drain()

    async def _too_short(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"twelve bytes", length=6))
        await writer.drain()

    async def _half_chunked(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"5\r\nabcde\r\n", "Transfer-Encoding: chunked", length=-1))
        await writer.drain()

    async def _bomb(self, writer: asyncio.StreamWriter) -> None:
        body = gzip.compress(bytes(64 * 1024 * 1024))
        writer.write(reply("200 OK", body, "Content-Encoding: gzip"))
        await writer.drain()

    async def _gzip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", gzip.compress(b"small ") + gzip.compress(b"print"), "Content-Encoding: gzip"))
        await writer.drain()

    async def _half_gzip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", gzip.compress(b"small print")[:-9], "Content-Encoding: gzip"))
        await writer.drain()

    async def _not_gzip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"plain", "Content-Encoding: gzip"))
        await writer.drain()

    async def _brotli(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"?", "Content-Encoding: br"))
        await writer.drain()

    async def _big(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"x" * BIG, length=-1))
        await writer.drain()

    async def _big_and_says_so(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"", length=BIG))
        await writer.drain()

    async def _html(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"<!doctype html><title>Hello</title>", "Content-Type: text/html"))
        await writer.drain()

    async def _html_500(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("500 INTERNAL SERVER ERROR", b"<!doctype html><h1>Oops</h1>", "Content-Type: text/html"))
        await writer.drain()

    async def _json_503(self, writer: asyncio.StreamWriter) -> None:
        body = b'{"ok": false, "status": "degraded", "issues": ["Low disk space: 95.0% used"]}'
        writer.write(reply("503 Service Unavailable", body, "Content-Type: application/json"))
        await writer.drain()

    async def _two_replies(self, writer: asyncio.StreamWriter) -> None:
        """The coordinator's health on a warm cache: a good answer and then a second, bad one."""
        first = reply("200 OK", b'{"status":"healthy"}', "Content-Type: application/json", version="1.0")
        second = reply("500 Internal Server Error", b'{"error":"NoneType"}', version="1.0")
        writer.write(first + second)
        await writer.drain()

    async def _old(self, writer: asyncio.StreamWriter) -> None:
        """HTTP/1.0, the body ends with the connection."""
        writer.write(reply("200 OK", b"until the end", version="1.0", length=-1))
        await writer.drain()

    async def _latin(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b'{"status":"\xff\xfe caf\xe9"}', "Content-Type: application/json"))
        await writer.drain()

    async def _loop(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("302 Found", b"", "Location: /loop"))
        await writer.drain()

    async def _busy(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("429 Too Many Requests", b'{"error":"rate_limited"}', "Retry-After: 7"))
        await writer.drain()

    async def _many_headers(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"", *(f"X-{number}: y" for number in range(120))))
        await writer.drain()

    async def _long_header(self, writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"", "X-Long: " + "y" * 100_000))
        await writer.drain()

    async def _nonsense(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with RST: nothing lingers, and the other side sees a reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
