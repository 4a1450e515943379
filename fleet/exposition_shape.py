"""The fast way through an exposition page: recognise its shape, and read nothing but its numbers. Pure.

The shape of a page is all of it but the numbers: every line up to its last blank, and the last words of those lines
that are no samples. Pages of a target keep their shape for hours, so it is compared by a digest, and where the numbers
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

from msgspec import DecodeError
from msgspec.json import Decoder

from fleet.exposition_lines import NOT_NUMERIC

Words = tuple[str, ...]
Picker = Callable[[Words], Words]
"""Takes the words at certain places out of many."""

_NUMBERS = Decoder(tuple[float, ...])


def skim(lines: Sequence[str]) -> tuple[Words, Words]:
    """Every line up to its last blank, and behind it; a line without a blank is all behind it."""
    if not lines:
        return (), ()
    heads, _, tails = zip(*map(str.rpartition, lines, repeat(" ")), strict=True)
    return heads, tails


def picker(places: tuple[int, ...]) -> Picker:
    """What takes the words at `places`, in that order."""
    if not places:
        return lambda words: ()
    if len(places) == 1:
        place = places[0]
        return lambda words: (words[place],)
    return itemgetter(*places)


def digest(rules: bytes, heads: Sequence[str], rest: Sequence[str]) -> bytes:
    """The digest of a shape: `rest` are the last words of the lines that are no samples."""
    # Without their number, no line and one empty head would be the same.
    shape = sha256(b"%s %d " % (rules, len(heads)))
    shape.update("\n".join(heads).encode())
    shape.update("\n\n".join(("", *rest)).encode())
    return shape.digest()


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
