"""What every plan of a fleet is made with, whatever it does."""

from collections.abc import Callable

from msgspec import Struct

from fleet.clock import Clock
from fleet.store import Store


class Planning(Struct, frozen=True, kw_only=True):
    """The fleet that plans are for, what is known of it, and the time. `new_id` makes idempotency keys."""

    fleet: str
    store: Store
    """Only to be read."""
    clock: Clock
    new_id: Callable[[], str]
