"""The health probe of an agent: one GET, and what its answer claims and shows."""

from datetime import UTC, tzinfo

from fleet.health.body import read_health
from fleet.model import Endpoint, HealthReading
from fleet.ports import Http
from transport.urls import public_url

ACCEPT = "application/health+json, application/json;q=0.9, text/plain;q=0.8, */*;q=0.1"
TIMEOUT_S = 5.0


class HealthProbe:
    """Asks an agent's health endpoint. `naive` is the zone of times in its body that name none.

    An endpoint that allows no kept-alive connections is taken for single-threaded: it gets one request at a time.
    """

    __slots__ = ("_endpoint", "_http", "_naive", "_timeout_s", "target")

    def __init__(self, endpoint: Endpoint, http: Http, *, timeout_s: float = TIMEOUT_S, naive: tzinfo = UTC) -> None:
        self.target = public_url(endpoint.url)
        self._endpoint = endpoint
        self._http = http
        self._timeout_s = endpoint.timeout_s or timeout_s
        self._naive = naive

    async def probe(self) -> HealthReading:
        """The reading. Raises OutsideError where there is no answer, or none about health."""
        endpoint = self._endpoint
        answer = await self._http.get(
            endpoint.url,
            accept=ACCEPT,
            headers=None if endpoint.host_header is None else {"host": endpoint.host_header},
            timeout_s=self._timeout_s,
            close=endpoint.close,
            alone=endpoint.close,
        )
        return read_health(answer.status, answer.content_type, answer.body, naive=self._naive)
