"""What a view is made of: cells with a tone, columns, output fields, and the view itself."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, TypeVar

from msgspec import Struct

from fleet.filters.units import Unit, field_unit
from fleet.store import Slice, Store
from fleet.times import rfc3339

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
        """Seconds from `when` to the store's time; never negative, whatever clock `when` comes from."""
        if when is None or self.store.now is None:
            return None
        return max(0.0, (self.store.now - when).total_seconds())

    def clock(self, when: datetime | None) -> str:
        """`when` as the cells of a column of times show it, in the style of the store."""
        return self.store.times.clock(when, self.store.now)


class Column(Struct, Generic[R], frozen=True, kw_only=True):
    """A column. `id` is what `sort=` names.

    `width` is the least that it needs; spare width goes to columns by their `grow` share. `priority` decides which
    columns a narrow terminal drops first (the largest number goes first; 0 is never dropped). `descending` is its
    natural first order. `sort` None: the column cannot be sorted by. `named`: it says which row this is, so that it
    cannot be hidden. `unit` is what `sort` counts where that is a number, `when` the moment of a column of times.
    `shorten` makes a text that is too long as short as a number of characters; without it, it is cut at its end.
    `help` says in a sentence what it shows, where its title does not.
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
    named: bool = False
    unit: Unit = Unit.NUMBER
    when: Callable[[R, Look], datetime | None] | None = None
    shorten: Callable[[str, int], str] | None = None
    help: str = ""


class Field(Struct, Generic[R], frozen=True):
    """An output field of `fleetdeck get`: its name and the JSON value of a row (None where it is not known).

    `when` is the moment behind a field that is a time; `choices` are the words that it can be, where these are few.
    """

    name: str
    value: Callable[[R, Look], Any]
    when: Callable[[R, Look], datetime | None] | None = None
    choices: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        """What its number counts; a time is an age to those who compare."""
        return Unit.AGE if self.when is not None else field_unit(self.name)


def attribute(name: str) -> Field[Any]:
    """The field of that name, taken from the row as it is."""
    return Field(name, lambda row, _: getattr(row, name))


def moment(name: str, when: Callable[[Any, Look], datetime | None]) -> Field[Any]:
    """A field that is a time: RFC 3339 in UTC."""
    return Field(name, lambda row, at: rfc3339(when(row, at)), when)


def choice(name: str, word: Callable[[Any], str], choices: Iterable[str]) -> Field[Any]:
    """A field that is one of a few words."""
    return Field(name, lambda row, _: word(row), None, tuple(map(str, choices)))


class Beside(Struct, frozen=True):
    """Another slice that cells look into. Where what it has of a key changes, comes or goes, the rows of the keys that
    `touches` names may look other than before."""

    slice: Callable[[Store], Slice[Any, Any]]
    touches: Callable[[Store, Any], Iterable[Any]]


class View(Struct, Generic[R], frozen=True, kw_only=True):
    """A view of one slice of the store.

    `order` is the natural order, worst first (a tuple per row, compared ascending, each part as `SortValue`);
    `words` is what a plain filter is matched against; `labels` what `-l` looks into; `fault` says whether a row is
    something wrong; `empty` is the sentence for a view without rows, which says what would put some there. `newest` is
    the order in which the row that came last is the first, as `sort=` has it (empty: the natural one); None where rows
    do not come and go, so that there is none to follow. `beside` is what else its cells are made from that changes
    without the row.
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
    newest: tuple[tuple[str, bool], ...] | None = None
    beside: tuple[Beside, ...] = ()


def look(store: Store, rows: Slice[Any, Any], key: Any) -> Look:
    """The `Look` of one row."""
    return Look(store, key, rows.seen(key))


def sort_key(values: tuple[SortValue, ...], descending: tuple[bool, ...] = ()) -> tuple[Any, ...]:
    """A key by which Python sorts rows: each part None-last, texts case-blind, numbers before texts.

    `descending[i]` turns part i round; a text is turned by its code points.
    """
    if not descending:
        # The way of every row's natural order, ten thousand times a key press.
        return tuple([(1, value.casefold()) if isinstance(value, str) else _number(value) for value in values])
    turned = descending + (False,) * (len(values) - len(descending))
    return tuple([_part(value, down) for value, down in zip(values, turned, strict=True)])


def _part(value: SortValue, down: bool) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (1, _turned(value)) if down else (1, value.casefold())
    return _number(value, -1 if down else 1)


def _number(value: float | None, sign: int = 1) -> tuple[Any, ...]:
    """NaN is no number to sort by, and the only value that is not itself."""
    return _LAST if value is None or value != value else (0, sign * value)  # noqa: PLR0124


@lru_cache(1024)
def _turned(text: str) -> tuple[int, ...]:
    """A text by its code points, turned round. Kept, because columns of words have few different ones."""
    return (*[-ord(char) for char in text.casefold()], 1)


_LAST = (2,)
