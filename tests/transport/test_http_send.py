"""Writes: sent once and no further, whatever comes of it."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from fleet.secret import Secret
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient

pytestmark = pytest.mark.anyio

TOKEN = ("Authorization", Secret("Bearer s3cret"))


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as one:
        yield one


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(Limits(body_bytes=1024 * 1024), environ={})
    yield client
    await client.aclose()


async def test_a_body_arrives_with_its_length_its_type_and_the_secret(http: HttpClient, server: HostileServer) -> None:
    server.add("/silences?a=b", reply("200 OK", b'{"silenceID": "x"}'))
    body = json.dumps({"comment": "über"}).encode()
    answer = await http.send("POST", server.url("/silences?a=b"), body, secret=TOKEN)
    assert (answer.status, answer.body) == (200, b'{"silenceID": "x"}')
    (seen,) = server.seen
    assert (seen.method, seen.body) == ("POST", body)
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["authorization"] == "Bearer s3cret"
    server.add("/silence/1", reply("200 OK"))
    await http.send("DELETE", server.url("/silence/1"))
    assert (server.seen[-1].method, server.seen[-1].body) == ("DELETE", b"")


@pytest.mark.parametrize("fault", ["/reset", "/empty", "/half-chunked", "/reset-in-body"])
async def test_a_write_is_never_sent_twice(http: HttpClient, server: HostileServer, fault: str) -> None:
    server.release()
    with pytest.raises(OutsideError):
        await http.send("POST", server.url(fault), b"{}")
    assert len(server.seen) == 1


async def test_a_write_is_not_sent_over_a_kept_connection_nor_again_where_the_answer_is_crooked(
    http: HttpClient, server: HostileServer
) -> None:
    server.add("/get", reply("200 OK", b"1"))
    await http.get(server.url("/get"))
    # Line ends without a carriage return: a GET is asked again over a patient connection.
    server.add("/crooked", b"HTTP/1.1 200 OK\nContent-Length: 4\n\ngood")
    assert (await http.send("POST", server.url("/crooked"), b"{}")).body == b"good"
    assert [one.path for one in server.seen] == ["/get", "/crooked"]
    assert server.connections == 2


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_of_a_write_is_refused_and_gets_no_secret(
    http: HttpClient, server: HostileServer, status: str
) -> None:
    async with HostileServer() as other:
        server.add("/api", reply(status, b"", f"Location: {other.url('/login?token=1')}"))
        with pytest.raises(OutsideError, match="it is not followed") as caught:
            await http.send("POST", server.url("/api"), b"{}", secret=TOKEN)
        assert caught.value.fault is Fault.PROTOCOL
        assert not other.seen


async def test_limits_time_outs_and_429_are_those_of_get(http: HttpClient, server: HostileServer) -> None:
    with pytest.raises(OutsideError) as caught:
        await http.send("POST", server.url("/hang"), b"{}", timeout_s=0.2)
    assert caught.value.fault is Fault.TIMEOUT
    with pytest.raises(OutsideError) as caught:
        await http.send("POST", server.url("/big"), b"{}")
    assert caught.value.fault is Fault.LIMIT
    server.add("/wait", reply("429 Too Many Requests", b"", "Retry-After: 7"))
    with pytest.raises(OutsideError) as caught:
        await http.send("POST", server.url("/wait"), b"{}")
    assert (caught.value.fault, caught.value.retry_after_s) == (Fault.RATE_LIMITED, 7)
    with pytest.raises(OutsideError, match="refused"):
        await http.send("POST", "http://127.0.0.1:1/x", b"{}")
    with pytest.raises(OutsideError, match="cannot be sent"):
        await http.send("POST", server.url("/x"), b"{}", secret=("X", Secret("a\r\nEvil: 1")))


async def test_a_long_question_may_go_over_a_kept_connection(http: HttpClient, server: HostileServer) -> None:
    server.add("/query", reply("200 OK", b"{}"))
    question = b"query=" + b"x" * 100_000
    for _ in range(3):
        await http.send(
            "POST", server.url("/query"), question, content_type="application/x-www-form-urlencoded", safe=True
        )
    assert [one.body for one in server.seen] == [question] * 3
    assert server.connections == 1


async def test_a_write_goes_through_a_proxy_once(server: HostileServer) -> None:
    client = HttpClient(Limits(), environ={"http_proxy": server.url(""), "no_proxy": ""})
    server.add("http://alerts.example/api", reply("200 OK", b"done", "Connection: close"))
    try:
        answer = await client.send("POST", "http://alerts.example/api", b'{"a": 1}', secret=TOKEN)
        assert answer.body == b"done"
        server.add("http://alerts.example/gone", _closed)
        with pytest.raises(OutsideError):
            await client.send("DELETE", "http://alerts.example/gone")
    finally:
        await client.aclose()
    assert [(one.method, one.path) for one in server.seen] == [
        ("POST", "http://alerts.example/api"),
        ("DELETE", "http://alerts.example/gone"),
    ]
    assert server.seen[0].body == b'{"a": 1}'


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
