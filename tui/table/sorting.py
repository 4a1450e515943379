"""Choosing an order by keys: the last key of it is the one that is being chosen. Pure."""

from collections.abc import Sequence
from typing import Any

from fleet.index import Sort
from fleet.views.view import Column

By = tuple[Sort, ...]


def moved_sort(by: By, columns: Sequence[Column[Any]], step: int) -> By:
    """The order with its last key moved to the next sortable column (`step` 1) or to the one before (-1).

    A column that is sorted by already is passed over. Beyond either end the key is dropped; from no order at all it
    starts at either end. A column comes in its natural direction.
    """
    kept = by[:-1]
    choices = [column for column in columns if column.sort and column.id not in {name for name, _ in kept}]
    ids = [column.id for column in choices]
    now = ids.index(by[-1][0]) if by and by[-1][0] in ids else (-1 if step > 0 else len(ids))
    wanted = now + step
    return (*kept, (choices[wanted].id, choices[wanted].descending)) if 0 <= wanted < len(choices) else kept


def added_sort(by: By, columns: Sequence[Column[Any]]) -> By:
    """The order with one more key: the next free sortable column to the right of the last one, or the first free."""
    taken = {name for name, _ in by}
    ids = [column.id for column in columns]
    after = ids.index(by[-1][0]) + 1 if by and by[-1][0] in ids else 0
    free = next(
        (column for column in [*columns[after:], *columns[:after]] if column.sort and column.id not in taken), None
    )
    return by if free is None else (*by, (free.id, free.descending))


def turned_sort(by: By) -> By:
    """The order with its last key turned round."""
    return (*by[:-1], (by[-1][0], not by[-1][1])) if by else by


def toggled_sort(by: By, column: Column[Any]) -> By:
    """The order with one more key by `column`; where it is there, turned round; where it is turned, without it."""
    if column.sort is None:
        return by
    place = next((place for place, (name, _) in enumerate(by) if name == column.id), None)
    if place is None:
        return (*by, (column.id, column.descending))
    if by[place][1] == column.descending:
        return (*by[:place], (column.id, not column.descending), *by[place + 1 :])
    return (*by[:place], *by[place + 1 :])
