"""The metrics probe over real sockets, and against pages that prometheus_client itself writes."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import choose_encoder

from collectors.probes.metrics import MetricsProbe
from fleet.errors import Fault, OutsideError
from fleet.exposition.cache import SeriesCache
from fleet.exposition.page import ACCEPT
from fleet.model import Endpoint, SeriesId
from fleet.ports import Limits
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(Limits(body_bytes=1_000_000), environ={})
    yield client
    await client.aclose()


def probe(url: str, http: HttpClient, limits: Limits | None = None, timeout_s: float = 60.0) -> MetricsProbe:
    return MetricsProbe(Endpoint(url=url, timeout_s=timeout_s), http, limits or Limits(), SeriesCache())


def registry() -> CollectorRegistry:
    held = CollectorRegistry()
    Gauge("agent_up", "Whether it\nruns", ["agent_name"], registry=held).labels('pl"an\\ner').set(1)
    Counter("agent_tasks", "Tasks", registry=held).inc(5, {"trace_id": "abc"})
    Histogram("agent_run_seconds", "Runs", buckets=[0.1, 1], registry=held).observe(0.5, {"trace_id": "abc"})
    Info("agent_build", "Build", registry=held).info({"version": "1.2.3"})
    return held


@pytest.mark.anyio
async def test_it_asks_as_prometheus_does(http: HttpClient) -> None:
    async with HostileServer() as server:
        server.add("/metrics", reply("200 OK", b"up 1\n", "Content-Type: text/plain; version=0.0.4"))
        await probe(server.url("/metrics"), http, timeout_s=2.5).probe()
    headers = server.seen[0].headers
    assert headers["accept"] == ACCEPT
    assert headers["x-prometheus-scrape-timeout-seconds"] == "2.5"
    weights = [float(part.rpartition("q=")[2]) for part in ACCEPT.split(",")]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.anyio
async def test_pages_of_a_real_client_library_are_read_in_the_format_that_it_chooses(http: HttpClient) -> None:
    encode, content_type = choose_encoder(ACCEPT)
    assert content_type.startswith("application/openmetrics-text")
    pages = [(encode(registry()), content_type), (generate_latest(registry()), "text/plain; version=0.0.4")]
    async with HostileServer() as server:
        for number, (body, kind) in enumerate(pages):
            server.add(f"/{number}", reply("200 OK", body, f"Content-Type: {kind}"))
            page = await probe(server.url(f"/{number}"), http).probe()
            values = dict(zip(page.series, page.values, strict=True))
            assert values[SeriesId("agent_up", (("agent_name", 'pl"an\\ner'),))] == 1.0
            assert values[SeriesId("agent_tasks_total")] == 5.0
            assert values[SeriesId("agent_run_seconds_bucket", (("le", "1.0"),))] == 1.0
            assert values[SeriesId("agent_build_info", (("version", "1.2.3"),))] == 1.0


@pytest.mark.anyio
async def test_a_doubled_charset_in_the_content_type_does_no_harm(http: HttpClient) -> None:
    kind = "Content-Type: text/plain; version=1.0.0; charset=utf-8; charset=utf-8"
    async with HostileServer() as server:
        server.add("/metrics", reply("200 OK", b'{"agent.tokens",model="m"} 3\n', kind))
        page = await probe(server.url("/metrics"), http).probe()
    assert page.series == (SeriesId("agent.tokens", (("model", "m"),)),)


@pytest.mark.anyio
async def test_a_long_page_is_cut_at_the_limits_and_says_so(http: HttpClient) -> None:
    body = b"".join(b'a{n="%d"} 1\n' % number for number in range(50_000))
    async with HostileServer() as server:
        server.add("/metrics", reply("200 OK", body, "Content-Type: text/plain"))
        page = await probe(server.url("/metrics"), http, Limits(samples=100)).probe()
    assert (len(page.series), page.cut) == (100, 49_900)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "fault", "detail"),
    [
        (reply("200 OK", b"<!doctype html>"), Fault.PAYLOAD, "HTML, no metrics page"),
        (reply("200 OK", b"x", "Content-Type: text/html"), Fault.PAYLOAD, "HTML, no metrics page"),
        (
            reply("200 OK", b'{"status":"ok"}', "Content-Type: application/json"),
            Fault.PAYLOAD,
            "application/json, no metrics page",
        ),
        (reply("200 OK", b"up 1\ndown\n"), Fault.PAYLOAD, "no value at byte 9"),
        (
            reply("200 OK", b"up 1\n", "Content-Type: application/openmetrics-text; version=1.0.0"),
            Fault.PAYLOAD,
            "the page ends without # EOF at byte 4",
        ),
        (reply("500 INTERNAL SERVER ERROR", b"<html>"), Fault.STATUS, "500 Internal Server Error"),
        (reply("404 Not Found", b"up 1\n"), Fault.STATUS, "404 Not Found"),
        (reply("503 Service Unavailable", b"up 0\n"), Fault.STATUS, "503 Service Unavailable"),
    ],
)
async def test_what_is_no_page_is_refused_by_name(http: HttpClient, answer: bytes, fault: Fault, detail: str) -> None:
    async with HostileServer() as server:
        server.add("/metrics", answer)
        with pytest.raises(OutsideError) as caught:
            await probe(server.url("/metrics"), http).probe()
    assert (caught.value.fault, caught.value.detail) == (fault, detail)
