"""The health probe over real sockets: what it sends, what it makes of good answers, and what of broken servers."""

from collections.abc import AsyncIterator

import pytest

from collectors.probes.health import HealthProbe
from fleet.errors import Fault, OutsideError
from fleet.model import Endpoint
from fleet.ports import Limits
from fleet.vocabulary import AgentState
from tests.hostile_server import HostileServer
from transport.http.client import HttpClient


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(Limits(body_bytes=100_000), environ={})
    yield client
    await client.aclose()


@pytest.mark.anyio
async def test_a_healthy_agent_is_up(http: HttpClient) -> None:
    async with HostileServer() as server:
        reading = await HealthProbe(Endpoint(url=server.url("/ok")), http).probe()
    assert (reading.observed, reading.claimed) == (AgentState.UP, "ok")
    assert server.seen[0].headers["accept"].startswith("application/health+json")


@pytest.mark.anyio
async def test_the_body_of_a_503_is_read(http: HttpClient) -> None:
    async with HostileServer() as server:
        reading = await HealthProbe(Endpoint(url=server.url("/json-503")), http).probe()
    assert (reading.observed, reading.claimed) == (AgentState.DEGRADED, "degraded")
    assert "Low disk space: 95.0% used" in reading.detail


@pytest.mark.anyio
async def test_of_two_replies_on_one_connection_the_first_counts(http: HttpClient) -> None:
    async with HostileServer() as server:
        for close in (True, False):
            reading = await HealthProbe(Endpoint(url=server.url("/two-replies"), close=close), http).probe()
            assert (reading.observed, reading.claimed) == (AgentState.UP, "healthy")


@pytest.mark.anyio
async def test_the_host_header_can_be_given_for_servers_that_trust_names_only(http: HttpClient) -> None:
    async with HostileServer() as server:
        await HealthProbe(Endpoint(url=server.url("/ok"), host_header="orchestrator.example"), http).probe()
    assert server.seen[0].headers["host"] == "orchestrator.example"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/html", Fault.PAYLOAD),
        ("/latin", Fault.PAYLOAD),
        ("/html-500", Fault.STATUS),
        ("/no-such-page", Fault.STATUS),
        ("/busy", Fault.RATE_LIMITED),
        ("/empty", Fault.EMPTY),
        ("/reset", Fault.RESET),
        ("/hang", Fault.TIMEOUT),
        ("/too-long", Fault.PAYLOAD),
        ("/big", Fault.LIMIT),
        ("/loop", Fault.LIMIT),
    ],
)
@pytest.mark.parametrize("close", [False, True])
async def test_a_broken_server_is_a_fault_with_a_name(http: HttpClient, path: str, fault: Fault, close: bool) -> None:
    async with HostileServer() as server:
        # Only who hangs may be slow: on a busy machine the others take their time, too.
        endpoint = Endpoint(url=server.url(path), timeout_s=0.2 if fault is Fault.TIMEOUT else 60, close=close)
        with pytest.raises(OutsideError) as caught:
            await HealthProbe(endpoint, http).probe()
    assert caught.value.fault is fault


def test_the_target_is_shown_without_its_password() -> None:
    probe = HealthProbe(Endpoint(url="http://me:hunter2@127.0.0.1:9/health"), HttpClient(Limits()))
    assert probe.target == "http://127.0.0.1:9/health"
