"""A limit in time does not count the time in which this process itself was held up."""

import asyncio
import socket
import time

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from transport.http.client import HttpClient
from transport.time_limit import TimeLimit

pytestmark = pytest.mark.anyio

LIMIT_S = 0.05


def hold_the_loop() -> None:
    """Keep the event loop from doing anything for three limits."""
    time.sleep(3 * LIMIT_S)


async def hold_the_loop_again_and_again() -> None:
    while True:
        hold_the_loop()
        await asyncio.sleep(0)


class Agent:
    """An agent in the same loop, which holds that up with each connection, and with each answer after it was sent: so
    nothing hangs on when the machine lets another thread or program run."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._open: list[socket.socket] = [listening]
        asyncio.get_running_loop().add_reader(listening, self._connected)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

    def _connected(self) -> None:
        connection, _ = self._listening.accept()
        self._open.append(connection)
        asyncio.get_running_loop().add_reader(connection, self._asked, connection)
        hold_the_loop()

    def _asked(self, connection: socket.socket) -> None:
        if connection.recv(65_536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            hold_the_loop()
        else:
            asyncio.get_running_loop().remove_reader(connection)

    def close(self) -> None:
        for one in self._open:
            asyncio.get_running_loop().remove_reader(one)
            one.close()


async def test_an_agent_that_answered_while_we_were_held_up_is_not_called_slow() -> None:
    client, agent = HttpClient(Limits()), Agent(socket.create_server(("127.0.0.1", 0)))
    try:
        for turn in range(3):  # held up while it connects, and while an answer is there that nobody has read yet
            answer = await client.get(agent.url, timeout_s=LIMIT_S)
            assert (answer.status, answer.body) == (200, b"ok"), turn
    finally:
        await client.aclose()
        agent.close()


async def test_a_server_that_hangs_is_slow_however_long_we_are_held_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        client = HttpClient(Limits())
        asyncio.get_running_loop().call_soon(hold_the_loop)
        with pytest.raises(OutsideError) as caught:
            await client.get(f"http://127.0.0.1:{hangs.getsockname()[1]}/", timeout_s=LIMIT_S)
        assert caught.value.fault is Fault.TIMEOUT
        await client.aclose()


async def test_who_was_held_up_in_the_middle_has_the_whole_limit_all_the_same() -> None:
    """What ends before the limit does makes its last bell ring in time."""
    loop = asyncio.get_running_loop()
    limit_s = 20 * LIMIT_S
    answer = loop.create_future()

    def hold() -> None:
        # The other side answers half a limit after we can hear it again.
        time.sleep(0.8 * limit_s)
        loop.call_later(0.5 * limit_s, answer.set_result, "answer")

    loop.call_later(0.1 * limit_s, hold)
    async with TimeLimit(limit_s):
        assert await answer == "answer"


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
