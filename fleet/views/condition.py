"""The condition of what is read as a whole (a queue, a backlog): whether it can be read, and whether it adds up."""

from typing import Any

from fleet.views.columns import ranked_column, word_column
from fleet.views.view import Cell, Column, Look, Tone
from fleet.work import Backlog, Queue

Read = Queue | Backlog


_CELLS = {
    "stale": Cell("◌ stale", Tone.STALE),
    "failing": Cell("✖ failing", Tone.DOWN),
    "odd": Cell("! odd", Tone.DEGRADED),
    "ok": Cell("● ok", Tone.UP),
}

WORDS = tuple(_CELLS)
"""What a condition can be."""


def word(row: Read) -> str:
    """Failing and stale before odd: numbers that cannot be confirmed are worse than numbers that contradict."""
    if row.stale:
        return "stale"
    return "failing" if row.error else "odd" if row.anomalies else "ok"


def condition(row: Read, _: Look) -> Cell:
    """The condition with its glyph."""
    return _CELLS[word(row)]


def rank(row: Read) -> int:
    """A smaller number is worse."""
    return 0 if row.error else 1 if row.stale else 2 if row.anomalies else 3


def remarks(row: Read) -> str:
    """Why, in sentences."""
    return "; ".join(part for part in (row.error, *row.anomalies) if part)


CONDITION: Column[Any] = ranked_column("state", "STATE", 9, condition, rank)


def remarks_column(priority: int) -> Column[Any]:
    """The sentences, with all the room that is left."""
    return word_column(
        "remarks",
        "REMARKS",
        16,
        remarks,
        grow=6,
        priority=priority,
        tone=lambda row: Tone.DOWN if row.error else Tone.DEGRADED,
        empty="",
    )
