"""The items of a batch, read from text: one a line, or JSONL. Every line that is wrong is named.

app-1                          a template with one field: the line is its value
project=app-1 text="two words" name=value, with quotes where there are blanks (`\\"` and `\\\\` within them)
{"project": "app-1"}           JSONL: an object a line
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from fleet.actions.fields import checked
from fleet.actions.template import Field
from fleet.errors import RefusedError
from fleet.text import scrub

MOST_ITEMS: Final = 10_000
"""Items of one batch."""
MOST_CHARS: Final = 32 * 1024 * 1024
SHOWN: Final = 20
"""Mistakes that are said one by one."""

_PAIR: Final = re.compile(r'\s*([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)')
_ESCAPED: Final = re.compile(r"\\(.)")


def read_batch(text: str, fields: Sequence[Field], *, partial: bool = False) -> tuple[dict[str, Any], ...]:
    """The items, each checked and with its types; blank lines are none. `partial`: values that all items share are
    still to come. Raises RefusedError with the numbers of the lines that are wrong, and where there are no items or
    more than `MOST_ITEMS`."""
    if len(text) > MOST_CHARS:
        raise RefusedError(f"the batch has {len(text):,} characters, {MOST_CHARS:,} is the most")
    items: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, line in _lines(text):
        if len(items) >= MOST_ITEMS:
            raise RefusedError(f"line {number}: there are more than {MOST_ITEMS:,} items, the most of one batch")
        try:
            items.append(checked(fields, _values(line, fields), partial=partial))
        except RefusedError as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        raise RefusedError(mistakes(wrong, "lines"))
    if not items:
        raise RefusedError("the batch has no items: one a line is wanted")
    return tuple(items)


def mistakes(wrong: Sequence[str], what: str) -> str:
    """Mistakes as one text, a line each, the first `SHOWN` of them."""
    more = [f"and {len(wrong) - SHOWN:,} more {what} are wrong"] if len(wrong) > SHOWN else []
    return "\n".join([*wrong[:SHOWN], *more])


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers. A line ends where editors say, not at every Unicode separator."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            yield number, line.removesuffix("\r")


def _values(line: str, fields: Sequence[Field]) -> dict[str, Any]:
    only = fields[0] if len(fields) == 1 else None
    if line.lstrip().startswith("{") and (only is None or only.type != "json"):
        return _object(line)
    if only is not None and not line.startswith(f"{only.name}="):
        return {only.name: line.strip()}
    return _pairs(line)


def _object(line: str) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"no JSON: {scrub(str(error), 120)}") from None
    if not isinstance(value, dict):
        raise RefusedError("a JSON object is wanted")
    return value


def _pairs(line: str) -> dict[str, Any]:
    line = line.strip()
    values: dict[str, Any] = {}
    at = 0
    while at < len(line):
        pair = _PAIR.match(line, at)
        if pair is None:
            raise RefusedError(f"name=value is wanted at {scrub(line[at:].strip(), 40)!r}")
        name, value = pair.groups()
        if name in values:
            raise RefusedError(f"{scrub(name, 40)}: is given twice")
        values[name] = _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
        at = pair.end()
    return values
