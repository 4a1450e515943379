"""A limit in time that counts against the other side only.

Where the event loop was held up (a busy machine, a long computation, ctrl+z), the limit rings late, and what the other
side answered meanwhile lies unread: `asyncio.timeout` would give up in that very moment and call a healthy agent down
for our own slowness. Here, a bell that rings late grants what was lost once more.
"""

import asyncio
from types import TracebackType

_HELD_S = 0.01
"""A bell that rings no later than this rang in time."""
_GRANTS = 4
"""How often lost time is granted: where the loop is held up all the time, it ends all the same at the fifth bell."""


class TimeLimit:
    """`async with TimeLimit(seconds)`: as `asyncio.timeout`, but without the time in which this process was held up.

    Raises TimeoutError where the body takes longer than `limit_s` seconds of a loop that runs. Each time lost is
    granted once more, and never more than `limit_s` at a time.
    """

    __slots__ = ("_due", "_grants", "_handle", "_limit_s", "_loop", "_timeout")

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._grants = _GRANTS
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._ring_at(self._loop.time() + self._limit_s)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.cancel()
        await self._timeout.__aexit__(kind, error, trace)

    def _ring_at(self, due: float) -> None:
        self._due = due
        self._handle = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        late = now - self._due
        if late > _HELD_S and self._grants:
            self._grants -= 1
            self._ring_at(now + min(late, self._limit_s))
        else:
            self._timeout.reschedule(now)
