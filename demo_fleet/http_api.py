"""A small HTTP/1.1 server for the demo's JSON APIs: requests one after the other on a connection, and event streams.

A handler takes a request and gives a reply as a value; a reply with `events` stays open and sends what comes.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Any
from wsgiref.handlers import format_date_time

from msgspec import Struct

from demo_fleet.routes import Request
from fleet.clock import Clock

_HEAD_LIMIT = 64 * 1024
_BODY_LIMIT = 4 * 1024 * 1024
_JSON = "application/json"


class ApiReply(Struct, frozen=True):
    """A reply: `body` as JSON, or `events`, the frames of a stream that ends when the client goes."""

    status: int
    body: Any = None
    events: AsyncIterator[bytes] | None = None


class _WrongRequestError(Exception):
    """What came is no request that can be answered; the reply says why, and the connection is closed."""

    def __init__(self, reply: ApiReply) -> None:
        super().__init__()
        self.reply = reply


Handler = Callable[[Request], Awaitable[ApiReply]]


class ApiServer:
    """One API on one socket. `port` is known once it has started."""

    def __init__(self, name: str, handler: Handler, clock: Clock) -> None:
        self._name = name
        self._handler = handler
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._open_ones: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def listening(self) -> bool:
        """Whether its socket listens."""
        return self._server is not None

    async def start(self, host: str, port: int | None) -> None:
        """Listen on `port`, or on any where it is None or taken. Raises OSError where `host` cannot be listened on."""
        try:
            self._server = await asyncio.start_server(self._accept, host, port or 0, limit=_HEAD_LIMIT)
        except OSError:
            if port is None:
                raise
            self._server = await asyncio.start_server(self._accept, host, 0, limit=_HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the socket and every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        tasks = list(self._open_ones)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if server is not None:
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer), name=f"demo {self._name}")
        self._open_ones.add(task)
        task.add_done_callback(self._open_ones.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the client goes or wants no more."""
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._answer_next(reader, writer):
                    pass
        finally:
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _answer_next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        client = str((writer.get_extra_info("peername") or ("",))[0])
        try:
            request, close = await _received(reader, client)
        except _WrongRequestError as error:
            await self._send(writer, error.reply, close=True)
            return False
        reply = await self._handler(request)
        if reply.events is not None:
            await self._stream(reader, writer, reply.events)
            return False
        await self._send(writer, reply, close=close, body=request.method != "HEAD")
        return not close

    async def _send(self, writer: asyncio.StreamWriter, reply: ApiReply, *, close: bool, body: bool = True) -> None:
        payload = json.dumps(reply.body).encode()
        length = f"Content-Length: {len(payload)}"
        head = self._head(reply.status, (f"Content-Type: {_JSON}", length, f"Connection: {_connection(close)}"))
        writer.write(head + payload if body else head)
        await writer.drain()

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, events: AsyncIterator[bytes]
    ) -> None:
        """Send events until the client closes its side."""
        lines = ("Content-Type: text/event-stream; charset=utf-8", "Cache-Control: no-cache", "Connection: close")
        writer.write(self._head(200, lines))
        sending = asyncio.ensure_future(self._send_events(writer, events))
        gone = asyncio.ensure_future(reader.read())
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)

    async def _send_events(self, writer: asyncio.StreamWriter, events: AsyncIterator[bytes]) -> None:
        await writer.drain()
        async for frame in events:
            writer.write(frame)
            await writer.drain()

    def _head(self, status: int, lines: tuple[str, ...]) -> bytes:
        date = format_date_time(self._clock.now().timestamp())
        first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        return "\r\n".join((first, f"Date: {date}", f"Server: demo-{self._name}", *lines, "", "")).encode("latin-1")


def body_of(request: Request) -> Any:
    """The JSON body of a request; an empty one is None. Raises ValueError."""
    try:
        return json.loads(request.body) if request.body else None
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


async def _received(reader: asyncio.StreamReader, client: str) -> tuple[Request, bool]:
    """The next request, and whether the connection is to be closed after it."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.LimitOverrunError:
        raise _WrongRequestError(ApiReply(431, {"error": "header fields too large"})) from None
    words = head[0].split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _WrongRequestError(ApiReply(400, {"error": "bad request line"}))
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal():
        raise _WrongRequestError(ApiReply(411, {"error": "length required"}))
    if len(length) > 9 or int(length) > _BODY_LIMIT:
        raise _WrongRequestError(ApiReply(413, {"error": f"at most {_BODY_LIMIT} bytes"}))
    body = await reader.readexactly(int(length))
    wish = headers.get("connection", "").lower()
    close = "close" in wish or (words[2] == "HTTP/1.0" and "keep-alive" not in wish)
    return Request(words[0], words[1], headers, body, client), close


def _connection(close: bool) -> str:
    return "close" if close else "keep-alive"
