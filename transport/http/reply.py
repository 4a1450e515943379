"""One HTTP answer, read from the bytes that come over a connection, within limits; no I/O.

`StrictReply` is read by llhttp (httptools), which is fast and refuses what could be read in two ways. `PatientReply` is
read by h11, for servers whose answers are unusual (line ends without a carriage return, folded headers): only on
connections that serve one request, where nothing can be taken for the answer to another.

Both raise `OutsideError` and nothing else. A connection is to be used again only where it is certain that the answer
ended with the last byte that came: bytes behind an answer, whatever they are, end the connection.
"""

from collections.abc import Iterable
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from transport.http.body import BodyReader
from transport.http.head import HEADER_BYTES, check_framing, check_length, read_headers

_END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_DETAIL_CHARS: Final = 160


class Reply:
    """What both ways of reading share. `whole`: all of it came; `reusable`: the connection may serve again."""

    __slots__ = ("_fed", "_limit", "body", "headers", "reusable", "status", "whole")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._fed = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: BodyReader | None = None
        """What reads the body; None until the header is there."""
        self.whole = False
        self.reusable = False

    def feed(self, data: bytes) -> None:
        """Take in what came. Raises OutsideError."""
        self._fed += len(data)
        self._read(data)
        if self.body is None and self._fed > HEADER_BYTES:
            raise OutsideError(Fault.LIMIT, f"the header is too big (over {HEADER_BYTES:,} bytes)")

    def end(self) -> None:
        """The connection was closed. Raises OutsideError where the answer is not whole by that."""
        raise NotImplementedError

    def content(self) -> bytes:
        """The body of a whole answer, decompressed. Raises OutsideError."""
        return b"" if self.body is None else self.body.whole()

    @property
    def untouched(self) -> bool:
        """Not a byte of it came."""
        return self._fed == 0

    def cut_off(self, error: OutsideError | None = None) -> OutsideError:
        """The fault of a connection that ends, by `error` or in order, within the answer."""
        if self.body is None:
            middle = "in the middle of the header" if self._fed else "without an answer"
            return error or OutsideError(Fault.EMPTY, f"the connection was closed {middle}")
        length = self.headers.get("content-length")
        came = f"{self.body.received} of {length} bytes" if length else f"{self.body.received} bytes, and no end"
        if error is None:
            return OutsideError(Fault.PAYLOAD, f"half a body ({came})")
        return OutsideError(error.fault, f"in the middle of the body ({came})")

    def _read(self, data: bytes) -> None:
        raise NotImplementedError

    def _begin(self, status: int, raw: Iterable[tuple[bytes, bytes]]) -> None:
        """The header is there. Raises OutsideError (over limit, an unknown encoding, an end that cannot be told)."""
        self.status = status
        self.headers = headers = read_headers(raw)
        check_framing(headers)
        check_length(headers, self._limit)
        self.body = BodyReader(headers.get("content-encoding", ""), self._limit)


class StrictReply(Reply):
    """An answer read by llhttp in its strict mode."""

    __slots__ = ("_head_bytes", "_more", "_parser", "_raw")

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        self._raw: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._more = False

    def end(self) -> None:
        # Without a length or chunks, the end of the connection is the end of the body.
        if self.body is None or "content-length" in self.headers or "transfer-encoding" in self.headers:
            raise self.cut_off()
        self.whole = True

    def _read(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            return
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._refused(error)
        if self._fed == len(data) and self.body is not None:
            self._head_bytes = data.find(_END) + len(_END)
        if self.whole:
            self._parser = None  # it holds this reply in turn
            self.reusable = self.reusable and self._ends_with(data)

    def _refused(self, error: Exception) -> None:
        """llhttp refuses, too, what stands behind an answer that ends its connection; the answer is good then."""
        self._more = True
        if self.whole:
            return
        self._parser = None
        if isinstance(error.__context__, OutsideError):
            raise error.__context__
        raise OutsideError(Fault.PROTOCOL, scrub(str(error), _DETAIL_CHARS)) from error

    def _ends_with(self, data: bytes) -> bool:
        """Whether the last byte of the answer is that of `data`, for certain."""
        if self._more or self.body is None:
            return False
        if "transfer-encoding" in self.headers:
            return data.endswith(_LAST_CHUNK)
        return self._fed == self._head_bytes + self.body.received

    # ── what llhttp calls ──

    def on_message_begin(self) -> None:
        self._more = self.whole

    def on_header(self, name: bytes, value: bytes) -> None:
        self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if self.whole or parser is None:
            return
        status = parser.get_status_code()
        if status >= 200:
            self._begin(status, self._raw)
        elif status == 101:
            raise OutsideError(Fault.PROTOCOL, "the server changes to another protocol")
        self._raw = []

    def on_body(self, part: bytes) -> None:
        if self.body is not None and not self.whole:
            self.body.feed(part)

    def on_message_complete(self) -> None:
        if self.body is not None and not self.whole and self._parser is not None:
            self.whole = True
            self.reusable = self._parser.should_keep_alive()


class PatientReply(Reply):
    """An answer read by h11. Its connection is never to be used again."""

    __slots__ = ("_connection",)

    def __init__(self, limit: int) -> None:
        import h11

        super().__init__(limit)
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_BYTES)
        # h11 has to be told of the request, or it would expect no answer.
        self._connection.send(h11.Request(method="GET", target="/", headers=[("host", "")]))
        self._connection.send(h11.EndOfMessage())

    def end(self) -> None:
        self._read(b"")
        if not self.whole:
            raise self.cut_off()

    def _read(self, data: bytes) -> None:
        import h11

        try:
            self._connection.receive_data(data)
            while not self.whole and self._take(self._connection.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            if not data:
                raise self.cut_off() from error
            if error.error_status_hint == 431:
                raise OutsideError(Fault.LIMIT, "the header is too big") from error
            raise OutsideError(Fault.PROTOCOL, scrub(str(error), _DETAIL_CHARS)) from error

    def _take(self, event: object) -> bool:
        """Whether another event may follow."""
        import h11

        if isinstance(event, h11.Response):
            self._begin(event.status_code, event.headers.raw_items())
        elif isinstance(event, h11.Data) and self.body is not None:
            self.body.feed(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self.whole = True
        return isinstance(event, h11.InformationalResponse | h11.Response | h11.Data)
