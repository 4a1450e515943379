"""A connection that carries one HTTP exchange at a time: a request written in one piece, and the reply to it.

A plain `asyncio.Protocol`: no task, no stream and no timer of its own. What comes while nothing was asked ends the
connection, so that it can never be taken for the answer to the next request.
"""

import asyncio
from typing import cast

from fleet.errors import OutsideError
from transport.http.reply import Reply
from transport.system_faults import of_connection


class Wire(asyncio.Protocol):
    """One connection. `open` until either side closes it; `served` counts the requests that it carried."""

    __slots__ = ("_done", "_reply", "_transport", "open", "served")

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reply: Reply | None = None
        self._done: asyncio.Future[OutsideError | None] | None = None
        self.open = False
        self.served = 0

    async def exchange(self, request: bytes, reply: Reply) -> None:
        """Send `request` and read into `reply` until it is whole. Raises OutsideError.

        The connection stays open only where `reply` says that it may be used again.
        """
        if self._transport is None or not self.open:
            raise reply.cut_off()
        self._reply = reply
        self._done = asyncio.get_running_loop().create_future()
        self.served += 1
        try:
            self._transport.write(request)
            error = await self._done
        except asyncio.CancelledError:
            # The reply may be whole already, and its connection good; but nobody is left to keep it.
            self.close()
            raise
        finally:
            self._reply = self._done = None
            if not reply.reusable:
                self.close()
        if error is not None:
            raise error

    def close(self) -> None:
        """Close at once. What is on its way is lost."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    # ── what the event loop calls ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        reply = self._reply
        if reply is None or reply.whole:
            self.close()
            return
        try:
            reply.feed(data)
        except OutsideError as error:
            self._settle(error)
        else:
            if reply.whole:
                self._settle(None)

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        self._transport = None
        reply = self._reply
        if reply is None or reply.whole:
            return
        reply.reusable = False
        try:
            if error is not None:
                raise reply.cut_off(of_connection(error))
            reply.end()
        except OutsideError as fault:
            self._settle(fault)
        else:
            self._settle(None)

    def _settle(self, error: OutsideError | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(error)
