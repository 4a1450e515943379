"""A limit in time does not count the time in which this process itself was held up."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from transport.http.client import HttpClient
from transport.time_limit import TimeLimit

pytestmark = pytest.mark.anyio

LIMIT_S = 0.05


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # its name
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Nothing to the test's own output."""


@pytest.fixture
def healthy() -> Iterator[str]:
    """The address of a server that answers at once, in a thread of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def hold_the_loop() -> None:
    """Keep the event loop from doing anything for three limits."""
    time.sleep(3 * LIMIT_S)


async def hold_the_loop_again_and_again() -> None:
    while True:
        hold_the_loop()
        await asyncio.sleep(0)


async def test_an_agent_that_answered_while_we_were_held_up_is_not_called_slow(healthy: str) -> None:
    client = HttpClient(Limits())
    try:
        for turn in range(3):  # held up while it connects, and while it waits for an answer on an open connection
            asyncio.get_running_loop().call_soon(hold_the_loop)
            answer = await client.get(healthy, timeout_s=LIMIT_S)
            assert (answer.status, answer.body) == (200, b"ok"), turn
    finally:
        await client.aclose()


async def test_a_server_that_hangs_is_slow_however_long_we_are_held_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        client = HttpClient(Limits())
        asyncio.get_running_loop().call_soon(hold_the_loop)
        with pytest.raises(OutsideError) as caught:
            await client.get(f"http://127.0.0.1:{hangs.getsockname()[1]}/", timeout_s=LIMIT_S)
        assert caught.value.fault is Fault.TIMEOUT
        await client.aclose()


async def test_what_is_held_up_all_the_time_ends_all_the_same() -> None:
    busy = asyncio.create_task(hold_the_loop_again_and_again())
    with pytest.raises(TimeoutError):
        async with TimeLimit(LIMIT_S):
            await asyncio.Event().wait()
    assert not busy.done(), "it did not wait for that to end"
    busy.cancel()


async def test_a_limit_kept_leaves_nothing_behind_and_hides_no_error() -> None:
    async with TimeLimit(LIMIT_S):
        await asyncio.sleep(0)
    with pytest.raises(ZeroDivisionError):
        async with TimeLimit(LIMIT_S):
            raise ZeroDivisionError
    with pytest.raises(TimeoutError):
        async with TimeLimit(LIMIT_S):
            await asyncio.Event().wait()
    asked_to_end = asyncio.create_task(_waits())
    await asyncio.sleep(0)
    asked_to_end.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked_to_end


async def _waits() -> None:
    async with TimeLimit(60.0):
        await asyncio.Event().wait()
