"""The HTTP client against servers that misbehave: every way of failing has its name, and nothing leaks or floods."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from fleet.secret import Secret
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient

LIMITS = Limits(body_bytes=1_000_000, redirects=3)
TOKEN = ("authorization", Secret("Bearer hunter2"))


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(LIMITS, environ={})
    yield client
    await client.aclose()


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as running:
        yield running


@pytest.mark.anyio
async def test_an_answer_is_whole_and_its_header_names_are_lower_case(http: HttpClient, server: HostileServer) -> None:
    server.add("/page", reply("200 OK", b"hello", "Content-Type: text/plain", "X-Two: 1", "x-two: 2"))
    answer = await http.get(server.url("/page"))
    assert (answer.status, answer.body, answer.content_type) == (200, b"hello", "text/plain")
    assert answer.headers["x-two"] == "1, 2"


@pytest.mark.anyio
@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize(
    ("path", "fault", "detail"),
    [
        ("/hang", Fault.TIMEOUT, "no answer within 200ms"),
        ("/drip", Fault.TIMEOUT, "the body did not end within 200ms"),
        ("/reset", Fault.RESET, ""),
        ("/empty", Fault.EMPTY, "the connection was closed without an answer"),
        ("/too-long", Fault.PAYLOAD, "half a body (4 of 100 bytes)"),
        ("/half-chunked", Fault.PAYLOAD, "half a body (5 bytes, and no end)"),
        ("/bomb", Fault.LIMIT, "the body swells to more than 1,000,000 bytes"),
        ("/big", Fault.LIMIT, "the body has more than 1,000,000 bytes"),
        ("/big-and-says-so", Fault.LIMIT, "the body has 10,485,760 bytes, the limit is 1,000,000"),
        ("/half-gzip", Fault.PAYLOAD, "the compressed body stops after 22 bytes"),
        ("/not-gzip", Fault.PAYLOAD, "the body is not compressed as it says"),
        ("/brotli", Fault.PAYLOAD, "a content encoding that was not asked for: br"),
        ("/loop", Fault.LIMIT, "more than 3 redirects"),
        ("/many-headers", Fault.LIMIT, "the header is too big"),
        ("/long-header", Fault.LIMIT, "the header is too big"),
        ("/nonsense", Fault.PROTOCOL, ""),
    ],
)
async def test_each_way_of_misbehaving_has_its_fault(
    http: HttpClient, server: HostileServer, path: str, fault: Fault, detail: str, close: bool
) -> None:
    with pytest.raises(OutsideError) as caught:
        await http.get(server.url(path), timeout_s=0.2 if fault is Fault.TIMEOUT else 60, close=close)
    assert caught.value.fault is fault
    assert caught.value.detail.startswith(detail)


@pytest.mark.anyio
@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/old", b"until the end"),
        ("/two-replies", b'{"status":"healthy"}'),
        ("/too-short", b"twelve"),
        ("/gzip", b"small print"),
    ],
)
async def test_odd_but_readable_answers_are_read(
    http: HttpClient, server: HostileServer, path: str, body: bytes, close: bool
) -> None:
    for _ in range(2):
        assert (await http.get(server.url(path), close=close)).body == body


@pytest.mark.anyio
async def test_a_reset_in_the_body_says_how_much_came(http: HttpClient, server: HostileServer) -> None:
    asking = asyncio.create_task(http.get(server.url("/reset-in-body")))
    await server.asked.wait()
    await asyncio.sleep(0.05)  # the half body must be on its way before the reset overtakes it
    server.release()
    with pytest.raises(OutsideError) as caught:
        await asking
    assert caught.value.fault in (Fault.RESET, Fault.PAYLOAD)


@pytest.mark.anyio
async def test_nobody_listening_is_refused(http: HttpClient) -> None:
    for close in (False, True):
        with pytest.raises(OutsideError) as caught:
            await http.get("http://127.0.0.1:1/", close=close)
        assert (caught.value.fault, caught.value.detail) == (Fault.REFUSED, "nothing listens there")


@pytest.mark.anyio
async def test_a_name_that_cannot_be_resolved_is_a_dns_fault(http: HttpClient) -> None:
    for close in (False, True):
        with pytest.raises(OutsideError) as caught:
            await http.get("http://no-such-host.invalid/", close=close, timeout_s=60)
        assert caught.value.fault is Fault.DNS


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http:///x", "http://[::1", "http://a:b/"])
async def test_only_http_addresses_are_fetched(http: HttpClient, url: str) -> None:
    with pytest.raises(OutsideError) as caught:
        await http.get(url)
    assert caught.value.fault is Fault.PROTOCOL


@pytest.mark.anyio
async def test_rate_limiting_is_a_fault_with_the_time_to_wait(http: HttpClient, server: HostileServer) -> None:
    date = "Date: Sat, 21 Nov 2026 12:00:00 GMT"
    until = "Retry-After: Sat, 21 Nov 2026 12:01:30 GMT"
    server.add("/date", reply("429 Too Many Requests", b"", date, until))
    server.add("/silent", reply("429 Too Many Requests"))
    for path, wait in (("/busy", 7.0), ("/date", 90.0), ("/silent", None)):
        with pytest.raises(OutsideError) as caught:
            await http.get(server.url(path))
        assert (caught.value.fault, caught.value.retry_after_s) == (Fault.RATE_LIMITED, wait)


# ── Connections ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.anyio
async def test_connections_are_kept_unless_close_is_asked_for(http: HttpClient, server: HostileServer) -> None:
    server.add("/page", reply("200 OK", b"x"))
    for _ in range(3):
        await http.get(server.url("/page"))
    assert server.connections == 1
    for _ in range(3):
        await http.get(server.url("/page"), close=True)
    assert server.connections == 4
    assert [request.headers.get("connection") for request in server.seen[3:]] == ["close"] * 3


@pytest.mark.anyio
async def test_alone_lets_one_request_at_a_time_through(http: HttpClient, server: HostileServer) -> None:
    busy = 0
    most = 0

    async def slow(writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1
        writer.write(reply("200 OK", b"x", "Connection: close"))
        await writer.drain()

    server.add("/slow", slow)
    await asyncio.gather(*(http.get(server.url("/slow"), close=True, alone=True) for _ in range(5)))
    assert (most, len(server.seen)) == (1, 5)


@pytest.mark.anyio
async def test_waiting_for_ones_turn_counts_and_is_told(http: HttpClient, server: HostileServer) -> None:
    first = asyncio.create_task(http.get(server.url("/hang"), alone=True, timeout_s=60))
    await server.asked.wait()
    with pytest.raises(OutsideError, match="an earlier request to this server did not end within 50ms"):
        await http.get(server.url("/hang"), alone=True, timeout_s=0.05)
    server.release()
    with pytest.raises(OutsideError):
        await first


@pytest.mark.anyio
async def test_a_late_second_reply_is_not_taken_for_the_next_answer(http: HttpClient, server: HostileServer) -> None:
    sent = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        writer.write(reply("200 OK", b"first"))
        await writer.drain()
        await sent.wait()
        writer.write(reply("200 OK", b"stale"))
        await writer.drain()
        await asyncio.Event().wait()

    server.add("/late", late)
    server.add("/next", reply("200 OK", b"next"))
    assert (await http.get(server.url("/late"))).body == b"first"
    sent.set()
    await asyncio.sleep(0.05)  # the stale reply crosses the loopback
    assert (await http.get(server.url("/next"))).body == b"next"


@pytest.mark.anyio
async def test_cancelling_a_request_leaves_the_client_usable(http: HttpClient, server: HostileServer) -> None:
    asking = asyncio.create_task(http.get(server.url("/hang"), alone=True))
    await server.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await http.get(server.url("/ok"), alone=True)).status == 200


@pytest.mark.anyio
async def test_a_closed_client_opens_again_when_it_is_asked(http: HttpClient, server: HostileServer) -> None:
    await http.get(server.url("/ok"))
    await http.aclose()
    assert (await http.get(server.url("/ok"))).status == 200


# ── Redirects and secrets ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.anyio
async def test_a_redirect_within_the_origin_keeps_the_secret(http: HttpClient, server: HostileServer) -> None:
    server.add("/from", reply("307 Temporary Redirect", b"", "Location: ok"))
    answer = await http.get(server.url("/from"), secret=TOKEN)
    assert answer.url == server.url("/ok")
    assert [request.headers.get("authorization") for request in server.seen] == ["Bearer hunter2"] * 2


@pytest.mark.anyio
async def test_a_redirect_to_another_origin_drops_the_secret_for_good(http: HttpClient, server: HostileServer) -> None:
    async with HostileServer() as other:
        server.add("/from", reply("302 Found", b"", f"Location: {other.url('/there')}"))
        other.add("/there", reply("302 Found", b"", f"Location: {server.url('/ok')}"))
        headers = {"Cookie": "session=1", "Host": "named.example", "X-Client-Id": "test"}
        await http.get(server.url("/from"), secret=TOKEN, headers=headers)
    first, back = server.seen
    (there,) = other.seen
    assert (first.headers["authorization"], first.headers["host"]) == ("Bearer hunter2", "named.example")
    assert there.headers["host"] == f"127.0.0.1:{other.port}"
    for request in (there, back):
        assert "authorization" not in request.headers
        assert "cookie" not in request.headers
        assert "x-client-id" not in request.headers
        assert (request.headers["accept"], request.headers["user-agent"]) == ("*/*", "fleetdeck")


@pytest.mark.anyio
@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://[", "javascript:alert(1)"])
async def test_a_redirect_leads_to_http_only(http: HttpClient, server: HostileServer, location: str) -> None:
    server.add("/from", reply("302 Found", b"", f"Location: {location}"))
    with pytest.raises(OutsideError) as caught:
        await http.get(server.url("/from"))
    assert caught.value.fault is Fault.PROTOCOL


@pytest.mark.anyio
async def test_a_redirect_without_a_place_is_an_answer(http: HttpClient, server: HostileServer) -> None:
    server.add("/from", reply("304 Not Modified", length=-1))
    assert (await http.get(server.url("/from"))).status == 304


@pytest.mark.anyio
async def test_cookies_are_neither_kept_nor_sent(http: HttpClient, server: HostileServer) -> None:
    server.add("/set", reply("200 OK", b"", "Set-Cookie: a=b; Path=/"))
    await http.get(server.url("/set"))
    await http.get(server.url("/ok"))
    assert "cookie" not in server.seen[1].headers


@pytest.mark.anyio
async def test_a_proxy_is_used_as_the_environment_says_but_never_for_loopback(server: HostileServer) -> None:
    client = HttpClient(LIMITS, environ={"http_proxy": server.url("")})
    server.add("http://agent.example/health", reply("200 OK", b"by proxy"))
    try:
        for close in (False, True):
            assert (await client.get("http://agent.example/health", close=close)).body == b"by proxy"
        assert (await client.get(server.url("/ok"))).status == 200
    finally:
        await client.aclose()
    assert [request.path for request in server.seen] == ["http://agent.example/health"] * 2 + ["/ok"]


def test_the_network_libraries_are_not_loaded_before_the_first_request() -> None:
    code = "import sys, transport.http.client; sys.exit(bool({'httpx', 'aiohttp', 'httpcore'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
