"""Everything that the interface and the command line may ask of acting, behind one door: planning by the kinds,
starting by the runner, and what is shown of templates, rollbacks, locks and the freeze."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from msgspec.structs import replace

from actions.freezing import Freezing
from actions.runner import Runner
from fleet.actions.action import Action, ActionState, Confirmation, Freeze
from fleet.actions.plan import ActKind, Plan
from fleet.actions.ports import Doer, Locks
from fleet.actions.revision import Revisions, RollbackRow
from fleet.actions.taking_back import why_not_cancelled, why_not_undone
from fleet.actions.template import Desk, Template
from fleet.errors import OutsideError, RefusedError
from fleet.store import Store
from fleet.text import scrub
from transport.files import read_file

BATCH_BYTES: Final = 32 * 1024 * 1024
"""Bytes of a file of items."""
OUTDATED: Final = "the configuration was changed since it was planned: plan it anew"


class Submitter(Protocol):
    """Plans submissions (`actions.submitting.Submissions`)."""

    def templates(self) -> tuple[Template, ...]: ...

    def templates_for(self, name: str) -> tuple[Template, ...]: ...

    async def desk(self, template: str, to: Sequence[str]) -> Desk: ...

    async def read_items(self, template: str, text: str) -> tuple[Mapping[str, Any], ...]: ...

    async def plan(self, template: str, items: Sequence[Mapping[str, Any]], to: Sequence[str]) -> Plan: ...

    async def plan_cancel(self, action: Action) -> Plan: ...

    def doer(self, source: str) -> Doer | None: ...


class Roller(Protocol):
    """Plans rollbacks (`actions.rolling_back.RollbackBook`)."""

    def rows(self) -> tuple[RollbackRow, ...]: ...

    def rollbacks_for(self, name: str) -> tuple[str, ...]: ...

    async def revisions(self, name: str) -> Revisions: ...

    async def plan(self, name: str, to: str, staged: bool) -> Plan: ...

    async def plan_undo(self, action: Action) -> Plan: ...

    def doer(self, source: str) -> Doer | None: ...


def doer_of(submitter: Submitter, roller: Roller) -> Callable[[Plan], Doer | None]:
    """Who made the steps of a plan: looked up by what is done, since a template and a rollback may share a name."""

    def found(plan: Plan) -> Doer | None:
        rolls = plan.act in (ActKind.ROLLBACK, ActKind.UNDO)
        return roller.doer(plan.source) if rolls else submitter.doer(plan.source)

    return found


class ActionDesk:
    """Implements `Acting`. The single writer of `store.templates`, `store.rollbacks` and `store.locks`; call `open` at
    the start, and `refresh` every few seconds."""

    def __init__(
        self, store: Store, runner: Runner, submitter: Submitter, roller: Roller, freezing: Freezing, locks: Locks
    ) -> None:
        self._store = store
        self._runner = runner
        self._submitter = submitter
        self._roller = roller
        self._freezing = freezing
        self._locks = locks
        self._is_open = False
        self._planned: set[str] = set()
        """Keys of the plans that were made by these templates and rollbacks, and not started."""
        self._outdated: set[str] = set()

    async def open(self) -> tuple[Action, ...]:
        """Show what there is; the actions of an earlier run that have no end, which were found now. From now on
        `refresh` follows what other programs of this machine do, too."""
        self._is_open = True
        left = await self._runner.recover()
        await self.refresh()
        return left

    async def refresh(self) -> None:
        """Show templates, rollbacks, locks and the freeze as they are now, and what other programs of this machine do.
        Locks that cannot be read stay as they were seen last. Raises nothing."""
        if self._is_open:
            await self._runner.look()
        self._store.templates.replace({row.name: row for row in self._submitter.templates()})
        self._show_rollbacks()
        self._freezing.refresh()
        try:
            held = await self._locks.held()
        except OutsideError:
            return
        self._store.locks.replace({lock.target: lock for lock in held})

    def _show_rollbacks(self) -> None:
        self._store.rollbacks.replace({row.name: row for row in self._roller.rows()})

    def use(self, submitter: Submitter, roller: Roller) -> None:
        """Go on with other templates and rollbacks. Plans that were made by those before are not started any more:
        they might go to one place, and be judged by what is so at another."""
        self._submitter = submitter
        self._roller = roller
        self._outdated |= self._planned
        self._planned.clear()

    async def close(self) -> None:
        """fleetdeck ends: nothing more is sent."""
        await self._runner.close()
        await self._freezing.close()

    # ── planning ──

    def templates_for(self, name: str) -> tuple[Template, ...]:
        """The templates by which something can be submitted to an agent or a queue; all where `name` is ""."""
        return self._submitter.templates_for(name)

    async def desk(self, template: str, to: Sequence[str]) -> Desk:
        """What stands beside the form of a template."""
        return await self._submitter.desk(template, to)

    async def read_items(self, template: str, text: str) -> tuple[Mapping[str, Any], ...]:
        """The items of a batch."""
        return await self._submitter.read_items(template, text)

    async def batch_text(self, path: str) -> str:
        """What a file of this machine holds. Raises OutsideError, and RefusedError where it is no text."""
        found = await asyncio.to_thread(lambda: read_file(Path(path).expanduser(), BATCH_BYTES))
        try:
            return found.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RefusedError(f"{scrub(path, 200)} is no text in UTF-8 (byte {error.start})") from error

    async def plan_submit(self, template: str, items: Sequence[Mapping[str, Any]], to: Sequence[str]) -> Plan:
        """A plan that submits items."""
        return self._warned(await self._submitter.plan(template, items, to))

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        """The names of the definitions by which something can be rolled back."""
        return self._roller.rollbacks_for(name)

    async def revisions(self, rollback: str) -> Revisions:
        """What there is to roll to. The rows of the rollbacks are there with it, also where fleetdeck has only begun:
        they say in which stages."""
        found = await self._roller.revisions(rollback)
        self._show_rollbacks()
        return found

    async def plan_rollback(self, rollback: str, to: str = "", *, staged: bool = False) -> Plan:
        """A plan that rolls to a revision."""
        return self._warned(await self._roller.plan(rollback, to, staged))

    async def plan_undo(self, action: str) -> Plan:
        """A plan that takes a rollback back."""
        row = self._known(action)
        if why := why_not_undone(row):
            raise RefusedError(why)
        return self._warned(await self._roller.plan_undo(row))

    async def plan_cancel(self, action: str) -> Plan:
        """A plan that cancels what an action submitted."""
        row = self._known(action)
        if why := why_not_cancelled(row):
            raise RefusedError(why)
        return self._warned(await self._submitter.plan_cancel(row))

    def _warned(self, plan: Plan) -> Plan:
        """The plan with what should be known of its targets, so that whoever shows it shows that."""
        self._planned.add(plan.key)
        warnings = dict.fromkeys((*plan.warnings, *self._runner.warnings(plan)))
        return replace(plan, warnings=tuple(warnings))

    # ── acting ──

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Why it would be refused now, in sentences."""
        outdated = (OUTDATED,) if plan.key in self._outdated else ()
        return (*outdated, *await self._runner.preflight(plan))

    async def start(self, plan: Plan, confirmation: Confirmation, *, dry_run: bool = False) -> str:
        """Do it, in the background; the action's id."""
        if plan.key in self._outdated:
            await self.leave(plan, confirmation.by, against=(OUTDATED,), reason=confirmation.reason)
            raise RefusedError(OUTDATED)
        started = await self._runner.start(plan, confirmation, dry_run=dry_run)
        if not dry_run:
            self._planned.discard(plan.key)
        return started

    async def leave(
        self, plan: Plan, by: str, *, against: Sequence[str] = (), reason: str = "", ticket: str = ""
    ) -> None:
        """An operator looked at a plan and left it."""
        await self._runner.leave(plan, by, against, reason, ticket)
        self._planned.discard(plan.key)

    async def ended(self, action: str) -> Action:
        """Wait until an action has ended."""
        return await self._runner.ended(action)

    async def abort(self, action: str, by: str) -> None:
        """Stop: nothing more is sent."""
        await self._runner.abort(action, by)

    async def reconcile(self, action: str, by: str) -> Action:
        """Ask the target what became of an action."""
        return await self._runner.reconcile(action, by)

    async def settle(self, action: str, state: ActionState, by: str, reason: str) -> Action:
        """Say how an action ended that nobody can see the end of."""
        return await self._runner.settle(action, state, by, reason)

    async def freeze(self, by: str, reason: str) -> Freeze:
        """No writes to the fleet any more, by any program of the user, at once."""
        return await self._freezing.freeze(by, reason)

    async def unlock(self, by: str, reason: str, for_s: float) -> Freeze:
        """Writes are possible for `for_s` seconds."""
        return await self._freezing.unlock(by, reason, for_s)

    async def unfreeze(self, by: str, reason: str) -> Freeze:
        """The freeze is over."""
        return await self._freezing.unfreeze(by, reason)

    def _known(self, action: str) -> Action:
        row = self._store.actions.get(action)
        if row is None:
            raise RefusedError(f"there is no action {scrub(action, 80)!r}")
        return row
