"""The beat at which new data are drawn: one for all widgets of an application.

A widget that has news asks to be called; whoever asks while a beat is awaited is called with the others, so that all
that is new goes into one frame. A key that waits goes first.
"""

import asyncio
from collections.abc import Callable
from typing import Final

_YIELD_S: Final = 0.01
_YIELDS: Final = 10
"""How long drawing data gives way to keys, and how often: an operator who holds a key down wants to see data, too."""


class Beat:
    """Calls those who asked `period_s` after the first of them did; `is_busy` says whether a key waits."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._asked: dict[float, list[Callable[[], None]]] = {}

    def ask(self, due: Callable[[], None], period_s: float) -> None:
        """Have `due` called at the next beat of this period. May be called from any task of the loop."""
        waiting = self._asked.get(period_s)
        if waiting is not None:
            waiting.append(due)
            return
        self._asked[period_s] = [due]
        asyncio.get_running_loop().call_later(period_s, self._strike, period_s, 0)

    def _strike(self, period_s: float, yields: int) -> None:
        loop = asyncio.get_running_loop()
        if yields < _YIELDS and self._is_busy():
            loop.call_later(_YIELD_S, self._strike, period_s, yields + 1)
            return
        for due in self._asked.pop(period_s, ()):
            # One at a time: between any two of them a key can be taken.
            loop.call_soon(due)
