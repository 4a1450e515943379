"""A question in PromQL, its answer as a table, and how that came to be so as curves. It is asked again as data come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from fleet.errors import FleetdeckError
from fleet.promql.evaluate import Answer
from fleet.promql.function import Vector
from fleet.promql.ports import Querying
from fleet.promql.storage import Series
from fleet.store import Slice
from fleet.text import scrub
from fleet.times import span_text
from fleet.view_line import ViewLine
from fleet.views.view import Tone
from tui.context import Context
from tui.curves import SIGNS, CurveGraph, Drawn
from tui.graph import Plot
from tui.ink import Ink
from tui.kept.history import Visit
from tui.keys.bindings import QUERY_KEYS
from tui.live import AGES_EVERY_S, is_paused, is_uncovered
from tui.queries.answers import MOST_ROWS, Row, answer_view, curves_of, key_of, table_of
from tui.queries.box import SIGN, QueryInput, pointed_at
from tui.queries.pieces import Spent, in_pieces
from tui.screens.copying import picks
from tui.screens.deck import DeckScreen
from tui.table.table import Table

if TYPE_CHECKING:
    from fleet.copies import Picked

RANGES_S = (300.0, 900.0, 3600.0, 6 * 3600.0)
FIRST_RANGE_S = 900.0
EVERY_S = 5.0
"""The least time from one answer to the next."""
SHARE = 20
"""And so many times what the last one took: asking takes no more than a twentieth of a core."""
_POLL_S = 1.0
NO_SAMPLES = "no graph: there are no samples in this range"
NOTHING_KEPT = "no series is kept here: this is a still picture"
HINT = "PromQL, such as sum by (kind) (rate(agent_errors_total[5m])); tab completes, ↑ brings earlier ones"


class QueryScreen(DeckScreen):
    """`expr` is asked at once where there is one."""

    BINDINGS: ClassVar[list[BindingType]] = QUERY_KEYS
    AUTO_FOCUS = ""
    title_word = "Query"

    def __init__(self, context: Context, line: ViewLine, expr: str = "") -> None:
        super().__init__(context, line)
        self.expr = ""
        self.range_s = FIRST_RANGE_S
        self._first = expr
        self._rows: Slice[str, Row] = Slice()
        self._box = QueryInput(expr, context.typed(SIGN), self._names)
        self._graph = CurveGraph(id="drawn")
        self._table = Table(answer_view(self._rows), context.store, follow_time=AGES_EVERY_S)
        self._answer: Answer | None = None
        self._curves: dict[str, Series] = {}
        self._why_no_graph = ""
        self._span = (0.0, 1.0)
        self._alone: str | None = None
        self._total = 0
        self._later: Timer | None = None
        self._tried = ""
        self._wrong = ""
        self._failed = ""
        self._notes: tuple[str, ...] = ()

    def body(self) -> Iterable[Widget]:
        """The line that is typed into, what is wrong with it, the curves, the rows."""
        with Horizontal(id="asking"):
            yield Static("?", id="sign", markup=False)
            yield self._box
        yield Static(id="said", markup=False)
        yield self._graph
        yield self._table

    def table(self) -> Table:
        """The answer."""
        return self._table

    def visit(self) -> Visit:
        """The view below, and what was asked."""
        return Visit(line=self._line, query=self.expr)

    def picked(self) -> "Picked | None":
        """Rows of the answer."""
        return picks(self._table, self.context.store, "")

    def title_parts(self, ink: Ink) -> list[Text]:
        """What was asked, how much was answered, over how long."""
        parts = [ink.write(self.title_word, Tone.TITLE, bold=True)]
        if self._answer is None:
            return parts
        shown = f"{len(self._rows):,}/{self._total:,}" if len(self._rows) < self._total else f"{self._total:,}"
        parts += [ink.write(f"{shown} series"), ink.muted(f"last {span_text(self.range_s)}")]
        rest = self.table_parts(ink, self._table)
        return [*parts, *(rest if self._filters.get(self._table) or self._table.marked else rest[1:])]

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        """Ask, or wait for the question."""
        self._table.display = False
        self._say()
        if self._first:
            self.ask_for(self._first)
        else:
            self.set_focus(self._box)

    def on_unmount(self) -> None:
        """Nothing of this is kept any longer."""
        if self.context.querying is not None:
            self.context.querying.leave()

    def on_screen_resume(self) -> None:
        """Another question may have been asked meanwhile."""
        if self.expr:
            self._begin(self.expr)

    def ask_for(self, expr: str) -> None:
        """Ask, and show the answer; what cannot be asked leaves the last answer there."""
        self._tried = self._box.value = expr
        if self._begin(expr):
            self._alone = None
            self._table.action_clear_marks()
            self.context.entered(SIGN, expr)
            self.set_focus(self._table)
        else:
            self.set_focus(self._box)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """`enter` in the line."""
        event.stop()
        expr = event.value.strip()
        if expr:
            self.post_message(self.Leaving())
            self.ask_for(expr)
            self.post_message(self.Arrived())

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is being changed is not wrong yet."""
        event.stop()
        if event.value != self._tried:
            self._wrong = ""
            self._say()

    def on_prompt_input_closed(self, event: QueryInput.Closed) -> None:
        """`esc` in the line: to the answer, or out where there is none."""
        event.stop()
        app: Any = self.app
        if self.expr:
            self.set_focus(self._table)
        else:
            app.call_next(app.action_close_page)

    def action_edit(self) -> None:
        """Change the question."""
        self.set_focus(self._box)
        self._box.cursor_position = len(self._box.value)

    def action_range(self, by: int) -> None:
        """Look back further, or less far."""
        at = RANGES_S.index(self.range_s) + by
        self.range_s = RANGES_S[at % len(RANGES_S)]
        if self.expr:
            self._begin(self.expr)
        self.show_title()

    def _begin(self, expr: str) -> bool:
        querying = self.context.querying
        if querying is None:
            self._refuse(NOTHING_KEPT)
            return False
        try:
            querying.follow(expr, self.range_s)
        except FleetdeckError as error:
            self._refuse(str(error))
            return False
        if expr != self.expr:
            self._curves, self._why_no_graph = {}, ""
        self.expr, self._wrong = expr, ""
        self._ask_on(querying, expr)
        return True

    def _refuse(self, why: str) -> None:
        self._wrong = why
        self._say()

    async def _go_on(self, querying: Querying, expr: str) -> None:
        """Ask now, and again as data come, while this can be seen."""
        asked_at, spent = self.context.store.now, Spent()
        try:
            await self._ask(querying, expr, spent)
        except FleetdeckError as error:
            self._failed = str(error)
            self._say()

        def again() -> None:
            if self.context.store.now == asked_at or not is_uncovered(self) or is_paused(self.app):
                self._later = self.set_timer(_POLL_S, again)
            else:
                self._ask_on(querying, expr)

        self._later = self.set_timer(max(EVERY_S, self.range_s / 240, SHARE * spent.seconds), again)

    def _ask_on(self, querying: Querying, expr: str) -> None:
        if self._later is not None:
            self._later.stop()
        self.run_worker(self._go_on(querying, expr), name="query", group="query", exclusive=True)

    async def _ask(self, querying: Querying, expr: str, spent: Spent) -> None:
        clock = self.context.clock
        now = clock.now().timestamp()
        answer = await in_pieces(querying.ask(expr, now), clock, spent)
        self._answer, self._failed, span = answer, "", (now - self.range_s, now)
        if isinstance(answer.value, tuple | str) and not isinstance(answer.value, Vector):
            self._take(curves_of(answer), span)
            return
        # The curves stay as they were until there are new ones.
        self._show()
        try:
            drawn = await in_pieces(querying.curves(expr, *span), clock, spent)
        except FleetdeckError as error:
            self._take((), span, f"no graph: {error}")
        else:
            self._take(curves_of(drawn), span)

    def _take(self, matrix: Sequence[Series], span: tuple[float, float], why: str = NO_SAMPLES) -> None:
        self._curves = {key_of(one.labels): one for one in matrix}
        self._span, self._why_no_graph = span, "" if matrix else why
        self._show()

    # ── showing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_table_counted(self, event: Table.Counted) -> None:
        """Marks choose what is drawn."""
        super().on_table_counted(event)
        self._show()

    def on_table_opened(self, event: Table.Opened) -> None:
        """`enter`: this curve alone, or all again."""
        event.stop()
        self._alone = None if self._alone == event.key else event.key
        self._show()

    def _show(self) -> None:
        answer = self._answer
        if answer is None or not self.is_attached:
            return
        found = table_of(answer)
        chosen = [key for key in self._chosen(found.rows) if key in self._curves][: len(SIGNS)]
        self._total = found.total
        self._table.display = True
        self._rows.replace({**found.rows, **_signed(found.rows, chosen)})
        self._draw([self._curves[key] for key in chosen])
        self._notes = (*answer.warnings, *self._limits(answer, len(chosen)))
        self._say()
        self.show_title()

    def _chosen(self, rows: Mapping[str, Row]) -> Iterable[str]:
        """What is drawn: one by itself, what is marked, or the first."""
        if self._alone is not None and self._alone in self._curves:
            return (self._alone,)
        # A series that was there and is no more has a curve, but no row.
        return self._table.marked or (dict.fromkeys((*rows, *self._curves)) if len(rows) < len(SIGNS) else rows)

    def _draw(self, series: Sequence[Series]) -> None:
        curves = [Drawn([at / 1000 for at in one.times], list(one.values)) for one in series]
        start, end = self._span
        self._graph.set_class(not isinstance(self._answer and self._answer.value, str), "-any")
        left = f"{span_text(end - start)} ago"
        self._graph.show_curves(
            curves, Plot(start_s=start, end_s=end, left=left, right="now", note=scrub(self._why_no_graph, 200))
        )

    def _limits(self, answer: Answer, drawn: int) -> Iterable[str]:
        if curves_of(answer):
            yield "a range vector: each row has the last of its samples"
        if self._total > MOST_ROWS:
            yield f"the first {MOST_ROWS:,} of {self._total:,} series are shown: narrow the question, or aggregate"
        if drawn == len(SIGNS) < len(self._curves) and not self._table.marked:
            yield f"{drawn} of {len(self._curves):,} curves are drawn: space marks others, enter draws one"

    def _say(self) -> None:
        """What is wrong with what was typed, or with the last answer; else what there is to say of it."""
        if not self.is_attached:
            return
        ink = Ink(self.app.theme_variables)
        lines = [ink.write(note, Tone.DEGRADED) for note in self._notes]
        if self._wrong:
            at = pointed_at(self._wrong)
            lines += [] if at is None else [ink.write(" " * (2 + at) + "▲", Tone.DOWN)]
        lines += [ink.write(f"✖ {words}", Tone.DOWN) for words in (self._wrong, self._failed) if words]
        if not self.expr and not self._wrong:
            lines.append(ink.muted(HINT))
        for line in lines:
            line.no_wrap = False
        said = self.query_one("#said", Static)
        said.set_class(bool(lines), "-any")
        said.update(Text("\n").join(lines))

    def _names(self) -> Sequence[str]:
        return () if self.context.querying is None else self.context.querying.names()


def _signed(rows: Mapping[str, Row], chosen: Sequence[str]) -> dict[str, Row]:
    """The rows whose curves are drawn beside others, with their signs."""
    if len(chosen) < 2:
        return {}
    return {key: replace(rows[key], sign=number) for number, key in enumerate(chosen) if key in rows}
