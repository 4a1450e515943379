"""One exchange over HTTP: httpx's types over aiohttp's connections, read within limits, with errors translated.

Imported on the first request only, because httpx and aiohttp take a quarter of a second to load. The transports are
called directly with a prebuilt `httpx.Request`; `httpx.AsyncClient` above them would cost several times the CPU.

aiohttp refuses a good answer when more bytes stand behind it (a second reply on the same socket), before anyone can
read it. So connections that are used once go through httpx's own transport (h11), which reads the first answer and
leaves the rest; so does, from then on, a server whose answer aiohttp could not read.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer
from transport.http_body import BodyReader
from transport.http_faults import FAULTS, translated
from transport.urls import Origin, origin

_HEADERS = 100
_HEADER_BYTES = 64 * 1024
_REQUESTS = 5_000
_CROOKED = 1_000
_CONNECTIONS = 256
_IDLE_S = 30.0

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

HeaderItems = tuple[tuple[str, str], ...]


class Session:
    """The connections of an `HttpClient`, and the requests that it repeats. To be made inside a running loop."""

    def __init__(self, body_bytes: int, tls: ssl.SSLContext | None) -> None:
        self._body_bytes = body_bytes
        self._tls = tls or ssl.create_default_context()
        self._transports: dict[tuple[str | None, bool], httpx.AsyncBaseTransport] = {}
        self._crooked: set[Origin] = set()
        self._requests: dict[tuple[str, HeaderItems], httpx.Request] = {}

    async def fetch(
        self, url: str, headers: HeaderItems, *, secret: HeaderItems, close: bool, proxy: str | None, body: "Progress"
    ) -> Answer:
        """GET `url` with these headers, no redirect followed. Raises OutsideError."""
        once = close or origin(url) in self._crooked
        try:
            return await self._exchange(url, headers, secret, self._transport(proxy, once=once), body)
        except OutsideError as error:
            if once or error.fault is not Fault.PROTOCOL:
                raise
        if len(self._crooked) >= _CROOKED:
            self._crooked.clear()
        self._crooked.add(origin(url))
        return await self._exchange(url, headers, secret, self._transport(proxy, once=True), body)

    async def _exchange(
        self,
        url: str,
        headers: HeaderItems,
        secret: HeaderItems,
        transport: httpx.AsyncBaseTransport,
        progress: "Progress",
    ) -> Answer:
        try:
            response = await transport.handle_async_request(self._request(url, headers, secret))
        except FAULTS as error:
            raise translated(error) from error
        try:
            return await self._read(response, url, progress)
        finally:
            if isinstance(response.stream, httpx.AsyncByteStream):
                await response.stream.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        transports = list(self._transports.values())
        self._transports.clear()
        await asyncio.gather(*(transport.aclose() for transport in transports))

    def _request(self, url: str, headers: HeaderItems, secret: HeaderItems) -> httpx.Request:
        if secret:
            return httpx.Request("GET", url, headers=[*headers, *secret])
        request = self._requests.get((url, headers))
        if request is None:
            if len(self._requests) >= _REQUESTS:
                self._requests.clear()
            request = self._requests[url, headers] = httpx.Request("GET", url, headers=list(headers))
        return request

    def _transport(self, proxy: str | None, *, once: bool) -> httpx.AsyncBaseTransport:
        transport = self._transports.get((proxy, once))
        if transport is None:
            through = None if proxy is None else httpx.Proxy(proxy)
            transport = self._used_once(through) if once else self._kept_alive(through)
            self._transports[proxy, once] = transport
        return transport

    def _used_once(self, proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=0)
        return httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=limits, proxy=proxy)

    def _kept_alive(self, proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
        return AiohttpTransport(verify=self._tls, proxy=proxy, client=self._client)

    def _client(self) -> aiohttp.ClientSession:
        connector = _Connector(ssl=self._tls, limit=_CONNECTIONS, keepalive_timeout=_IDLE_S)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    async def _read(self, response: httpx.Response, url: str, progress: "Progress") -> Answer:
        headers = _headers(response.headers)
        progress.body = body = BodyReader(headers.get("content-encoding", ""), self._body_bytes)
        _check_length(headers, self._body_bytes)
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise OutsideError(Fault.PROTOCOL, "an answer without a stream")
        try:
            content = await body.read(aiter(stream))
        except FAULTS as error:
            raise _broken(translated(error), body.received, headers) from error
        return Answer(status=response.status_code, headers=headers, body=content, url=url)


class _Connector(aiohttp.TCPConnector):
    """Hands out no kept connection on which something came unasked.

    aiohttp would take a second reply to the last request for the answer to the next one. Its own mark for such a
    connection (`should_close`) is looked at when one is put away only, not when it is taken out again.
    """

    async def _get(self, key: "ConnectionKey", traces: "list[Trace]") -> "Connection | None":
        for protocol, _ in self._conns.get(key, ()):
            if protocol.should_close:
                protocol.close()
        return await super()._get(key, traces)


class Progress:
    """How far a request came, for the words of a time-out."""

    def __init__(self) -> None:
        self.waiting = False
        self.body: BodyReader | None = None


def _headers(headers: httpx.Headers) -> dict[str, str]:
    raw = headers.raw
    size = sum(len(name) + len(value) for name, value in raw)
    if len(raw) > _HEADERS or size > _HEADER_BYTES:
        raise OutsideError(Fault.LIMIT, f"the header is too big ({len(raw)} fields, {size:,} bytes)")
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _check_length(headers: Mapping[str, str], limit: int) -> None:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise OutsideError(Fault.LIMIT, f"the body has {int(length[:20]):,} bytes, the limit is {limit:,}")


def _broken(error: OutsideError, received: int, headers: Mapping[str, str]) -> OutsideError:
    """A fault in the middle of a body, with how much of it came."""
    whole = headers.get("content-length")
    came = f"{received} of {whole} bytes" if whole else f"{received} bytes, and no end"
    if error.fault is Fault.PAYLOAD:
        return OutsideError(Fault.PAYLOAD, f"half a body ({came})")
    if error.fault is Fault.RESET:
        return OutsideError(Fault.RESET, f"in the middle of the body ({came})")
    return error
