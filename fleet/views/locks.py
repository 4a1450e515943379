"""Who is at work on a row's target, in a few words. It takes no column: mostly nobody is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fleet.store import Store
from fleet.times import age_text
from fleet.views.view import Beside, Field, Look

if TYPE_CHECKING:
    from fleet.actions.action import Lock


def lock_on(store: Store, name: str) -> "Lock | None":
    """The lock that is held on `name`, or on what the agent of that name is rolled with."""
    if not store.locks:
        return None
    held = store.locks.get(name)
    if held is not None:
        return held
    rolled = (row.name for row in store.rollbacks.values() if name in row.agents)
    return next((store.locks[target] for target in rolled if target in store.locks), None)


def lock_words(name: str, at: Look) -> str:
    """`locked 3m by anna@edge-1`, "" where nobody holds it."""
    lock = lock_on(at.store, name)
    if lock is None:
        return ""
    age_s = at.since_s(lock.since)
    # Whole minutes: a row that nothing happens to must not tick.
    held = "" if age_s is None else " <1m" if age_s < 60 else f" {age_text(age_s)}"
    return f"locked{held} by {lock.owner}{' (here)' if lock.mine else ''}"


def with_lock(name: str, text: str, at: Look) -> str:
    """`text`, behind who holds the lock on `name`."""
    return "; ".join(filter(None, (lock_words(name, at), text)))


LOCKED_BY: Field[Any] = Field(
    "locked_by", lambda row, at: lock.owner if (lock := lock_on(at.store, row.name)) else None
)
"""Who holds the lock on a row that is called `name`."""


def _touched(store: Store, target: str) -> Iterator[str]:
    yield target
    row = store.rollbacks.get(target)
    if row is not None:
        yield from row.agents


LOCKS = Beside(lambda store: store.locks, _touched)
"""A lock that is taken or let go shows on the row that is called as its target, and on the agents that this rolls."""
