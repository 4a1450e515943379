"""The connections of an `HttpClient`: opened when there is none to spare, kept for a while, closed when idle.

Kept connections stand with their place, so that taking one and putting it back costs no search, and one timer looks for
those that were idle for too long. Servers close idle connections, too: a request that finds its kept connection closed
before a byte of the answer came is sent once more over a new one, as RFC 9112 (9.3.1) allows for GET. What changes
something at the other side is never sent twice (`fetch_once`).

A server whose answer cannot be read strictly is asked again over a connection of its own, read patiently, and stays on
such connections for a while.
"""

import asyncio
import ipaddress
import resource
import socket
import ssl
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from fleet.errors import Fault, OutsideError
from transport.http.reply import PatientReply, Reply, StrictReply
from transport.http.request import host_field
from transport.http.wire import Wire
from transport.names import Names, with_port
from transport.system_faults import FAULTS, of_connection
from transport.urls import Origin

IDLE_S: Final = 30.0
"""Seconds after which an idle connection is closed. Some servers serve nobody else while one is open."""
_MOST_IDLE: Final = 10_000
_PATIENT_TIMES: Final = 100
_NEXT_ADDRESS_S: Final = 0.25
"""Seconds after which the next address of a name is tried beside the first (RFC 8305)."""


class Place:
    """An origin: its connections that are idle, and what is known of its server."""

    __slots__ = ("__weakref__", "field", "host", "idle", "named", "origin", "patient", "port", "tls")

    def __init__(self, where: Origin) -> None:
        self.origin = where
        scheme, self.host, self.port = where
        self.tls = scheme == "https"
        self.named = not _is_address(self.host)
        self.field = host_field(where)
        """The `Host` header of requests to it."""
        self.idle: list[Wire] = []
        self.patient = 0
        """How many requests are yet to be read patiently."""


class Progress:
    """How far a request came, for the words of a time-out. `sent`: some of it may have been written."""

    __slots__ = ("naming", "reply", "sent", "waiting")

    def __init__(self) -> None:
        self.waiting = False
        self.naming = False
        self.sent = False
        self.reply: Reply | None = None


class Pool:
    """Connections to any number of places, directly. To be used inside one running loop; `aclose` ends it."""

    def __init__(
        self,
        body_bytes: Callable[[], int],
        tls: ssl.SSLContext | None,
        *,
        idle_s: float = IDLE_S,
        most_idle: int | None = None,
    ) -> None:
        """`body_bytes` is the limit of a body, asked for with each request. If `most_idle` does not say how many, idle
        connections are half at most of the files that this process may open."""
        self._body_bytes = body_bytes
        self._tls = tls
        self._idle_s = idle_s
        self._look_s = idle_s / 6
        self._most_idle = _half_of_the_files() if most_idle is None else most_idle
        self._names = Names()
        self._places: WeakValueDictionary[Origin, Place] = WeakValueDictionary()
        self._idle: dict[Wire, tuple[float, Place]] = {}
        self._looking: asyncio.TimerHandle | None = None
        self._ended = False

    def place(self, where: Origin) -> Place:
        """The place of an origin: the same one for as long as somebody has it."""
        place = self._places.get(where)
        if place is None:
            place = self._places[where] = Place(where)
        return place

    async def fetch(self, place: Place, request: bytes, progress: Progress, *, once: bool = False) -> Reply:
        """Send `request` to `place` and read the answer. Raises OutsideError.

        `once`: over a connection of its own, which is closed after it.
        """
        if not (place.patient or once):
            reply = await self._over_a_kept_one(place, request, progress)
            if reply is not None:
                return reply
        if place.patient:
            place.patient -= 1
        else:
            try:
                return await self._over_a_new_one(place, request, progress, StrictReply(self._body_bytes()), once=once)
            except OutsideError as error:
                if error.fault is not Fault.PROTOCOL:
                    raise
            place.patient = _PATIENT_TIMES
        return await self._over_a_new_one(place, request, progress, PatientReply(self._body_bytes()), once=True)

    async def fetch_once(self, place: Place, request: bytes, progress: Progress) -> Reply:
        """Send `request` to `place` once, whatever comes of it, over a connection of its own. Raises OutsideError."""
        return await self._over_a_new_one(place, request, progress, PatientReply(self._body_bytes()), once=True)

    async def aclose(self) -> None:
        """Close every connection that is idle; those in use close when they are done."""
        self._ended = True
        if self._looking is not None:
            self._looking.cancel()
        for wire in self._idle:
            wire.close()
        self._idle.clear()
        # The loop closes the sockets in its next round.
        await asyncio.sleep(0)

    async def _over_a_kept_one(self, place: Place, request: bytes, progress: Progress) -> Reply | None:
        """The answer over a connection that is there; None where there is none, or it was closed, or it cannot be read
        strictly."""
        wire = self._spare(place)
        if wire is None:
            return None
        reply = progress.reply = StrictReply(self._body_bytes())
        progress.sent = True
        try:
            await wire.exchange(request, reply)
        except OutsideError as error:
            if error.fault is Fault.PROTOCOL:
                place.patient = _PATIENT_TIMES
            elif not (reply.untouched and error.fault in (Fault.EMPTY, Fault.RESET)):
                raise
            return None
        if wire.open:
            self._keep(wire, place)
        return reply

    async def _over_a_new_one(
        self, place: Place, request: bytes, progress: Progress, reply: Reply, *, once: bool
    ) -> Reply:
        progress.reply = reply
        wire = await self._open(place, progress)
        progress.sent = progress.sent or wire.open
        await wire.exchange(request, reply)
        if once:
            wire.close()
        elif wire.open:
            self._keep(wire, place)
        return reply

    # ── connections ──

    def _spare(self, place: Place) -> Wire | None:
        while place.idle:
            wire = place.idle.pop()
            self._idle.pop(wire, None)
            if wire.open:
                return wire
        return None

    def _keep(self, wire: Wire, place: Place) -> None:
        if self._ended:
            wire.close()
            return
        loop = asyncio.get_running_loop()
        if len(self._idle) >= self._most_idle:
            self._drop(next(iter(self._idle)))
        place.idle.append(wire)
        self._idle[wire] = loop.time(), place
        if self._looking is None:
            self._looking = loop.call_later(self._look_s, self._look)

    def _look(self) -> None:
        """Close what is idle for too long, and let go of what was closed by its server; the longest idle come first."""
        loop = asyncio.get_running_loop()
        before = loop.time() - self._idle_s
        for wire in [wire for wire, (since, _) in self._idle.items() if since <= before or not wire.open]:
            self._drop(wire)
        self._looking = loop.call_later(self._look_s, self._look) if self._idle else None

    def _drop(self, wire: Wire) -> None:
        _, place = self._idle.pop(wire)
        place.idle.remove(wire)
        wire.close()

    async def _open(self, place: Place, progress: Progress) -> Wire:
        loop = asyncio.get_running_loop()
        tls = await self._context() if place.tls else None
        name = place.host if place.tls else None
        try:
            if place.named:
                sock = await self._connected(place, progress)
                _, wire = await loop.create_connection(Wire, sock=sock, ssl=tls, server_hostname=name)
            else:
                _, wire = await loop.create_connection(Wire, place.host, place.port, ssl=tls, server_hostname=name)
        except FAULTS as error:
            self._names.forget(place.host)
            raise of_connection(error) from error
        return wire

    async def _connected(self, place: Place, progress: Progress) -> socket.socket:
        """A socket that is connected to one of the addresses that the name of `place` has."""
        from aiohappyeyeballs import start_connection

        progress.naming = True
        found = await self._names.look_up(place.host)
        progress.naming = False
        return await start_connection(with_port(found, place.port), happy_eyeballs_delay=_NEXT_ADDRESS_S)

    async def _context(self) -> ssl.SSLContext:
        """What TLS is verified by, read when it is first needed: off the loop, as it takes some 30 ms."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls


def _half_of_the_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_IDLE if soft == resource.RLIM_INFINITY else min(soft // 2, _MOST_IDLE)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
