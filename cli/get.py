"""`fleetdeck get`: one sweep, printed. Never loads Textual."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from fleet.errors import FilterError
from fleet.filters.filter import Filter
from fleet.index import Index, Sort
from fleet.near import meant
from fleet.output import Ordered, as_csv, as_json, as_jsonl
from fleet.store import Store
from fleet.text import scrub
from fleet.views.chosen import Chosen, columns_of
from fleet.views.view import Field, View, look


def rows_of(
    store: Store, view: View[Any], chosen: Filter, sort: tuple[Sort, ...] = (), limit: int | None = None
) -> list[Ordered]:
    """The first `limit` rows of `view` that the filter lets through, in the order of `sort` or the view's own, each
    with its look. Raises FilterError for a column that cannot be sorted by."""
    index: Index[Any] = Index(view, store)
    index.where = chosen
    index.sort_by(sort)
    index.rebuild()
    return [(index.source[key], look(store, index.rows, key)) for key in index.keys(0, limit)]


def narrowed(view: View[Any], columns: tuple[Chosen, ...], output: str) -> View[Any]:
    """`view` with only these columns: those of the table, or else the fields of the same names, and labels.

    Raises FilterError for one that there is not.
    """
    if not columns:
        return view
    if output == "table":
        return replace(view, columns=columns_of(view, columns))
    return replace(view, fields=tuple(_field(view, name) for name, _ in columns))


def _field(view: View[Any], name: str) -> Field[Any]:
    found = next((field for field in view.fields if field.name == name), None)
    if found is not None:
        return found
    label = name.removeprefix("label:")
    if label != name:
        return Field(name, lambda row, _: view.labels(row).get(label))
    known = [field.name for field in view.fields]
    raise FilterError(f"{view.name} has no field {name!r}{meant(name, known)} (it has {', '.join(known)}, label:NAME)")


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


def _plain(text: str) -> str:
    return scrub(text).strip()
