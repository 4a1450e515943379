"""Bodies of HTTP answers, read within limits that count what comes over the wire and what it swells up to."""

import zlib
from collections.abc import Iterator

from fleet.errors import Fault, OutsideError
from fleet.text import scrub

_STEP = 256 * 1024


class BodyReader:
    """Collects a body of at most `limit` bytes, compressed or not; raises OutsideError (over limit, bad payload).

    `received` counts the bytes that came over the wire so far.
    """

    __slots__ = ("_inflate", "_limit", "_parts", "_size", "received")

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._inflate = _inflater(encoding) if encoding else None
        self._parts: list[bytes] = []
        self._size = 0
        self.received = 0

    def feed(self, chunk: bytes) -> None:
        """Take in what came over the wire."""
        self.received += len(chunk)
        if self.received > self._limit:
            raise OutsideError(Fault.LIMIT, f"the body has more than {self._limit:,} bytes")
        if self._inflate is None:
            self._keep(chunk)
        else:
            self._unpack(chunk, self._inflate)

    def whole(self) -> bytes:
        """The whole body, decompressed, now that all of it came."""
        if self._inflate is not None and self.received and not self._inflate.complete:
            raise OutsideError(Fault.PAYLOAD, f"the compressed body stops after {self.received:,} bytes")
        return b"".join(self._parts)

    def _unpack(self, chunk: bytes, inflate: "_Inflater") -> None:
        try:
            for part in inflate.feed(chunk):
                self._keep(part)
        except zlib.error as error:
            raise OutsideError(Fault.PAYLOAD, f"the body is not compressed as it says ({error})") from error

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise OutsideError(Fault.LIMIT, f"the body swells to more than {self._limit:,} bytes")
        self._parts.append(part)


class _Inflater:
    """zlib, a bounded step at a time, so that a bomb is noticed while it goes off. Gzip members may follow each other.

    `deflate` is told from its first byte: servers send it with and without the zlib header that RFC 9110 asks for.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream: zlib._Decompress | None = None
        self.complete = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` inflates to, in parts. Raises zlib.error."""
        out = b""
        while data or len(out) == _STEP:
            if self._stream is None or self._stream.eof:
                self._stream = self._open(data)
            out = self._stream.decompress(data, _STEP)
            self.complete = self._stream.eof
            data = self._stream.unused_data if self.complete else self._stream.unconsumed_tail
            yield out
            if self.complete and not data:
                return

    def _open(self, data: bytes) -> "zlib._Decompress":
        if self._gzip:
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        return zlib.decompressobj(zlib.MAX_WBITS if data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS)


def _inflater(encoding: str) -> _Inflater | None:
    """What undoes a `Content-Encoding`, None for nothing to undo. Raises OutsideError for one not asked for."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Inflater(gzip=True)
        case "deflate":
            return _Inflater(gzip=False)
    raise OutsideError(Fault.PAYLOAD, f"a content encoding that was not asked for: {scrub(encoding, 40)}")
