"""Time that runs faster: an event loop whose seconds are shorter, and a clock that goes with it.

Nothing of the program knows. Its intervals, time-outs and sleeps are all taken from the loop's time, and all dates from
the clock. Two processes that begin with the same origin have the same time.
"""

import asyncio
import selectors
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct


class Lapse(Struct, frozen=True):
    """`speed` seconds pass in one; it began at `epoch_s` since 1970, when the monotonic clock was at `origin_s`."""

    speed: float
    epoch_s: float
    origin_s: float

    @classmethod
    def from_now(cls, speed: float) -> "Lapse":
        """A lapse that begins now."""
        return cls(speed, time.time(), time.monotonic())


class LapseClock:
    """`fleet.clock.Clock`, faster."""

    def __init__(self, lapse: Lapse) -> None:
        self._lapse = lapse

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._lapse.epoch_s, UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._lapse.origin_s) * self._lapse.speed


class LapseLoop(asyncio.SelectorEventLoop):
    """An event loop with shorter seconds."""

    def __init__(self, lapse: Lapse) -> None:
        self._lapse = lapse
        super().__init__(_LapseSelector(lapse.speed))

    def time(self) -> float:
        return (time.monotonic() - self._lapse.origin_s) * self._lapse.speed


class _LapseSelector(selectors.BaseSelector):
    """The system's selector, which waits for as long as the loop's seconds are."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._real = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._real.select(timeout if timeout is None else timeout / self._speed)

    def close(self) -> None:
        self._real.close()

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.get_key(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()
