"""JSON that is written in place by others while we read: cut off, or followed by the rest of an older, longer text.

The first whole document stands where there is one; else the whole objects of a list that is cut are kept. Either way
what was wrong is said, with the byte where it began.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fleet.errors import ParseError

_BLANK = re.compile("[ \t\r\n\ufeff]*")
_BETWEEN = re.compile(r"[ \t\r\n,]*")


class Document(Struct, frozen=True):
    """A decoded document; `problem` says what of it is missing or too much, empty where nothing is."""

    value: Any
    problem: str = ""


def read_json(content: bytes, lists: Sequence[str] = ()) -> Document:
    """The first document in `content`, or the whole objects of its list where it is cut.

    `lists` are the keys under which an object may hold that list. Raises ParseError, with the byte, where nothing
    can be read. Integers of more than 18 digits come as floats.
    """
    text, encoding = decode_json(content)
    start = _end(_BLANK, text, 0)
    if start == len(text):
        raise ParseError("an empty file" if not content else "nothing but blanks")
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return _cut(text, start, lists, _said(error), _byte(text, error.pos, encoding))
    except RecursionError as error:
        raise ParseError("nested too deeply") from error
    rest = _byte(text, len(text), encoding) - _byte(text, _end(_BLANK, text, end), encoding)
    after = f"{rest:,} bytes follow the first document, from byte {_byte(text, end, encoding):,}" if rest else ""
    return Document(value, after)


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


def _cut(text: str, start: int, lists: Sequence[str], why: str, byte: int) -> Document:
    items = _whole_objects(text, _list_start(text, start, lists))
    if not items:
        raise ParseError(why, byte)
    return Document(items, f"broken at byte {byte:,} ({why}): the {len(items):,} whole entries before it were salvaged")


def _list_start(text: str, start: int, lists: Sequence[str]) -> int | None:
    if text[start] == "[":
        return start + 1
    if text[start] != "{" or not lists:
        return None
    found = re.compile(rf'"(?:{"|".join(map(re.escape, lists))})"[ \t\r\n]*:[ \t\r\n]*\[').search(text, start)
    return found.end() if found else None


def _whole_objects(text: str, at: int | None) -> list[Any]:
    """The objects of the list that begins at `at`, up to the first thing that is no whole object.

    Numbers and words are no evidence: `12` may be what is left of `120`.
    """
    items: list[Any] = []
    while at is not None:
        at = _end(_BETWEEN, text, at)
        if text[at : at + 1] != "{":
            break
        try:
            item, at = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            break
        items.append(item)
    return items


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _byte(text: str, position: int, encoding: str) -> int:
    return len(text[:position].encode(encoding, _errors(encoding)))


def _errors(encoding: str) -> str:
    # Only this way does the text give back its very bytes, so that an offset in it is one in the file.
    return "surrogateescape" if encoding == "utf-8" else "replace"
