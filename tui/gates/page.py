"""The page of one gate: the target, what is observed beside what is claimed, each value, and how they went."""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from fleet.errors import FleetdeckError
from fleet.gates.model import GateStatus
from fleet.gates.target import GateUnit, Target, parse_target
from fleet.promql.ports import Querying
from fleet.promql.storage import Series
from fleet.store import Slice, Store
from fleet.text import scrub
from fleet.times import age_text
from fleet.view_line import ViewLine
from fleet.views.gates import STATE_CELLS
from fleet.views.gates import VIEW as GATES
from fleet.views.view import Cell, Column, Look, Tone, View, look, sort_key
from tui.chrome.facts import Facts, Known
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.curves import SIGNS, CurveGraph, Drawn, tone_of
from tui.graph import Plot
from tui.ink import Ink
from tui.kept.history import Visit
from tui.live import Watch, is_paused, is_uncovered
from tui.queries.answers import MOST_ROWS, curves_of, key_of, table_of
from tui.queries.pieces import Spent, in_pieces
from tui.screens.agent import Section
from tui.screens.copying import picked_rows
from tui.screens.deck import DeckScreen

RANGE_S = 3600.0
EVERY_S = 10.0
SHARE = 20
"""The curves are asked for again after so many times what they took."""
_POLL_S = 1.0


class Observed(Struct, frozen=True, kw_only=True):
    """One value of a gate's expression, in the target's base unit."""

    labels: dict[str, str]
    series: str
    value: float
    text: str
    holds: bool
    badness: float
    """What values are ordered by, the worst first."""
    sign: int = -1


def _verdict(row: Observed, _: Look) -> Cell:
    if math.isnan(row.value):
        return Cell("? no data", Tone.UNKNOWN)
    return Cell("● pass", Tone.UP) if row.holds else Cell("✖ fail", Tone.DOWN)


_VALUE_COLUMNS: tuple[Column[Observed], ...] = (
    Column(
        id="sign",
        title="",
        width=1,
        priority=0,
        cell=lambda row, _: Cell("") if row.sign < 0 else Cell(SIGNS[row.sign], tone_of(row.sign)),
    ),
    Column(id="state", title="STATE", width=9, priority=0, cell=_verdict),
    Column(
        id="value",
        title="VALUE",
        width=10,
        right=True,
        priority=0,
        cell=lambda row, _: Cell(row.text, Tone.TITLE),
        sort=lambda row, _: row.value,
    ),
    Column(
        id="series",
        title="SERIES",
        width=12,
        grow=1,
        priority=0,
        named=True,
        cell=lambda row, _: Cell(row.series, Tone.MUTED),
        sort=lambda row, _: row.series,
    ),
)


def values_view(rows: Slice[str, Observed]) -> View[Observed]:
    """The values, those that fail first."""
    return View(
        name="values",
        title="Observed",
        rows=lambda _: rows,
        columns=_VALUE_COLUMNS,
        fields=(),
        order=lambda row, _: (row.holds, row.badness, row.series),
        words=lambda row: row.series,
        labels=lambda row: row.labels,
        empty="no values",
    )


@lru_cache(64)
def target_of(text: str, unit: str) -> Target | None:
    """The target of a gate's row; None where it cannot be read here."""
    try:
        return parse_target(text, GateUnit(unit) if unit else None)
    except ValueError:
        return None


def gate_facts(row: GateStatus, store: Store) -> Iterator[Known]:
    """What is known of a gate, in words."""
    state = STATE_CELLS[row.state]
    yield Known("state", (state,) if row.since is None else (state, Cell(" since ", Tone.MUTED), _when(row, store)))
    yield Known("target", (Cell(row.target, Tone.TITLE),))
    yield Known("observed", (Cell(row.observed_text) if row.observed_text else Cell("nothing", Tone.UNKNOWN),))
    yield Known("claimed", (Cell(row.claimed) if row.claimed else Cell("nothing", Tone.MUTED),))
    if row.error:
        yield Known("why", (Cell(row.error, Tone.DEGRADED),))
    yield Known("expression", (Cell(row.expr, Tone.ACCENT),))
    if row.unit:
        yield Known("counts in", (Cell(row.unit, Tone.MUTED),))


def _when(row: GateStatus, store: Store) -> Cell:
    clock = store.times.clock(row.since, store.now)
    if store.now is None or row.since is None or store.times.relative:
        return Cell(clock)
    return Cell(f"{clock} ({age_text((store.now - row.since).total_seconds())} ago)")


class GatePage(DeckScreen):
    """A gate in full. It stays when the gate goes, and says so."""

    AUTO_FOCUS = "PageScroll"

    def __init__(self, context: Context, key: str) -> None:
        super().__init__(context, ViewLine(view="gates"))
        self._key = key
        self._last: GateStatus | None = context.store.gates.get(key)
        self._facts = Facts(id="facts")
        self._graph = CurveGraph(id="graph")
        self._values: Slice[str, Observed] = Slice()

    def body(self) -> Iterable[Widget]:
        """What it says on the left, its values and how they went on the right."""
        store = self.context.store
        yield PageScroll(
            Vertical(self._facts, id="left"),
            Vertical(self._graph, Section(store, view=values_view(self._values), id="values"), id="right"),
            id="page",
        )
        yield Watch((store.gates,), self._show_gate)

    def on_mount(self) -> None:
        """The values come after the first picture."""
        querying = self.context.querying
        if querying is None:
            self._graph.show(Plot(note="no series is kept here, so there is no graph"))
        else:
            self.run_worker(self._go_on(querying), name="gate", group="gate", exclusive=True)

    def visit(self) -> Visit:
        """The gate."""
        return Visit(line=self._line, detail=self._key)

    def picked(self) -> Any:
        """The row; None once it is gone."""
        store, row = self.context.store, self.context.store.gates.get(self._key)
        rows = () if row is None else ((row, look(store, store.gates, self._key)),)
        return picked_rows(GATES, rows, store, "gates")

    def title_parts(self, ink: Ink) -> list[Text]:
        """Which gate this is."""
        parts = [ink.muted("Gates"), ink.muted("›")]
        row = self._last
        if row is None:
            return [*parts, ink.write(self._key, Tone.TITLE, bold=True), ink.write("not known", Tone.UNKNOWN)]
        gone = [] if self._key in self.context.store.gates else [ink.write("gone", Tone.STALE)]
        return [*parts, ink.write(row.name, Tone.TITLE, bold=True), ink.cell(STATE_CELLS[row.state], bold=True), *gone]

    def _show_gate(self) -> None:
        row = self._last = self.context.store.gates.get(self._key, self._last)
        if row is not None:
            self._facts.show(list(gate_facts(row, self.context.store)))
        self.show_title()

    # ── values and curves ──

    async def _go_on(self, querying: Querying) -> None:
        """Ask now, and again while this can be seen."""
        spent = Spent()
        try:
            await self._ask(querying, spent)
        except FleetdeckError as error:
            self._graph.show_curves((), Plot(note=f"no graph: {scrub(str(error), 160)}"))

        def again() -> None:
            if is_uncovered(self) and not is_paused(self.app):
                self.run_worker(self._go_on(querying), name="gate", group="gate", exclusive=True)
            else:
                self.set_timer(_POLL_S, again)

        self.set_timer(max(EVERY_S, SHARE * spent.seconds), again)

    async def _ask(self, querying: Querying, spent: Spent) -> None:
        row, clock = self._last, self.context.clock
        target = None if row is None else target_of(row.target, row.unit)
        if row is None or target is None:
            return
        now = clock.now().timestamp()
        found = table_of(await in_pieces(querying.ask(row.expr, now), clock, spent))
        values = {key: self._observed(one.labels, key, one.value, target) for key, one in found.rows.items()}
        in_order = sorted(values, key=lambda key: sort_key((values[key].holds, values[key].badness, key)))
        drawn = curves_of(await in_pieces(querying.curves(row.expr, now - RANGE_S, now), clock, spent))
        by_key = {key_of(one.labels): one for one in drawn}
        shown = [key for key in (in_order or by_key) if key in by_key][: len(SIGNS)]
        signs = {key: number for number, key in enumerate(shown)} if len(shown) > 1 else {}
        self._values.replace({key: replace(one, sign=signs.get(key, -1)) for key, one in values.items()})
        self._draw([by_key[key] for key in shown], target, now, found.total)

    def _observed(self, labels: dict[str, str], key: str, value: float | None, target: Target) -> Observed:
        row = self._last
        number = math.nan if value is None or row is None else target.from_unit(value, _unit(row))
        return Observed(
            labels=labels,
            series=scrub(key, 200),
            value=number,
            text=target.shown(number),
            holds=target.holds(number),
            badness=-number if target.op.startswith("<") else number,
        )

    def _draw(self, series: Sequence[Series], target: Target, now: float, total: int) -> None:
        row = self._last
        curves = [
            Drawn(
                [at / 1000 for at in one.times],
                [target.from_unit(value, None if row is None else _unit(row)) for value in one.values],
            )
            for one in series
        ]
        more = f" · the first {MOST_ROWS:,} of {total:,} values" if total > MOST_ROWS else ""
        self._graph.show_curves(
            curves,
            Plot(
                start_s=now - RANGE_S,
                end_s=now,
                threshold=target.bound,
                left=f"1h ago · target {target.text}{more}",
                right="now",
                note="" if curves else "no graph: there are no samples of it in the last hour",
                scale=target.brief,
            ),
        )


def _unit(row: GateStatus) -> GateUnit | None:
    return GateUnit(row.unit) if row.unit else None
