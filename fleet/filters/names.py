"""The names that can be asked of a view, and how what they name is read off a row.

A name is an output field, a column's id, or a column's title (what stands on the screen), in this order; `label.NAME`
is always a label. Accessors are made once per filter, so that a row costs no look-up.
"""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from fleet.filters.units import Unit
from fleet.views.view import Column, Field, Look, View

LABEL = "label."
"""Before the name of a label, where a column may have the same name."""

Number = Callable[[Any, Look], float | None]
Moment = Callable[[Any, Look], datetime | None]


class Named(Struct, frozen=True):
    """What a name means: its number (None where a row has none), its moment, if it is one, and its value as text."""

    name: str
    unit: Unit
    number: Number
    moment: Moment | None
    value: Callable[[Any, Look], Any]
    choices: tuple[str, ...] = ()


def named(view: View[Any], name: str) -> list[Named]:
    """Everything in `view` that `name` may mean, the likeliest first; nothing where it has no such name."""
    wanted = name.lower()
    return [
        *(_of_field(field) for field in view.fields if field.name == wanted),
        *(_of_column(column) for column in view.columns if column.id == wanted),
        *(_of_column(column) for column in view.columns if title_name(column) == wanted and column.id != wanted),
    ]


def names(view: View[Any]) -> Iterator[str]:
    """The names of a view: its columns, its fields, and titles that are names of their own."""
    known = dict.fromkeys(column.id for column in view.columns)
    known |= dict.fromkeys(field.name for field in view.fields)
    known |= dict.fromkeys(filter(None, map(title_name, view.columns)))
    return iter(known)


def title_name(column: Column[Any]) -> str:
    """A column's title as a name, "" where it is none (`IN/min`)."""
    title = column.title.lower()
    return title if title.isidentifier() and title.isascii() else ""


def _of_field(field: Field[Any]) -> Named:
    number = _number(field.value) if field.when is None else _age(field.when)
    return Named(field.name, field.unit, number, field.when, field.value, field.choices)


def _of_column(column: Column[Any]) -> Named:
    number = _number(column.sort or _nothing) if column.when is None else _age(column.when)
    return Named(column.id, column.unit, number, column.when, _text(column))


def _age(when: Moment) -> Number:
    return lambda row, at: at.since_s(when(row, at))


def _text(column: Column[Any]) -> Callable[[Any, Look], str | None]:
    """What the cell says; None where there is nothing to order by, which a cell shows as a dash."""
    cell, sort = column.cell, column.sort
    return lambda row, at: None if sort is not None and sort(row, at) is None else cell(row, at).text.strip()


def _nothing(_: Any, __: Look) -> None:
    return None


def _number(get: Callable[[Any, Look], Any]) -> Number:
    def number(row: Any, at: Look) -> float | None:
        value = get(row, at)
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return None
        return value

    return number
