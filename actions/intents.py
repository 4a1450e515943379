"""What is about to be written to a server, told before the request leaves, and what became of it."""

import uuid
from typing import Protocol

from msgspec import Struct, field


class Intent(Struct, frozen=True, kw_only=True):
    """A write that is about to happen. `act` is what is done (`silence`, `expire`, `renew`, `post`), `server` the name
    of the server and `url` its address ("" for what is written here), `what` the object in words, `by` who asked for it
    and `why`."""

    act: str
    server: str
    url: str
    what: str
    by: str = ""
    why: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    """By which what became of it is found."""


class Intents(Protocol):
    """Where intents are recorded."""

    async def record(self, intent: Intent) -> None:
        """Record it. Raises FleetdeckError where that is not possible; the write is then not made."""
        ...

    async def refused(self, intent: Intent, error: str) -> None:
        """Record that it was refused here, and why. Raises nothing."""
        ...

    async def ended(self, intent: Intent, error: str = "", *, maybe: bool = False, status: int | None = None) -> None:
        """Record what became of it: it was done, or `error` says why not; `maybe`: it may have been done all the same.
        `status` is that of the answer. Raises nothing: what was done is done."""
        ...


class Unrecorded:
    """Records nothing."""

    async def record(self, intent: Intent) -> None:
        """Nothing is recorded."""

    async def refused(self, intent: Intent, error: str) -> None:
        """Nothing is recorded."""

    async def ended(self, intent: Intent, error: str = "", *, maybe: bool = False, status: int | None = None) -> None:
        """Nothing is recorded."""
