"""The way to Redis: faults of real servers in their own words, recovery, secrets, and a total translation."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from inspect import isclass

import pytest
import redis.exceptions

from fleet.errors import ConfigError, Fault, OutsideError
from fleet.secret import Secret
from tests.real_redis import RealRedis, requires_redis
from tests.stream_server import StreamServer
from transport.redis import RedisLink, parse_place, translated

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def guarded() -> Iterator[RealRedis]:
    with RealRedis(password="open sesame", tcp=True) as server:
        yield server


async def fault_of(link: RedisLink, *command: str) -> OutsideError:
    try:
        with pytest.raises(OutsideError) as caught:
            await link.ask(*command)
    finally:
        await link.aclose()
    return caught.value


@requires_redis
async def test_a_password_opens_and_a_wrong_one_is_told_without_being_shown(guarded: RealRedis) -> None:
    link = RedisLink(parse_place(guarded.url, Secret("open sesame")))
    assert await link.ask("ECHO", b"\xff") == b"\xff"
    await link.aclose()
    for password in (None, Secret("swordfish")):
        error = await fault_of(RedisLink(parse_place(guarded.url, password)), "PING")
        assert error.fault is Fault.PERMISSION
        assert "swordfish" not in str(error)
        assert f"redis://127.0.0.1:{guarded.port}/0" in str(error)


@requires_redis
async def test_a_hanging_server_is_a_time_out_and_then_it_goes_on() -> None:
    with RealRedis() as server:
        link = RedisLink(parse_place(server.url), timeout_s=3)
        await link.ask("SET", "a", "1")
        os.kill(server.pid, signal.SIGSTOP)
        with pytest.raises(OutsideError) as caught:
            await link.ask("GET", "a")
        os.kill(server.pid, signal.SIGCONT)
        assert caught.value.fault is Fault.TIMEOUT
        patient = RedisLink(parse_place(server.url))
        assert await patient.ask("GET", "a") == b"1"  # it runs again
        assert await link.ask("GET", "a") == b"1"
        await patient.aclose()
        await link.aclose()


@requires_redis
@pytest.mark.parametrize("turns", range(6), ids=lambda turns: f"after {turns} turns of the loop")
async def test_a_server_that_answered_while_we_were_held_up_is_not_called_slow(guarded: RealRedis, turns: int) -> None:
    link = RedisLink(parse_place(guarded.url, Secret("open sesame")), timeout_s=1)
    asking = asyncio.create_task(link.ask("PING"))
    for _ in range(turns):
        await asyncio.sleep(0)
    time.sleep(1.1)  # noqa: ASYNC251  # it holds the loop up
    assert await asking == b"PONG"
    await link.aclose()


@requires_redis
async def test_the_same_link_recovers_when_the_server_comes_back() -> None:
    with RealRedis() as server:
        link = RedisLink(parse_place(server.url), timeout_s=60)
        await link.ask("PING")
        with server.client() as other:
            other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        outcomes = []
        for _ in range(2):
            try:
                outcomes.append(await link.ask("PING"))
            except OutsideError as error:
                outcomes.append(error.fault)
        assert outcomes[-1] == b"PONG"
        await link.aclose()


@requires_redis
async def test_a_server_that_is_gone(guarded: RealRedis) -> None:
    with RealRedis() as server:
        url = server.url
        link = RedisLink(parse_place(url))
        await link.ask("PING")
    error = await fault_of(link, "PING")
    assert error.fault in {Fault.RESET, Fault.MISSING, Fault.REFUSED}
    assert (await fault_of(RedisLink(parse_place(url)), "PING")).fault is Fault.MISSING


@requires_redis
async def test_refusals_of_the_server_name_the_command(guarded: RealRedis) -> None:
    place = parse_place(guarded.url, Secret("open sesame"))
    link = RedisLink(place)
    await link.ask("SET", "text", "1")
    await link.aclose()
    wrong = await fault_of(RedisLink(place), "LLEN", "text")
    assert wrong.fault is Fault.PAYLOAD
    assert "LLEN text: WRONGTYPE" in wrong.detail
    assert (await fault_of(RedisLink(place), "XINFO", "STREAM", "absent")).fault is Fault.MISSING
    assert (await fault_of(RedisLink(place), "NONSENSE")).fault is Fault.PROTOCOL


async def test_refused_and_unknown_hosts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused = await fault_of(RedisLink(parse_place(f"redis://127.0.0.1:{port}")), "PING")
        assert str(refused) == f"refused: redis://127.0.0.1:{port}/0: nothing listens there"
    error = await fault_of(RedisLink(parse_place("redis://no-such-host.invalid")), "PING")
    assert error.fault in {Fault.DNS, Fault.TIMEOUT}


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n<html>", Fault.PAYLOAD),
        (b"", Fault.RESET),
        (b"$5\r\nab", Fault.RESET),
        (b"-LOADING Redis is loading\r\n", Fault.PROTOCOL),
    ],
)
async def test_something_that_is_no_redis(reply: bytes, fault: Fault) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        await writer.drain()

    async with StreamServer(answer) as server:
        error = await fault_of(RedisLink(parse_place(f"redis://127.0.0.1:{server.port}")), "PING")
    assert error.fault is fault


def test_every_error_of_the_library_is_translated() -> None:
    """Whatever redis-py can raise comes out as an OutsideError that names the place, and never as an internal one."""
    kinds = [kind for kind in vars(redis.exceptions).values() if isclass(kind) and issubclass(kind, Exception)]
    assert len(kinds) > 20
    for kind in kinds:
        error = kind.__new__(kind, "words")
        error.args = ("words",)
        found = translated(error, "redis://h:1/0")
        assert found.fault is not Fault.INTERNAL, kind
        assert "redis://h:1/0" in str(found)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://", "redis://localhost:6379/0"),
        ("redis://[::1]:7000/3", "redis://[::1]:7000/3"),
        ("rediss://u@h", "rediss://h:6379/0"),
        ("redis://h?db=4", "redis://h:6379/4"),
        ("unix:///run/a%20b.sock?db=1", "unix:///run/a b.sock?db=1"),
    ],
)
def test_places(url: str, place: str) -> None:
    assert str(parse_place(url)) == place


def test_a_password_in_the_url_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigError, match=r"password: \{env: NAME\}") as caught:
        parse_place("redis://u:hush@h")
    assert "hush" not in str(caught.value)
    assert "hush" not in repr(parse_place("redis://u@h", Secret("hush")))


@requires_redis
async def test_whoever_is_cancelled_while_asking_hears_of_it_at_whatever_moment() -> None:
    with RealRedis() as server:
        link = RedisLink(parse_place(server.url))

        async def asking() -> None:
            await link.ask("PING")
            await asyncio.Event().wait()

        for step in range(60):
            if step % 2:
                await link.aclose()
            task = asyncio.create_task(asking())
            for _ in range(step // 2):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=10)
            assert done, f"cancelled after {step // 2} turns of the loop, and it goes on"
        await link.aclose()
