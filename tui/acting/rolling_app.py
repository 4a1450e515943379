"""An application from which something can be rolled back: it finds what is meant, opens the sheet of its revisions and
the page on which a rollback is watched, and says once when a rollback is proposed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from textual.screen import Screen

from fleet.actions.rolled import Rollable, rollable
from fleet.errors import FilterError, FleetdeckError
from fleet.near import meant
from fleet.store import Subscription
from tui.acting.acting_app import ActingApp
from tui.acting.may import why_not
from tui.live import FLUSH_S

if TYPE_CHECKING:
    from fleet.actions.action import Action, Proposal
    from fleet.actions.revision import RollbackRow

R = TypeVar("R")

QUIET_S = 300.0
"""For how long a proposal that went and came back is not told again."""

LATER_S = 2.0
"""How often is looked whether a dialog is still open."""


class RollingApp(ActingApp[R]):
    """Says of a proposal once; where it can be taken up stands in what is said."""

    _proposed: "Subscription[str, Proposal] | None" = None
    _told_at: dict[tuple[str, bool], float]
    _standing: frozenset[tuple[str, bool]] = frozenset()
    _woken_by_proposal = False
    _acts_changed: "Subscription[str, Action] | None" = None
    _by_itself: frozenset[str] = frozenset()
    _rows_changed: "Subscription[str, RollbackRow] | None" = None
    _rollable: Rollable = rollable(())

    # ── choosing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def roll_back(self, names: Sequence[str] = (), to: str = "") -> None:
        """Open the sheet of revisions for what `names` (agents, objectives, gates, alerts, definitions) are rolled back
        by; where several definitions fit, ask which. `to` is the revision to begin at."""
        why = why_not(self.context)
        if why:
            self.say(why, bad=True)
            return
        whom = names[0] if len(names) == 1 else ""
        try:
            found = self._definitions(names)
        except FleetdeckError as error:
            self.say(str(error), bad=True)
            return
        if not found:
            nothing = f"nothing that is configured rolls {self._called(whom)} back" if names else "there are none"
            self.say(f"{nothing} (rollbacks: in the configuration)", bad=True)
        elif len(found) == 1:
            self._pick(found[0], to)
        else:
            self._ask_which_rollback(found, self._called(whom) if whom else "", to)

    def can_roll(self, names: Sequence[str]) -> bool:
        """Whether anything that is configured rolls one of these back. It is asked with every key."""
        rows = self.context.store.rollbacks
        first = self._rows_changed is None
        if self._rows_changed is None:
            self._rows_changed = rows.subscribe(lambda: None)
        if self._rows_changed.drain() or first:
            self._rollable = rollable(rows.values())
        return self._rollable.any_of(names, self.context.store)

    def rollback_command(self, text: str) -> Callable[[], None]:
        """`:rollback`, `:rollback TARGET`, `:rollback TARGET REV`. Raises FilterError."""
        target, _, to = text.partition(" ")
        store, acting = self.context.store, self.context.acting
        rows = store.rollbacks
        # What is there but is not rolled back by anything is no misspelling.
        known = any(target in part for part in (rows, store.status, store.slos, store.gates, store.alerts))
        known = known or (acting is not None and bool(acting.rollbacks_for(target)))
        if target and not known:
            raise FilterError(f"nothing that can be rolled back is called {target[:60]!r}{meant(target, list(rows))}")
        return partial(self.roll_back, (target,) if target else (), to.strip())

    def _definitions(self, names: Sequence[str]) -> list[str]:
        acting, rows = self.context.acting, self.context.store.rollbacks
        if acting is None:
            return []
        if len(names) == 1 and names[0] in rows:
            return [names[0]]
        return list(dict.fromkeys(one for name in names or ("",) for one in acting.rollbacks_for(name)))

    def _called(self, name: str) -> str:
        """What people call it: an alert has an id."""
        alert = self.context.store.alerts.get(name)
        return (alert.name if alert is not None else name) or "any of these"

    def _ask_which_rollback(self, names: Sequence[str], whom: str, to: str) -> None:
        from fleet.actions.revision import RollbackRow
        from tui.acting.which import which_rollback

        rows = self.context.store.rollbacks
        found = [rows.get(name) or RollbackRow(name=name, kind="") for name in names]
        # What is proposed is what most probably is meant.
        found.sort(key=lambda row: not row.proposed)

        def chosen(name: str | None) -> None:
            if name is not None:
                self._pick(name, to)

        self.push_screen(which_rollback(found, whom), chosen)

    def _pick(self, name: str, to: str) -> None:
        from tui.acting.picker import RollbackPicker

        proposal = self.context.store.proposals.get(name)
        first = to or (proposal.revision if proposal is not None else "")

        def begun(id: str | None) -> None:
            if id:
                self.watch_action(id)

        self.push_screen(RollbackPicker(name, self.context, first), begun)

    # ── watching ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def show_action(self, id: str) -> None:
        """The page of an action: a rollback is watched."""
        action = self.context.store.actions.get(id)
        if action is None or not action.rolls or action.dry_run:
            await super().show_action(id)
            return
        from tui.acting.watch import WatchPage

        self.leaving()
        await self.push_screen(WatchPage(self.context, id))
        self.arrived()

    async def show_receipt(self, id: str) -> None:
        """Everything that is on record of an action."""
        await super().show_action(id)

    def action_page(self, id: str) -> "Screen[Any]":
        """What is opened of an action in a list: a rollback that goes on is watched, all else has its receipt."""
        action = self.context.store.actions.get(id)
        if action is not None and action.rolls and not action.ended:
            from tui.acting.watch import WatchPage

            return WatchPage(self.context, id)
        from tui.acting.receipt import ReceiptPage

        return ReceiptPage(self.context, id)

    # ── proposals ──────────────────────────────────────────────────────────────────────────────────────────────────

    def begin_proposals(self) -> None:
        """Say of rollbacks that are proposed from now on."""
        self._told_at = {}
        if self.context.acting is not None and self._proposed is None:
            self._proposed = self.context.store.proposals.subscribe(self._wake_proposals)
            self._acts_changed = self.context.store.actions.subscribe(self._wake_proposals)
            self._wake_proposals()

    async def on_unmount(self) -> None:
        """Nobody is told any more."""
        if self._rows_changed is not None:
            self._rows_changed.close()
            self._rows_changed = None
        if self._proposed is not None:
            self._proposed.close()
            self._proposed = None
        if self._acts_changed is not None:
            self._acts_changed.close()
            self._acts_changed = None

    def _wake_proposals(self) -> None:
        # The store calls this from whatever task writes to it.
        if not self._woken_by_proposal and self.is_running:
            self._woken_by_proposal = True
            self.call_later(self.set_timer, FLUSH_S, self._tell_proposals)

    def _tell_proposals(self) -> None:
        self._woken_by_proposal = False
        if self._proposed is None:
            return
        if self.screen.is_modal:
            # What is said must not lie over a dialog.
            self._woken_by_proposal = True
            self.set_timer(LATER_S, self._tell_proposals)
            return
        self._proposed.drain()
        self._tell_by_itself()
        from fleet.actions.proposed import told as words

        now, proposals = self.context.clock.monotonic(), self.context.store.proposals
        told, standing = self._told_at, frozenset(map(_heard, proposals.values()))
        new = [one for one in standing - self._standing if now - told.get(one, -QUIET_S) >= QUIET_S]
        self._standing = standing
        told.update(dict.fromkeys(new, now))
        for text in words([proposals[name] for name, _ in sorted(new)], self.context.clock.now()):
            self.say(text)

    def _tell_by_itself(self) -> None:
        """Say of rollbacks that nobody asked for that they have begun, and how they ended."""
        if self._acts_changed is None:
            return
        from fleet.actions.action import AUTO
        from fleet.actions.revision import of_plan

        actions = self.context.store.actions
        for id in self._acts_changed.drain().changed:
            action = actions.get(id)
            if action is None or action.actor != AUTO:
                continue
            to = of_plan(action.plan, action.plan.revision)
            if not action.ended and id not in self._by_itself:
                self._by_itself |= {id}
                what = f"{action.plan.source} is rolled back to {to} by itself"
                self.say(f"{what}: {action.reason} (:actions, where x stops it)")
            elif action.ended and id in self._by_itself:
                self._by_itself -= {id}
                what = f"{action.plan.source} to {to}, by itself: {action.state.value}"
                self.say(f"{what}. {action.outcome}", bad=not action.succeeded)


def _heard(proposal: "Proposal") -> tuple[str, bool]:
    """What of a proposal is worth a word of its own: that it is there, and that it is carried out by itself."""
    return proposal.target, proposal.acts_at is not None
