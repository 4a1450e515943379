"""The metrics probe of a target: one scrape, as Prometheus would do it."""

import asyncio

from fleet.errors import Fault, OutsideError, ParseError
from fleet.exposition.cache import SeriesCache
from fleet.exposition.page import ACCEPT, PageReader
from fleet.health.body import status_line
from fleet.model import Endpoint, Page
from fleet.ports import Answer, Http, Limits
from fleet.text import scrub
from transport.time_limit import TimeLimit
from transport.urls import public_url

TIMEOUT_S = 5.0
_OFF_LOOP_BYTES = 512 * 1024
_FOREIGN = ("application/json", "application/vnd.google.protobuf", "application/octet-stream")


class MetricsProbe:
    """Scrapes one target. The `cache` is shared by all scrapes, so that equal series are one object."""

    __slots__ = ("_endpoint", "_http", "_reader", "_timeout_s", "target")

    def __init__(
        self, endpoint: Endpoint, http: Http, limits: Limits, cache: SeriesCache, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.target = public_url(endpoint.url)
        self._endpoint = endpoint
        self._http = http
        self._reader = PageReader(
            max_samples=limits.samples,
            max_labels=limits.labels,
            max_label_chars=limits.label_chars,
            cache=cache,
        )
        self._timeout_s = endpoint.timeout_s or timeout_s

    async def probe(self) -> Page:
        """The page. Raises OutsideError: no answer, a status other than 2xx, or no exposition page."""
        answer = await self._http.get(
            self._endpoint.url,
            accept=ACCEPT,
            headers=_headers(self._timeout_s, self._endpoint.host_header),
            timeout_s=self._timeout_s,
            close=self._endpoint.close,
            alone=self._endpoint.close,
        )
        if not 200 <= answer.status < 300:
            raise OutsideError(Fault.STATUS, status_line(answer.status))
        _refuse_foreign(answer)
        return await self._parse_elsewhere(answer) if len(answer.body) > _OFF_LOOP_BYTES else self._parse(answer)

    async def _parse_elsewhere(self, answer: Answer) -> Page:
        """In a thread, which may have to be waited for where files hang."""
        try:
            async with TimeLimit(self._timeout_s):
                return await asyncio.to_thread(self._parse, answer)
        except TimeoutError as error:
            raise OutsideError(Fault.TIMEOUT, "the page came, but was not read in time") from error

    def _parse(self, answer: Answer) -> Page:
        try:
            return self._reader.read(answer.body, answer.content_type)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, str(error)) from error


def _headers(timeout_s: float, host: str | None) -> dict[str, str]:
    """What goes with a scrape besides the protocols, as Prometheus sends it."""
    own = {"x-prometheus-scrape-timeout-seconds": f"{timeout_s:g}"}
    return own if host is None else own | {"host": host}


def _refuse_foreign(answer: Answer) -> None:
    """A login page or a JSON answer is named as such, not as malformed lines."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if answer.is_html:
        raise OutsideError(Fault.PAYLOAD, "HTML, no metrics page")
    if kind in _FOREIGN:
        raise OutsideError(Fault.PAYLOAD, f"{scrub(kind, 60)}, no metrics page")
