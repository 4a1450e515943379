"""The page of one objective: the three numbers, each tier's windows, how its budget went, and how all that was
counted."""

from collections.abc import Iterable
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from fleet.slo.model import Burn, SloStatus
from fleet.slo.windows import seconds_text
from fleet.store import Slice
from fleet.view_line import ViewLine
from fleet.views.slos import STATE_GLYPH, STATE_TONE, left_text, rate_text
from fleet.views.slos import VIEW as SLOS
from fleet.views.view import Cell, Column, Look, Tone, View, look
from tui.chrome.facts import Facts
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.graph import Graph, Plot
from tui.ink import Ink
from tui.kept.history import Visit
from tui.keys.bindings import SLO_KEYS
from tui.live import AGES_EVERY_S, Watch, is_paused, is_uncovered
from tui.screens.agent import Section
from tui.screens.copying import picked_rows
from tui.screens.deck import DeckScreen
from tui.slos.facts import formula_facts, slo_facts
from tui.slos.headline import Headline, numbers_of


def _state(row: Burn, _: Look) -> Cell:
    if row.firing:
        return Cell("✖ fires", Tone.DOWN)
    if row.long_rate is None or row.short_rate is None:
        return Cell("? no data", Tone.UNKNOWN)
    return Cell("● quiet", Tone.UP)


def _rate(row: Burn, seconds: float, rate: float | None) -> Cell:
    over = rate is not None and rate > row.factor
    tone = Tone.MUTED if rate is None else Tone.DOWN if over else Tone.PLAIN
    return Cell(f"{rate_text(rate)}{'!' if over else ''} in {seconds_text(seconds)}", tone)


_TIER_COLUMNS: tuple[Column[Burn], ...] = (
    Column(id="state", title="STATE", width=9, priority=0, cell=_state),
    Column(id="tier", title="TIER", width=11, priority=0, grow=1, cell=lambda row, _: Cell(row.tier)),
    Column(
        id="factor",
        title="FIRES OVER",
        width=10,
        priority=0,
        right=True,
        cell=lambda row, _: Cell(f"{row.factor:.3g}"),
    ),
    Column(
        id="long",
        title="LONG",
        width=13,
        priority=0,
        right=True,
        cell=lambda row, _: _rate(row, row.long_s, row.long_rate),
    ),
    Column(
        id="short",
        title="SHORT",
        width=13,
        priority=0,
        right=True,
        cell=lambda row, _: _rate(row, row.short_s, row.short_rate),
    ),
    Column(
        id="severity",
        title="SEVERITY",
        width=8,
        priority=2,
        cell=lambda row, _: Cell(row.severity, Tone.MUTED),
    ),
)


def tiers_view(rows: Slice[int, Burn]) -> View[Burn]:
    """A tier a line: both of its windows beside its factor."""
    return View(
        name="tiers",
        title="Burn rates",
        rows=lambda _: rows,
        columns=_TIER_COLUMNS,
        fields=(),
        order=lambda row, _: (),
        words=lambda row: row.tier,
        empty="no tiers",
    )


def budget_plot(row: SloStatus) -> Plot:
    """What was left of the budget over the window; the line is where nothing is."""
    if not row.trend:
        return Plot(note="no graph: nothing is known of the budget over this window")
    # It was whole before the window began.
    return Plot(
        times=[float(at) for at in range(len(row.trend) + 1)],
        values=(1.0, *row.trend),
        start_s=0.0,
        end_s=float(len(row.trend)),
        threshold=0.0,
        left=f"budget left over {row.window}",
        right="now",
        scale=left_text,
    )


class SloPage(DeckScreen):
    """An objective in full. It stays when the objective goes, and says so."""

    AUTO_FOCUS = "PageScroll"
    BINDINGS: ClassVar[list[BindingType]] = SLO_KEYS

    def __init__(self, context: Context, key: str, *, explaining: bool = False) -> None:
        super().__init__(context, ViewLine(view="slos"))
        self._key = key
        self._last: SloStatus | None = context.store.slos.get(key)
        self._explaining = explaining
        self._headline = Headline()
        self._facts = Facts(id="facts")
        self._formula = Facts(id="formula")
        self._graph = Graph(id="graph")
        self._tiers: Slice[int, Burn] = Slice()

    def body(self) -> Iterable[Widget]:
        """The numbers above; what it says on the left, how it burns on the right."""
        store = self.context.store
        yield self._headline
        yield PageScroll(
            Vertical(self._facts, id="left"),
            Vertical(self._graph, Section(store, view=tiers_view(self._tiers), id="tiers"), self._formula, id="right"),
            id="page",
        )
        yield Watch((store.slos, store.proposals, store.rollbacks), self._show_slo)

    def on_mount(self) -> None:
        """Ages change without a write."""
        self.set_class(self._explaining, "-explaining")
        self.set_interval(AGES_EVERY_S, self._follow_time)

    def visit(self) -> Visit:
        """The objective."""
        return Visit(line=self._line, detail=self._key)

    def picked(self) -> Any:
        """The row; None once it is gone."""
        store, row = self.context.store, self.context.store.slos.get(self._key)
        rows = () if row is None else ((row, look(store, store.slos, self._key)),)
        return picked_rows(SLOS, rows, store, "slos")

    def title_parts(self, ink: Ink) -> list[Text]:
        """Which objective this is."""
        parts = [ink.muted("SLOs"), ink.muted("›")]
        row = self._last
        if row is None:
            return [*parts, ink.write(self._key, Tone.TITLE, bold=True), ink.write("not known", Tone.UNKNOWN)]
        gone = [] if self._key in self.context.store.slos else [ink.write("gone", Tone.STALE)]
        state = ink.write(f"{STATE_GLYPH[row.state]} {row.state.value}", STATE_TONE[row.state], bold=True)
        what = [ink.write("how it is counted", Tone.ACCENT)] if self._explaining else []
        return [*parts, ink.write(row.name, Tone.TITLE, bold=True), state, *gone, *what]

    def action_formula(self) -> None:
        """The formula with its inputs, by itself, or everything again."""
        self._explaining = not self._explaining
        self.set_class(self._explaining, "-explaining")
        self.query_one(PageScroll).scroll_home(animate=False)
        self._show_slo()

    def _follow_time(self) -> None:
        if is_uncovered(self) and not is_paused(self.app):
            self._show_slo()

    def _show_slo(self) -> None:
        store = self.context.store
        row = self._last = store.slos.get(self._key, self._last)
        if row is not None:
            self._headline.show(numbers_of(row))
            self._facts.show(slo_facts(row, store))
            self._formula.show(formula_facts(row))
            self._tiers.replace(dict(enumerate(row.burns)))
            self._graph.show(budget_plot(row))
        self.show_title()
