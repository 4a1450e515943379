"""One Alertmanager, written to (API v2): silences, and alerts of ours."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote

from actions.intents import Intent, Intents, Unrecorded
from fleet.alertmanager_api import read_made, refusal, silence_body
from fleet.alerts.matching import written
from fleet.errors import Fault, OutsideError
from fleet.ports import Answer, HttpSender
from fleet.promql.storage import Matchers
from fleet.secret import Secret
from transport.urls import public_url

_OK = 200
_MAYBE = frozenset({Fault.TIMEOUT, Fault.RESET, Fault.EMPTY, Fault.PAYLOAD, Fault.LIMIT, Fault.PROTOCOL})
"""Faults after which it may have been done."""


class AlertmanagerWriter:
    """Every method makes one request, whose intent is recorded before it leaves, and raises OutsideError where it was
    not done, or it is not known whether it was."""

    def __init__(
        self,
        name: str,
        http: HttpSender,
        url: str,
        *,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 10.0,
        intents: Intents | None = None,
    ) -> None:
        self.name = name
        self.target = url
        self._http = http
        self._secret = secret
        self._timeout_s = timeout_s
        self._intents = intents or Unrecorded()

    async def silence(
        self, matchers: Matchers, starts: str, ends_at: datetime, *, by: str, comment: str, id: str = ""
    ) -> str:
        """Make a silence, or change the one with `id`; the id that it has now."""
        body = silence_body(matchers, starts, ends_at, by, comment, id)
        intent = self._intent("renew" if id else "silence", f"{{{written(matchers)}}}", by, comment)
        return read_made((await self._write(intent, "POST", "/silences", body)).body)

    async def expire(self, id: str) -> None:
        """End a silence now."""
        await self._write(self._intent("expire", id), "DELETE", f"/silence/{quote(id, safe='')}")

    async def post(self, body: bytes, count: int) -> None:
        """Send alerts."""
        await self._write(self._intent("post", f"{count} alerts"), "POST", "/alerts", body)

    def _intent(self, act: str, what: str, by: str = "", why: str = "") -> Intent:
        return Intent(act=act, server=self.name, url=self.target, what=what, by=by, why=why)

    async def _write(self, intent: Intent, method: Literal["POST", "DELETE"], path: str, body: bytes = b"") -> Answer:
        await self._intents.record(intent)
        answer: Answer | None = None
        try:
            answer = await self._send(method, path, body)
            _check(answer)
        except OutsideError as error:
            status = None if answer is None else answer.status
            await self._intents.ended(intent, str(error), maybe=error.fault in _MAYBE, status=status)
            raise
        await self._intents.ended(intent, status=answer.status)
        return answer

    async def _send(self, method: Literal["POST", "DELETE"], path: str, body: bytes = b"") -> Answer:
        return await self._http.send(
            method,
            f"{self.target.rstrip('/')}/api/v2{path}",
            body,
            secret=self._secret,
            timeout_s=self._timeout_s,
        )


def _check(answer: Answer) -> None:
    """Raises OutsideError for what does not say that it was done."""
    if answer.is_html:
        where = public_url(answer.url)[:200]
        raise OutsideError(Fault.PAYLOAD, f"a page for people (status {answer.status}) from {where}, not JSON")
    if answer.status != _OK:
        raise refusal(answer.status, answer.body)
