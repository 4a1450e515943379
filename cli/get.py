"""`fleetdeck get`: one sweep, printed. Never loads Textual."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from fleet.filter import Filter
from fleet.store import Store
from fleet.text import scrub
from fleet.views.view import Look, View, look, sort_key

Row = dict[str, Any]
Ordered = tuple[Any, Look]


def rows_of(store: Store, view: View[Any], chosen: Filter) -> list[Ordered]:
    """The rows of `view` that the filter lets through, in the view's order, each with its look."""
    rows = view.rows(store)
    pairs = ((row, look(store, rows, key)) for key, row in rows.items())
    shown = [(row, at) for row, at in pairs if chosen.matches(view, row, at)]
    return sorted(shown, key=lambda pair: sort_key(view.order(*pair)))


def values(view: View[Any], rows: Iterable[Ordered]) -> Iterator[Row]:
    """The output fields of each row."""
    for row, at in rows:
        yield {field.name: field.value(row, at) for field in view.fields}


def as_json(view: View[Any], rows: list[Ordered]) -> str:
    """A JSON array, one row a line."""
    lines = ",\n".join(_encode(item) for item in values(view, rows))
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def as_jsonl(view: View[Any], rows: list[Ordered]) -> str:
    """One JSON object a line."""
    return "".join(_encode(item) + "\n" for item in values(view, rows))


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


def as_table(view: View[Any], rows: list[Ordered]) -> str:
    """Aligned columns for reading: all columns, as wide as their content needs, long ones cut at 60; nothing where
    there are no rows."""
    cells = [[_plain(column.cell(row, at).text) for column in view.columns] for row, at in rows]
    titles = [column.title for column in view.columns]
    if not cells:
        return ""
    widths = [min(60, max(len(line[i]) for line in [titles, *cells])) for i in range(len(titles))]
    lines = []
    for line in [titles, *cells]:
        parts = [
            (text[: width - 1] + "…" if len(text) > width else text).rjust(width)
            if column.right
            else (text[: width - 1] + "…" if len(text) > width else text).ljust(width)
            for text, width, column in zip(line, widths, view.columns, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[View[Any], list[Ordered]], str]] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_jsonl,
    "csv": as_csv,
}


def _encode(item: Any) -> str:
    return msgspec.json.encode(item).decode()


def _csv(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        return _encode(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value


def _plain(text: str) -> str:
    return scrub(text).strip()
