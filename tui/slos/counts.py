"""How many objectives burn or are exhausted: in every title, and on the overview."""

from collections.abc import Hashable, Iterable

from rich.text import Text

from fleet.slo.model import SloState, SloStatus
from fleet.store import Store
from fleet.tally import Tally
from fleet.views.slos import STATE_GLYPH, STATE_TONE
from tui.counted_line import CountedLine, counted
from tui.ink import Ink, joined

ORDER = (SloState.EXHAUSTED, SloState.BURNING, SloState.NO_DATA, SloState.OK)
LOUD = (SloState.EXHAUSTED, SloState.BURNING)
"""What is in every title."""
Counts = dict[SloState, int]


class SloCounting:
    """Counts the objectives of a store, at a cost that follows what changed."""

    def __init__(self, store: Store) -> None:
        self._tally: Tally[str, SloStatus] = Tally(store.slos, _marks)

    def counts(self) -> Counts:
        """How many are in which state, worst first; states without any are left out."""
        self._tally.catch_up()
        return {state: self._tally[state] for state in ORDER if self._tally[state]}

    def close(self) -> None:
        """Stop listening to the store."""
        self._tally.close()


def _marks(row: SloStatus) -> Iterable[Hashable]:
    yield row.state


def loud(counts: Counts) -> Counts:
    """The counts that stand in every title."""
    return {state: number for state, number in counts.items() if state in LOUD}


def chip(counts: Counts, ink: Ink) -> Text:
    """`SLO ✖ 1 ▲ 2`, for the title; empty where all is well."""
    if not counts:
        return Text("")
    parts = [
        ink.write(f"{STATE_GLYPH[state]} {number:,}", STATE_TONE[state], bold=True) for state, number in counts.items()
    ]
    return joined([ink.muted("SLO"), *parts], " ")


class SloLine(CountedLine[Counts]):
    """One line of counts; none where there are no objectives."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.slos, lambda: SloCounting(store), {})

    def parts(self, counts: Counts, ink: Ink) -> Iterable[Text]:
        yield ink.muted("SLOs  ")
        for state, number in counts.items():
            yield counted(STATE_GLYPH[state], number, state.value, STATE_TONE[state], ink)
