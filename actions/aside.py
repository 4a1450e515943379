"""Work on a big batch that takes longer than a screen likes to wait is done in a thread."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

MANY: Final = 200
"""Items from which on it is worth a thread; so many take a millisecond or two."""


async def aside(many: int, work: Callable[[], T]) -> T:
    """What pure work brings that is done for `many` items. Raises what it raises."""
    return await asyncio.to_thread(work) if many > MANY else work()
