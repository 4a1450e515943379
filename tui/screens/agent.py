"""The page of one agent: its state with history, what is claimed beside what was observed, health detail, metrics,
tasks and events."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from fleet.model import Event, Fact, SeriesId
from fleet.store import Slice
from fleet.view_line import ViewLine
from fleet.views.agents import VIEW as AGENTS
from fleet.views.events import VIEW as EVENTS
from fleet.views.tasks import VIEW as TASKS
from fleet.views.text import state_cell
from fleet.views.view import Tone, look
from fleet.work import Task
from tui.acting.submits import Submits, Whom
from tui.agent_facts import agent_events, agent_facts
from tui.agent_metrics import MetricRow, metric_rows, metrics_view
from tui.agent_rows import ClaimRow, claim_rows, claims_view, health_rows, health_view
from tui.chrome.facts import Facts
from tui.chrome.page_scroll import PageScroll
from tui.chrome.too_small import NORMAL_WIDTH
from tui.context import Context
from tui.ink import Ink
from tui.live import AGES_EVERY_S, Watch, is_paused, is_uncovered
from tui.pane import TablePane
from tui.screens.copying import picked_rows, picks
from tui.table.table import Table
from tui.views import compact, over

if TYPE_CHECKING:
    from fleet.copies import Picked

HISTORY = compact(EVENTS, ("at", "change", "detail"), needed=2, optional=("detail",))
WORK = compact(
    TASKS, ("state", "title", "queue", "priority", "age", "detail"), needed=2, optional=("age", "queue", "detail")
)


class Section(TablePane):
    """A table of the page; it takes no place while it has no rows, and no more than its rows need."""

    def on_table_counted(self, event: Table.Counted) -> None:
        """Fit the rows."""
        self.set_class(event.total == 0, "-unwanted")
        self.styles.max_height = event.total + 2
        super().on_table_counted(event)


class AgentScreen(Submits):
    """One agent in full."""

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, ViewLine(view="agents", subject=name))
        self._agent = name
        self._facts = Facts(id="facts")
        self._claims: Slice[str, ClaimRow] = Slice()
        self._health: Slice[int, Fact] = Slice()
        self._metrics: Slice[SeriesId, MetricRow] = Slice()
        self._measured = Section(context.store, view=metrics_view(self._metrics), id="metrics")
        self._tasks: Slice[str, Task] = Slice()
        self._events: Slice[int, Event] = Slice()

    def body(self) -> Iterable[Widget]:
        """Who and how it is on the left, what it measures and does on the right."""
        store = self.context.store
        yield PageScroll(
            Vertical(
                self._facts,
                Section(store, view=claims_view(self._claims), id="claims"),
                Section(store, "History", view=over(HISTORY, self._events), id="history"),
                id="left",
            ),
            Vertical(
                self._measured,
                Section(
                    store,
                    view=over(WORK, self._tasks),
                    id="tasks",
                ),
                Section(store, view=health_view(self._health), id="health"),
                id="right",
            ),
            id="page",
        )
        yield Watch((store.status, store.agents, store.processes, store.health, store.locks), self._show_state)
        yield Watch((store.scrapes, store.agents), self._show_metrics)
        yield Watch((store.all_tasks,), self._show_tasks)
        yield Watch((store.events,), self._show_events)

    def on_mount(self) -> None:
        """Begin with the metrics where they are in view, else at the top of the page."""
        narrow = self.app.size.width < NORMAL_WIDTH
        self.set_focus(self.query_one(PageScroll) if narrow else self._measured.table)
        self.set_interval(AGES_EVERY_S, self._follow_time)

    def table(self) -> Table:
        """The table in focus, else the metrics."""
        return super().table() or self._measured.table

    def whom(self) -> Whom:
        return Whom((self._agent,) if self._agent in self.context.store.status else ())

    def picked(self) -> "Picked | None":
        """What the table in focus has; the agent itself while the page has the focus, or that table has no rows."""
        store, line, table = self.context.store, str(self.visit().line), super().table()
        found = None if table is None else picks(table, store, line, self._agent)
        if found is not None:
            return found
        status = store.status.get(self._agent)
        row = () if status is None else ((status, look(store, store.status, self._agent)),)
        return picked_rows(AGENTS, row, store, line, self._agent)

    def title_parts(self, ink: Ink) -> list[Text]:
        """The agent and its state."""
        status = self.context.store.status.get(self._agent)
        state = (
            ink.write("not known", Tone.UNKNOWN) if status is None else ink.cell(state_cell(status.state), bold=True)
        )
        parts = [ink.muted("Agents"), ink.muted("›"), ink.write(self._agent, Tone.TITLE, bold=True), state]
        table = self.table()
        return [*parts, *self.table_parts(ink, table)] if self._filters.get(table) else parts

    def _follow_time(self) -> None:
        """Ages and sparklines change without a write to a slice."""
        if is_uncovered(self) and not is_paused(self.app):
            self._show_state()

    def _show_state(self) -> None:
        store = self.context.store
        self._facts.show(agent_facts(store, self._agent))
        self._claims.replace(claim_rows(store, self._agent))
        self._health.replace(health_rows(store, self._agent))
        self.show_title()

    def _show_metrics(self) -> None:
        agent = self.context.store.agents.get(self._agent)
        self._metrics.replace(metric_rows(self.context.store, self._agent, agent.sources if agent else ()))

    def _show_tasks(self) -> None:
        tasks = self.context.store.all_tasks.items()
        self._tasks.replace({key: task for key, task in tasks if task.agent == self._agent})

    def _show_events(self) -> None:
        self._events.replace(agent_events(self.context.store, self._agent))
        self._show_state()
