"""Agents and controllers that are registered with a coordinator over its HTTP interface.

`GET /api/agents/status` is asked, as the one route that always answers and is never cached. The server has a single
thread and speaks HTTP/1.0: an idle connection blocks it for everybody, so there is one request at a time and none is
kept alive. It allows 50 requests a minute and address, shared with its own controllers; a client id that it has on
its list is not counted.
"""

from typing import Any

from msgspec import Struct

from agents_registry.answers import LONGEST_S, want_ok
from agents_registry.options import HeaderAuth, resolve
from agents_registry.problems import Problems
from agents_registry.records import read_records
from config.kinds import Kind
from config.values import HttpUrl
from fleet.errors import Fault, OutsideError, ParseError
from fleet.json_salvage import whole_json
from fleet.model import Claim, Discovery, Sighting
from fleet.ports import DiscoverySource, Reach
from fleet.text import scrub
from fleet.times import parse_time

_ROUTE = "/api/agents/status"
_NAME_LIMIT = 128
_MOST_COUNT = 2**63


class CoordinatorOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coordinator that agents register with.

    url: its address, without a path.
    auth: a header with a secret, where it wants one.
    client_id: sent as `X-Client-Id`; one on the coordinator's list is exempt from its rate limit.
    """

    url: HttpUrl
    auth: HeaderAuth | None = None
    client_id: str | None = None


class Coordinator:
    """Asks the coordinator. Raises OutsideError: no answer, a bad one, or the rate limit."""

    def __init__(self, options: CoordinatorOptions, reach: Reach) -> None:
        self.target = options.url.rstrip("/") + _ROUTE
        self._http = reach.http
        self._secret = resolve(options.auth, reach.root)
        self._headers = {"X-Client-Id": options.client_id} if options.client_id else None
        self._most = reach.limits.agents

    async def discover(self) -> Discovery:
        answer = want_ok(
            await self._http.get(
                self.target,
                accept="application/json",
                headers=self._headers,
                secret=self._secret,
                timeout_s=LONGEST_S,
                close=True,
                alone=True,
            )
        )
        try:
            return self._read(whole_json(answer.body))
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, f"{error} from {self.target}") from error

    def _read(self, body: Any) -> Discovery:
        agents = body.get("agents") if isinstance(body, dict) else None
        problems = Problems()
        if isinstance(agents, dict) and isinstance(agents.get("registered_agents"), list):
            return _registered(agents, problems, self._most)
        if isinstance(agents, dict | list):
            # The dashboard of the same system has this route too, and answers with its status file.
            problems.add("it answers with a status file, as an agent dashboard does, not as a coordinator")
            records = read_records(body, problems, most=self._most)
            if records is not None:
                return Discovery(
                    sightings=records.sightings, problems=problems.told, cut=records.cut, complete=records.whole
                )
        raise OutsideError(Fault.PAYLOAD, f"no registered agents in the answer of {self.target}")


def _registered(agents: dict[str, Any], problems: Problems, most: int) -> Discovery:
    found: dict[str, Sighting] = {}
    for item in agents["registered_agents"]:
        if not isinstance(item, str) or not item.strip():
            problems.add("registered_agents holds something that is no name")
            continue
        name = scrub(item.strip(), _NAME_LIMIT)
        found[name] = Sighting(name=name)
    for controller in _controllers(agents, problems):
        found[controller.name] = controller
    total = agents.get("total_agents")
    if isinstance(total, int) and abs(total) < _MOST_COUNT and total != len(agents["registered_agents"]):
        problems.add(f"it counts {total} agents and names {len(agents['registered_agents'])}")
    cut = max(0, len(found) - most)
    if cut:
        problems.add(f"more than {most:,} agents; {cut:,} were left out")
    return Discovery(sightings=tuple(found.values())[:most], problems=problems.told, cut=cut, complete=not cut)


def _controllers(agents: dict[str, Any], problems: Problems) -> list[Sighting]:
    details = agents.get("controller_details", [])
    if not isinstance(details, list):
        problems.add("controller_details is no list")
        return []
    return [sighting for item in details if (sighting := _controller(item, problems)) is not None]


def _controller(item: Any, problems: Problems) -> Sighting | None:
    name = item.get("agent") if isinstance(item, dict) else None
    if not isinstance(name, str) or not name.strip():
        problems.add("controller_details holds a record without an agent's name")
        return None
    name = scrub(name.strip(), _NAME_LIMIT)
    beat = item.get("last_heartbeat")
    at = parse_time(beat)
    if at is None and beat is not None:
        problems.add(f"{name}: last_heartbeat is no time")
    project = item.get("project")
    labels = {"project": scrub(project)} if isinstance(project, str) and project else {}
    return Sighting(name=name, kind="controller", labels=labels, claim=Claim(at=at) if at else None)


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return Coordinator(options, reach)


KIND: Kind[DiscoverySource] = Kind("coordinator", CoordinatorOptions, _build)
