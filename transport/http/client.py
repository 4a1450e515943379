"""`HttpClient`, the one way out over HTTP: bounded, patient with broken servers, and careful with secrets.

Redirects are followed here and not by a library, so that a secret goes to its own origin only. A server that can take
one request at a time gets one at a time (`alone`), over a connection that is closed after it (`close`); of what such a
server sends after the first answer nothing is read.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from fleet.errors import Fault, OutsideError
from fleet.exposition.cache import Generations
from fleet.ports import Answer, Limits
from fleet.secret import Secret
from fleet.text import scrub
from fleet.times import parse_time, span_text
from transport.forbidden import is_forbidden
from transport.http.pool import Place, Pool, Progress
from transport.http.request import Address, Header, Method, header_of, read_address, secret_field, with_method
from transport.time_limit import TimeLimit
from transport.urls import Origin, public_url, split_url

if TYPE_CHECKING:
    from transport.http.proxied import Proxied

USER_AGENT = "fleetdeck"
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_LONGEST_WAIT_S: Final = 86_400.0
_ADDRESSES: Final = 100_000
"""Addresses that are remembered: more than two for each agent of the largest fleet."""
_LINES: Final = 2_000
_HEADERS: Final = 2_000


class _Call(Struct, frozen=True, kw_only=True):
    """A request as far as redirects within its origin do not change it. `safe`: it changes nothing at the other side,
    and may be sent again."""

    header: Header
    secret: tuple[str, Secret] | None
    close: bool
    alone: bool
    method: Method = "GET"
    content: bytes = b""
    safe: bool = True


class _Direct(Struct, frozen=True, gc=False):
    """A target that is reached directly: its place among the connections, and the request line."""

    place: Place
    line: bytes

    @property
    def origin(self) -> Origin:
        return self.place.origin


class _ByProxy(Struct, frozen=True, gc=False):
    """A target that is reached through a proxy."""

    origin: Origin
    proxy: str


_Target = _Direct | _ByProxy


class HttpClient:
    """Implements `fleet.ports.Http`. Belongs to one event loop; `aclose` when done.

    `tls` replaces the system's trust store (a private authority); certificates are always verified. `environ` is
    where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are looked up.
    """

    def __init__(
        self, limits: Limits, *, tls: ssl.SSLContext | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._limits = limits
        self._tls = tls
        self._environ = os.environ if environ is None else environ
        self._locks: WeakValueDictionary[Origin, asyncio.Lock] = WeakValueDictionary()
        self._targets: Generations[str, _Target] = Generations(_ADDRESSES)
        self._lines: Generations[bytes, bytes] = Generations(_LINES)
        self._headers: Generations[tuple[str, bool, tuple[tuple[str, str], ...]], Header] = Generations(_HEADERS)
        self._pool = self._new_pool()
        self._proxied: Proxied | None = None

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
        """GET `url` as `fleet.ports.Http` says. `timeout_s` covers waiting, connecting, redirects and the body."""
        header = self._header(accept, headers, close=close)
        call, progress = _Call(header=header, secret=secret, close=close, alone=alone), Progress()
        try:
            async with TimeLimit(timeout_s):
                answer = await self._follow(url, call, progress)
        except TimeoutError as error:
            raise OutsideError(Fault.TIMEOUT, _patience(progress, timeout_s)) from error
        if answer.status == 429:
            raise OutsideError(Fault.RATE_LIMITED, "the server asks to wait", retry_after_s=retry_after(answer))
        return answer

    async def send(
        self,
        method: Method,
        url: str,
        content: bytes = b"",
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 5.0,
        safe: bool = False,
        close: bool = False,
        every_status: bool = False,
    ) -> Answer:
        """Send `content` as `fleet.ports.HttpSender` says. `timeout_s` covers all of it."""
        alone, progress = close or not safe, Progress()
        try:
            own = {**self._own(accept, close=alone), **_about(method, content, content_type)}
            call = _Call(
                header=header_of(own, headers or {}),
                secret=secret,
                close=alone,
                alone=False,
                method=method,
                content=content,
                safe=safe,
            )
            async with TimeLimit(timeout_s):
                answer = await self._fetch(url, self._target(url), call, progress)
        except TimeoutError as error:
            raise OutsideError(Fault.TIMEOUT, _patience(progress, timeout_s), sent=progress.sent) from error
        except OutsideError as error:
            error.sent = error.sent and progress.sent
            raise
        if every_status:
            return answer
        if answer.status in _REDIRECTS:
            raise OutsideError(Fault.PROTOCOL, _not_followed(method, answer))
        if answer.status == 429:
            raise OutsideError(Fault.RATE_LIMITED, "the server asks to wait", retry_after_s=retry_after(answer))
        return answer

    def limit(self, limits: Limits) -> None:
        """Other limits from the next request on."""
        self._limits = limits

    async def aclose(self) -> None:
        """Close every connection. The client may be used again and then opens new ones."""
        pool, self._pool = self._pool, self._new_pool()
        # Targets hold on to the places of the old pool.
        self._targets = Generations(_ADDRESSES)
        proxied, self._proxied = self._proxied, None
        await pool.aclose()
        if proxied is not None:
            await proxied.aclose()

    def _new_pool(self) -> Pool:
        return Pool(lambda: self._limits.body_bytes, self._tls)

    async def _follow(self, url: str, call: _Call, progress: Progress) -> Answer:
        """The answer at the end of the redirects."""
        target = self._target(url)
        for _ in range(self._limits.redirects + 1):
            answer = await (self._alone if call.alone else self._fetch)(url, target, call, progress)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url, before = _joined(url, answer.headers["location"]), target
            target = self._target(url)
            if target.origin != before.origin:
                # What was given for a target, secret or not, is for that target.
                call = replace(call, header=call.header.own or call.header, secret=None)
                _refuse_forbidden(url)
        raise OutsideError(Fault.LIMIT, f"more than {self._limits.redirects} redirects")

    async def _alone(self, url: str, target: _Target, call: _Call, progress: Progress) -> Answer:
        lock = self._locks.get(target.origin)
        if lock is None:
            lock = self._locks[target.origin] = asyncio.Lock()
        progress.waiting = True
        async with lock:
            progress.waiting = False
            return await self._fetch(url, target, call, progress)

    async def _fetch(self, url: str, target: _Target, call: _Call, progress: Progress) -> Answer:
        if isinstance(target, _ByProxy):
            return await self._by_proxy(url, target.proxy, call, progress)
        header = call.header
        host = b"" if header.names_host else target.place.field
        line = target.line if call.method == "GET" else with_method(target.line, call.method)
        request = b"".join((line, host, header.content, secret_field(call.secret), b"\r\n", call.content))
        if call.safe:
            reply = await self._pool.fetch(target.place, request, progress, once=call.close)
        else:
            reply = await self._pool.fetch_once(target.place, request, progress)
        return Answer(status=reply.status, headers=reply.headers, body=reply.content(), url=url)

    async def _by_proxy(self, url: str, proxy: str, call: _Call, progress: Progress) -> Answer:
        proxied = self._proxied or await self._through_proxies()
        # What a library has written cannot be told; its errors say so only where it had no connection.
        progress.sent = True
        fields = [*call.header.fields]
        if call.secret is not None:
            fields.append((call.secret[0], call.secret[1].reveal()))
        if call.method == "GET" and call.safe:
            return await proxied.fetch(url, fields, proxy, once=call.close)
        return await proxied.send(call.method, url, fields, proxy, call.content, once=call.close)

    async def _through_proxies(self) -> "Proxied":
        """Its libraries are loaded off the loop: they take long enough to make a dashboard stutter."""
        await asyncio.to_thread(_load)
        from transport.http.proxied import Proxied

        if self._proxied is None:
            self._proxied = Proxied(lambda: self._limits.body_bytes, self._tls)
        return self._proxied

    def _target(self, url: str) -> _Target:
        target = self._targets.get(url)
        if target is None:
            target = self._found(read_address(url, self._environ))
            self._targets.put(url, target, 1)
        return target

    def _found(self, address: Address) -> _Target:
        if address.proxy is not None:
            return _ByProxy(address.origin, address.proxy)
        # The few different request lines of a fleet are one object each.
        line = self._lines.get(address.line)
        if line is None:
            line = address.line
            self._lines.put(line, line, 1)
        return _Direct(self._pool.place(address.origin), line)

    def _header(self, accept: str, given: Mapping[str, str] | None, *, close: bool) -> Header:
        key = (accept, close, tuple(given.items()) if given else ())
        header = self._headers.get(key)
        if header is None:
            header = header_of(self._own(accept, close=close), given or {})
            self._headers.put(key, header, 1)
        return header

    def _own(self, accept: str, *, close: bool) -> dict[str, str]:
        own = {"accept": accept, "accept-encoding": "gzip", "user-agent": USER_AGENT}
        return own | {"connection": "close"} if close else own


def _about(method: Method, content: bytes, content_type: str) -> dict[str, str]:
    """The header fields of what is sent; none where there is nothing, as long as the method does not ask for it."""
    if not content and method in ("GET", "DELETE"):
        return {}
    return {"content-type": content_type, "content-length": str(len(content))}


def _load() -> None:
    import transport.http.proxied  # noqa: F401


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise OutsideError(Fault.PROTOCOL, f"a redirect to no address: {public_url(target)[:120]}") from error


def _not_followed(method: Method, answer: Answer) -> str:
    to = public_url(answer.headers.get("location", ""))
    return f"{method} answered {answer.status}, a redirect to {scrub(to, 120) or 'nowhere'}: it is not followed"


def _refuse_forbidden(target: str) -> None:
    host = split_url(target).hostname or ""
    if is_forbidden(host):
        raise OutsideError(
            Fault.PROTOCOL, f"a redirect to {scrub(host, 80)}, a link-local or metadata address, is not followed"
        )


def _patience(progress: Progress, timeout_s: float) -> str:
    span = span_text(timeout_s)
    if progress.waiting:
        return f"an earlier request to this server did not end within {span}"
    if progress.naming:
        return f"the name of the host was not found within {span}"
    reply = progress.reply
    if reply is not None and reply.body is not None:
        return f"the body did not end within {span} ({reply.body.received} bytes came)"
    return f"no answer within {span}"


def retry_after(answer: Answer) -> float | None:
    """`Retry-After` in seconds. A date is measured from the answer's own `Date`, so that clocks need not agree."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text[:12]), _LONGEST_WAIT_S)
    until, sent = parse_time(text), parse_time(answer.headers.get("date"))
    if until is None or sent is None:
        return None
    return min(max((until - sent).total_seconds(), 0.0), _LONGEST_WAIT_S)
