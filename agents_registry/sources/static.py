"""Agents written down in the configuration."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from config.kinds import Kind
from config.values import HttpUrl, Seconds
from fleet.model import Discovery, Endpoint, Sighting
from fleet.ports import DiscoverySource, Reach
from fleet.text import scrub, scrub_labels


class StaticAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agent.

    name: its name; the same name in another source means the same agent.
    kind: what sort of agent it is, in your own words.
    labels: names and values to filter and group by.
    health: address of its health endpoint.
    metrics: address of its Prometheus or OpenMetrics page.
    every: how often its endpoints are asked, where it is other than the general interval.
    timeout: how long its endpoints may take to answer.
    close: one connection a request, for servers that an idle kept-alive connection blocks.
    pid: its process on this machine, which is then watched.
    host_header: a Host header other than the address's own.
    """

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    kind: str = ""
    labels: dict[str, str] = {}
    health: HttpUrl | None = None
    metrics: HttpUrl | None = None
    every: Seconds | None = None
    timeout: Seconds | None = None
    close: bool = False
    pid: Annotated[int, Meta(ge=1)] | None = None
    host_header: (
        Annotated[str, Meta(pattern=r"^[^\s/@]+$", extra={"form": "a host, such as agent.example,"})] | None
    ) = None


class StaticOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agents named one by one.

    agents: the list of agents.
    """

    agents: list[StaticAgent]

    def __post_init__(self) -> None:
        names: set[str] = set()
        for agent in self.agents:
            if agent.name in names:
                raise ValueError(f"the agent {agent.name!r} stands in the list twice")
            names.add(agent.name)


class StaticAgents:
    """Names the same agents every time."""

    def __init__(self, agents: list[StaticAgent]) -> None:
        self.target = f"{len(agents)} in the configuration"
        self._answer = Discovery(sightings=tuple(_sighting(agent) for agent in agents))

    async def discover(self) -> Discovery:
        return self._answer


def _sighting(agent: StaticAgent) -> Sighting:
    return Sighting(
        name=scrub(agent.name),
        kind=scrub(agent.kind),
        labels=scrub_labels(agent.labels),
        health=_endpoint(agent, agent.health),
        metrics=_endpoint(agent, agent.metrics),
        pid=agent.pid,
        # The operator's word that it runs on this machine is as good as having seen it: its process is watched.
        process_seen=agent.pid is not None,
    )


def _endpoint(agent: StaticAgent, url: HttpUrl | None) -> Endpoint | None:
    if url is None:
        return None
    return Endpoint(
        url=str(url),
        every_s=None if agent.every is None else float(agent.every),
        timeout_s=None if agent.timeout is None else float(agent.timeout),
        close=agent.close,
        host_header=agent.host_header,
    )


def _build(options: Any, _: Reach) -> DiscoverySource:
    return StaticAgents(options.agents)


KIND: Kind[DiscoverySource] = Kind("static", StaticOptions, _build)
