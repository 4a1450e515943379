"""A connection whose request is given up just as its answer comes."""

import asyncio

import pytest

from tests.hostile_server import HostileServer
from transport.http_reply import StrictReply
from transport.http_wire import Wire

pytestmark = pytest.mark.anyio


async def test_a_connection_that_nobody_waits_for_any_more_is_closed_though_its_answer_is_whole() -> None:
    async with HostileServer() as server:
        _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", server.port)
        reply = StrictReply(1_000)
        request = b"GET /html HTTP/1.1\r\nHost: x\r\n\r\n"
        asking = asyncio.ensure_future(wire.exchange(request, reply))
        while not reply.whole:
            # The answer is taken in before the task that waits for it has its turn.
            asyncio.get_running_loop().call_soon(lambda: asking.cancel() if reply.whole else None)
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not wire.open
