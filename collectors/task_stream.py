"""A JSON document read element by element, in constant memory and linear time.

Queue files grow to 130 MB while only a few thousand of their tasks are ever shown, and they are read in a thread
beside the event loop: one long call into a parser would hold the interpreter for all of it. So the document is
scanned in chunks for its structure only (strings and brackets, by regular expressions that never go back), each
element of a top-level list is handed out as the bytes that it was written in, and the caller decodes what it needs.

Shapes read: a list, or an object whose members are lists (their elements are handed out one by one) or other values.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from fleet.errors import ParseError

ELEMENT_BYTES = 1024 * 1024
"""Bytes of one element or member; a longer one is passed over, in constant memory too."""

_QUOTE, _OPEN, _BACKSLASH = 0x22, b"{[", 0x5C
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^\s,:\]\[{}\"]*+")
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_PLAIN = rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+'
_TO_BRACKET = re.compile(_PLAIN, re.DOTALL)


def _nested(levels: int) -> bytes:
    """The pattern of an object that holds at most `levels` of others within each other."""
    inner = _PLAIN if levels == 0 else _PLAIN + rb"(?:" + _nested(levels - 1) + _PLAIN + rb")*+"
    return rb"[{\[]" + inner + rb"[}\]]"


_NEXT_ELEMENT = re.compile(rb"[ \t\r\n]*+(" + _nested(2) + rb")[ \t\r\n]*+,", re.DOTALL)
"""An element like nearly all are: an object, in the window as a whole, followed by another. The rest is read slowly."""


class Element(Struct, frozen=True):
    """An element of the list called `section` (empty where the whole document is a list).

    `raw` is its JSON, not yet checked beyond its brackets and strings; None where it is over the limit.
    """

    section: str
    raw: bytes | None


class Member(Struct, frozen=True):
    """A member of the top-level object that is no list."""

    name: str
    raw: bytes | None


class Opened(Struct, frozen=True):
    """The list called `section` begins here; it may turn out to be empty."""

    section: str


Part = Element | Member | Opened


class TruncatedError(ParseError):
    """The document ends in its middle."""


class TrailingError(ParseError):
    """The document is whole, and something follows it: a shorter text was written over a longer one."""


def parts(chunks: Iterable[bytes], limit: int = ELEMENT_BYTES) -> Iterator[Part]:
    """The elements and members of the document that `chunks` make up, in its order.

    Raises `TruncatedError`, `TrailingError` or another `ParseError`, each with the byte, after everything that stood
    before that byte has been handed out.
    """
    window = _Window(iter(chunks))
    first = window.peek("the document is empty")
    if first == 0xEF:
        window.byte_order_mark()
        first = window.peek("the document is empty")
    if first == ord("["):
        yield from _list(window, "", limit)
    elif first == ord("{"):
        yield from _object(window, limit)
    else:
        raise ParseError("neither a list nor an object", window.offset)
    if not window.at_end():
        raise TrailingError("something follows the end of the document", window.offset)


def _list(window: "_Window", section: str, limit: int) -> Iterator[Part]:
    window.take(b"[")
    yield Opened(section)
    if window.peek() == ord("]"):
        window.take(b"]")
        return
    while True:
        while (raw := window.next_element(limit)) is not None:
            yield Element(section, raw)
        window.peek()
        yield Element(section, window.value(limit))
        if window.take(b",]") == ord("]"):
            return


def _object(window: "_Window", limit: int) -> Iterator[Part]:
    window.take(b"{")
    if window.peek() == ord("}"):
        window.take(b"}")
        return
    while True:
        name = _name(window, limit)
        window.take(b":")
        if window.peek() == ord("["):
            yield from _list(window, name, limit)
        else:
            yield Member(name, window.value(limit))
        if window.take(b",}") == ord("}"):
            return


def _name(window: "_Window", limit: int) -> str:
    if window.peek() != _QUOTE:
        raise ParseError("a member without a name", window.offset)
    start = window.offset
    raw = window.value(limit)
    try:
        return msgspec.json.decode(raw or b"", type=str)
    except ValueError as error:
        raise ParseError("a member's name that cannot be read", start) from error


class _Window:
    """The part of the document that is in memory: everything before `_at` has been used."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._data = b""
        self._at = 0
        self._base = 0

    @property
    def offset(self) -> int:
        """The byte of the document that is read next."""
        return self._base + self._at

    def byte_order_mark(self) -> None:
        """Step over U+FEFF, which some editors put first."""
        while len(self._data) - self._at < 3:
            if not self._more():
                break
        if self._data.startswith(b"\xef\xbb\xbf", self._at):
            self._at += 3

    def at_end(self) -> bool:
        """Whether nothing but white space is left."""
        while True:
            self._at = _end(_SPACE, self._data, self._at)
            if self._at < len(self._data):
                return False
            if not self._more():
                return True

    def peek(self, otherwise: str = "truncated") -> int:
        """The next byte that is no white space."""
        if self.at_end():
            raise TruncatedError(otherwise, self.offset)
        return self._data[self._at]

    def take(self, wanted: bytes) -> int:
        """Step over the next byte that is no white space, which must be one of `wanted`."""
        byte = self.peek()
        if byte not in wanted:
            expected = " or ".join(wanted.decode())
            raise ParseError(f"malformed ({expected} expected)", self.offset)
        self._at += 1
        return byte

    def next_element(self, limit: int) -> bytes | None:
        """The element that is here with the comma after it, both stepped over; None where that is not so."""
        match = _NEXT_ELEMENT.match(self._data, self._at)
        if match is None or match.end(1) - match.start(1) > limit:
            return None
        self._at = match.end()
        return match.group(1)

    def value(self, limit: int) -> bytes | None:
        """The JSON value that begins here, or None where it has more than `limit` bytes."""
        first = self._data[self._at]
        if first != _QUOTE and first not in _OPEN:
            return self._scalar(limit)
        pieces: list[bytes] = []
        size = depth = 0
        quoted = complete = False
        while True:
            end, depth, quoted, complete = _scan(self._data, self._at, depth, quoted)
            size += end - self._at
            if size <= limit:
                pieces.append(self._data[self._at : end])
            else:
                pieces.clear()
            self._at = end
            if complete:
                return b"".join(pieces) if size <= limit else None
            self._must_go_on()

    def _scalar(self, limit: int) -> bytes | None:
        start = self.offset
        text = b""
        while True:
            end = _end(_SCALAR, self._data, self._at)
            text = (text + self._data[self._at : end])[: limit + 1]
            self._at = end
            if end < len(self._data):
                break
            self._must_go_on()
        if not text:
            raise ParseError("malformed (a value expected)", start)
        return text if len(text) <= limit else None

    def _must_go_on(self) -> None:
        if not self._more():
            raise TruncatedError("truncated", self._base + len(self._data))

    def _more(self) -> bool:
        """Append the next chunk, dropping what has been used; False at the end of the document."""
        for chunk in self._chunks:
            if chunk:
                self._base += self._at
                self._data = self._data[self._at :] + chunk
                self._at = 0
                return True
        return False


def _scan(data: bytes, at: int, depth: int, quoted: bool) -> tuple[int, int, bool, bool]:
    """Go on in a value from `at`: (where it stopped, the depth there, whether inside a string, whether complete).

    Of a string only a lone backslash at the end of `data` is left for the next time, so nothing is scanned twice
    but the one string that the window cuts.
    """
    while True:
        if quoted:
            at = _end(_STRING_REST, data, at)
            if at == len(data) or data[at] == _BACKSLASH:
                return at, depth, True, False
            at, quoted = at + 1, False
            if depth == 0:
                return at, depth, False, True
        at = _end(_TO_BRACKET, data, at) if depth else at
        if at == len(data):
            return at, depth, False, False
        byte = data[at]
        at += 1
        if byte == _QUOTE:
            quoted = True
        elif byte in _OPEN:
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return at, depth, False, True


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return match.end() if match else at
