"""Evaluations that are cut into steps, run so that keys are answered between them."""

import asyncio
from collections.abc import Generator
from typing import TypeVar

from fleet.clock import Clock

T = TypeVar("T")

HOLD_S = 0.01
"""Seconds of steps in a row."""
PAUSE_S = 0.002


class Spent:
    """Seconds that were spent evaluating."""

    def __init__(self) -> None:
        self.seconds = 0.0


async def in_pieces(work: Generator[None, None, T], clock: Clock, spent: Spent) -> T:
    """What `work` comes to; what one of its steps raises is raised."""
    while True:
        began = clock.monotonic()
        try:
            while clock.monotonic() - began < HOLD_S:
                next(work)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            spent.seconds += clock.monotonic() - began
        await asyncio.sleep(PAUSE_S)
