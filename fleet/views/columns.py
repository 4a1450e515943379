"""The few shapes of column that the views are made of."""

from collections.abc import Callable
from typing import Any

from fleet.filters.units import Unit
from fleet.views.text import NOT_KNOWN, number_cell
from fleet.views.view import Cell, Column, Look, SortValue, Tone


def name_column(
    id: str,
    title: str,
    width: int,
    get: Callable[[Any], str],
    *,
    grow: int = 3,
    shorten: Callable[[str, int], str] | None = None,
) -> Column[Any]:
    """What a row is called: never dropped, never hidden, and the first to grow."""
    return Column(
        id=id,
        title=title,
        width=width,
        grow=grow,
        priority=0,
        cell=lambda row, _: Cell(get(row), Tone.TITLE),
        sort=lambda row, _: get(row),
        named=True,
        shorten=shorten,
    )


def word_column(
    id: str,
    title: str,
    width: int,
    get: Callable[[Any], str],
    *,
    grow: int = 0,
    priority: int = 1,
    tone: Callable[[Any], Tone] = lambda row: Tone.MUTED,
    empty: str = "–",
    help: str = "",
) -> Column[Any]:
    """A text; `empty` stands for none, which sorts last."""
    return Column(
        id=id,
        title=title,
        width=width,
        grow=grow,
        priority=priority,
        cell=lambda row, _: Cell(get(row), tone(row)) if get(row) else Cell(empty, Tone.MUTED),
        sort=lambda row, _: get(row) or None,
        help=help,
    )


def count_column(
    id: str,
    title: str,
    width: int,
    get: Callable[[Any], float | None],
    *,
    priority: int,
    tone: Tone = Tone.PLAIN,
) -> Column[Any]:
    """A count, greatest first; zero is muted, not known is a dash."""
    return measure_column(
        id, title, width, lambda row, _: get(row), lambda value: number_cell(value, tone), priority=priority
    )


def measure_column(
    id: str,
    title: str,
    width: int,
    get: Callable[[Any, Look], float | None],
    show: Callable[[float], Cell],
    *,
    priority: int,
    descending: bool = True,
    unit: Unit = Unit.NUMBER,
) -> Column[Any]:
    """A number in `unit` that `show` makes a cell of; not known is a dash."""

    def cell(row: Any, at: Look) -> Cell:
        value = get(row, at)
        return NOT_KNOWN if value is None else show(value)

    return Column(
        id=id,
        title=title,
        width=width,
        right=True,
        priority=priority,
        descending=descending,
        cell=cell,
        sort=get,
        unit=unit,
    )


def ranked_column(
    id: str,
    title: str,
    width: int,
    cell: Callable[[Any, Look], Cell],
    rank: Callable[[Any], SortValue],
) -> Column[Any]:
    """A state: never dropped, worst first."""
    return Column(id=id, title=title, width=width, priority=0, cell=cell, sort=lambda row, _: rank(row))
