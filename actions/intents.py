"""What is about to be written to a server, told before the request leaves."""

from typing import Protocol

from msgspec import Struct


class Intent(Struct, frozen=True, kw_only=True):
    """A write that is about to happen. `act` is what is done (`silence`, `expire`, `renew`, `post`), `server` the name
    of the server and `url` its address, `what` the object in words, `by` who asked for it."""

    act: str
    server: str
    url: str
    what: str
    by: str = ""


class Intents(Protocol):
    """Where intents are recorded."""

    async def record(self, intent: Intent) -> None:
        """Record it. Raises FleetdeckError where that is not possible; the write is then not made."""
        ...


class Unrecorded:
    """Records nothing."""

    async def record(self, intent: Intent) -> None:
        """Nothing is recorded."""
