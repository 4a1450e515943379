"""The alert pane: a line for each group, or the alerts one by one.

A filter is about alerts, so while one is on they are shown one by one, and `esc` takes it off and is back at the
groups. To open a group is to filter by what it gathers: the way there is a line like any other, that can be sent to a
colleague and gone back to.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual.binding import BindingType
from textual.widget import Widget

from fleet.alerts.model import Alert, AlertGroup
from fleet.filters.chunks import quoted
from fleet.view_line import ViewLine
from fleet.views.alert_groups import VIEW as GROUPS
from fleet.views.view import Cell, Column, Look, Tone, View
from tui.alerts.acts import AlertActs
from tui.alerts.away import Away
from tui.alerts.lines import GroupLines
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.keys.bindings import ALERT_PANE_KEYS
from tui.live import AGES_EVERY_S, Watch
from tui.screens.kept import made_ready
from tui.screens.table import TableScreen
from tui.table.table import Table
from tui.views import over

CHOICE = "alerts"
"""Under which name the form of the pane is kept between sessions: "" groups, `flat`, `by NAME`."""
READY_AFTER_S = 1.0
"""How long no key was pressed before what may be opened is made beforehand."""
_FLAT, _BY = "flat", "by "


class AlertsScreen(AlertActs, TableScreen):
    """Groups and alerts, each a table; one of them is shown."""

    BINDINGS: ClassVar[list[BindingType]] = ALERT_PANE_KEYS
    AUTO_FOCUS = ""

    def __init__(self, context: Context, line: ViewLine, view: View[Any], left: Visit | None = None) -> None:
        super().__init__(context, line, quoting_claims(view), left)
        self._lines = GroupLines(context.store)
        groups = quoting_claims(over(GROUPS, self._lines.slice))
        self._groups = Table(groups, context.store, id="groups", follow_time=AGES_EVERY_S)
        self._grouped = True
        self._searching = False
        self._begun = False

    def body(self) -> Iterable[Widget]:
        """What is away, then the two tables."""
        store = self.context.store
        yield Away(store)
        yield self._groups
        yield from super().body()
        yield Watch((store.alert_groups, store.alerts), self._follow)

    def on_mount(self) -> None:
        """Begin in the form that was chosen last."""
        kept = getattr(getattr(self.app, "memory", None), "choices", {}).get(CHOICE, "")
        self._grouped = self._grouped and kept != _FLAT
        self._lines.group_by(kept.removeprefix(_BY) if kept.startswith(_BY) else "")
        self._table.display = self._groups.display = False
        self._begun = True
        self._settle()
        self.set_timer(READY_AFTER_S, self._make_ready)

    async def _make_ready(self) -> None:
        """Make what is opened from here while nobody waits for anything."""
        app: Any = self.app
        if not self.is_active or not len(self.context.store.alerts) or app.idle_s() < READY_AFTER_S:
            self.set_timer(READY_AFTER_S, self._make_ready)
            return
        from tui.alerts.ack import AckSheet
        from tui.alerts.page import AlertPage
        from tui.alerts.silence import SilenceSheet

        await made_ready(app, AlertPage, lambda: AlertPage(self.context, ""))
        await made_ready(app, AckSheet, lambda: AckSheet((), self.context))
        await made_ready(app, SilenceSheet, lambda: SilenceSheet((), self.context))

    def on_unmount(self) -> None:
        self._lines.close()

    def table(self) -> Table:
        """The one that is shown."""
        return self._groups if self.is_grouped else self._table

    @property
    def is_grouped(self) -> bool:
        """Whether groups are shown."""
        return self._grouped and not self._searching and not self._filters.get(self._table)

    def meant(self) -> tuple[Alert, ...]:
        table, alerts = self.table(), self.context.store.alerts
        keys = table.marked or (() if table.cursor_key is None else (table.cursor_key,))
        if self.is_grouped:
            groups = (self._lines.slice.get(key) for key in keys)
            keys = tuple(id for group in groups if group is not None for id in group.alerts)
        return tuple(alert for alert in map(alerts.get, keys) if alert is not None)

    def acted(self) -> None:
        """The marks have served."""
        self.table().action_clear_marks()

    def title_parts(self, ink: Ink) -> list[Text]:
        """How many alerts the lines stand for."""
        parts = super().title_parts(ink)
        if not self.is_grouped:
            return parts
        total = len(self.context.store.alerts)
        if not total:
            return parts
        by = f" by {self._lines.by}" if self._lines.by else ""
        return [*parts, ink.muted(f"groups{by} of {total:,}")]

    # ── the two forms ──────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, line: ViewLine) -> None:
        """A line that orders alerts or lays them out is about alerts, too."""
        super().apply(line)
        if not line.is_plain and not line.filter:
            self._grouped = False
        self._settle()

    def restore(self, visit: Visit) -> None:
        """As it was; in which form is the operator's choice, and no part of the way."""
        grouped = self._grouped
        super().restore(visit)
        self._grouped = grouped
        self._settle()

    def filter(self, table: Table, text: str) -> None:
        """As any table; without a filter the groups come back."""
        super().filter(table, text)
        self._settle()

    def action_filter(self) -> None:
        """What is typed is about alerts: they are shown one by one from here on."""
        self._searching = True
        self._settle()
        super().action_filter()

    def _close_prompt(self) -> None:
        super()._close_prompt()
        self._searching = False
        self._settle()

    async def on_table_opened(self, event: Table.Opened) -> None:
        """Open a group: its alerts, one by one."""
        if event.table is not self._groups:
            return
        event.stop()
        group = self._lines.slice.get(event.key)
        if group is not None:
            await self.run_action("app.leave_here")
            self.filter(self._table, filter_of(group))
            self._table.action_top()
            self.post_message(self.Arrived())

    async def action_groups(self) -> None:
        """From groups to single alerts, and back."""
        was = self.is_grouped
        if self._filters.get(self._table):
            await self.run_action("app.leave_here")
            self.filter(self._table, "")
            self.post_message(self.Arrived())
        self._grouped = not was
        self._settle()
        self._keep()

    def action_group_by(self) -> None:
        """Choose what the lines gather."""
        from tui.alerts.group_by import GroupBySheet

        def chosen(label: str | None) -> None:
            if label is not None:
                self._lines.group_by(label)
                self._grouped = True
                self.filter(self._table, "")
                self._groups.action_top()
                self.show_title()
                self._keep()

        self.app.push_screen(GroupBySheet(self.context.store, self._lines.by), chosen)

    async def action_silences(self) -> None:
        """The silences."""
        app: Any = self.app
        await app.open(ViewLine(view="silences"))

    def _follow(self) -> None:
        self._lines.catch_up()
        self.show_title()

    def _settle(self) -> None:
        """Show the table that is to be shown."""
        if not self._begun:
            return
        shown = self.table()
        if not shown.display or self._groups.display == self._table.display:
            self._groups.display, self._table.display = shown is self._groups, shown is self._table
            if not self.is_asking:
                self.set_focus(shown, scroll_visible=False)
        self.show_title()

    def _keep(self) -> None:
        app: Any = self.app
        form = _FLAT if not self._grouped else f"{_BY}{self._lines.by}" if self._lines.by else ""
        app.keep_choice(CHOICE, form)


def quoting_claims(view: View[Any]) -> View[Any]:
    """The view with the names of what is only claimed in quotes: told apart without any colour, at any width."""

    def cell_of(column: Column[Any]) -> Column[Any]:
        def cell(row: Any, at: Look) -> Cell:
            plain = column.cell(row, at)
            return Cell(f"“{plain.text}” claimed", Tone.DEGRADED) if row.claimed else plain

        return replace(column, cell=cell) if column.named else column

    return replace(view, columns=tuple(map(cell_of, view.columns)))


def filter_of(group: AlertGroup) -> str:
    """The filter that leaves the alerts of a group."""
    if group.by:
        return f"-l {group.by}={_word(group.name)}" if group.name else f"-l !{group.by}"
    return f"name={_word(group.name)} severity={group.severity.value}"


def _word(text: str) -> str:
    """`text` as one word of a filter that is read as it stands."""
    return text if text.replace("_", "").isalnum() and text.isascii() else quoted(text)
