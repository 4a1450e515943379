"""The page of one act: how far it is while it goes on, and afterwards its receipt: what was done, by whom, whether it
worked, and what taking it back would take. It shows what the store says, never what was asked for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

from fleet.actions.action import Action
from fleet.actions.preview import Line, check_words, effect_lines
from fleet.store import Slice
from fleet.view_line import ViewLine
from fleet.views.view import Tone, look
from tui.acting.act_facts import circumstances, standing
from tui.acting.actions import ActionActs
from tui.acting.output import Output
from tui.acting.plan_lines import PlanLines
from tui.acting.progress import ItemRow, item_rows, items_view, progress_line, state_cell
from tui.chrome.facts import Facts
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.live import AGES_EVERY_S, Watch, is_paused, is_uncovered
from tui.pane import TablePane
from tui.screens.copying import picked_rows
from tui.views import TABLES

if TYPE_CHECKING:
    from fleet.copies import Picked

VIEW = "actions"


class ReceiptPage(ActionActs):
    """An act in full. It stays when the act is forgotten, and says so."""

    AUTO_FOCUS = "#receipt"

    def __init__(self, context: Context, id: str) -> None:
        super().__init__(context, ViewLine(view=VIEW))
        self._action_id = id
        self._last: Action | None = context.store.actions.get(id)
        self._standing = Facts(id="standing")
        self._facts = Facts(id="circumstances")
        self._sent = PlanLines()
        self._output = Output(id="output")
        self._items: Slice[int, ItemRow] = Slice()
        self._section = TablePane(context.store, view=items_view(self._items), id="items")

    def body(self) -> Iterable[Widget]:
        """How far it is, then everything, scrolled where it needs it."""
        yield Static(id="progress", markup=False)
        yield PageScroll(
            self._standing,
            self._section,
            self._facts,
            self._sent,
            id="receipt",
        )
        yield self._output
        yield Watch((self.context.store.actions, self.context.store.freeze), self._show)

    def on_mount(self) -> None:
        """Times go on."""
        self.set_interval(AGES_EVERY_S, self._follow)

    def visit(self) -> Visit:
        """The act."""
        return Visit(line=self._line, detail=self._action_id)

    def meant(self) -> Action | None:
        return self.context.store.actions.get(self._action_id)

    def picked(self) -> "Picked | None":
        """The items in focus, else the act; None once it is gone."""
        store, action, view = self.context.store, self.meant(), TABLES.get(VIEW)
        if super().table() is not None:
            return super().picked()
        if action is None or view is None:
            return None
        return picked_rows(view, ((action, look(store, store.actions, self._action_id)),), store, VIEW)

    def title_parts(self, ink: Ink) -> list[Text]:
        """What was done, and how it stands."""
        parts = [ink.muted("Actions"), ink.muted("›")]
        if self._last is None:
            return [*parts, ink.write(self._action_id, Tone.TITLE, bold=True), ink.write("not known", Tone.UNKNOWN)]
        gone = [] if self.meant() is not None else [ink.write("gone", Tone.STALE)]
        state = ink.cell(state_cell(self._last.state), bold=True)
        return [*parts, state, ink.write(self._last.plan.title, Tone.TITLE, bold=True), *gone]

    def recolour(self) -> None:
        super().recolour()
        self._show()

    def _follow(self) -> None:
        if is_uncovered(self) and not is_paused(self.app):
            self._show()

    def _show(self) -> None:
        action = self._last = self.context.store.actions.get(self._action_id, self._last)
        if action is not None:
            self._standing.show(standing(action))
            self._facts.show(circumstances(action, self.context.store))
            self._section.display = action.plan.many
            self._items.replace(item_rows(action) if action.plan.many else {})
            self._sent.show(sent_lines(action))
            self._output.show(action)
            self._show_progress(action)
        self.show_title()
        self.refresh_bindings()

    def _show_progress(self, action: Action) -> None:
        bar = self.query_one("#progress", Static)
        bar.display = bool(action.items)
        if action.items:
            bar.update(progress_line(action, Ink(self.app.theme_variables), self.app.size.width // 2))


def sent_lines(action: Action) -> list[Line]:
    """What was to be sent or run, step by step, then what had to hold; items of a batch stand in their table."""
    plan, lines = action.plan, [Line("")]
    # Of a batch the first step stands for the others: what differs is in the table.
    steps = plan.steps[:1] if plan.many else plan.steps
    for number, step in enumerate(steps, 1):
        lines.append(Line(f"step {number}", step.title))
        lines += [Line("", text) for text in effect_lines(step.effect)]
    if len(steps) < len(plan.steps):
        lines.append(Line("", f"and {len(plan.steps) - len(steps):,} steps like it"))
    checks = [Line("" if number else "after", check_words(check)) for number, check in enumerate(plan.checks)]
    return [*lines, *checks]
