"""When a dashboard that runs without a terminal has nothing left to do, so that it can be looked at.

Textual's own wait sleeps for 20 ms and takes a process that used little CPU meanwhile for one that is done. On a busy
machine that is one that was not let run, and what is looked at then is the screen as it was before.
"""

import asyncio
from math import inf
from typing import Any, Final

_SOON_S: Final = 0.04
"""What is due so soon is waited for: a screen is laid out and drawn at the next of its looks, 60 times a second, or,
where one was missed, at the one after it."""
_NAPS: Final = 50
_ROUNDS: Final = 10_000
"""How often at most it sleeps, and the loop goes round: there may be something that never comes to rest."""


async def settled() -> None:
    """Wait until the event loop has nothing to do, and will not have within 40 ms either."""
    # What is ready, and what is due when, no public method of a loop says; asyncio's own loops all keep it so.
    loop: Any = asyncio.get_running_loop()
    naps = 0
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
        if loop._ready:
            continue
        due_s = min((timer.when() for timer in loop._scheduled if not timer.cancelled()), default=inf)
        if naps == _NAPS or due_s - loop.time() > _SOON_S:
            return
        naps += 1
        await asyncio.sleep(due_s - loop.time())
