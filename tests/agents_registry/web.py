"""A real HTTP server of a few lines, and a client that speaks to it, so that sources are tested over a socket."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fleet.clock import Clock, ManualClock
from fleet.errors import Fault, OutsideError
from fleet.ports import Answer, Limits, Reach
from fleet.secret import Secret

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def reply(
    body: bytes | str, *, status: str = "200 OK", content_type: str = "application/json", more: str = ""
) -> bytes:
    """A whole HTTP/1.0 answer."""
    content = body if isinstance(body, bytes) else body.encode()
    head = f"HTTP/1.0 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    return head.encode() + content


class Server:
    """Answers every request with `answer`, byte for byte, and keeps the heads of the requests."""

    def __init__(self) -> None:
        self.answer = reply("{}")
        self.heads: list[str] = []
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        yield server


class Client:
    """One connection a request; keeps the settings that it was called with."""

    def __init__(self) -> None:
        self.alone: list[bool] = []
        self.close: list[bool] = []

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 5.0,
        close: bool = False,
        alone: bool = False,
    ) -> Answer:
        self.alone.append(alone)
        self.close.append(close)
        host, _, path = url.removeprefix("http://").partition("/")
        sent = {"Host": host, "Accept": accept, **(headers or {})}
        if secret:
            sent[secret[0]] = secret[1].reveal()
        lines = [f"GET /{path} HTTP/1.0", *(f"{name}: {value}" for name, value in sent.items())]
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(*host.split(":"))
            writer.write("\r\n".join([*lines, "", ""]).encode())
            raw = await reader.read()
            writer.close()
            await writer.wait_closed()
        if not raw:
            raise OutsideError(Fault.EMPTY, url)
        return parsed(raw, url)


def parsed(raw: bytes, url: str) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(status=int(first.split()[1]), headers=headers, body=body, url=url)


def captured(path: Path) -> bytes:
    """The answer in a captured file: comment lines before it, `### curl exit` after it."""
    raw = path.read_bytes().split(b"\n### curl exit")[0].removesuffix(b"\n")
    raw = raw[raw.index(b"HTTP/1.") :]
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    body = body.split(b"### curl exit")[0]
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


def reach(
    root: Path, *, client: Client | None = None, clock: Clock | None = None, limits: Limits | None = None
) -> Reach:
    return Reach(http=client or Client(), root=root, clock=clock or ManualClock(NOW), limits=limits or Limits())
