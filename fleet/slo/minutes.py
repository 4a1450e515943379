"""An hour of one-minute roll-ups, packed: what memory and disk hold of the past.

The sixty minutes (good, total, samples) as runs of equal ones, whole numbers as varints, deflated where that helps. A
quiet hour of an agent takes 5 to 80 bytes.
"""

import struct
import zlib
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from fleet.errors import ParseError

MINUTES = 60
_PLAIN, _DEFLATED = 0, 1
_DEFLATE_FROM = 40
_LONGEST = 4096
"""Bytes of an unpacked hour; more is none of ours."""
_EXACT = float(2**52)

Minute = tuple[float, float, int]
"""Good, total, samples."""

EMPTY: Minute = (0.0, 0.0, 0)


class Prefix(NamedTuple):
    """Sums over the first n minutes of an hour, for n from 0 to 60; `seen` counts the minutes with samples."""

    good: tuple[float, ...]
    total: tuple[float, ...]
    samples: tuple[float, ...]
    seen: tuple[float, ...]


def pack(minutes: list[Minute]) -> bytes:
    """Sixty minutes as bytes; nothing where nothing is in them."""
    runs = bytearray()
    at = 0
    while at < MINUTES:
        end = at + 1
        while end < MINUTES and minutes[end] == minutes[at]:
            end += 1
        good, total, samples = minutes[at]
        runs.append(end - at)
        _put_number(runs, good)
        _put_number(runs, total)
        _put_varint(runs, samples)
        at = end
    if minutes[0] == EMPTY and runs[0] == MINUTES:
        return b""
    if len(runs) >= _DEFLATE_FROM and len(deflated := zlib.compress(runs, 6)) < len(runs):
        return bytes((_DEFLATED,)) + deflated
    return bytes((_PLAIN,)) + bytes(runs)


def unpack(data: bytes) -> list[Minute]:
    """The sixty minutes. Raises ParseError where `data` is no packed hour."""
    if not data:
        return [EMPTY] * MINUTES
    try:
        runs = data[1:] if data[0] == _PLAIN else zlib.decompressobj().decompress(data[1:], _LONGEST)
        minutes: list[Minute] = []
        at = 0
        while at < len(runs):
            count = runs[at]
            good, at = _number(runs, at + 1)
            total, at = _number(runs, at)
            samples, at = _varint(runs, at)
            minutes += [(good, total, samples)] * count
    except (zlib.error, IndexError, struct.error) as error:
        raise ParseError("not an hour of roll-ups") from error
    if len(minutes) != MINUTES or not all(abs(good) < 1e300 and abs(total) < 1e300 for good, total, _ in minutes):
        raise ParseError("not an hour of roll-ups")
    return minutes


def prefix_of(minutes: list[Minute]) -> Prefix:
    """The sums over the beginnings of an hour."""
    good, total, samples = zip(*minutes, strict=True)
    return Prefix(
        tuple(accumulate(good, initial=0.0)),
        tuple(accumulate(total, initial=0.0)),
        tuple(accumulate(samples, initial=0)),
        tuple(accumulate([1 if one else 0 for one in samples], initial=0)),
    )


@lru_cache(4096)
def prefix(data: bytes) -> Prefix:
    """The same of a packed hour. Kept: quiet agents have the same hours, and windows ask for their oldest one often."""
    return prefix_of(unpack(data))


def _put_number(into: bytearray, value: float) -> None:
    if value.is_integer() and 0 <= value < _EXACT:
        _put_varint(into, int(value) * 2)
    else:
        into.append(1)
        into += struct.pack("<d", value)


def _number(data: bytes, at: int) -> tuple[float, int]:
    if data[at] == 1:
        return float(struct.unpack_from("<d", data, at + 1)[0]), at + 9
    twice, at = _varint(data, at)
    return float(twice // 2), at


def _put_varint(into: bytearray, value: int) -> None:
    while value > 127:
        into.append(value & 127 | 128)
        value >>= 7
    into.append(value)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1
