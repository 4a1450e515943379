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
from tui.acting.entered import missing, still_missing, wanted_lines
from tui.acting.may import why_not
from tui.acting.plan_lines import PlanLines
from tui.acting.unhurried import Cancel, Unhurried
from tui.alerts.acts import count_of
from tui.alerts.form import FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.ink import Ink, joined
from tui.keys.bindings import CONFIRM_KEYS

PATIENCE_S = 15.0
"""How long is waited for what stands against a plan."""
ALL = 1_000_000
"""Steps and names that are listed: all of them, because they can be scrolled."""
_CHROME = 10
"""Lines of the dialog beside the plan and the lines to fill in."""
MARGIN = 4
"""Cells beside its lines."""
_LEAST = 4


class PlanScroll(PageScroll, can_focus=False):
    """The plan; it is scrolled by the keys of what has the focus."""


class ConfirmSheet(Unhurried[str | None]):
    """Dismissed with the id of the action that was begun, or with None."""

    BINDING_GROUP_TITLE = "Confirm"
    BINDINGS: ClassVar[list[BindingType]] = CONFIRM_KEYS

    def __init__(self, plan: Plan, context: Context) -> None:
        super().__init__(context)
        self._plan = plan
        self._against: tuple[str, ...] | None = None
        self._asked = False
        self._begun: str | None = None
        self._recorded = False
        """Whether it is on record, or being put there, what came of the plan."""
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
        if self._begun is not None:
            self.dismiss(self._begun)

    def on_unmount(self) -> None:
        """Whoever looked at a plan and left it, by whatever way, is on record."""
        if not self._recorded:
            self._recorded = True
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
        page = self.query_one(PlanScroll)
        page.scroll_page_down(animate=False) if by > 0 else page.scroll_page_up(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done has no key."""
        if not super().check_action(action, parameters):
            return False
        if action == "yes":
            return self._plan.tier <= Tier.YES and self._is_open
        return action != "dry_run" or self._is_open

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """`enter` in a line: go on to the first that is not filled in, and confirm when none is left."""
        event.stop()
        if self.is_deaf or not self._is_open:
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
        if self._against is not None:
            self._show_way()

    def on_form_input_cancelled(self) -> None:
        """Out of the lines, to where the keys of the dialog are heard."""
        self.set_focus(self._cancel)

    # ── beginning ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _is_open(self) -> bool:
        """Whether it can be confirmed as far as is known here."""
        return self._against == () and not self._plan.refusals and not self._asked and not why_not(self._deck)

    def _begin(self, *, dry_run: bool = False) -> None:
        if not self._is_open:
            return
        if not dry_run and missing(self._boxes, self._plan.word)[0] is not None:
            return
        self._asked = self._recorded = True
        self.refresh_bindings()
        self._say("")
        words = {name: box.value.strip() for name, box in self._boxes.items()}
        confirmation = Confirmation(
            by=self._deck.operator,
            typed=words.get("target", ""),
            reason=words.get("reason", ""),
            ticket=words.get("ticket", ""),
            code=words.get("code", ""),
            second=words.get("whose", ""),
            yes=self._plan.tier <= Tier.YES and not dry_run,
        )
        self.app.run_worker(self._start(confirmation, dry_run=dry_run), name="start", group="acting")

    async def _start(self, confirmation: Confirmation, *, dry_run: bool) -> None:
        acting, app = self._deck.acting, self.app
        if acting is None:
            return
        try:
            begun = await acting.start(self._plan, confirmation, dry_run=dry_run)
        except FleetdeckError as error:
            self._asked = False
            if not self.is_attached:
                tell: Any = app
                tell.say(f"{self._plan.title}: not done: {error}", bad=True)
                return
            self.refresh_bindings()
            self._say(str(error))
            return
        self._begun = begun
        if self.is_attached and self.is_current:
            self.dismiss(begun)
        elif not self.is_attached:
            tell = app
            tell.say(f"begun: {self._plan.title}; :actions shows what comes of it")

    async def _leave(self, app: Any) -> None:
        acting = self._deck.acting
        if acting is None:
            return
        try:
            await acting.leave(self._plan, self._deck.operator, against=self._all_against())
        except FleetdeckError as error:
            if app.is_running:
                app.say(f"{self._plan.title}: left, which is not on record yet: {error}", bad=True)

    async def _preflight(self) -> None:
        acting = self._deck.acting
        found: tuple[str, ...] = (why_not(self._deck),) if why_not(self._deck) else ()
        if acting is not None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    found = tuple(dict.fromkeys((*found, *await acting.preflight(self._plan))))
            except TimeoutError:
                found = (*found, f"what stands against it was not known within {PATIENCE_S:g} s")
            except FleetdeckError as error:
                found = (*found, str(error))
        self._against = found
        if self.is_attached:
            self._show()
            self.refresh_bindings()
            if found:
                self.set_focus(self._cancel)

    # ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

    def woken(self) -> None:
        self._show_way()

    def _heading(self) -> Text:
        ink, plan = Ink(self.app.theme_variables), self._plan
        title = ink.write(scrub(plan.title, 200), Tone.TITLE, bold=True)
        parts = [
            ink.write(f"tier {plan.tier.value}", Tone.ACCENT),
            ink.write(count_of(len(plan.steps), "step")),
            ink.write(count_of(len(plan.targets), "target")),
            ink.write(f"{len(plan.blast):,} more hit", Tone.DEGRADED)
            if plan.blast
            else ink.muted("nothing else is hit"),
        ]
        if plan.many:
            parts.insert(1, ink.write(count_of(len(plan.items), "item")))
        against = len(self._all_against())
        if against:
            parts.append(ink.write(f"✖ {against:,} against it", Tone.DOWN, bold=True))
        lines = [title, joined(parts, " · ")]
        for line in lines:
            line.truncate(self.app.size.width - MARGIN, overflow="ellipsis")
        return Text("\n").join(lines)

    def _all_against(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._plan.refusals, *(self._against or ()))))

    def _show(self) -> None:
        self._lines.show(preview(self._plan, self._against or (), listed=ALL))
        self.query_one("#heading", Static).update(self._heading())
        self._fit()
        self._show_way()

    def _show_way(self) -> None:
        """Beside the way out: how it is confirmed, or why it cannot be."""
        ink = Ink(self.app.theme_variables)
        if self._all_against():
            self._cancel.say(ink.write("it can only be closed", Tone.DOWN))
        elif self._asked:
            self._cancel.say(ink.muted("it is being begun …"))
        elif self._against is None or self.is_deaf:
            self._cancel.say(ink.muted("looking what stands against it …" if self._against is None else "…"))
        elif self._plan.tier <= Tier.YES:
            self._cancel.say(ink.write("y does it · d runs it dry", Tone.ACCENT))
        else:
            self._cancel.say(ink.write(self._way(), Tone.ACCENT))

    def _way(self) -> str:
        """What the lines still want; where they have all of it, what does it."""
        missing = [scrub(one, 70) for one in still_missing(self._boxes, self._plan.word)]
        for box in self._boxes.values():
            box.call_enter("next" if missing else "do it")
        if self.focused in self._boxes.values():
            return f"still: {', '.join(missing)}" if missing else "enter does it"
        return f"tab: {', '.join(missing) or 'back to the lines, where enter does it'} · d runs it dry"

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
        closed = bool(self._all_against())
        for row in self.query(Row):
            # What can only be closed wants nothing.
            row.display = not closed
        room = self.app.size.height - _CHROME - (0 if closed else len(self._boxes))
        self.query_one(PlanScroll).styles.max_height = max(_LEAST, room)
