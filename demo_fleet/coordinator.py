"""The coordinator of the demo fleet on its raw socket, with the quirks of a real one.

HTTP/1.0 from one thread: one connection at a time and no time-out, so an idle connection blocks everybody else. An
empty reply is a closed connection; two replies go out on one connection; HEAD, PUT and DELETE get 501 and HTML. The
quirks are the point: a dashboard that copes with this copes with the original.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from http import HTTPStatus
from wsgiref.handlers import format_date_time

from demo_fleet.routes import Answer, Request, Routes
from fleet.clock import Clock

_BACKLOG = 5
"""As many connections wait in the kernel as with Python's `http.server`."""
_HEAD_LIMIT = 64 * 1024
_BODY_LIMIT = 4 * 1024 * 1024
_SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-XSS-Protection", "1; mode=block"),
    ("Content-Security-Policy", "default-src 'self'"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        "Content-Type, X-Correlation-ID, X-Client-Id, X-GitHub-Event, X-Hub-Signature-256",
    ),
)
_PREFLIGHT = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS"),
    ("Access-Control-Allow-Headers", "Content-Type, Authorization"),
    ("Access-Control-Max-Age", "86400"),
)

Headers = tuple[tuple[str, str], ...]


class Coordinator:
    """One coordinator. `catch_up` lets the scenery (its controllers and agents) do what is due before each answer."""

    def __init__(self, routes: Routes, clock: Clock, catch_up: Callable[[], None] = lambda: None) -> None:
        self._routes = routes
        self._clock = clock
        self._catch_up = catch_up
        self._listener: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self, host: str = "127.0.0.1", port: int | None = None) -> None:
        """Listen on `port`, or on any where it is None or taken, and serve until `stop`."""
        listener = _bound(host, port)
        self._listener = listener
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._serve(listener), name="demo coordinator")

    async def stop(self) -> None:
        """Close the listener and whatever connection is open."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listener)
            except OSError:
                await asyncio.sleep(0.1)  # out of descriptors: wait until some are free
                continue
            with connection:
                try:
                    await self._converse(connection, str(address[0]))
                except OSError:
                    continue  # the client is gone; the next one waits

    async def _converse(self, connection: socket.socket, client: str) -> None:
        """One request, one answer (or none, or two), and the connection is closed."""
        loop = asyncio.get_running_loop()
        head, end = b"", b""
        while not end:
            chunk = await loop.sock_recv(connection, 65536)
            if not chunk or len(head) > _HEAD_LIMIT:
                return
            head, end, rest = (head + chunk).partition(b"\r\n\r\n")
        request = _parsed(head, client)
        wanted = _length(request)
        while len(rest) < wanted:
            chunk = await loop.sock_recv(connection, 65536)
            if not chunk:
                return
            rest += chunk
        await loop.sock_sendall(connection, self._answer(request, rest[:wanted]))
        connection.shutdown(socket.SHUT_WR)

    def _answer(self, head: Request | None, body: bytes) -> bytes:
        if head is None:
            return self._html(400, "Bad request syntax")
        request = Request(head.method, head.path, head.headers, body, head.client)
        if request.method not in ("GET", "POST", "OPTIONS"):
            return self._html(501, f"Unsupported method ('{request.method}')", body=request.method != "HEAD")
        self._catch_up()
        self._routes.ledger.settle(self._clock.now().timestamp())
        if not self._routes.allowed(request):
            return self._json(Answer(429, {"error": "rate_limited"}))
        if request.method == "OPTIONS":
            return self._head("200 OK", _PREFLIGHT)
        answers = self._routes.get(request.path) if request.method == "GET" else self._routes.post(request)
        return b"".join(
            self._text(answer) if isinstance(answer.body, str) else self._json(answer) for answer in answers
        )

    def _head(self, status: str, headers: Headers) -> bytes:
        date = format_date_time(self._clock.now().timestamp())
        lines = [f"HTTP/1.0 {status}", "Server: MCP-Local/0.1 Python/3", f"Date: {date}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _json(self, answer: Answer) -> bytes:
        payload = json.dumps(answer.body, indent=2).encode()
        correlation = () if answer.correlation is None else (("X-Correlation-ID", answer.correlation),)
        content = (("Content-Type", "application/json"), ("Content-Length", str(len(payload))))
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        return self._head(status, (*_SECURITY, *correlation, *content)) + payload

    def _text(self, answer: Answer) -> bytes:
        """A page of metrics: no length, the end of the connection is its end."""
        return (
            self._head("200 OK", (*_SECURITY, ("Content-Type", "text/plain; version=0.0.4")))
            + str(answer.body).encode()
        )

    def _html(self, status: int, message: str, *, body: bool = True) -> bytes:
        page = (
            "<!DOCTYPE HTML>\n<html>\n<head><title>Error response</title></head>\n"
            f"<body><h1>Error response</h1><p>Error code: {status}</p><p>Message: {message}.</p></body>\n</html>\n"
        ).encode()
        content = (("Content-Type", "text/html;charset=utf-8"), ("Content-Length", str(len(page))))
        return self._head(f"{status} {message}", (("Connection", "close"), *content)) + (page if body else b"")


def _bound(host: str, port: int | None) -> socket.socket:
    """A listening socket on `port`; on any other one where that is None or taken."""
    for wanted in (port or 0, 0):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        try:
            listener.bind((host, wanted))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            if wanted == 0:
                raise
        else:
            return listener
    raise AssertionError("the last try either listens or raises")


def _parsed(head: bytes, client: str) -> Request | None:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    fields = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    return Request(words[0], words[1], headers, b"", client)


def _length(request: Request | None) -> int:
    """How much body the request announces; nothing where that is no number or absurd."""
    text = "" if request is None else request.headers.get("content-length", "")
    if not text.isdecimal() or len(text) > 9 or int(text) > _BODY_LIMIT:
        return 0
    return int(text)
