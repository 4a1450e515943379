"""A server of tasks and of a service with revisions, on loopback, that counts what it was asked to do by key and body,
and that misbehaves once for each fault it was given."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable, Iterable
from enum import Enum, auto
from math import ceil
from typing import Any, NamedTuple, Self

from tests.stream_server import StreamServer


class Cut(Enum):
    """Where the connection of a request that writes ends, or how it is not answered."""

    BEFORE = auto()
    """Before a byte was read; nothing is done."""
    IN_THE_REQUEST = auto()
    """After the first line; nothing is done."""
    UNDONE = auto()
    """After the request; nothing is done."""
    BEFORE_ANSWER = auto()
    """It is done, and nothing is said."""
    IN_ANSWER = auto()
    """It is done, and half is said."""
    AFTER = auto()
    """It is done, and all is said; then the connection is reset."""
    HANG = auto()
    """It is done, and nothing is said for as long as the connection lasts."""
    HELD = auto()
    """It is done, and answered when `go_on` is called."""
    HELD_UNDONE = auto()
    """As HELD, but it is not done."""
    LIE = auto()
    """It is not done, and 200 is said."""


class Wrote(NamedTuple):
    """A request that was to write something: the whole of what came."""

    path: str
    key: str
    body: Any
    headers: dict[str, str]


DONE = (Cut.BEFORE_ANSWER, Cut.IN_ANSWER, Cut.AFTER, Cut.HANG, Cut.HELD)
Fault = Cut | bytes


class Target:
    """`faults` are used up by one request each; then it is well. `done` is what was done, by key."""

    def __init__(self, instances: int = 4) -> None:
        self.wrote: list[Wrote] = []
        self.tried = 0
        """Connections that wanted to write, also those of which no whole request came."""
        self.done: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.truth = "done"
        """What becomes of what was done."""
        self.answer: dict[str, Any] = {}
        """Added to every answer."""
        self.texts: dict[str, str] = {}
        """Added to what is said of a task."""
        self.no = ""
        """Said with 401 to whoever only asks, where it is anything."""
        self.instances = {f"gw-{number}": "r3" for number in range(instances)}
        self.bad: set[tuple[str, str]] = set()
        """Instances that are not healthy at a revision."""
        self.live: str | None = None
        """What it says is live, whatever is so."""
        self.came = asyncio.Event()
        """Set when a request that writes came and was, or was not, done."""
        self.looked = 0
        self.when: Callable[[], None] = lambda: None
        """Called for every request that writes, once it was done, before it is answered."""
        self._go_on = asyncio.Event()
        self._server = StreamServer(self._connected)
        self.url = ""

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        self.url = f"http://127.0.0.1:{self._server.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.__aexit__()

    def go_on(self) -> None:
        """Answer what is held."""
        self._go_on.set()

    @property
    def keys(self) -> list[str]:
        """The idempotency keys of what came whole, in order."""
        return [one.key for one in self.wrote]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = (await reader.readline()).decode()
        if not first:
            return False
        method, path, _ = first.split(" ")
        writes = method != "GET"
        fault = self.faults.pop(0) if writes and self.faults else None
        self.tried += writes
        if fault in (Cut.BEFORE, Cut.IN_THE_REQUEST):
            _reset(writer)
            return False
        headers = {}
        while line := (await reader.readline()).decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if not writes:
            self.looked += 1
            return await _say(writer, *((401, {"error": self.no}) if self.no else self._read(path)))
        key = headers.get("idempotency-key", "")
        wrote = Wrote(path, key, json.loads(body) if body else None, headers)
        self.wrote.append(wrote)
        return await self._write(writer, wrote, fault)

    async def _write(self, writer: asyncio.StreamWriter, wrote: Wrote, fault: Fault | None) -> bool:
        if isinstance(fault, bytes):
            self.came.set()
            writer.write(fault)
            await writer.drain()
            return False
        if fault is None or fault in DONE:
            self._do(wrote)
        self.when()
        self.came.set()
        if fault in (Cut.UNDONE, Cut.BEFORE_ANSWER):
            _reset(writer)
            return False
        if fault is Cut.HANG:
            await asyncio.Event().wait()
        if fault in (Cut.HELD, Cut.HELD_UNDONE):
            await self._go_on.wait()
        if fault is Cut.IN_ANSWER:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            await writer.drain()
            _reset(writer)
            return False
        going_on = await _say(writer, 200, {"id": f"t-{wrote.key}", "ok": True, **self.answer})
        if fault is Cut.AFTER:
            _reset(writer)
            return False
        return going_on

    def _do(self, wrote: Wrote) -> None:
        self.done[wrote.key] = wrote.body
        if wrote.path == "/roll":
            many = ceil(float(wrote.body["share"]) * len(self.instances))
            self.instances.update(dict.fromkeys(list(self.instances)[:many], wrote.body["to"]))

    def _read(self, path: str) -> tuple[int, object]:
        match path.strip("/").split("/"):
            case ["tasks", key]:
                known = key.removeprefix("t-") in self.done
                return (200, {"status": self.truth, **self.texts}) if known else (404, {"error": "no such task"})
            case ["health", name]:
                bad = (name, self.instances[name]) in self.bad
                return (500 if bad else 200), {"status": "degraded" if bad else "ok"}
            case ["revisions"]:
                return 200, self._revisions()
        return 404, {}

    def _revisions(self) -> dict[str, Any]:
        ids = set(self.instances.values())
        live = self.live or (ids.pop() if len(ids) == 1 else "r3")
        listed = [{"id": f"r{number}", "at": f"2026-02-0{number}T00:00:00Z"} for number in (3, 2, 1)]
        instances = [{"name": name, "revision": at} for name, at in self.instances.items()]
        return {"live": live, "revisions": listed, "instances": instances}


def status(line: str, *headers: str, body: bytes = b"{}") -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {line}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def once(keys: Iterable[str]) -> bool:
    """Whether no key came twice."""
    listed = list(keys)
    return len(set(listed)) == len(listed)


async def _say(writer: asyncio.StreamWriter, code: int, value: object) -> bool:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {code} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection by RST."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
