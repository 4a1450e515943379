"""When Python may look for garbage: not before the first frame, and afterwards at moments when nobody waits.

A full search stops everything for as long as it takes to visit every object, which is a tenth of a second and more with
ten thousand agents, and Python starts one whenever it likes. What an operator would see is a key that is answered late.
So the full search is taken over: it is done while no key has been pressed for a while, and what has stood so long is
left out of the quick ones. Nearly everything here is freed by its reference count; what is left for the search are
the rings that failed requests leave behind.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 300.0
"""How often a full search is due."""
QUIET_S: Final = 2.0
"""So long without a key is a moment when nobody waits."""
AT_LATEST: Final = 4
"""So many times `EVERY_S` without such a moment, and it is done all the same."""
_YOUNG: Final = 1_000
"""Objects made between two quick searches; every tenth of them looks through what ten made, in a few milliseconds."""
_NEVER: Final = 1_000_000


def hold() -> None:
    """No search until `release`: much is made until the first frame, and nothing of it is garbage."""
    gc.disable()


def release() -> None:
    """Search quickly from now on; the full search is `keep`'s."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, _NEVER)
    gc.enable()


async def keep(idle_s: Callable[[], float]) -> None:
    """Search fully every so often, when `idle_s`, the time since the last key, says that nobody waits."""
    waited = 0.0
    while True:
        await asyncio.sleep(QUIET_S)
        waited += QUIET_S
        if waited >= EVERY_S and (idle_s() >= QUIET_S or waited >= AT_LATEST * EVERY_S):
            waited = 0.0
            search()


def search() -> int:
    """Free all garbage now, and leave what stays out of the quick searches. Returns how many objects were freed."""
    gc.unfreeze()
    found = gc.collect()
    gc.freeze()
    return found
