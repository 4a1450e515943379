"""Server-sent events, listened to for a while: one request over a connection of its own, read by h11, within limits.

Only for a stream that never ends: what is asked for here is not followed elsewhere, nor sent again. The format:
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import ssl
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleet.errors import Fault, OutsideError
from transport.system_faults import FAULTS, of_connection
from transport.urls import split_url

if TYPE_CHECKING:
    import h11

MOST_CHARS: Final = 256 * 1024
"""Characters of one event; a longer one is dropped."""
_CHUNK: Final = 64 * 1024


class ServerEvent(Struct, frozen=True):
    """One event: its type, its data, its id."""

    type: str
    data: str
    id: str = ""


class EventReader:
    """Takes in text and gives whole events; comments and unknown fields are passed over. No I/O."""

    def __init__(self) -> None:
        self._rest = ""
        self._type, self._id = "", ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, text: str) -> Iterator[ServerEvent]:
        """The events that end within `text`."""
        lines = (self._rest + text).replace("\r\n", "\n").split("\n")
        # A carriage return at the very end may be the half of a line's end.
        self._rest = lines.pop()
        if len(self._rest) > MOST_CHARS:
            self._rest, self._size = "", MOST_CHARS + 1
        for line in lines:
            event = self._line(line.rstrip("\r"))
            if event is not None:
                yield event

    def _line(self, line: str) -> ServerEvent | None:
        if not line:
            return self._ended()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        self._size += len(line)
        if self._size > MOST_CHARS:
            self._data.clear()
        elif name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id":
            self._id = value
        return None

    def _ended(self) -> ServerEvent | None:
        event = ServerEvent(self._type or "message", "\n".join(self._data), self._id) if self._data else None
        if self._size > MOST_CHARS:
            event = None
        self._type, self._size = "", 0
        self._data = []
        return event


async def listen(
    url: str, take: Callable[[ServerEvent], bool], *, for_s: float, headers: Mapping[str, str] | None = None
) -> None:
    """Give `take` the events that come within `for_s` seconds, connecting included, until it says True. Raises
    OutsideError where there is no stream."""
    # Loaded with the first stream: kinds that listen are loaded before the first frame.
    import h11

    try:
        async with asyncio.timeout(for_s):
            await _listen(url, take, headers or {})
    except TimeoutError:
        return
    except h11.RemoteProtocolError as error:
        raise OutsideError(Fault.PROTOCOL, "the events cannot be read") from error
    except FAULTS as error:
        raise of_connection(error) from error


async def _listen(url: str, take: Callable[[ServerEvent], bool], headers: Mapping[str, str]) -> None:
    import h11

    parts = split_url(url)
    secure = parts.scheme == "https"
    context = await asyncio.to_thread(ssl.create_default_context) if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or (443 if secure else 80), ssl=context)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_CHUNK)
        writer.write(_request(connection, target, {"host": parts.netloc, **headers}))
        await _read(reader, connection, take)
    finally:
        # The stream has no end to wait for.
        writer.transport.abort()


def _request(connection: "h11.Connection", target: str, headers: Mapping[str, str]) -> bytes:
    import h11

    own = {"accept": "text/event-stream", "connection": "close", "user-agent": "fleetdeck"}
    request = h11.Request(method="GET", target=target, headers=list({**own, **headers}.items()))
    return (connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b"")


async def _read(
    reader: asyncio.StreamReader, connection: "h11.Connection", take: Callable[[ServerEvent], bool]
) -> None:
    import h11

    events, decoder = EventReader(), getincrementaldecoder("utf-8")("replace")
    while True:
        part = connection.next_event()
        if part is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(part, h11.Response):
            _check(part)
        elif isinstance(part, h11.Data):
            for event in events.feed(decoder.decode(bytes(part.data))):
                if take(event):
                    return
        elif isinstance(part, h11.EndOfMessage | h11.ConnectionClosed):
            return


def _check(answer: "h11.Response") -> None:
    kind = dict(answer.headers).get(b"content-type", b"")
    if answer.status_code != 200:
        raise OutsideError(Fault.STATUS, f"the events answered {answer.status_code}")
    if not kind.startswith(b"text/event-stream"):
        raise OutsideError(Fault.PAYLOAD, "what answers there is no stream of events")
