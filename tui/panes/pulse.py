"""The fleet in one look: how many agents are in which state, how much of the fleet that is known of, and how well the
sources answer."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from msgspec import Struct
from rich.text import Text
from textual.app import ComposeResult

from fleet.model import AgentStatus, SourceState
from fleet.store import Slice, Store
from fleet.tally import Tally
from fleet.views.text import STATE_GLYPH
from fleet.views.view import Tone
from fleet.vocabulary import SEVERITY, AgentState
from tui.alerts.counts import AlertLine
from tui.ink import Ink, joined
from tui.live import Live
from tui.pane import Pane
from tui.slos.counts import SloLine

WORST_FIRST = tuple(sorted(SEVERITY, key=SEVERITY.__getitem__))


class Counts(Struct, frozen=True):
    """What the pulse says, so that nothing is redrawn while it stays the same."""

    states: dict[AgentState, int] = {}
    observed: int = 0
    """Agents that answered at least once; hearsay is no answer."""
    disagree: int = 0
    gone: int = 0
    sources: int = 0
    sources_ok: int = 0
    sources_pending: int = 0

    @property
    def total(self) -> int:
        return sum(self.states.values())


class Counting:
    """Counts a store's agents and sources, at a cost that follows what changed."""

    def __init__(self, store: Store) -> None:
        self._agents = Tally(store.status, _marks, confirmed=True)
        self._sources = Tally(store.sources, lambda source: (source.state,))

    def counts(self) -> Counts:
        """What there is now."""
        agents, sources = self._agents, self._sources
        agents.catch_up()
        sources.catch_up()
        return Counts(
            states={state: agents[state] for state in WORST_FIRST if agents[state]},
            observed=agents.seen,
            disagree=agents["disagrees"],
            gone=agents["gone"],
            sources=len(sources),
            sources_ok=sources[SourceState.OK],
            sources_pending=sources[SourceState.PENDING],
        )

    def close(self) -> None:
        """Stop listening to the store."""
        self._agents.close()
        self._sources.close()


def _marks(row: AgentStatus) -> Iterable[Hashable]:
    yield row.state
    if row.disagrees:
        yield "disagrees"
    if row.gone:
        yield "gone"


def coverage(counts: Counts, ink: Ink) -> Text:
    """How much of the fleet is known, in words; what is amiss is toned."""
    if not counts.total:
        return ink.muted("waiting for the first agents" if counts.sources else "no sources yet")
    never = counts.total - counts.observed
    parts = [ink.muted(f"observed {counts.observed:,}/{counts.total:,}")]
    if never:
        parts.append(ink.write(f"{never:,} never answered", Tone.UNKNOWN))
    if counts.disagree:
        parts.append(ink.write(f"≠ {counts.disagree:,} disagree", Tone.DEGRADED))
    if counts.gone:
        parts.append(ink.muted(f"{counts.gone:,} gone"))
    if counts.sources:
        bad = counts.sources - counts.sources_ok - counts.sources_pending
        parts.append(ink.write(f"sources {counts.sources_ok:,}/{counts.sources:,}", Tone.DOWN if bad else Tone.MUTED))
    return joined(parts, " · ")


def segments(states: Mapping[AgentState, int], width: int) -> list[tuple[AgentState, int]]:
    """Cells of each state in a bar of `width`, worst first: proportional, but at least one for a state that occurs."""
    total = sum(states.values())
    present = [state for state in WORST_FIRST if states.get(state)]
    if not total or width < len(present):
        return []
    cells = {state: max(1, states[state] * width // total) for state in present}
    while sum(cells.values()) != width:
        over = sum(cells.values()) > width
        exact = {state: states[state] * width / total - cells[state] for state in present}
        chosen = (
            min((s for s in present if cells[s] > 1), key=exact.__getitem__)
            if over
            else max(present, key=exact.__getitem__)
        )
        cells[chosen] += -1 if over else 1
    return [(state, cells[state]) for state in present]


class Pulse(Live):
    """Two parts: a bar of the states' shares, and each state's glyph, count, word and share."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._counting: Counting | None = None
        self._counts = Counts()

    def slices(self) -> Iterable[Slice[Any, Any]]:
        return (self._store.status, self._store.sources)

    def update_now(self) -> None:
        if self._counting is None:
            self._counting = Counting(self._store)
        counts = self._counting.counts()
        if counts != self._counts or not self._counts.total:
            self._counts = counts
            self.recolour()

    def recolour(self) -> None:
        """Say the same in the colours of the theme that is on."""
        if isinstance(self.parent, Pane):
            self.parent.heading.note(coverage(self._counts, self.ink))
        self.refresh()

    def on_unmount(self) -> None:
        if self._counting is not None:
            self._counting.close()
            self._counting = None

    def render(self) -> Text:
        ink, width = self.ink, self.size.width
        return Text("\n", end="").join([self._bar(ink, width), *self._legend(ink, width, self.size.height - 1)])

    def _bar(self, ink: Ink, width: int) -> Text:
        shares = segments(self._counts.states, width)
        if not shares:
            return Text("─" * width, ink.rule, end="")
        # The last cell of a segment is half as long, which parts it from the next where there is no colour.
        return joined(
            ink.write("━" * (cells - 1) + "╸" if cells > 1 else "╸", Tone(state.value)) for state, cells in shares
        )

    def _legend(self, ink: Ink, width: int, lines: int) -> list[Text]:
        states = self._counts.states
        total = self._counts.total
        entries = [self._entry(ink, state, states.get(state, 0), total) for state in WORST_FIRST]
        cell = max(entry.cell_len for entry in entries) + 2
        per_line = len(entries) if cell * len(entries) <= width or lines < 2 else (len(entries) + 1) // 2
        cell = max(cell, width // per_line)
        for entry in entries:
            entry.pad_right(max(0, cell - entry.cell_len))
        return [joined(entries[at : at + per_line]) for at in range(0, len(entries), per_line)]

    def _entry(self, ink: Ink, state: AgentState, number: int, total: int) -> Text:
        tone = Tone(state.value) if number else Tone.MUTED
        share = f" {number / total * 100:.0f}%" if total else ""
        return joined(
            [
                ink.write(f"{STATE_GLYPH[state]} ", tone),
                ink.write(f"{number:,}", tone, bold=bool(number)),
                ink.write(f" {state.value}", tone),
                ink.muted(share),
            ]
        )


class PulsePane(Pane):
    """The fleet's pulse; the coverage stands in its heading."""

    TITLE = "Fleet"
    ORDER = 0

    def compose(self) -> ComposeResult:
        yield self.heading
        yield Pulse(self.store)
        yield AlertLine(self.store)
        yield SloLine(self.store)


PANE = PulsePane
