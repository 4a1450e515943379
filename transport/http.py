"""`HttpClient`, the one way out over HTTP: bounded, patient with broken servers, and careful with secrets.

Redirects are followed here and not by a library, so that a secret goes to its own origin only. A server that can take
one request at a time gets one at a time (`alone`), over a connection that is closed after it (`close`); of what such a
server sends after the first answer nothing is read.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from weakref import WeakValueDictionary

from msgspec import Struct

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer, Limits
from fleet.secret import Secret
from fleet.text import scrub
from fleet.times import parse_time, span_text
from transport.urls import Origin, origin, proxy_for

if TYPE_CHECKING:
    from transport.http_session import HeaderItems, Progress, Session

USER_AGENT = "fleetdeck"
_REDIRECTS = (301, 302, 303, 307, 308)
_PRIVATE = ("authorization", "cookie", "proxy-authorization", "host")
_LONGEST_WAIT_S = 86_400.0


class _Call(Struct, frozen=True, kw_only=True):
    """A request as far as redirects do not change it."""

    headers: dict[str, str]
    secret: tuple[str, Secret] | None
    close: bool
    alone: bool


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
        self._opening: asyncio.Task[Session] | None = None

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
        sent = {"accept": accept, "accept-encoding": "gzip", "user-agent": USER_AGENT}
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        call = _Call(headers=sent, secret=secret, close=close, alone=alone)
        session, progress = await self._session()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._follow(session, url, call, progress)
        except TimeoutError as error:
            raise OutsideError(Fault.TIMEOUT, _patience(progress, timeout_s)) from error
        if answer.status == 429:
            raise OutsideError(Fault.RATE_LIMITED, "the server asks to wait", retry_after_s=_retry_after(answer))
        return answer

    async def open(self) -> None:
        """Load the libraries now, so that the time of the first request is its own."""
        await self._session()

    async def aclose(self) -> None:
        """Close every connection. The client may be used again and then opens new ones."""
        opening, self._opening = self._opening, None
        if opening is not None:
            await (await opening).aclose()

    async def _session(self) -> "tuple[Session, Progress]":
        if self._opening is None:
            self._opening = asyncio.create_task(_open(self._limits.body_bytes, self._tls))
        session = await asyncio.shield(self._opening)
        from transport.http_session import Progress

        return session, Progress()

    async def _follow(self, session: "Session", url: str, call: _Call, progress: "Progress") -> Answer:
        """The answer at the end of the redirects."""
        for _ in range(self._limits.redirects + 1):
            answer = await self._one(session, url, call, progress)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or target is None:
                return answer
            target = _joined(url, target)
            if origin(target) != origin(url):
                call = _stripped(call)
            url = target
        raise OutsideError(Fault.LIMIT, f"more than {self._limits.redirects} redirects")

    async def _one(self, session: "Session", url: str, call: _Call, progress: "Progress") -> Answer:
        where = origin(url)
        if not call.alone:
            return await self._fetch(session, url, call, progress)
        lock = self._locks.get(where)
        if lock is None:
            lock = self._locks[where] = asyncio.Lock()
        progress.waiting = True
        async with lock:
            progress.waiting = False
            return await self._fetch(session, url, call, progress)

    async def _fetch(self, session: "Session", url: str, call: _Call, progress: "Progress") -> Answer:
        progress.body = None
        secret: HeaderItems = () if call.secret is None else ((call.secret[0], call.secret[1].reveal()),)
        headers = call.headers | {"connection": "close"} if call.close else call.headers
        proxy = proxy_for(url, self._environ)
        items = tuple(headers.items())
        return await session.fetch(url, items, secret=secret, close=call.close, proxy=proxy, body=progress)


async def _open(body_bytes: int, tls: ssl.SSLContext | None) -> "Session":
    """The session, its libraries loaded off the loop: they take long enough to make a dashboard stutter."""
    await asyncio.to_thread(_load)
    from transport.http_session import Session

    return Session(body_bytes, tls)


def _load() -> None:
    import transport.http_session  # noqa: F401


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise OutsideError(Fault.PROTOCOL, f"a redirect to no address: {scrub(target, 120)}") from error


def _stripped(call: _Call) -> _Call:
    headers = {name: value for name, value in call.headers.items() if name not in _PRIVATE}
    return _Call(headers=headers, secret=None, close=call.close, alone=call.alone)


def _patience(progress: "Progress", timeout_s: float) -> str:
    span = span_text(timeout_s)
    if progress.waiting:
        return f"an earlier request to this server did not end within {span}"
    if progress.body is not None:
        return f"the body did not end within {span} ({progress.body.received} bytes came)"
    return f"no answer within {span}"


def _retry_after(answer: Answer) -> float | None:
    """`Retry-After` in seconds. A date is measured from the answer's own `Date`, so that clocks need not agree."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text[:12]), _LONGEST_WAIT_S)
    until, sent = parse_time(text), parse_time(answer.headers.get("date"))
    if until is None or sent is None:
        return None
    return min(max((until - sent).total_seconds(), 0.0), _LONGEST_WAIT_S)
