"""The work that goes on behind the screens: begun once the first frame is drawn, ended and awaited at the end."""

import asyncio
from collections.abc import Awaitable, Callable


class Background:
    """One piece of work. `broke` is called with what ended it where it ended by itself and badly."""

    def __init__(self, work: Callable[[], Awaitable[None]] | None, broke: Callable[[BaseException], None]) -> None:
        self._work = work
        self._broke = broke
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin, if there is something to do and it was not begun."""
        if self._work is not None and self._task is None:
            self._task = asyncio.ensure_future(self._run(self._work))
            self._task.add_done_callback(self._ended)

    async def end(self) -> None:
        """End it, and wait until it has ended."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        await work()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._broke(error)
