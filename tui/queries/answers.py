"""An answer as rows of a table. All labels come from outside."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from fleet.promql.evaluate import Answer
from fleet.promql.function import Vector
from fleet.promql.labels import EMPTY, Labels
from fleet.promql.numbers import plain
from fleet.promql.storage import Series
from fleet.store import Slice
from fleet.text import scrub
from fleet.views.view import Cell, Column, Field, Look, Tone, View
from tui.curves import SIGNS, tone_of

MOST_ROWS = 500
"""Series that are shown; the rest is counted."""
_LONGEST = 2_000


class Row(Struct, frozen=True, kw_only=True):
    """A series of an answer, of a range vector with its last sample. `text` is a string's; `order` its place in the
    answer; `sign` which curve it is, -1 for none."""

    labels: dict[str, str]
    value: float | None = None
    text: str = ""
    order: int = 0
    sign: int = -1


class Table(Struct, frozen=True, kw_only=True):
    """Rows by their series, and how many there are in all."""

    rows: Mapping[str, Row] = {}
    total: int = 0


def key_of(labels: Labels) -> str:
    """What a series is called, here and in the legend."""
    return str(labels)


def table_of(answer: Answer) -> Table:
    """The first rows of an answer."""
    value = answer.value
    if isinstance(value, str):
        return Table(rows={"": Row(labels={}, text=scrub(value, _LONGEST))}, total=1)
    if isinstance(value, Vector):
        return _rows(zip(value.labels, value.values, strict=True), len(value.labels))
    if isinstance(value, float | int):
        return _rows(((EMPTY, float(value)),), 1)
    return _rows(((one.labels, one.values[-1]) for one in value), len(value))


def _rows(found: Iterable[tuple[Labels, float]], total: int) -> Table:
    rows = {}
    for order, (labels, value) in zip(range(MOST_ROWS), found, strict=False):
        rows[key_of(labels)] = Row(labels=labels.as_dict(), value=value, order=order)
    return Table(rows=rows, total=total)


def curves_of(answer: Answer) -> Sequence[Series]:
    """The series of a matrix; none for anything else."""
    return answer.value if isinstance(answer.value, tuple) and not isinstance(answer.value, Vector) else ()


def _sign(row: Row, _: Look) -> Cell:
    return Cell("") if row.sign < 0 else Cell(SIGNS[row.sign], tone_of(row.sign))


def _value(row: Row, _: Look) -> Cell:
    if row.value is None:
        return Cell(row.text)
    tone = Tone.UNKNOWN if math.isnan(row.value) else Tone.TITLE
    return Cell(number_text(row.value), tone)


def number_text(value: float) -> str:
    """A value with as many digits as one reads; what is copied has all of them."""
    if not math.isfinite(value):
        return plain(value)
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.8g}"


def _series(row: Row) -> str:
    return scrub(str(Labels.of(row.labels)), _LONGEST) if row.labels else "{}"


def answer_view(rows: Slice[str, Row]) -> View[Any]:
    """The answer: the value of each series, in the order of the answer."""
    return View(
        name="answer",
        title="Answer",
        rows=lambda _: rows,
        columns=(
            Column(id="sign", title="", width=1, priority=0, cell=_sign),
            Column(
                id="value",
                title="VALUE",
                width=15,
                right=True,
                priority=0,
                descending=True,
                cell=_value,
                sort=lambda row, _: row.value,
            ),
            Column(
                id="series",
                title="SERIES",
                width=20,
                grow=1,
                priority=0,
                named=True,
                cell=lambda row, _: Cell(_series(row)),
                sort=lambda row, _: _series(row),
            ),
        ),
        fields=(
            Field("series", lambda row, _: _series(row)),
            Field("value", lambda row, _: None if row.value is None else plain(row.value)),
            Field("metric", lambda row, _: row.labels),
        ),
        order=lambda row, _: (float(row.order),),
        words=_series,
        labels=lambda row: row.labels,
        empty="no series match",
    )
