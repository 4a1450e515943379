"""Targets from an HTTP endpoint, as Prometheus's `http_sd_configs` asks it.

The answer must be a 200 with `Content-Type: application/json` and hold the whole list of target groups each time;
anything else is an error, and the last list stands. Every target carries `__meta_url`.
"""

import re
from hashlib import sha256
from typing import Any

from msgspec import Struct

from agents_registry.answers import LONGEST_S, want_ok
from agents_registry.options import HeaderAuth, resolve
from agents_registry.problems import Problems
from agents_registry.targets import discovery, groups_from_json
from config.kinds import Kind
from config.values import HttpUrl, Seconds
from fleet.errors import Fault, OutsideError, ParseError
from fleet.model import Discovery
from fleet.ports import DiscoverySource, Reach
from fleet.text import scrub

_META = "__meta_url"
_CONTENT_TYPE = re.compile(r"application/json(;\s*charset=(\"utf-8\"|utf-8))?", re.IGNORECASE)
_EVERY_S = 60.0


class HttpSdOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint that answers with Prometheus target groups.

    url: its address.
    refresh_interval: sent as `X-Prometheus-Refresh-Interval-Seconds`; give the same to `every` if you change it.
    auth: a header with a secret, where it wants one.
    """

    url: HttpUrl
    refresh_interval: Seconds = Seconds(_EVERY_S)
    auth: HeaderAuth | None = None


class HttpSd:
    """Asks the endpoint. Raises OutsideError: no answer, another status or content type, a malformed list."""

    def __init__(self, options: HttpSdOptions, reach: Reach) -> None:
        self.target = str(options.url)
        self._http = reach.http
        self._limits = reach.limits
        self._secret = resolve(options.auth, reach.root)
        self._last = Discovery()
        self._last_of = b""
        self._headers = {"X-Prometheus-Refresh-Interval-Seconds": _plain(options.refresh_interval)}

    async def discover(self) -> Discovery:
        answer = want_ok(
            await self._http.get(
                self.target, accept="application/json", headers=self._headers, secret=self._secret, timeout_s=LONGEST_S
            )
        )
        if not _CONTENT_TYPE.fullmatch(answer.content_type.strip()):
            raise OutsideError(Fault.PAYLOAD, f"unsupported content type {scrub(answer.content_type, 80)!r}")
        made_of = sha256(answer.body).digest()
        if made_of == self._last_of:
            return self._last  # the very same answer costs nobody anything
        try:
            groups = groups_from_json(answer.body)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, scrub(str(error))) from error
        self._last = discovery(((group, {_META: self.target}) for group in groups), Problems(), self._limits)
        self._last_of = made_of
        return self._last


def _plain(seconds: float) -> str:
    """Seconds without an exponent: `60`, `0.25`."""
    return str(int(seconds)) if seconds == int(seconds) else f"{seconds:f}".rstrip("0")


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return HttpSd(options, reach)


KIND: Kind[DiscoverySource] = Kind("http_sd", HttpSdOptions, _build, every_s=_EVERY_S)
