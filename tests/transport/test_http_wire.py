"""Answers at the edges of HTTP/1.1, byte by byte over real sockets: what is read, what is refused, and which connection
may carry another request."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from fleet.secret import Secret
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient
from transport.http.pool import Pool, Progress

pytestmark = pytest.mark.anyio

LIMITS = Limits(body_bytes=1_000_000, redirects=3)
OK = reply("200 OK", b"good")


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(LIMITS, environ={})
    yield client
    await client.aclose()


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as running:
        running.add("/good", OK)
        yield running


async def until_closed(server: HostileServer) -> None:
    async with asyncio.timeout(10):
        while server.open_now:  # noqa: ASYNC110  # the loop must spin for connections to close
            await asyncio.sleep(0.01)


# ── where the body ends ────────────────────────────────────────────────────────────────────────────────────────────

BOTH = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n"
DIFFERENT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\ngood12345"
LAYERED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n"
SIGNED = b"HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\ngood"
OTHER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x04good"
NUL = b"HTTP/1.1 200 OK\r\nX-Agent: a\0b\r\nContent-Length: 4\r\n\r\ngood"
BARE_CR = b"HTTP/1.1 200 OK\r\nX-Agent: a\rX-Other: b\r\nContent-Length: 4\r\n\r\ngood"


@pytest.mark.parametrize("answer", [BOTH, DIFFERENT, LAYERED, SIGNED, OTHER, NUL, BARE_CR, b"\x16\x03\x01\x02\x00"])
@pytest.mark.parametrize("close", [False, True])
async def test_an_answer_that_can_be_read_in_two_ways_is_refused(
    http: HttpClient, server: HostileServer, answer: bytes, close: bool
) -> None:
    async def ended(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    server.add("/odd", ended)
    with pytest.raises(OutsideError) as caught:
        await http.get(server.url("/odd"), close=close)
    assert caught.value.fault is Fault.PROTOCOL
    assert str(caught.value).isprintable()
    await until_closed(server)
    assert (await http.get(server.url("/good"), close=close)).body == b"good"


FOLDED = b"HTTP/1.1 200 OK\r\nX-Agent: a\r\n  b\r\nContent-Length: 4\r\n\r\ngood"
NEWLINES = b"HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 4\n\ngood"
TWICE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\ngood"


@pytest.mark.parametrize("answer", [FOLDED, NEWLINES, TWICE])
async def test_an_unusual_answer_is_read_patiently_over_connections_of_its_own(
    http: HttpClient, server: HostileServer, answer: bytes
) -> None:
    server.add("/odd", answer)
    for _ in range(3):
        assert (await http.get(server.url("/odd"))).body == b"good"
    # The first was asked strictly, too; from then on each has its own connection.
    assert server.connections == 4


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n3;x=y\r\n, 2\r\n0\r\n\r\n", b"good, 2"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\ngood", b"good"),
    ],
)
async def test_a_connection_is_kept_where_the_answer_ended_for_certain(
    http: HttpClient, server: HostileServer, answer: bytes, body: bytes
) -> None:
    server.add("/kept", answer)
    for _ in range(3):
        assert (await http.get(server.url("/kept"))).body == body
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"\r\n",
        OK + b"x",
        OK + OK,
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood" + OK,
        b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\ngood",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstale\r\n0\r\n\r\n",
    ],
)
async def test_bytes_behind_an_answer_end_the_connection_and_are_no_answer(
    http: HttpClient, server: HostileServer, answer: bytes
) -> None:
    server.add("/more", answer)
    server.add("/next", reply("200 OK", b"next"))
    for _ in range(2):
        assert (await http.get(server.url("/more"))).body == b"good"
    assert (await http.get(server.url("/next"))).body == b"next"
    assert server.connections == 3


# ── in pieces, and in between ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngood",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n",
    ],
)
async def test_an_answer_may_come_byte_by_byte(http: HttpClient, server: HostileServer, answer: bytes) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        for at in range(len(answer)):
            writer.write(answer[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    server.add("/slow", slow)
    got = await http.get(server.url("/slow"))
    assert (got.body, got.content_type) == (b"good", "text/plain")


async def test_interim_answers_are_passed_over(http: HttpClient, server: HostileServer) -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    server.add("/early", early + reply("200 OK", b"good", "X-Last: 1"))
    answer = await http.get(server.url("/early"))
    assert (answer.status, answer.body, answer.headers.get("link")) == (200, b"good", None)


async def test_interim_answers_without_end_are_over_the_limit_of_a_header(
    http: HttpClient, server: HostileServer
) -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            await writer.drain()

    server.add("/flood", flood)
    with pytest.raises(OutsideError, match="over limit: the header is too big"):
        await http.get(server.url("/flood"))


async def test_a_connection_that_ends_in_the_header_says_so(http: HttpClient, server: HostileServer) -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-")
        await writer.drain()

    server.add("/half", half)
    with pytest.raises(OutsideError) as caught:
        await http.get(server.url("/half"))
    assert (caught.value.fault, caught.value.detail) == (
        Fault.EMPTY,
        "the connection was closed in the middle of the header",
    )


# ── kept connections ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_kept_connection_that_was_closed_meanwhile_costs_no_failure(
    http: HttpClient, server: HostileServer
) -> None:
    async def last(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()

    server.add("/last", last)  # the server closes after it, and does not say so
    for _ in range(5):
        assert (await http.get(server.url("/last"))).body == b"good"


async def test_a_server_that_never_answers_on_kept_connections_is_asked_once_more(
    http: HttpClient, server: HostileServer
) -> None:
    """It takes the second request of a connection, and closes: that may be the idle time-out, and may happen again."""
    assert (await http.get(server.url("/good"))).body == b"good"
    asked = len(server.seen)
    with pytest.raises(OutsideError) as caught:
        await http.get(server.url("/empty"))
    assert caught.value.fault is Fault.EMPTY
    assert len(server.seen) == asked + 2


async def test_an_idle_connection_is_closed_after_a_while(server: HostileServer) -> None:
    pool = Pool(lambda: 1000, None, idle_s=0.1)
    place = pool.place(("http", "127.0.0.1", server.port))
    request = b"GET /good HTTP/1.1\r\nhost: x\r\n\r\n"
    assert (await pool.fetch(place, request, Progress())).content() == b"good"
    await until_closed(server)
    assert (await pool.fetch(place, request, Progress())).content() == b"good"
    assert server.connections == 2
    await pool.aclose()
    await until_closed(server)


async def test_there_are_never_more_idle_connections_than_there_may_be() -> None:
    """Ten thousand agents may have more origins than this process may open files; the longest idle goes."""
    pool, request = Pool(lambda: 1000, None, most_idle=3), b"GET /good HTTP/1.1\r\nhost: x\r\n\r\n"
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(HostileServer()) for _ in range(5)]
        places = [pool.place(("http", "127.0.0.1", server.port)) for server in servers]
        for server, place in zip(servers, places, strict=True):
            server.add("/good", OK)
            assert (await pool.fetch(place, request, Progress())).content() == b"good"
        for server in servers[:2]:
            await until_closed(server)
        assert [server.open_now for server in servers] == [0, 0, 1, 1, 1]
        await pool.aclose()


# ── what is sent ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "ä"])
async def test_no_header_ends_early_and_no_secret_is_told(http: HttpClient, server: HostileServer, text: str) -> None:
    for asking in (
        http.get(server.url("/good"), headers={"X-Client": text}),
        http.get(server.url("/good"), headers={text: "1"}),
        http.get(server.url("/good"), secret=("Authorization", Secret(text))),
    ):
        with pytest.raises(OutsideError) as caught:
            await asking
        assert caught.value.fault is Fault.PROTOCOL
    assert text not in str(caught.value)
    assert server.seen == []


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("/a b?c d", "/a%20b?c%20d"),
        ("/grüße", "/gr%C3%BC%C3%9Fe"),
        ('/a?match[]={x="y"}', "/a?match[]={x=%22y%22}"),
        ("/a#fragment", "/a"),
        ("?q=1", "/?q=1"),
    ],
)
async def test_an_address_is_sent_as_one_word(http: HttpClient, server: HostileServer, asked: str, sent: str) -> None:
    server.add(sent, OK)
    assert (await http.get(server.url(asked))).body == b"good"
    assert server.seen[0].path == sent


async def test_credentials_in_an_address_are_not_sent(http: HttpClient, server: HostileServer) -> None:
    await http.get(server.url("/good").replace("http://", "http://me:hunter2@"))
    assert "authorization" not in server.seen[0].headers
    assert "hunter2" not in server.seen[0].headers["host"]


async def test_the_addresses_of_a_large_fleet_are_worked_out_once() -> None:
    client = HttpClient(LIMITS, environ={})
    urls = [f"http://127.0.{number >> 8}.{number & 255}:9100/metrics" for number in range(20_000)]
    first = [client._target(url) for url in urls]
    assert all(client._target(url) is target for url, target in zip(urls, first, strict=True))


async def test_no_http_library_is_loaded_for_what_is_reached_directly(server: HostileServer) -> None:
    code = f"""
import asyncio, sys
from fleet.ports import Limits
from transport.http.client import HttpClient
async def main():
    client = HttpClient(Limits(), environ={{}})
    answer = await client.get({server.url("/good")!r})
    await client.aclose()
    return answer.body != b"good" or bool({{"httpx", "aiohttp", "httpcore", "h11"}} & set(sys.modules))
sys.exit(asyncio.run(main()))
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=subprocess.PIPE)
    _, words = await process.communicate()
    assert process.returncode == 0, words.decode()
