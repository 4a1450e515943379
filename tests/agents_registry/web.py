"""A real HTTP server of a few lines, so that sources are tested over a socket."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fleet.clock import Clock, ManualClock
from fleet.ports import Limits, Reach
from tests.plain_http import PlainHttp
from tests.stream_server import StreamServer

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


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    async with StreamServer(server) as listener:
        server.url = f"http://127.0.0.1:{listener.port}"
        yield server


def captured(path: Path) -> bytes:
    """The answer in a captured file: comment lines before it, `### curl exit` after it."""
    raw = path.read_bytes().split(b"\n### curl exit")[0].removesuffix(b"\n")
    raw = raw[raw.index(b"HTTP/1.") :]
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    body = body.split(b"### curl exit")[0]
    length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
    if length:
        # The line break before curl's word may be the body's own.
        body = (body + b"\n")[: int(length[1])]
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


def reach(
    root: Path, *, client: PlainHttp | None = None, clock: Clock | None = None, limits: Limits | None = None
) -> Reach:
    return Reach(http=client or PlainHttp(), root=root, clock=clock or ManualClock(NOW), limits=limits or Limits())
