"""The one dialog for every act: what exactly will be done, what it means, what stands against it, and how it is
confirmed.

It shows the lines of `fleet.actions.preview`, as the dry run and the command line do. Nothing is confirmed while
anything stands against it, and nothing before it has been on the screen for a moment (`tui.acting.unhurried`).
"""

import asyncio
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.actions.action import Confirmation
from fleet.actions.plan import Plan, Tier
from fleet.actions.preview import preview
from fleet.errors import FleetdeckError
from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.entered import confirmation_of, missing, still_missing, wanted_lines
from tui.acting.pending import PendingPlan
from tui.acting.plan_heading import plan_heading
from tui.acting.plan_lines import PlanLines
from tui.acting.plan_scroll import MARGIN, PlanScroll
from tui.acting.unhurried import Cancel, Unhurried
from tui.alerts.acts import count_of
from tui.alerts.form import FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.keys.bindings import CONFIRM_KEYS

ALL = 1_000_000
"""Steps and names that are listed: all of them, because they can be scrolled."""
_CHROME = 10
"""Lines of the dialog beside the plan and the lines to fill in."""
_LEAST = 4


class ConfirmSheet(Unhurried[str | None]):
    """Dismissed with the id of the action that was begun, or with None."""

    BINDING_GROUP_TITLE = "Confirm"
    BINDINGS: ClassVar[list[BindingType]] = CONFIRM_KEYS

    def __init__(self, plan: Plan, context: Context) -> None:
        super().__init__(context)
        self._plan = plan
        self._pending = PendingPlan(plan, context)
        self._leaving: asyncio.Task[None] | None = None
        self._said = ""
        self._lines = PlanLines()
        self._boxes = {
            name: FormInput(id=f"{name}-box", placeholder=wanted) for name, wanted in wanted_lines(plan).items()
        }
        self._cancel = Cancel()

    def compose(self) -> ComposeResult:
        with Vertical(classes="form act"):
            yield Static(self._heading(), id="heading", markup=False)
            yield PlanScroll(self._lines, id="plan")
            yield Static(id="warning", markup=False)
            for name, box in self._boxes.items():
                yield Row(name, box)
            yield self._cancel
            yield KeyLine()

    def on_mount(self) -> None:
        """Show it, and ask what stands against it now."""
        self._fit()
        self._show()
        page = self.query_one(PlanScroll)
        self.watch(page, "scroll_y", self._show_more, init=False)
        self.watch(page, "virtual_size", self._show_more, init=False)
        self.app.run_worker(self._preflight(), name="preflight", group="acting")

    def on_resize(self) -> None:
        """The plan takes what the rest leaves."""
        self._fit()
        self.call_after_refresh(self._show_more)

    def on_screen_resume(self) -> None:
        """It may have been begun while another sheet was on top."""
        if self._pending.begun is not None:
            self.dismiss(self._pending.begun)

    def on_unmount(self) -> None:
        """Whoever looked at a plan and left it, by whatever way, is on record."""
        if not self._pending.recorded:
            self._pending.recorded = True
            # No worker: it is not cut off where fleetdeck ends.
            self._leaving = asyncio.create_task(self._leave(self.app), name="leave")

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_yes(self) -> None:
        """Do it, where `y` is enough."""
        self._begin()

    def action_dry_run(self) -> None:
        """Go through it, and send nothing."""
        self._begin(dry_run=True)

    def action_cancel(self) -> None:
        """Do nothing."""
        self.dismiss(None)

    def action_page(self, by: int) -> None:
        """Scroll the plan while something is typed."""
        self.query_one(PlanScroll).turn(by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done has no key."""
        if not super().check_action(action, parameters):
            return False
        if action == "yes":
            return self._plan.tier <= Tier.YES and self._pending.is_open
        return action != "dry_run" or self._pending.is_open

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """`enter` in a line: go on to the first that is not filled in, and confirm when none is left."""
        event.stop()
        if self.is_deaf or not self._pending.is_open:
            return
        box, fault = missing(self._boxes, self._plan.word)
        if box is None:
            self._begin()
            return
        if event.input is box:
            self._say(fault)
        box.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is being changed is not wrong yet."""
        event.stop()
        self._say("")

    def on_descendant_focus(self) -> None:
        """Other keys mean something now."""
        if self._pending.found is not None:
            self._show_way()

    def on_form_input_cancelled(self) -> None:
        """Out of the lines, to where the keys of the dialog are heard."""
        self.set_focus(self._cancel)

    # ── beginning ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, *, dry_run: bool = False) -> None:
        if not self._pending.is_open:
            return
        if not dry_run and missing(self._boxes, self._plan.word)[0] is not None:
            return
        self._pending.ask()
        self.refresh_bindings()
        self._say("")
        confirmation = confirmation_of(
            self._boxes, self._deck.operator, yes=self._plan.tier <= Tier.YES and not dry_run
        )
        self.app.run_worker(self._start(confirmation, dry_run=dry_run), name="start", group="acting")

    async def _start(self, confirmation: Confirmation, *, dry_run: bool) -> None:
        app: Any = self.app
        try:
            await self._pending.begin(confirmation, dry_run=dry_run)
        except FleetdeckError as error:
            if not self.is_attached:
                app.say(f"{self._plan.title}: not done: {error}", bad=True)
                return
            self.refresh_bindings()
            self._say(str(error))
            return
        begun = self._pending.begun
        if begun is None:
            return
        if self.is_attached and self.is_current:
            self.dismiss(begun)
        elif not self.is_attached:
            app.say(f"begun: {self._plan.title}; :actions shows what comes of it")

    async def _leave(self, app: Any) -> None:
        try:
            await self._pending.leave()
        except FleetdeckError as error:
            if app.is_running:
                app.say(f"{self._plan.title}: left, which is not on record yet: {error}", bad=True)

    async def _preflight(self) -> None:
        await self._pending.preflight()
        if self.is_attached:
            self._show()
            self.refresh_bindings()
            if self._pending.found:
                self.set_focus(self._cancel)

    # ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

    def woken(self) -> None:
        self._show_way()

    def _heading(self) -> Text:
        ink, against = Ink(self.app.theme_variables), len(self._pending.against)
        return plan_heading(self._plan, against, ink, self.app.size.width - MARGIN)

    def _show(self) -> None:
        self._lines.show(preview(self._plan, self._pending.found or (), listed=ALL))
        self.query_one("#heading", Static).update(self._heading())
        self._fit()
        self._show_way()

    def _show_way(self) -> None:
        """Beside the way out: how it is confirmed, or why it cannot be."""
        ink, pending = Ink(self.app.theme_variables), self._pending
        if pending.against:
            self._cancel.say(ink.write("it can only be closed", Tone.DOWN))
        elif pending.asked:
            self._cancel.say(ink.muted("it is being begun …"))
        elif pending.found is None:
            self._cancel.say(ink.muted("looking what stands against it …"))
        elif self.is_deaf:
            self._cancel.say(ink.muted("…"))
        elif self._plan.tier <= Tier.YES:
            self._cancel.say(ink.write("y does it · d runs it dry", Tone.ACCENT))
        else:
            self._cancel.say(ink.write(self._way(), Tone.ACCENT))

    def _way(self) -> str:
        """What the lines still want; where they have all of it, what does it."""
        wanting = [scrub(one, 70) for one in still_missing(self._boxes, self._plan.word)]
        for box in self._boxes.values():
            box.call_enter("next" if wanting else "do it")
        if self.focused in self._boxes.values():
            return f"still: {', '.join(wanting)}" if wanting else "enter does it"
        return f"tab: {', '.join(wanting) or 'back to the lines, where enter does it'} · d runs it dry"

    def _say(self, message: str) -> None:
        self._said = message
        self._show_more()
        self._show_way()

    def _show_more(self) -> None:
        """Under the plan: what is wrong with what was entered, else how much of the plan is not seen yet."""
        ink, page = Ink(self.app.theme_variables), self.query_one(PlanScroll)
        left = max(0, round(page.max_scroll_y - page.scroll_y))
        more = ink.muted(f"… {count_of(left, 'line')} more (pgdn)") if left else Text("")
        self.query_one("#warning", Static).update(ink.write(self._said, Tone.DOWN) if self._said else more)

    def _fit(self) -> None:
        closed = bool(self._pending.against)
        for row in self.query(Row):
            # What can only be closed wants nothing.
            row.display = not closed
        room = self.app.size.height - _CHROME - (0 if closed else len(self._boxes))
        self.query_one(PlanScroll).styles.max_height = max(_LEAST, room)
