"""What a view is made of: cells with a tone, columns, output fields, and the view itself."""

import math
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from fleet.store import Slice, Store

R = TypeVar("R")

SortValue = float | str | None
"""What rows are ordered by. None (not known) comes last in either direction."""


class Tone(StrEnum):
    """What a cell means; the theme gives it a colour. The text must say it too: colour is never alone."""

    PLAIN = "plain"
    MUTED = "muted"
    TITLE = "title"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    STALE = "stale"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    ACCENT = "accent"


class Cell(Struct, frozen=True):
    """The text of one cell, without any markup, and its tone."""

    text: str
    tone: Tone = Tone.PLAIN


class Look(Struct, frozen=True):
    """Where a column may look beside its row: the store's time, when a row was last confirmed, its history."""

    store: Store
    key: Any
    seen: datetime | None

    @property
    def age_s(self) -> float | None:
        """Seconds since the row was last confirmed, at the store's time; None where it never was."""
        if self.seen is None or self.store.now is None:
            return None
        return max(0.0, (self.store.now - self.seen).total_seconds())

    def since_s(self, when: datetime | None) -> float | None:
        """Seconds from `when` to the store's time."""
        if when is None or self.store.now is None:
            return None
        return (self.store.now - when).total_seconds()


class Column(Struct, Generic[R], frozen=True, kw_only=True):
    """A column. `id` is what `sort=` names.

    `width` is the least that it needs; spare width goes to columns by their `grow` share. `priority` decides which
    columns a narrow terminal drops first (the largest number goes first; 0 is never dropped). `descending` is its
    natural first order. `sort` None: the column cannot be sorted by.
    """

    id: str
    title: str
    width: int
    cell: Callable[[R, Look], Cell]
    sort: Callable[[R, Look], SortValue] | None = None
    grow: int = 0
    right: bool = False
    priority: int = 1
    descending: bool = False


class Field(Struct, Generic[R], frozen=True):
    """An output field of `fleetdeck get`: its name and the JSON value of a row (None where it is not known)."""

    name: str
    value: Callable[[R, Look], Any]


def attribute(name: str) -> Field[Any]:
    """The field of that name, taken from the row as it is."""
    return Field(name, lambda row, _: getattr(row, name))


class View(Struct, Generic[R], frozen=True, kw_only=True):
    """A view of one slice of the store.

    `order` is the natural order, worst first (a tuple per row, compared ascending, each part as `SortValue`);
    `words` is what a plain filter is matched against; `labels` what `-l` looks into; `fault` says whether a row is
    something wrong; `empty` is the sentence for a view without rows, which says what would put some there.
    """

    name: str
    title: str
    rows: Callable[[Store], Slice[Any, R]]
    columns: tuple[Column[R], ...]
    fields: tuple[Field[R], ...]
    order: Callable[[R, Look], tuple[SortValue, ...]]
    words: Callable[[R], str]
    labels: Callable[[R], dict[str, str]] = lambda row: {}
    fault: Callable[[R], bool] = lambda row: False
    empty: str = "nothing here yet"


def look(store: Store, rows: Slice[Any, Any], key: Any) -> Look:
    """The `Look` of one row."""
    return Look(store, key, rows.seen(key))


def sort_key(values: tuple[SortValue, ...], descending: tuple[bool, ...] = ()) -> tuple[Any, ...]:
    """A key by which Python sorts rows: each part None-last, texts case-blind, numbers before texts.

    `descending[i]` turns part i round; a text is turned by its code points.
    """
    turned = descending + (False,) * (len(values) - len(descending))
    return tuple(_part(value, down) for value, down in zip(values, turned, strict=True))


def _part(value: SortValue, down: bool) -> tuple[Any, ...]:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (2,)
    if isinstance(value, str):
        folded = value.casefold()
        return (1, (*(-ord(char) for char in folded), 1)) if down else (1, folded)
    return (0, -value if down else value)
