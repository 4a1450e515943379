"""The fast way through an exposition page: recognise its shape, and read nothing but its numbers. Pure.

The shape of a page is all of it but the numbers: its samples up to their last blank, every other line whole, and which
lines are which. Pages of a target keep their shape for hours, so it is compared by a digest, and where the numbers
stand is known from the page before. All of this is done by a dozen calls into C a page, and no work per line.

The numbers are read as JSON, whose decoder is four times as fast as `float`. Every number of JSON is one of the
exposition formats with the same value, but not the other way round (`NaN`, `+Inf`, `.5`): a page on which it refuses
one is read by `float`.
"""

from array import array
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

from msgspec import DecodeError
from msgspec.json import Decoder

from fleet.exposition.lines import NOT_NUMERIC

Words = tuple[str, ...]
Picker = Callable[[Sequence[str]], Words]
"""Takes the words at certain places out of many."""

_NUMBERS = Decoder(tuple[float, ...])


class Places(NamedTuple):
    """Which lines of a page are samples and which are the rest: `signature` says it, the pickers take them out."""

    lines: int
    signature: bytes
    samples: Picker
    rest: Picker


def places(rest: tuple[int, ...], count: int) -> Places:
    """The places of a page of `count` lines, of which those at `rest` are no samples."""
    others = frozenset(rest)
    samples = tuple(place for place in range(count) if place not in others)
    return Places(count, repr((count, rest)).encode(), picker(samples), picker(rest))


def picker(wanted: tuple[int, ...]) -> Picker:
    """What takes the words at these places, in that order."""
    if not wanted:
        return lambda words: ()
    if len(wanted) == 1:
        place = wanted[0]
        return lambda words: (words[place],)
    return itemgetter(*wanted)


def skim(samples: Sequence[str]) -> tuple[Words, Words]:
    """Every sample up to its last blank, and behind it."""
    if not samples:
        return (), ()
    heads, _, tails = zip(*map(str.rpartition, samples, repeat(" ")), strict=True)
    return heads, tails


def digest(rules: bytes, where: Places, heads: Sequence[str], rest: Sequence[str]) -> bytes:
    """The digest of a shape: how it is read, the heads of its samples, its other lines, and where they stand."""
    return sha256(b"\n".join((rules, where.signature, "\n".join((*heads, *rest)).encode()))).digest()


def read_numbers(words: Sequence[str]) -> "array[float] | None":
    """The values of numbers as they stand on a page; None where one of them is no number of the formats."""
    text = ",".join(words)
    # JSON lets white space stand around a number.
    if "\t" not in text and "\r" not in text:
        try:
            values = _NUMBERS.decode(f"[{text}]")
        except DecodeError:
            pass
        else:
            return array("d", values) if len(values) == len(words) else None
    return read_floats(words)


def read_floats(words: Sequence[str]) -> "array[float] | None":
    """The same by `float`."""
    if NOT_NUMERIC.search("\n".join(words)):
        return None
    try:
        return array("d", map(float, words))
    except ValueError:
        return None
