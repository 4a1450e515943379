"""The page of one alert: what it says and why, how its value went, what was done about it, whom it names."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from fleet.alerts.model import Alert, AlertState, Change
from fleet.alerts.related import named_agents
from fleet.model import AgentStatus
from fleet.store import Slice
from fleet.view_line import ViewLine
from fleet.views.agents import VIEW as AGENTS
from fleet.views.alerts import VIEW as ALERTS
from fleet.views.view import Cell, Column, Look, Tone, View, look
from tui.alerts.acts import AlertActs
from tui.alerts.facts import alert_facts
from tui.alerts.plotted import Measured, measured
from tui.chrome.facts import Facts
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.graph import Graph, Plot
from tui.ink import Ink
from tui.kept.history import Visit
from tui.live import AGES_EVERY_S, Watch, is_paused, is_uncovered
from tui.screens.agent import Section
from tui.screens.copying import picked_rows
from tui.views import compact, over

RELATED = compact(AGENTS, ("state", "name", "since", "detail"), needed=2, optional=("detail", "since"))
_TONES = {AlertState.FIRING: Tone.DOWN, AlertState.PENDING: Tone.WAITING, AlertState.RESOLVED: Tone.UP}
_GLYPHS = {AlertState.FIRING: "▲", AlertState.PENDING: "△", AlertState.RESOLVED: "✓"}


def _at(row: Change, at: Look) -> Cell:
    return Cell(at.clock(row.at), Tone.MUTED)


def _value(row: Change, _: Look) -> Cell:
    return Cell("–", Tone.MUTED) if row.value is None else Cell(f"{row.value:,.6g}")


def timeline_view(rows: Slice[int, Change]) -> View[Change]:
    """Changes of state, newest first."""
    return View(
        name="timeline",
        title="Timeline",
        rows=lambda _: rows,
        columns=(
            Column(id="at", title="TIME", width=10, priority=0, cell=_at, when=lambda row, _: row.at),
            Column(
                id="to",
                title="STATE",
                width=10,
                priority=0,
                grow=1,
                cell=lambda row, _: Cell(f"{_GLYPHS[row.to]} {row.to.value}", _TONES[row.to]),
            ),
            Column(id="value", title="VALUE", width=10, right=True, cell=_value),
        ),
        fields=(),
        order=lambda row, _: (-row.at.timestamp(),),
        words=lambda row: row.to.value,
        empty="no change seen yet",
    )


class AlertPage(AlertActs):
    """An alert in full. It stays when the alert goes, and says so."""

    AUTO_FOCUS = "PageScroll"

    def __init__(self, context: Context, key: str) -> None:
        super().__init__(context, ViewLine(view="alerts"))
        self._key = key
        self._last: Alert | None = context.store.alerts.get(key)
        self._facts = Facts(id="facts")
        self._graph = Graph(id="graph")
        self._changes: Slice[int, Change] = Slice()
        self._agents: Slice[str, AgentStatus] = Slice()
        self._drawn_at: datetime | None = None
        self._measured: Measured | None = None

    def show(self, key: str) -> None:
        """Show another alert, as a new page would."""
        self._key = key
        self._last = self.context.store.alerts.get(key)
        self._drawn_at = self._measured = None
        if self._last is None:
            self._facts.show(())
        self._changes.replace({})
        self._show_alert()
        self._show_agents()
        self.begin_anew()
        self.set_focus(self.query_one(PageScroll), scroll_visible=False)
        self._begin_graph()

    def body(self) -> Iterable[Widget]:
        """What it says on the left, how it went and whom it is about on the right."""
        store = self.context.store
        yield PageScroll(
            Vertical(self._facts, id="left"),
            Vertical(
                self._graph,
                Section(store, view=timeline_view(self._changes), id="timeline"),
                Section(store, "Related agents", view=over(RELATED, self._agents), id="related"),
                id="right",
            ),
            id="page",
        )
        yield Watch((store.alerts, store.silences, store.proposals, store.rollbacks), self._show_alert)
        yield Watch((store.status,), self._show_agents)

    def on_mount(self) -> None:
        """Follow the time from now on."""
        self.set_interval(AGES_EVERY_S, self._follow_time)
        self._begin_graph()

    def visit(self) -> Visit:
        """The alert."""
        return Visit(line=self._line, detail=self._key)

    def meant(self) -> tuple[Alert, ...]:
        alert = self.context.store.alerts.get(self._key)
        return () if alert is None else (alert,)

    def picked(self) -> Any:
        """The row in focus, else the alert; None once it is gone."""
        store = self.context.store
        if super().table() is not None:
            found = super().picked()
            if found is not None:
                return found
        rows = tuple((alert, look(store, store.alerts, self._key)) for alert in self.meant())
        return picked_rows(ALERTS, rows, store, "alerts")

    def title_parts(self, ink: Ink) -> list[Text]:
        """Which alert this is."""
        parts = [ink.muted("Alerts"), ink.muted("›")]
        if self._last is None:
            return [*parts, ink.write("not known", Tone.UNKNOWN)]
        alert = self._last
        gone = [] if self._key in self.context.store.alerts else [ink.write("gone", Tone.STALE)]
        state = ink.write(f"{_GLYPHS[alert.state]} {alert.state.value}", _TONES[alert.state], bold=True)
        return [*parts, ink.write(alert.name, Tone.TITLE, bold=True), state, *gone]

    def _follow_time(self) -> None:
        if is_uncovered(self) and not is_paused(self.app):
            self._show_alert()
            self._show_graph()

    def _show_alert(self) -> None:
        store = self.context.store
        alert = self._last = store.alerts.get(self._key, self._last)
        if alert is not None:
            self._facts.show(alert_facts(alert, store))
            self._changes.replace(dict(enumerate(alert.timeline)))
        self.show_title()

    def _show_agents(self) -> None:
        status = self.context.store.status
        names = () if self._last is None else named_agents(self._last.labels, status)
        self._agents.replace({name: status[name] for name in names})

    def _begin_graph(self) -> None:
        """A graph comes after the first picture: it is made of what takes a moment to read."""
        self._graph.show(Plot())
        self.call_after_refresh(self._show_graph)

    def _show_graph(self) -> None:
        """Ask for the curve, beside everything else, once per moment of the store."""
        now = self.context.store.now
        if self._last is None or not self.is_attached or (now is not None and now == self._drawn_at):
            return
        self._drawn_at = now
        if self._measured is None or self._measured.expr != self._last.expr:
            self._measured = Measured(self._last.expr)
        self.run_worker(self._draw(self._last, self._measured), name="graph", group="graph", exclusive=True)

    async def _draw(self, alert: Alert, of: Measured) -> None:
        plot = await measured(alert, of, self.context)
        # Another alert may be shown meanwhile.
        if self._last is not None and alert.id == self._last.id:
            self._graph.show(plot)
