"""The three numbers of an objective, side by side: what it promises, what it kept, what is left."""

import math
from collections.abc import Sequence

from msgspec import Struct
from rich.text import Text
from textual.widget import Widget

from fleet.slo.model import Budgeting, SloState, SloStatus
from fleet.times import span_text
from fleet.views.slos import left_text, left_tone, ratio_text
from fleet.views.text import progress_bar
from fleet.views.view import Cell, Tone
from tui.ink import Ink, joined

_BAR = 10
_EVENTS = {
    Budgeting.OCCURRENCES: "events",
    Budgeting.TIMESLICES: "time slices",
    Budgeting.RATIO_TIMESLICES: "time slices",
}


class Number(Struct, frozen=True):
    """A number with a word over it and words under it."""

    word: str
    value: tuple[Cell, ...]
    note: str


def numbers_of(row: SloStatus) -> tuple[Number, ...]:
    """The three of an objective."""
    return (
        Number("OBJECTIVE", (Cell(ratio_text(row.objective_ratio), Tone.TITLE),), f"over {row.window}"),
        Number("SLI", (_sli(row),), _events(row)),
        Number("BUDGET LEFT", _left(row), _lasts(row)),
    )


def _sli(row: SloStatus) -> Cell:
    if row.sli_ratio is None:
        return Cell("not known", Tone.UNKNOWN)
    if row.state is SloState.NO_DATA or math.isnan(row.sli_ratio):
        return Cell(ratio_text(row.sli_ratio), Tone.STALE)
    return Cell(ratio_text(row.sli_ratio), Tone.UP if row.sli_ratio >= row.objective_ratio else Tone.DOWN)


def _events(row: SloStatus) -> str:
    if row.good is None or row.total is None:
        return "no events"
    return f"{row.total - row.good:,.6g} bad of {row.total:,.10g} {_EVENTS[row.budgeting]}"


def _left(row: SloStatus) -> tuple[Cell, ...]:
    left = row.budget_remaining_ratio
    if left is None:
        return (Cell("not known", Tone.UNKNOWN),)
    tone = Tone.STALE if row.state is SloState.NO_DATA else left_tone(left)
    bar = Tone.UP if tone is Tone.PLAIN else tone
    return Cell(left_text(left), tone), Cell("  " + progress_bar(left, None, _BAR), bar)


def _lasts(row: SloStatus) -> str:
    if row.exhaustion_s is None:
        return ""
    return f"spent in {span_text(row.exhaustion_s)} at this rate" if row.exhaustion_s > 0 else "spent"


class Headline(Widget):
    """Three columns of equal width, three lines high."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._numbers: tuple[Number, ...] = ()

    def show(self, numbers: Sequence[Number]) -> None:
        """Replace what is shown."""
        if tuple(numbers) != self._numbers:
            self._numbers = tuple(numbers)
            self.refresh()

    def recolour(self) -> None:
        """Say the same in the colours of the theme that is on."""
        self.refresh()

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        lines = (
            [ink.muted(number.word) for number in self._numbers],
            [joined([ink.cell(cell, bold=True) for cell in number.value]) for number in self._numbers],
            [ink.muted(number.note) for number in self._numbers],
        )
        return Text("\n", end="").join(self._line(parts) for parts in lines)

    def _line(self, parts: Sequence[Text]) -> Text:
        width = self.size.width // max(1, len(parts))
        for part in parts:
            part.truncate(max(0, width - 2), overflow="ellipsis")
            part.pad_right(max(0, width - part.cell_len))
        return joined(parts)
