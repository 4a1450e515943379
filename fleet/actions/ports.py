"""The seams of acting: who plans and reads answers, who carries effects out, who runs it all, and what the interface
and the command line may ask of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from fleet.actions.action import Action, ActionState, Confirmation, Freeze, Lock, Observed, Result, StepRead
from fleet.actions.plan import Check, Effect, Fact, Plan, Step
from fleet.actions.revision import Revision, Revisions
from fleet.actions.template import Desk, Template
from fleet.clock import Clock
from fleet.ports import HttpSender, Limits
from fleet.store import Store

Tell = Callable[[str], None]
"""Takes lines of output as they come, one or several; the end of the last may be left out. Secrets are taken out of
them, and nothing else: who keeps or shows them makes them harmless."""


@runtime_checkable
class Witness(Protocol):
    """A `Tell` that also hears what becomes of a process."""

    def __call__(self, text: str) -> None:
        """As `Tell`."""
        ...

    def began(self) -> None:
        """It runs."""
        ...

    def ending(self, words: str) -> None:
        """It is being ended; `words` say how: `TERM sent, KILL in 5 s`."""
        ...


class Performer(Protocol):
    """Carries out one effect, once. Never raises for what happens outside: that is in the result. Cancelling it ends a
    process with its group, and leaves nothing behind that runs."""

    async def perform(self, effect: Effect, *, key: str = "", tell: Tell | None = None) -> Result:
        """`key` is the idempotency key that goes along where the effect has a place for it."""
        ...


class ActReach(Struct, frozen=True, kw_only=True):
    """What submitters and rollbacks may use; wired in `cli`. `perform` is for reading, too (`git log`)."""

    http: HttpSender
    performer: Performer
    root: Path
    """Relative paths of the configuration are taken from here."""
    store: Store
    """Only to be read."""
    clock: Clock
    limits: Limits = Limits()


class Doer(Protocol):
    """Who made the steps of a plan: reads their results, and looks at the target afterwards."""

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """Why it must not be done now, in sentences, asked right before it is: a guard that fails, a target whose mark
        is another one. Raises OutsideError where that cannot be told; it is then refused, too."""
        ...

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What the result of a step means. Pure."""
        ...

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """What became of items at the target, by their number, each with what was found of it so far (empty after a
        crash: then it is looked for by the idempotency key, `found["key"]`). `since` is when the act was begun. What
        a look showed of a task of its own says `Observed.task`, too. Raises OutsideError where the target does not
        answer. For following and for reconciling."""
        ...

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """The steps that would cancel these items at the target; none where it cannot."""
        ...


class Submitting(Doer, Protocol):
    """A kind of place that tasks are submitted to, made from a template's options."""

    target: str
    """For people: a URL, a key."""
    cancels: bool
    """Whether there is a way to cancel there what waits. Where there is none, nobody is offered one."""
    askable: bool
    """Whether it can be asked afterwards what became of a task. Where it cannot, nobody is advised to."""
    asked_by: tuple[str, ...]
    """What has to be known of a task, beside its key, to ask for it, as names in `Item.found` (`id`). Of one whose
    answer was lost it is not known, and nobody is advised to ask for that."""

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """What the target is known to take: choices by the name of a field (an allow-list, capabilities), and what is
        not known, in sentences. Never raises for what happens outside."""
        ...

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """The steps that submit `items`, each with its number; item `i` goes to `to[i]` where that is not "". `key` is
        the idempotency key of the whole; `item_key(key, i)` that of an item. It may ask the target (is the agent
        registered?), and raises OutsideError."""
        ...


class Rolling(Doer, Protocol):
    """A way to roll something back, made from a definition's options."""

    target: str
    """For people: a folder, a unit, a URL."""
    listed: bool
    """Whether what is rolled to is seen as live in the list afterwards (a restart is not)."""
    staged: bool
    """Whether it can be rolled in stages."""
    reloads: bool
    """Whether the last command of its plans has what was rolled noticed, which no look at the target shows."""

    async def revisions(self) -> Revisions:
        """What there is. Raises OutsideError."""
        ...

    async def mixed(self, to: Revision) -> str:
        """Which parts of the target are at another revision although `to` is said to be live, in a sentence; "" where
        none is known to be. Such a one may be rolled to what is live. Raises OutsideError."""
        ...

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """What is resolved before anything is done (the root that will be written to), `bad` where a guard fails."""
        ...

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """The steps that roll to `to`; one stage for each share (0–1, growing, the last is 1). Raises OutsideError, and
        RefusedError where it cannot be done in stages."""
        ...

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """What taking it back would take, in sentences."""
        ...

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """What may be hit beyond the target itself (files that are deleted, instances that restart), one line each."""
        ...

    async def back(self, plan: Plan) -> tuple[Step, ...]:
        """The steps that take `plan` back where that is not rolling to `plan.before` (the archive that it took is
        restored); none where rolling is the way. Raises RefusedError where it cannot be taken back."""
        ...


class Checker(Protocol):
    """Says whether conditions hold, by what collectors saw."""

    async def check(self, check: Check, plan: Plan, since: datetime) -> tuple[bool | None, str]:
        """Whether it holds (None: not known, which is never a pass), and in words by which numbers. Only what was seen
        after `since` counts."""
        ...


class Locks(Protocol):
    """A lock per target, among the operators of one machine or of a Redis."""

    async def take(self, lock: Lock) -> Lock | None:
        """Take it; the lock of the other where somebody else has it. One whose owner is dead is taken over. Raises
        OutsideError where locks cannot be had; the act is then refused."""
        ...

    async def renew(self, target: str) -> None:
        """It is still at work."""
        ...

    async def release(self, target: str) -> None:
        """Let it go, if it is ours."""
        ...

    async def held(self) -> tuple[Lock, ...]:
        """All locks that are held by anybody. Raises OutsideError."""
        ...


class Acting(Protocol):
    """What the interface and the command line may ask: planning, and the one way in which anything is started. Every
    method raises FleetdeckError with a sentence where it could not be done. What happens is in `store.actions`,
    `store.locks`, `store.templates`, `store.rollbacks` and `store.freeze`."""

    def templates_for(self, name: str) -> tuple[Template, ...]:
        """The templates by which something can be submitted to an agent or a queue; all where `name` is ""."""
        ...

    async def desk(self, template: str, to: Sequence[str]) -> Desk:
        """What stands beside the form of a template."""
        ...

    async def read_items(self, template: str, text: str) -> tuple[Mapping[str, Any], ...]:
        """The items of a batch: JSONL, or one line an item. Raises RefusedError with the lines that are wrong."""
        ...

    async def batch_text(self, path: str) -> str:
        """What a file of this machine holds (`~` is one's own folder), for `read_items`. Raises FleetdeckError with a
        sentence where it cannot be read, is larger than the limits allow, or is no text."""
        ...

    async def plan_submit(self, template: str, items: Sequence[Mapping[str, Any]], to: Sequence[str]) -> Plan:
        """A plan that submits items, each a mapping of the template's fields as text or as JSON values. `to` are
        agents: none (the template's own target), one for all items, or each item goes to each. Every value is checked
        first."""
        ...

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        """The names of the definitions by which an agent, a service, an objective or an alert (by its id) can be rolled
        back; the likeliest first."""
        ...

    async def revisions(self, rollback: str) -> Revisions:
        """What there is to roll to, with the objective while each was live."""
        ...

    async def plan_rollback(self, rollback: str, to: str = "", *, staged: bool = False) -> Plan:
        """A plan that rolls to a revision, by id or name; to the preferred one where `to` is ""."""
        ...

    async def plan_undo(self, action: str) -> Plan:
        """A plan that takes an action back. Raises RefusedError where there is nothing to undo, or it cannot be."""
        ...

    async def plan_cancel(self, action: str) -> Plan:
        """A plan that cancels what an action submitted. Raises RefusedError where nothing of that is at work any more,
        or its target cannot."""
        ...

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Why it would be refused now, in sentences; none where nothing stands against it. Reads only."""
        ...

    async def start(self, plan: Plan, confirmation: Confirmation, *, dry_run: bool = False) -> str:
        """Do it, in the background; the action's id. It returns once the intent is on disk. A refusal is recorded, then
        raised as RefusedError."""
        ...

    async def leave(
        self, plan: Plan, by: str, *, against: Sequence[str] = (), reason: str = "", ticket: str = ""
    ) -> None:
        """An operator looked at a plan and left it: nothing is done, and that is recorded, also where whoever asked
        does not wait for it. `against` is what stood against it then, so that it could only be left; `reason` and
        `ticket` are what was given already."""
        ...

    async def ended(self, action: str) -> Action:
        """Wait until an action has ended."""
        ...

    async def abort(self, action: str, by: str) -> None:
        """Stop: nothing more is sent, a process is ended; what was sent is not taken back."""
        ...

    async def reconcile(self, action: str, by: str) -> Action:
        """Ask the target what became of an action that is unknown or timed out. Sends nothing that writes."""
        ...

    async def settle(self, action: str, state: ActionState, by: str, reason: str) -> Action:
        """Say how an action ended that is unknown or timed out, where its target cannot: succeeded, failed, or
        cancelled (it was not done). It is a claim, goes on the record first, and sends nothing: also possible where
        nothing may be changed. Raises RefusedError for any other action, without a reason, and where another program
        is at work on it."""
        ...

    async def freeze(self, by: str, reason: str) -> Freeze:
        """No writes to the fleet any more, by any program of the user, at once; what runs goes on. Where only this
        program is frozen, `why` says so."""
        ...

    async def unlock(self, by: str, reason: str, for_s: float) -> Freeze:
        """Writes are possible for `for_s` seconds, although it is read-only or frozen. A freeze is lifted for all
        programs, what is read-only for this one alone."""
        ...

    async def unfreeze(self, by: str, reason: str) -> Freeze:
        """The freeze is over, for all programs; what is read-only stays so."""
        ...


def item_key(key: str, item: int) -> str:
    """The idempotency key of an item of an act."""
    return key if item == 0 else f"{key}-{item}"
