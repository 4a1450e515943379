"""Looking names up: a resolver that hangs delays nothing but names, and nobody asks twice for what is being asked."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient
from transport.names import Names, NamesApart

pytestmark = pytest.mark.anyio

LOCAL = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


class Resolver:
    """Stands in for the system's: names that begin with `slow` hang until `release`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.under_way = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._released = threading.Event()

    def __call__(self, host: str, *_: Any, **__: Any) -> Any:
        with self._lock:
            self.asked.append(host)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        if host.startswith("slow"):
            self._released.wait(30)
        with self._lock:
            self.under_way -= 1
        if host.startswith("gone"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return LOCAL

    def release(self) -> None:
        self._released.set()


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    stand_in = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", stand_in)
    yield stand_in
    stand_in.release()


@pytest.fixture
async def apart() -> AsyncIterator[None]:
    asyncio.get_running_loop().set_default_executor(NamesApart(names=3))
    yield
    await asyncio.get_running_loop().shutdown_default_executor()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110  # other threads have to get on
            await asyncio.sleep(0.01)


async def test_names_that_hang_do_not_delay_files(resolver: Resolver, apart: None, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    asking = [asyncio.ensure_future(loop.getaddrinfo(f"slow-{number}", 80)) for number in range(100)]
    await until(lambda: resolver.under_way == 3)
    (tmp_path / "file").write_text("content")
    assert await asyncio.to_thread((tmp_path / "file").read_text) == "content"
    resolver.release()
    assert len(await asyncio.gather(*asking)) == 100
    assert resolver.most_at_once == 3


async def test_a_name_is_asked_for_once_at_a_time_and_its_answer_holds(resolver: Resolver, apart: None) -> None:
    names = Names()
    waiting = [asyncio.ensure_future(names.look_up("slow-agent")) for _ in range(20)]
    await until(lambda: resolver.under_way == 1)
    waiting[0].cancel()
    resolver.release()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [LOCAL] * 19
    assert await names.look_up("slow-agent") == LOCAL
    assert resolver.asked == ["slow-agent"]
    names.forget("slow-agent")
    await names.look_up("slow-agent")
    assert resolver.asked == ["slow-agent"] * 2


async def test_a_name_that_is_not_found_is_asked_for_again(resolver: Resolver, apart: None) -> None:
    names = Names()
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await names.look_up("gone")
    assert resolver.asked == ["gone", "gone"]


async def test_a_request_says_that_it_waited_for_a_name(resolver: Resolver, apart: None) -> None:
    client = HttpClient(Limits(), environ={})
    with pytest.raises(OutsideError) as caught:
        await client.get("http://slow.example/", timeout_s=0.05)
    assert (caught.value.fault, caught.value.detail) == (
        Fault.TIMEOUT,
        "the name of the host was not found within 50ms",
    )
    with pytest.raises(OutsideError) as caught:
        await client.get("http://gone.example/")
    assert caught.value.fault is Fault.DNS
    await client.aclose()


async def test_a_name_that_moves_is_found_at_once(
    resolver: Resolver, apart: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = HttpClient(Limits(), environ={})
    async with HostileServer() as server:
        server.add("/x", reply("200 OK", b"there"))
        monkeypatch.setattr(sys.modules[__name__], "LOCAL", [(*LOCAL[0][:4], ("127.0.0.9", 0))])
        with pytest.raises(OutsideError):
            await client.get(server.url("/x", host="agent.example"))
        monkeypatch.setattr(sys.modules[__name__], "LOCAL", [(*LOCAL[0][:4], ("127.0.0.1", 0))])
        assert (await client.get(server.url("/x", host="agent.example"))).body == b"there"
        await client.aclose()


def test_the_program_ends_while_a_resolver_hangs() -> None:
    code = """
import asyncio, socket, time
from transport.names import NamesApart
socket.getaddrinfo = lambda *_, **__: time.sleep(60)
async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(NamesApart())
    try:
        await asyncio.wait_for(loop.getaddrinfo("slow", 80), 0.05)
    except TimeoutError:
        print("on")
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "on\n"
