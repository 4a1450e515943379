"""Series in the notation of Prometheus's tests: `up{job="a"} 1 1x3 0+10x5 _ _x2 stale NaN -Inf`.

`a+bxn` is a, a+b … a+n·b: n + 1 values; `axn` is a, n + 1 times; `_` is a gap, `_xn` n gaps; `stale` is the staleness
marker. A number with a leading zero is octal if it can be, as Go reads it. Native histograms (`{{…}}`) are refused, as
by Prometheus 2.42.
"""

import re
from itertools import repeat

from fleet.errors import QueryError
from fleet.promql.labels import NAME, Labels
from fleet.promql.storage import STALE
from fleet.rules.strings import unquoted

SAMPLES = 1_000_000
"""Values of one series: a repetition costs a few letters, and memory."""

Value = float | None
"""A value, or None for a gap."""

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(
    r"""
    "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*`
""",
    re.X,
)
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]*)?|(?i:inf|nan)(?![a-zA-Z0-9_:])"
_ITEM = re.compile(
    rf"(?P<gap>_)(?:x(?P<gaps>{_NUMBER}))?"
    rf"|(?P<first>[+-]?(?:{_NUMBER})|stale(?![a-zA-Z0-9_:]))(?:(?P<by>[+-](?:{_NUMBER}))?x(?P<times>{_NUMBER}))?"
)
_RESERVED = frozenset({"atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"})
_OCTAL = re.compile(r"0[0-7]+")


def series(text: str) -> tuple[Labels, list[Value]]:
    """A line with a series and its values. Raises QueryError."""
    labels, at = _metric(text, 0, apart=False)
    found = values(text[at:])
    if found and not labels:
        raise QueryError("empty labelset: invalid sample")
    return labels, found


def metric(text: str) -> Labels:
    """A series without values, `up{job="a"}`; "" is the empty label set. Raises QueryError."""
    labels, at = _metric(text, 0, apart=True)
    if _skip(text, at) < len(text):
        raise QueryError(f"parse error: unexpected {text[at : at + 20]!r} after a metric")
    return labels


def values(text: str) -> list[Value]:
    """The values that `text` expands to. Raises QueryError."""
    found: list[Value] = []
    at = 0
    if text and not text[0].isspace():
        raise QueryError(f"parse error: a blank is wanted before {text[:20]!r}")
    while (at := _skip(text, at)) < len(text):
        match = _ITEM.match(text, at)
        end = match.end() if match is not None else at
        if match is None or (end < len(text) and not text[end].isspace()):
            raise QueryError(
                f"parse error: {text[at : at + 30]!r} in series values is no value such as 1, 0+1x5, _ or stale"
            )
        found += _expanded(match)
        if len(found) > SAMPLES:
            raise QueryError(f"a series of more than {SAMPLES:,} values", "limit")
        at = end
    return found


def _expanded(match: re.Match[str]) -> "list[Value] | repeat[Value]":
    if match["gap"]:
        return repeat(None, 1 if match["gaps"] is None else _times(match["gaps"]))
    first = STALE if match["first"] == "stale" else _number(match["first"])
    if match["times"] is None:
        return [first]
    times = _times(match["times"]) + 1
    if match["by"] is None:
        return repeat(first, times)
    by, made = _number(match["by"]), []
    for _ in range(times):
        made.append(first)
        first += by
    return list(made)


def _times(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**64:
        raise QueryError(f"parse error: invalid repetition in series values: {text!r} is no whole number")
    if int(text) >= SAMPLES:
        raise QueryError(f"a series of more than {SAMPLES:,} values", "limit")
    return int(text)


def _number(text: str) -> float:
    """A number as Go reads it: an integer by its prefix first, then a float."""
    digits = text.lstrip("+-")
    sign = -1.0 if text.startswith("-") else 1.0
    if _OCTAL.fullmatch(digits) and int(digits, 8) < 2**63:
        return sign * int(digits, 8)
    try:
        number = float(digits)
    except ValueError as error:
        raise QueryError(f"parse error: bad number {text!r} in series values") from error
    if number in (float("inf"),) and "inf" not in digits.lower():
        raise QueryError(f"parse error: the number {text!r} is out of range")
    return sign * number


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _metric(text: str, at: int, *, apart: bool) -> tuple[Labels, int]:
    """The label set at `at`, and the place behind it. `apart`: a blank may stand between name and labels."""
    at = _skip(text, at)
    named = _NAME.match(text, at)
    name = named[0] if named is not None else ""
    if name.lower() in _RESERVED:
        raise QueryError(f"parse error: unexpected {name!r}, which is no name of a metric")
    at = at + len(name)
    brace = _skip(text, at) if apart or not name else at
    pairs: list[tuple[str, str]] = []
    if text[brace : brace + 1] == "{":
        pairs, at = _pairs(text, brace + 1)
    if name:
        pairs = [(NAME, name), *((key, value) for key, value in pairs if key != NAME)]
        pairs = [(key, value) for key, value in pairs if value]
    # An empty value stays in a label set without a name: nothing is equal to it then, in Prometheus as here.
    names = [key for key, _ in pairs]
    if len(set(names)) < len(names):
        raise QueryError(f"parse error: a label is named twice in {text[:60]!r}")
    return Labels(tuple(sorted(pairs))), at


def _pairs(text: str, at: int) -> tuple[list[tuple[str, str]], int]:
    """The labels from behind `{` to behind `}`."""
    pairs: list[tuple[str, str]] = []
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return pairs, at + 1
        name = _LABEL.match(text, at)
        at = _skip(text, name.end()) if name is not None else at
        if name is None or text[at : at + 1] != "=":
            raise QueryError(f'parse error: a label such as job="a" is wanted at {text[at : at + 20]!r}')
        value = _STRING.match(text, at := _skip(text, at + 1))
        if value is None:
            raise QueryError(f"parse error: a quoted value is wanted at {text[at : at + 20]!r}")
        pairs.append((name[0], unquoted(value[0].strip())))
        at = _skip(text, value.end())
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "}":
            raise QueryError(f"parse error: , or }} is wanted at {text[at : at + 20]!r}")
