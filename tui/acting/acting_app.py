"""An application from which the fleet can be acted on: it opens the forms and the one dialog, freezes, and unlocks.

Everything that asks something of the outside goes on in the background; its dialog is opened only where the operator
still is where it was asked for, so that no dialog appears under somebody's fingers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.app import App

from fleet.errors import FilterError, FleetdeckError
from fleet.near import meant
from tui.acting.may import why_not
from tui.context import Context

if TYPE_CHECKING:
    from fleet.actions.plan import Plan
    from fleet.actions.template import Template

R = TypeVar("R")

PATIENCE_S = 30.0
"""How long a target may take to say what stands beside a form, or to be planned with."""
FROZEN_BY_KEY = "R was pressed"


class ActingApp(App[R]):
    """`context.acting` is what is asked."""

    context: Context

    def say(self, message: str, *, bad: bool = False) -> None:
        """A toast."""
        raise NotImplementedError

    def leaving(self) -> None:
        """Something else is about to be shown."""

    def arrived(self) -> None:
        """It is shown."""

    async def on_event(self, event: events.Event) -> None:
        """What was typed before a dialog could be read is nobody's answer to it."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and self._drops(event):
            return
        await super().on_event(event)

    def _drops(self, event: events.Key | events.Paste) -> bool:
        drops = getattr(self.screen, "drops", None)
        return drops is not None and bool(drops(event))

    # ── plans ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def act(self, plan: "Plan", then: Callable[[str], None] | None = None) -> None:
        """Show a plan and let it be confirmed. `then` takes the id of the action that was begun; without it, the page
        on which it can be watched is opened."""
        from tui.acting.confirm import ConfirmSheet

        def begun(id: str | None) -> None:
            if id:
                (then or self.watch_action)(id)

        self.push_screen(ConfirmSheet(plan, self.context), begun)

    def act_on(self, planning: "Callable[[], Awaitable[Plan]]", what: str) -> None:
        """Plan in the background, then show the plan."""
        self.run_worker(self._planned(planning, what), name="plan", group="planning", exclusive=True)

    async def _planned(self, planning: "Callable[[], Awaitable[Plan]]", what: str) -> None:
        asked_from = self.screen
        try:
            async with asyncio.timeout(PATIENCE_S):
                plan = await planning()
        except TimeoutError:
            self.say(f"{what}: no plan within {PATIENCE_S:g} s; nothing was sent", bad=True)
        except FleetdeckError as error:
            self.say(f"{what}: {error}", bad=True)
        else:
            if self.screen is asked_from:
                self.act(plan)
            else:
                self.say(f"{what}: planned, but you went on; ask again")

    def watch_action(self, id: str) -> None:
        """Show where an action can be watched."""
        self.call_next(self.show_action, id)

    async def show_action(self, id: str) -> None:
        """The page of an action."""
        from tui.acting.receipt import ReceiptPage

        self.leaving()
        await self.push_screen(ReceiptPage(self.context, id))
        self.arrived()

    # ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, to: Sequence[str] = (), *, queue: str = "", template: str = "") -> None:
        """Open the form of a template; where several fit whom it is for, ask which."""
        why = why_not(self.context)
        if why:
            self.say(why, bad=True)
            return
        try:
            offered = self._offered(to, queue, template)
        except FleetdeckError as error:
            self.say(str(error), bad=True)
            return
        whom = queue or (to[0] if len(to) == 1 else f"{len(to):,} agents" if to else "")
        if not offered:
            self.say(_no_template(template, whom), bad=True)
        elif len(offered) == 1:
            self._ask_desk(offered[0].name, to)
        else:
            self._ask_which(offered, to, whom)

    def submit_marked(self, template: str = "") -> None:
        """As `t`, to the marked rows; without any, to whom the form will say."""
        from tui.acting.submits import Submits

        found = self.screen.marked() if isinstance(self.screen, Submits) else None
        if found is None:
            self.submit(template=template)
        else:
            self.submit(found.agents, queue=found.queue, template=template)

    def _offered(self, to: Sequence[str], queue: str, template: str) -> "list[Template]":
        acting = self.context.acting
        if acting is None:
            return []
        found = list(acting.templates_for(queue or (to[0] if to else "")))
        for name in to[1:]:
            fits = {one.name for one in acting.templates_for(name)}
            found = [one for one in found if one.name in fits]
        return [one for one in found if not template or one.name == template]

    def _ask_which(self, offered: "list[Template]", to: Sequence[str], whom: str) -> None:
        from tui.acting.which import which_template

        def chosen(name: str | None) -> None:
            if name is not None:
                self._ask_desk(name, to)

        self.push_screen(which_template(offered, whom), chosen)

    def _ask_desk(self, template: str, to: Sequence[str]) -> None:
        self.run_worker(self._open_form(template, to), name="desk", group="planning", exclusive=True)

    async def _open_form(self, template: str, to: Sequence[str]) -> None:
        acting, asked_from = self.context.acting, self.screen
        if acting is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                desk = await acting.desk(template, to)
        except TimeoutError:
            self.say(f"{template}: its target did not answer within {PATIENCE_S:g} s", bad=True)
            return
        except FleetdeckError as error:
            self.say(f"{template}: {error}", bad=True)
            return
        if self.screen is not asked_from:
            return
        if not desk.template.fields and not desk.template.agents:
            self.act_on(lambda: acting.plan_submit(template, ({},), to), template)
            return
        from tui.acting.submit import SubmitSheet

        def begun(id: str | None) -> None:
            if id:
                self.watch_action(id)

        self.push_screen(SubmitSheet(desk, to, self.context), begun)

    def submit_command(self, text: str) -> Callable[[], None]:
        """`:submit`, `:submit TEMPLATE`; to the marked rows, where some are. Raises FilterError."""
        names = list(self.context.store.templates)
        if text and text not in names:
            raise FilterError(f"no template {text[:60]!r}{meant(text, names)}")
        return partial(self.submit_marked, text)

    # ── freezing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def action_freeze(self) -> None:
        """`R`: no program of the user changes anything of the fleet any more, at once."""
        if self.context.acting is None:
            self.say(why_not(self.context))
        else:
            self.run_worker(self._freeze(), name="freeze", group="freeze")

    async def _freeze(self) -> None:
        acting = self.context.acting
        if acting is None:
            return
        try:
            freeze = await acting.freeze(self.context.operator, FROZEN_BY_KEY)
        except FleetdeckError as error:
            self.say(f"not frozen: {error}", bad=True)
        else:
            self.say(f"{freeze.why}; what runs goes on")
        self.screen.refresh_bindings()

    def unlock_command(self, text: str) -> Callable[[], None]:
        """`:unlock`, `:unlock 15` (minutes), `:unlock 1h`. Raises FilterError."""
        if text and not (text.isdigit() and text.isascii() and len(text) < 5) and text[-1:] not in "smhd":
            raise FilterError(f"{text[:40]!r} is no number of minutes")
        return partial(self.unlock, f"{text}m" if text.isdigit() else text)

    def unlock(self, for_text: str = "") -> None:
        """Open the sheet on which writes are made possible for a while."""
        freeze = self.context.store.freeze.get("freeze")
        if self.context.acting is None or freeze is None:
            self.say(why_not(self.context) or "nothing is locked")
        elif not freeze.frozen:
            self.say("nothing is locked")
        elif not freeze.can_unlock:
            self.say(f"{freeze.why}; it cannot be unlocked from here", bad=True)
        else:
            from tui.acting.unlock import FIRST, UnlockSheet

            self.push_screen(UnlockSheet(self.context, for_text or FIRST), self._unlocked)

    def _unlocked(self, entered: tuple[str, float] | None) -> None:
        if entered is not None:
            self.run_worker(self._unlock(*entered), name="unlock", group="freeze")

    async def _unlock(self, reason: str, for_s: float) -> None:
        acting = self.context.acting
        if acting is None:
            return
        try:
            await acting.unlock(self.context.operator, reason, for_s)
        except FleetdeckError as error:
            self.say(f"not unlocked: {error}", bad=True)
        self.screen.refresh_bindings()

    def unfreeze_command(self, text: str) -> Callable[[], None]:
        """`:unfreeze`, `:unfreeze REASON`; it is asked for all the same."""
        return partial(self.unfreeze, text)

    def unfreeze(self, reason: str = "") -> None:
        """Open the sheet on which a freeze is ended."""
        freeze = self.context.store.freeze.get("freeze")
        if self.context.acting is None:
            self.say(why_not(self.context))
        elif freeze is None or not (freeze.by or freeze.can_unfreeze):
            self.say("nothing is frozen")
        elif not freeze.can_unfreeze:
            self.say(f"{freeze.why}; it cannot be unfrozen from here", bad=True)
        else:
            from tui.acting.unlock import UnfreezeSheet

            self.push_screen(UnfreezeSheet(self.context, reason), self._unfrozen)

    def _unfrozen(self, reason: str | None) -> None:
        if reason is not None:
            self.run_worker(self._unfreeze(reason), name="unfreeze", group="freeze")

    async def _unfreeze(self, reason: str) -> None:
        acting = self.context.acting
        if acting is None:
            return
        try:
            await acting.unfreeze(self.context.operator, reason)
        except FleetdeckError as error:
            self.say(f"not unfrozen: {error}", bad=True)
        self.screen.refresh_bindings()


def _no_template(template: str, whom: str) -> str:
    if template and whom:
        return f"the template {template} does not submit to {whom}"
    return f"no template submits to {whom}" if whom else "there are no templates (templates:)"
