"""Alerts of a monitoring API: GET of JSON with a list of alerts, bare or under a name such as `alerts`."""

from collectors.claim_file import EVERY_S, salvaged
from collectors.claim_options import ClaimOptions
from config.kinds import Kind
from config.values import HttpUrl
from fleet.alerts.claims import claims_in, read_claims
from fleet.alerts.model import AlertsReading
from fleet.errors import Fault, OutsideError, ParseError
from fleet.ports import Probe, Reach


class AlertsApiOptions(ClaimOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of alerts in JSON, such as `http://127.0.0.1:8081/api/alerts?hours=24`."""

    url: HttpUrl
    """The address."""


class AlertsApiProbe:
    """Asks for the page, whole, each time."""

    def __init__(self, options: AlertsApiOptions, reach: Reach) -> None:
        self.target = str(options.url)
        self._reach = reach
        self._rules = options.rules

    async def probe(self) -> AlertsReading:
        """What the API says now. Raises OutsideError: no answer, no success, or nothing that can be read."""
        answer = await self._reach.http.get(self.target, accept="application/json")
        if answer.status != 200:
            raise OutsideError(Fault.STATUS, str(answer.status))
        if answer.is_html:
            raise OutsideError(Fault.PAYLOAD, "a page for people, not JSON")
        try:
            document = salvaged(answer.body, ("alerts", "active_alerts", "data"))
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, str(error)) from error
        if not isinstance(document.value, list | dict):
            raise OutsideError(Fault.PAYLOAD, "no list of alerts")
        problems = (document.problem,) if document.problem else ()
        return read_claims(claims_in(document.value), self._reach.clock.now(), self._rules, problems)


def _build(options: AlertsApiOptions, reach: Reach) -> Probe:
    return AlertsApiProbe(options, reach)


KIND: Kind[Probe] = Kind("alerts_api", AlertsApiOptions, _build, every_s=EVERY_S)
