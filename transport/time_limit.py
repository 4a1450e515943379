"""A limit in time that counts against the other side only.

Where the event loop was held up (a busy machine, a long computation, ctrl+z), the limit rings late, and what the other
side answered meanwhile lies unread: `asyncio.timeout` would give up in that very moment and call a healthy agent down
for our own slowness. Here, a bell that rings late grants what was lost once more. It rings a few times within the
limit, since who was held up in its middle would hear the last bell in time.
"""

import asyncio
from types import TracebackType

_HELD_S = 0.01
"""A bell that rings no later than this rang in time."""
_BELLS = 4
"""Bells within a limit; most looks end before the first."""
_GRANTED = 4
"""How many times the limit is granted of lost time in all: where the loop is held up all the time, it ends all the
same."""


class TimeLimit:
    """`async with TimeLimit(seconds)`: as `asyncio.timeout`, but without the time in which this process was held up.

    Raises TimeoutError where the body takes longer than `limit_s` seconds of a loop that runs. Each time lost is
    granted once more, and never more than `limit_s` at a time.
    """

    __slots__ = ("_due", "_handle", "_left_s", "_limit_s", "_loop", "_rings", "_timeout")

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._left_s = _GRANTED * limit_s
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._wait_until(now + self._limit_s, now)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.cancel()
        await self._timeout.__aexit__(kind, error, trace)

    def _wait_until(self, due: float, now: float) -> None:
        self._due, self._rings = due, min(due, now + self._limit_s / _BELLS)
        self._handle = self._loop.call_at(self._rings, self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        late, to_come = now - self._rings, self._due - self._rings
        if late > _HELD_S and self._left_s > 0:
            lost = min(late, self._limit_s)
            self._left_s -= lost
            self._wait_until(now + max(to_come, lost), now)
        elif to_come > 0:
            self._wait_until(self._due, now)
        else:
            self._timeout.reschedule(now)
