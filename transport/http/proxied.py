"""Requests through a proxy that the environment names: httpx's types over aiohttp's connections, errors translated.

Imported with the first such request only, because httpx and aiohttp take a quarter of a second to load; what is reached
directly goes over `http_pool`. The transports are called directly with a prebuilt `httpx.Request`; `httpx.AsyncClient`
above them would cost several times the CPU.

aiohttp refuses a good answer when more bytes stand behind it (a second reply on the same socket), before anyone can
read it. So connections that are used once go through httpx's own transport (h11), which reads the first answer and
leaves the rest; so does, from then on, a server whose answer aiohttp could not read.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer
from transport.http.body import BodyReader
from transport.http.faults import FAULTS, translated
from transport.http.head import check_framing, check_length, read_headers
from transport.http.pool import IDLE_S
from transport.http.request import Method
from transport.urls import Origin, origin

_CROOKED = 1_000
_CONNECTIONS = 256

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

HeaderItems = list[tuple[str, str]]


class Proxied:
    """The connections of an `HttpClient` that go through proxies. To be made inside a running loop."""

    def __init__(self, body_bytes: Callable[[], int], tls: ssl.SSLContext | None) -> None:
        self._body_bytes = body_bytes
        self._tls = tls or ssl.create_default_context()
        self._transports: dict[tuple[str, bool], httpx.AsyncBaseTransport] = {}
        self._crooked: set[Origin] = set()

    async def fetch(self, url: str, headers: HeaderItems, proxy: str, *, once: bool) -> Answer:
        """GET `url` with these headers, no redirect followed. Raises OutsideError."""
        once = once or origin(url) in self._crooked
        try:
            return await self._exchange(url, headers, self._transport(proxy, once=once))
        except OutsideError as error:
            if once or error.fault is not Fault.PROTOCOL:
                raise
        if len(self._crooked) >= _CROOKED:
            self._crooked.clear()
        self._crooked.add(origin(url))
        return await self._exchange(url, headers, self._transport(proxy, once=True))

    async def send(
        self, method: Method, url: str, headers: HeaderItems, proxy: str, content: bytes, *, once: bool
    ) -> Answer:
        """Send `content` to `url`, once and with no redirect followed. Raises OutsideError."""
        return await self._exchange(url, headers, self._transport(proxy, once=once), method, content)

    async def aclose(self) -> None:
        """Close every connection."""
        transports = list(self._transports.values())
        self._transports.clear()
        await asyncio.gather(*(transport.aclose() for transport in transports))

    async def _exchange(
        self,
        url: str,
        headers: HeaderItems,
        transport: httpx.AsyncBaseTransport,
        method: Method = "GET",
        content: bytes | None = None,
    ) -> Answer:
        try:
            response = await transport.handle_async_request(
                httpx.Request(method, url, headers=headers, content=content)
            )
        except FAULTS as error:
            fault = translated(error)
            fault.sent = not isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol)
            raise fault from error
        try:
            return await self._read(response, url)
        finally:
            if isinstance(response.stream, httpx.AsyncByteStream):
                await response.stream.aclose()

    async def _read(self, response: httpx.Response, url: str) -> Answer:
        headers, limit = read_headers(response.headers.raw), self._body_bytes()
        check_framing(headers)
        check_length(headers, limit)
        body = BodyReader(headers.get("content-encoding", ""), limit)
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise OutsideError(Fault.PROTOCOL, "an answer without a stream")
        try:
            async for chunk in stream:
                body.feed(chunk)
        except FAULTS as error:
            raise _broken(translated(error), body.received, headers.get("content-length")) from error
        return Answer(status=response.status_code, headers=headers, body=body.whole(), url=url)

    def _transport(self, proxy: str, *, once: bool) -> httpx.AsyncBaseTransport:
        transport = self._transports.get((proxy, once))
        if transport is None:
            through = _proxy(proxy)
            transport = self._used_once(through) if once else self._kept_alive(through)
            self._transports[proxy, once] = transport
        return transport

    def _used_once(self, proxy: httpx.Proxy) -> httpx.AsyncBaseTransport:
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=0)
        return httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=limits, proxy=proxy)

    def _kept_alive(self, proxy: httpx.Proxy) -> httpx.AsyncBaseTransport:
        return AiohttpTransport(verify=self._tls, proxy=proxy, client=self._client)

    def _client(self) -> aiohttp.ClientSession:
        connector = _Connector(ssl=self._tls, limit=_CONNECTIONS, keepalive_timeout=IDLE_S)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


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


def _proxy(address: str) -> httpx.Proxy:
    try:
        return httpx.Proxy(address)
    except (ValueError, httpx.InvalidURL) as error:
        # The error repeats the address, which can hold a password.
        raise OutsideError(Fault.PROTOCOL, "the proxy that the environment names has no address") from error


def _broken(error: OutsideError, received: int, length: str | None) -> OutsideError:
    """A fault in the middle of a body, with how much of it came."""
    came = f"{received} of {length} bytes" if length else f"{received} bytes, and no end"
    if error.fault is Fault.PAYLOAD:
        return OutsideError(Fault.PAYLOAD, f"half a body ({came})")
    if error.fault is Fault.RESET:
        return OutsideError(Fault.RESET, f"in the middle of the body ({came})")
    return error
