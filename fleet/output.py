"""Rows as data: the output fields of a view's rows as JSON or CSV, for `fleetdeck get` and for what is copied."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fleet.text import scrub, scrub_json
from fleet.views.view import Look, View

_TEXT_CHARS = 4_096
"""Characters of a text that are printed; where a text is made, far fewer are kept."""
_FORMULA = frozenset("=+-@＝＋－＠")
"""With what a formula begins; some spreadsheets take the full-width forms too."""

Row = dict[str, Any]
Ordered = tuple[Any, Look]


def values(view: View[Any], rows: Iterable[Ordered]) -> Iterator[Row]:
    """The output fields of each row."""
    for row, at in rows:
        yield {field.name: _harmless(field.value(row, at)) for field in view.fields}


def as_json(view: View[Any], rows: list[Ordered]) -> str:
    """A JSON array, one row a line."""
    lines = ",\n".join(encoded(item) for item in values(view, rows))
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def as_jsonl(view: View[Any], rows: list[Ordered]) -> str:
    """One JSON object a line."""
    return "".join(encoded(item) + "\n" for item in values(view, rows))


def as_csv(view: View[Any], rows: list[Ordered]) -> str:
    """CSV with a header (RFC 4180); lists, mappings, true and false as JSON, what is not known as an empty field.

    A text that a spreadsheet would take for a formula is led by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field.name for field in view.fields])
    for item in values(view, rows):
        writer.writerow([_csv(value) for value in item.values()])
    return out.getvalue()


def _harmless(value: Any) -> Any:
    """`value` with its texts scrubbed once more, as cells are: a row can have been made by a reader that forgot to."""
    if isinstance(value, str):
        return scrub(value, _TEXT_CHARS)
    if isinstance(value, dict):
        return {_harmless(name): _harmless(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(one) for one in value]
    return value


def encoded(item: Any) -> str:
    """`item` as one line of JSON in which nothing can drive a terminal."""
    return scrub_json(msgspec.json.encode(item).decode())


def _csv(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        return encoded(value)
    if isinstance(value, str) and value.lstrip()[:1] in _FORMULA:
        return f"'{value}"
    return value
