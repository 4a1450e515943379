"""The page of one act: how far it is while it goes on, and afterwards its receipt: what was done, by whom, whether it
worked, and what taking it back would take. It shows what the store says, never what was asked for."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from fleet.actions.action import Action
from fleet.actions.preview import Line, effect_lines
from fleet.actions.verdict import step_key
from fleet.store import Slice
from tui.acting.act_facts import circumstances, standing
from tui.acting.action_page import ActionPage
from tui.acting.output import Output
from tui.acting.plan_lines import PlanLines
from tui.acting.progress import ItemRow, item_rows, items_view, progress_line
from tui.chrome.facts import Facts
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.ink import Ink
from tui.live import AGES_EVERY_S, Watch, is_paused, is_uncovered
from tui.pane import TablePane

_NAMES = len("must hold")
"""Cells of the names of all parts of a receipt; nothing is called longer."""


class ReceiptPage(ActionPage):
    """An act in full."""

    AUTO_FOCUS = "#receipt"

    def __init__(self, context: Context, id: str) -> None:
        super().__init__(context, id)
        self._standing = Facts(names=_NAMES, id="standing")
        self._facts = Facts(names=_NAMES, id="circumstances")
        self._sent = PlanLines(names=_NAMES)
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

    def recolour(self) -> None:
        super().recolour()
        self._show()

    def _follow(self) -> None:
        if is_uncovered(self) and not is_paused(self.app):
            self._show()

    def _show(self) -> None:
        action = self._last = self.context.store.actions.get(self._action_id, self._last)
        if action is not None:
            self._standing.show(standing(action, self.context.store))
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
        # Of a single task its state says it all.
        bar.display = action.plan.many
        if action.plan.many:
            bar.update(progress_line(action, Ink(self.app.theme_variables), self.app.size.width // 2))


def sent_lines(action: Action) -> list[Line]:
    """What was to be sent or run, step by step; items of a batch stand in their table."""
    plan, lines = action.plan, [Line("")]
    # Of a batch the first step stands for the others: what differs is in the table.
    steps = plan.steps[:1] if plan.many else plan.steps
    for number, step in enumerate(steps, 1):
        lines.append(Line(f"step {number}", step.title))
        lines += [Line("", text) for text in effect_lines(step.effect, step_key(plan, step))]
    if len(steps) < len(plan.steps):
        lines.append(Line("", f"and {len(plan.steps) - len(steps):,} steps like it"))
    return lines
