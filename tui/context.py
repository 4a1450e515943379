"""What every screen may use: the store, the clock, the fleet's name. Wired once by the app, read by the screens."""

from msgspec import Struct

from fleet.clock import Clock
from fleet.store import Store


class Context(Struct, frozen=True, kw_only=True):
    """The collaborators of a screen."""

    store: Store
    clock: Clock
    fleet_name: str
    read_only: bool = False
