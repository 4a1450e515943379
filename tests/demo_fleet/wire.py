"""A plain HTTP client for these tests: what is on the wire, not what a library makes of it."""

import asyncio
from urllib.parse import urlsplit

from msgspec import Struct

PATIENCE_S = 60.0
"""Of who asks: a machine that is busy is not what is tested."""


class Got(Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


async def raw(host: str, port: int, request: bytes, patience_s: float = PATIENCE_S) -> bytes:
    """Everything that the other side sends until it closes the connection."""
    async with asyncio.timeout(patience_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            return await reader.read()
        finally:
            writer.close()


async def ask(
    url: str,
    method: str = "GET",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> bytes:
    """The raw answer to one request on a connection of its own."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return await raw(parts.hostname, parts.port, ("\r\n".join(lines) + "\r\n\r\n").encode() + body, patience_s)


def parsed(answer: bytes) -> Got:
    """The first reply in `answer`, read by its Content-Length or to its end."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length")
    return Got(int(first.split()[1]), headers, body if length is None else body[: int(length)])


async def get(url: str, headers: dict[str, str] | None = None) -> Got:
    return parsed(await ask(url, headers=headers))


async def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> Got:
    return parsed(await ask(url, "POST", body, headers))
