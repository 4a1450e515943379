"""JSON that is written in place by others while we read: cut off, or followed by the rest of an older, longer text.

The first whole document stands where there is one; else, where the caller wants them, the members and items that are
whole before the break. Either way what was wrong is said, with the byte where it began. Every step is linear in the
size of the content.
"""

import json
import re
from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import Struct

from fleet.errors import ParseError

_BLANK = re.compile("[ \t\r\n\ufeff]*")
_AFTER_COMMA = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*)?")
_AFTER_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_NO_UTF8 = re.compile("[\udc80-\udcff]")
_ALL = frozenset[str]()


class Document(Struct, frozen=True):
    """A decoded document; `problem` says what of it is missing or too much, empty where nothing is. `cut`: it is only
    what was whole before a break."""

    value: Any
    problem: str = ""
    cut: bool = False


def whole_json(content: bytes) -> Any:
    """The value of a whole, well-formed document. NaN and a byte order mark are let pass, as Python writes them.

    Raises ParseError with the byte where reading stopped, or where what follows the document begins.
    """
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        pass  # The standard library is slower, but it lets NaN pass and tells where it stopped.
    document = read_json(content)
    if document.problem:
        raise ParseError(document.problem)
    return document.value


def read_json(content: bytes, nests: Collection[str] | None = None) -> Document:
    """The first document in `content`.

    Of one that is cut or broken, `nests` (None: nothing of it) names the members of the top level that are looked
    into where they are cut; what is whole before the break is then kept. Numbers at the very end are not: `12` may be
    what is left of `120`. Raises ParseError, with the byte, where nothing can be read. Integers of more than 18
    digits come as floats, bytes that are no UTF-8 as lone surrogates.
    """
    text, encoding = decode_json(content)
    start = _end(_BLANK, text, 0)
    if start == len(text):
        raise ParseError("an empty file" if not content else "nothing but blanks")
    strange = "it holds bytes that are no UTF-8" if _NO_UTF8.search(text) else ""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        why, byte = _said(error), _byte(text, error.pos, encoding)
    except RecursionError as error:
        raise ParseError("nested too deeply") from error
    else:
        rest = _byte(text, len(text), encoding) - _byte(text, _end(_BLANK, text, end), encoding)
        after = f"{rest:,} bytes follow the first document, from byte {_byte(text, end, encoding):,}" if rest else ""
        return Document(value, after or strange)
    if nests is None:
        raise ParseError(why, byte)
    return _salvaged(text, start, nests, why, byte)


def decode_json(content: bytes) -> tuple[str, str]:
    """The text of `content` and its encoding, as RFC 4627 tells it; bytes that are no UTF-8 become lone surrogates."""
    encoding = json.detect_encoding(content).removesuffix("-sig")
    return content.decode(encoding, _errors(encoding)), encoding


def read_json_line(line: bytes) -> Any:
    """The one document of a line. Raises ParseError."""
    try:
        return _DECODER.decode(line.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        raise ParseError(_said(error), error.pos) from error
    except RecursionError as error:
        raise ParseError("nested too deeply") from error


def _said(error: json.JSONDecodeError) -> str:
    # "Unterminated string starting at" waits for a position, which follows in our own words.
    return error.msg.removesuffix(" at")


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= 18 else float(digits)


_DECODER = json.JSONDecoder(parse_int=_number)
_LENIENT = json.JSONDecoder(parse_int=_number, strict=False)
"""Takes raw control characters within a text, which what is salvaged may hold."""


def _salvaged(text: str, start: int, nests: Collection[str], why: str, byte: int) -> Document:
    value, count = _whole_part(text, start, nests)
    if not count:
        raise ParseError(why, byte)
    said = "the whole entry before it was" if count == 1 else f"the {count:,} whole entries before it were"
    return Document(value, f"cut off or broken at byte {byte:,} ({why}): {said} salvaged", cut=True)


def _whole_part(text: str, at: int, nests: Collection[str]) -> tuple[Any, int]:
    """The whole members or items of what opens at `at`, and how many there are: those of a nest where that is cut."""
    if text[at : at + 1] == "[":
        items = _whole_items(text, at + 1)
        return items, len(items)
    if text[at : at + 1] == "{":
        return _whole_members(text, at + 1, nests)
    return None, 0


def _whole_items(text: str, at: int) -> list[Any]:
    items: list[Any] = []
    while (found := _whole_value(text, _end(_AFTER_COMMA, text, at))) is not None:
        item, at = found
        items.append(item)
    return items


def _whole_members(text: str, at: int, nests: Collection[str]) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while True:
        named = _whole_value(text, _end(_AFTER_COMMA, text, at))
        colon = _AFTER_COLON.match(text, named[1]) if named is not None and isinstance(named[0], str) else None
        if named is None or colon is None:
            return members, len(members)
        name, found = named[0], _whole_value(text, colon.end())
        if found is None:
            part, count = _whole_part(text, colon.end(), _ALL) if name in nests else (None, 0)
            return (members | {name: part}, count) if count else (members, len(members))
        members[name], at = found


def _whole_value(text: str, at: int) -> tuple[Any, int] | None:
    """The value that stands at `at` and where it ends; None where none does, or it may go on."""
    try:
        value, end = _LENIENT.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError):
        return None
    may_go_on = end == len(text) and isinstance(value, int | float) and not isinstance(value, bool)
    return None if may_go_on else (value, end)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _byte(text: str, position: int, encoding: str) -> int:
    return len(text[:position].encode(encoding, _errors(encoding)))


def _errors(encoding: str) -> str:
    # Only this way does the text give back its very bytes, so that an offset in it is one in the file.
    return "surrogateescape" if encoding == "utf-8" else "replace"
