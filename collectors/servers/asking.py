"""Questions to a server's HTTP API: its address, its token, and what an answer must be before it is read."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from msgspec import Raw, Struct

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer, HttpSender
from fleet.secret import Secret
from transport.urls import public_url

T = TypeVar("T")

_FORM = "application/x-www-form-urlencoded"
_LARGE = 100_000
"""Bytes from which on an answer takes some milliseconds to read."""
_NOT_BY_POST = (405, 501)
_WHO = {401: "it wants a token, or another one", 403: "the token may not do this"}


class Asking(Struct, frozen=True, kw_only=True):
    """A server as it is asked. `secret` is a header (name, value) that goes to it only."""

    http: HttpSender
    url: str
    secret: tuple[str, Secret] | None = None
    timeout_s: float = 10.0

    async def get(self, path: str) -> Answer:
        """GET `path`. Raises OutsideError: no answer, a page for people, no right to ask."""
        return _readable(
            await self.http.get(
                self.address(path), accept="application/json", secret=self.secret, timeout_s=self.timeout_s
            )
        )

    async def ask(self, path: str, form: dict[str, str]) -> Answer:
        """Ask something that may be too long for an address: POST of a form, or GET where the server knows no other
        way. Raises OutsideError as `get` does."""
        answer = await self.http.send(
            "POST",
            self.address(path),
            urlencode(form).encode(),
            content_type=_FORM,
            secret=self.secret,
            timeout_s=self.timeout_s,
            safe=True,
        )
        if answer.status in _NOT_BY_POST:
            return await self.get(f"{path}?{urlencode(form)}")
        return _readable(answer)

    def address(self, path: str) -> str:
        """The address of a path of its API."""
        return f"{self.url.rstrip('/')}{path}"


async def parsed(read: Callable[..., T], content: bytes | Raw, *more: Any) -> T:
    """What `read` makes of an answer; of a large one in a thread, so that it does not hold the loop."""
    if len(memoryview(content)) < _LARGE:
        return read(content, *more)
    return await asyncio.to_thread(read, content, *more)


def _readable(answer: Answer) -> Answer:
    if answer.status in _WHO:
        raise OutsideError(Fault.STATUS, f"{answer.status}: {_WHO[answer.status]}")
    if answer.is_html:
        where = public_url(answer.url)[:200]
        raise OutsideError(Fault.PAYLOAD, f"a page for people (status {answer.status}) from {where}, not JSON")
    return answer
