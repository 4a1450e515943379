"""The columns of a view as an operator wants them: which, in what order, how wide.

A choice is part of a view's line (`columns=name,state,age:6`) and is kept between sessions. Beside a view's own
columns there are those that can be made of what its rows have anyway: a label (`label:env`) and any output field of
`fleetdeck get` (`claimed_at`). They can be shown, and sorted by whether they are shown or not.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from fleet.errors import FilterError
from fleet.text import scrub
from fleet.views.text import NOT_KNOWN
from fleet.views.view import Cell, Column, Field, Look, SortValue, View

Chosen = tuple[str, int | None]
"""A column's id, and its width in cells where the operator fixed it."""

LEAST_WIDTH, MOST_WIDTH = 2, 200
MOST_COLUMNS = 64

_LABEL = "label:"
_LABEL_NAME = re.compile(r"[A-Za-z_][\w./-]{0,127}", re.ASCII)
_WIDTH = re.compile(r"(.+):(\d{1,9})")
_LABELLED_ROWS = 1_000
"""Rows that are looked at for the names of labels; more would cost more than a key may."""
_MOST_LABELS = 40


def columns_of(view: View[Any], chosen: Sequence[Chosen]) -> tuple[Column[Any], ...]:
    """The columns to draw; without a choice, the view's own.

    A width that was fixed neither grows nor shrinks. Where the choice leaves out what a row is called, that comes
    first all the same. Raises FilterError for a column that there is not.
    """
    if not chosen:
        return view.columns
    found = [_fitted(known_column(view, id), width) for id, width in chosen]
    if not any(column.named for column in found):
        found[:0] = [column for column in view.columns if column.named]
    return tuple(found)


def known_column(view: View[Any], id: str) -> Column[Any]:
    """The view's own column of that id, or the one made of a label or of an output field. Raises FilterError."""
    column = find_column(view, id)
    if column is None:
        names = ", ".join(column.id for column in view.columns)
        raise FilterError(f"{view.name} has no column {id!r} (it has {names}, label:NAME, and any output field)")
    return column


def find_column(view: View[Any], id: str) -> Column[Any] | None:
    """As `known_column`, but None where there is none."""
    own = next((column for column in view.columns if column.id == id), None)
    if own is not None:
        return own
    if id.startswith(_LABEL):
        name = id.removeprefix(_LABEL)
        return _label_column(view, name) if _LABEL_NAME.fullmatch(name) else None
    field = next((field for field in view.fields if field.name == id), None)
    return None if field is None else _field_column(field)


def extra_columns(view: View[Any], rows: Iterable[Any]) -> list[Column[Any]]:
    """What could be shown beside the view's own columns: the labels that `rows` have, then the output fields."""
    names: set[str] = set()
    for row, _ in zip(rows, range(_LABELLED_ROWS), strict=False):
        names.update(view.labels(row))
    labels = sorted(name for name in names if _LABEL_NAME.fullmatch(name))[:_MOST_LABELS]
    own = {column.id for column in view.columns}
    fields = [_field_column(field) for field in view.fields if field.name not in own]
    return [*(_label_column(view, name) for name in labels), *fields]


def parse_columns(text: str) -> tuple[Chosen, ...]:
    """Read `name,state,age:6`. Raises FilterError for what is no such list; ids are not looked up."""
    chosen: list[Chosen] = []
    for part in filter(None, text.split(",")):
        sized = _WIDTH.fullmatch(part)
        # `label:7` is the label 7 of nothing, not a column `label` of seven cells.
        id, width = (sized[1], int(sized[2])) if sized and f"{sized[1]}:" != _LABEL else (part, None)
        if width is not None and not LEAST_WIDTH <= width <= MOST_WIDTH:
            raise FilterError(f"columns={part}: a width is {LEAST_WIDTH} to {MOST_WIDTH} cells")
        if any(id == known for known, _ in chosen):
            raise FilterError(f"columns={text}: {id!r} is there twice")
        chosen.append((id, width))
    if len(chosen) > MOST_COLUMNS:
        raise FilterError(f"columns=: at most {MOST_COLUMNS}")
    return tuple(chosen)


def columns_text(chosen: Iterable[Chosen]) -> str:
    """`name,state,age:6`: what `parse_columns` reads."""
    return ",".join(id if width is None else f"{id}:{width}" for id, width in chosen)


def _fitted(column: Column[Any], width: int | None) -> Column[Any]:
    return column if width is None else replace(column, width=width, grow=0)


def _label_column(view: View[Any], name: str) -> Column[Any]:
    def cell(row: Any, _: Look) -> Cell:
        value = view.labels(row).get(name)
        return NOT_KNOWN if value is None else Cell(value)

    return Column(
        id=_LABEL + name,
        title=scrub(name, 24).upper(),
        width=max(8, min(24, len(name))),
        priority=3,
        cell=cell,
        sort=lambda row, _: view.labels(row).get(name),
    )


def _field_column(field: Field[Any]) -> Column[Any]:
    def cell(row: Any, at: Look) -> Cell:
        text = _field_text(field.value(row, at))
        return Cell(text) if text else NOT_KNOWN

    def sort(row: Any, at: Look) -> SortValue:
        value = field.value(row, at)
        if isinstance(value, int | float):
            return value
        return _field_text(value) or None

    return Column(
        id=field.name,
        title=field.name.upper().replace("_", " "),
        width=max(8, min(24, len(field.name))),
        priority=3,
        cell=cell,
        sort=sort,
    )


def _field_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return " ".join(f"{name}={item}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
