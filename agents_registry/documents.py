"""JSON documents as agents leave them on disk: whole, doubled, or cut off in the middle.

Writers that rewrite a file in place and are interrupted, or write less than was there, leave two known wrecks: a
document that ends too early, and a whole one followed by the tail of an older, longer one. Both hold something true.
"""

import json
from typing import Any

import msgspec

from fleet.errors import ParseError

_NEST = "agents"
"""The one member that is looked into where it is cut off: the map or list of agents."""


class Document(msgspec.Struct, frozen=True):
    """What could be read; `problem` is a sentence where that was not all there is, else empty."""

    value: Any
    problem: str = ""


def parse(content: bytes) -> Any:
    """The value of a whole, well-formed document. NaN and a byte order mark are let pass, as Python writes them.

    Raises ParseError with the byte where reading stopped.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # The standard library is slower, but it lets NaN pass and tells where it stopped.
    except RecursionError as error:
        raise ParseError("JSON is nested too deep") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError("bytes that are no UTF-8", error.start) from error
    if not text.strip():
        raise ParseError("the document is empty")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ParseError(f"bad JSON ({error.msg})", _byte(text, error.pos)) from error
    except (ValueError, RecursionError) as error:
        raise ParseError("JSON with an endless number or nested too deep") from error


def salvage(content: bytes) -> Document:
    """What can be read of a broken document: the first of two, or the members that are complete before the break.

    Raises ParseError where there is nothing.
    """
    text = content.decode("utf-8-sig", "replace")
    start = len(text) - len(text.lstrip())
    if start == len(text):
        raise ParseError("the document is empty")
    decoder = json.JSONDecoder(strict=False)
    try:
        value, end = decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        value, end = _complete_part(decoder, text, start)
        if not value:
            raise ParseError("cut off, and nothing whole before the break", _byte(text, end)) from None
        return Document(value, f"cut off or broken at byte {_byte(text, end)}; what is whole before it was read")
    if text[end:].strip():
        return Document(value, f"a rest of an older document follows at byte {_byte(text, end)}; the first was read")
    return Document(value, "it holds bytes that are no UTF-8 or raw control characters")


def _complete_part(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int]:
    """The complete members of the object or list that opens at `at`, and where the break is."""
    opening = text[at : at + 1]
    if opening == "{":
        return _complete_members(decoder, text, at + 1)
    if opening == "[":
        return _complete_items(decoder, text, at + 1)
    return None, at


def _complete_members(decoder: json.JSONDecoder, text: str, at: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while True:
        at = _skip(text, at, ",")
        try:
            key, after = decoder.raw_decode(text, at)
            if not isinstance(key, str):
                return members, at
            after = _skip(text, after, ":")
        except (ValueError, RecursionError):
            return members, at
        try:
            members[key], at = decoder.raw_decode(text, after)
        except (ValueError, RecursionError):
            if key != _NEST:
                return members, after
            part, end = _complete_part(decoder, text, after)
            return (members | {key: part} if part else members), end


def _complete_items(decoder: json.JSONDecoder, text: str, at: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while True:
        at = _skip(text, at, ",")
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return items, at
        items.append(item)


def _skip(text: str, at: int, mark: str) -> int:
    """The place after blanks, one `mark` (where there is one) and blanks."""
    at = _blanks(text, at)
    return _blanks(text, at + 1) if text[at : at + 1] == mark else at


def _blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _byte(text: str, char: int) -> int:
    return len(text[:char].encode("utf-8", "surrogatepass"))
