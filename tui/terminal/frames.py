"""When frames are sent: at once where nothing stands against it, never more often than allowed, one at a time.

A frame waits while
- the last one was sent less than a period ago: changes gather, and the next frame has them all;
- the terminal has not taken the last one yet: a slow link gets fewer frames, and never a queue of old ones;
- the screen is being laid out: a screen that is opened is sent once, when it stands, not in each of its states.
"""

import asyncio
from collections.abc import Callable
from typing import Final

_LOOK_AGAIN_S: Final = 0.002
"""How soon to look again whether the layout is ready."""
_FULL_S: Final = 0.02
"""How soon to look again whether the terminal has taken what it was sent."""
_LAYOUT_MOST_S: Final = 0.25
"""How long a frame may wait for a layout that does not come to rest."""
_CALM: Final = 3
"""So many turns of the event loop in a row without anything to do for the screen: it stands."""


class Frames:
    """Calls `paint`, which says whether it sent anything.

    `is_clear` says whether the terminal has taken all that was sent, `is_settled` whether the layout stands.
    """

    def __init__(
        self,
        paint: Callable[[], bool],
        *,
        is_clear: Callable[[], bool],
        is_settled: Callable[[], bool],
        most_per_s: float = 60.0,
    ) -> None:
        self._paint = paint
        self._is_clear = is_clear
        self._is_settled = is_settled
        self.most_per_s = most_per_s
        self._due: asyncio.Handle | None = None
        self._next_s = 0.0
        self._settle_until_s: float | None = None
        self._calm = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a frame waits to be sent."""
        return self._due is not None

    def soon(self) -> None:
        """The picture has changed."""
        if self._due is None:
            loop = asyncio.get_running_loop()
            wait_s = self._next_s - loop.time()
            self._due = loop.call_later(wait_s, self._try) if wait_s > 0 else loop.call_soon(self._try)

    def settle(self) -> None:
        """The picture has changed as a whole, as it does when a screen is laid out; more of it will follow."""
        self._calm = 0
        if self._settle_until_s is None:
            self._settle_until_s = asyncio.get_running_loop().time() + _LAYOUT_MOST_S
        self.soon()

    def _try(self) -> None:
        self._due = None
        loop = asyncio.get_running_loop()
        if not self._is_clear():
            self._due = loop.call_later(_FULL_S, self._try)
        elif self._is_unsettled(loop.time()):
            self._due = loop.call_soon(self._try) if self._calm else loop.call_later(_LOOK_AGAIN_S, self._try)
        elif self._paint():
            self._next_s = loop.time() + 1 / self.most_per_s

    def _is_unsettled(self, now_s: float) -> bool:
        if self._settle_until_s is None:
            return False
        self._calm = self._calm + 1 if self._is_settled() else 0
        if self._calm >= _CALM or now_s > self._settle_until_s:
            self._settle_until_s = None
        return self._settle_until_s is not None
