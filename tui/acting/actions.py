"""What can be done about acts, wherever one is shown: abort, cancel at the target, undo, reconcile, settle; and the
view of all acts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual.binding import BindingType

from fleet.actions.action import Action, ActionState
from fleet.actions.plan import ActKind, Plan
from fleet.actions.preview import Line
from fleet.actions.verdict import state_words
from fleet.errors import FleetdeckError
from tui.acting.may import may_write
from tui.acting.offers import can_abort, can_cancel, can_reconcile, can_settle, can_undo
from tui.alerts.acts import count_of
from tui.keys.bindings import ACTION_KEYS
from tui.screens.deck import DeckScreen
from tui.screens.table import TableScreen

PATIENCE_S = 60.0
"""How long a target may take to say what became of an act."""
_GOING = (ActionState.PLANNED, ActionState.CONFIRMED, ActionState.SENT, ActionState.RUNNING)


class ActionActs(DeckScreen):
    """A screen on which one act is meant."""

    BINDINGS: ClassVar[list[BindingType]] = ACTION_KEYS
    shows_one: ClassVar[bool] = False
    """Whether it shows nothing but this act."""

    def meant(self) -> Action | None:
        """The act, as it is now."""
        raise NotImplementedError

    def action_abort(self) -> None:
        """Ask whether it is to be stopped."""
        action = self.meant()
        if action is None:
            return
        from tui.acting.ask import AskSheet

        def answered(yes: bool | None) -> None:
            if yes:
                self._abort(action)

        self.app.push_screen(AskSheet(f"Abort: {action.plan.title}", abort_lines(action), self.context), answered)

    def action_cancel_there(self) -> None:
        """Plan to cancel what it submitted, and show the plan."""
        self._plan(lambda acting, id: acting.plan_cancel(id), "cancelling")

    def action_undo(self) -> None:
        """Plan to take it back, and show the plan."""
        self._plan(lambda acting, id: acting.plan_undo(id), "undoing")

    def action_reconcile(self) -> None:
        """Ask the target what became of it. Only reads."""
        action = self.meant()
        if action is not None:
            self.app.run_worker(self._reconcile(action), name="reconcile", group="acting")

    def action_settle(self) -> None:
        """Ask how it ended, of somebody who knows."""
        action = self.meant()
        if action is None:
            return
        from tui.acting.settle import Settled, SettleSheet

        def answered(entered: Settled | None) -> None:
            if entered is not None:
                self.app.run_worker(self._settle(action, *entered), name="settle", group="acting")

        self.app.push_screen(SettleSheet(action), answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can do something here; what was begun can be stopped even while nothing new may be."""
        needs = {"abort": can_abort, "cancel_there": self._can_cancel, "undo": can_undo}
        needs |= {"reconcile": can_reconcile, "settle": can_settle}
        if action in needs:
            meant = self.meant()
            if self.context.acting is None or meant is None or not needs[action](meant):
                return False
            if action in ("cancel_there", "undo") and not may_write(self.context):
                return False
        return super().check_action(action, parameters)

    def _can_cancel(self, action: Action) -> bool:
        return can_cancel(action, self.context.store.templates.get(action.plan.source))

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _plan(self, planning: Callable[[Any, str], Awaitable[Plan]], what: str) -> None:
        action, acting, app = self.meant(), self.context.acting, self._whole
        if action is not None and acting is not None:
            app.act_on(lambda: planning(acting, action.id), what)

    def _abort(self, action: Action) -> None:
        self.app.run_worker(self._aborting(action), name="abort", group="acting")

    async def _aborting(self, action: Action) -> None:
        acting, app = self.context.acting, self._whole
        if acting is None:
            return
        try:
            await acting.abort(action.id, self.context.operator)
        except FleetdeckError as error:
            app.say(f"aborting: not done: {error}", bad=True)
        else:
            # Where the act itself is shown its state says so, and a toast would cover what became of it.
            if not (self.shows_one and self.is_current):
                app.say(f"abort asked for: {action.plan.title}")

    async def _reconcile(self, action: Action) -> None:
        acting, app = self.context.acting, self._whole
        if acting is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await acting.reconcile(action.id, self.context.operator)
        except TimeoutError:
            app.say(f"reconciling: no answer within {PATIENCE_S:g} s; it is as unknown as before", bad=True)
        except FleetdeckError as error:
            app.say(f"reconciling: {error}", bad=True)
        else:
            app.say(f"{found.plan.title}: {found.state.value}" + (f": {found.outcome}" if found.outcome else ""))

    async def _settle(self, action: Action, state: ActionState, reason: str) -> None:
        acting, app = self.context.acting, self._whole
        if acting is None:
            return
        try:
            found = await acting.settle(action.id, state, self.context.operator, reason)
        except FleetdeckError as error:
            app.say(f"not settled: {error}", bad=True)
        else:
            app.say(f"{found.plan.title}: {state_words(found)}, on record as said by you")
            # What can be done about it is another thing now.
            self.refresh_bindings()

    @property
    def _whole(self) -> Any:
        return self.app


class ActionsScreen(ActionActs, TableScreen):
    """The acts, the newest first."""

    def meant(self) -> Action | None:
        key = self._table.cursor_key
        return None if key is None else self.context.store.actions.get(str(key))


def abort_lines(action: Action) -> list[Line]:
    """What is stopped, and what is not."""
    undone = ": undo it afterwards" if action.act in (ActKind.ROLLBACK, ActKind.UNDO) else ""
    lines = [
        Line("now", _far(action)),
        Line("stops", "nothing more is sent; a process that runs is ended by TERM, then KILL"),
        Line("stays", f"what was sent is not taken back{undone}"),
    ]
    going, done = action.count(*_GOING), action.count(ActionState.SUCCEEDED)
    if action.plan.many:
        lines.append(Line("items", f"{count_of(going, 'item')} not ended, {done:,} done"))
    return lines


def _far(action: Action) -> str:
    """How it stands, and at which of its stages it is."""
    for number, stage in enumerate(action.stages, 1):
        if stage.state in ("running", "checking"):
            return f"{action.state.value}, stage {number} of {len(action.stages)} ({stage.title})"
    return action.state.value
