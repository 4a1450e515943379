"""An act that was planned, as a row: what state it is in, what became of its parts. And what single effects bring
back."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from fleet.actions.plan import ActKind, Moment, Plan, Tier
from fleet.actions.revision import words_of
from fleet.vocabulary import TaskState

AUTO: Final = "fleetdeck (auto)"
"""Who acts where nobody asked for it."""


class ActionState(StrEnum):
    """Where an act is. UNKNOWN: it may have been done, and nobody knows; it is never sent again, but reconciled."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    SENT = "sent"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    UNKNOWN = "unknown"


ENDED = frozenset(
    {
        ActionState.SUCCEEDED,
        ActionState.FAILED,
        ActionState.REFUSED,
        ActionState.CANCELLED,
        ActionState.TIMED_OUT,
        ActionState.UNKNOWN,
    }
)
"""States that change by themselves no more; UNKNOWN and TIMED_OUT may by being reconciled, or settled by hand."""
DOUBTFUL = (ActionState.UNKNOWN, ActionState.TIMED_OUT)
"""States in which nobody knows how an act ended."""
SETTLED_AS = (ActionState.SUCCEEDED, ActionState.FAILED, ActionState.CANCELLED)
"""How an act can be settled by hand; the last says that it was not done."""


class Sent(StrEnum):
    """Whether an effect reached its target."""

    NO = "not sent"
    """It surely did not: refused, no such host, the program does not exist."""
    YES = "answered"
    """It did, and there is an answer, an exit code."""
    MAYBE = "not known"
    """The connection ended, or the time was over, after something was sent."""


class Result(Struct, frozen=True, kw_only=True):
    """What an effect brought back. `status` is an HTTP status or an exit code (negative: ended by that signal); `text`
    the answer or the output, not scrubbed, up to a limit; `cut` how many bytes of it were dropped."""

    sent: Sent
    status: int | None = None
    text: str = ""
    headers: dict[str, str] = {}
    fault: str = ""
    """What went wrong, in a sentence; "" where there is an answer."""
    retry_after_s: float | None = None
    passing: bool = False
    """It was not sent for a reason that may pass by itself: nothing listens there, the name is not found."""
    took_s: float = 0.0
    timed_out: bool = False
    cut: int = 0


class Verdict(StrEnum):
    """What an answer means. AGAIN: it was surely not done, and may be sent again with the same key."""

    DONE = "done"
    AGAIN = "again"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class StepRead(Struct, frozen=True, kw_only=True):
    """How who made the step reads its result. `found` is what it learned (a task's id), by name."""

    verdict: Verdict
    sentence: str = ""
    found: dict[str, str] = {}
    again_after_s: float = 1.0


class Observed(Struct, frozen=True, kw_only=True):
    """What was seen of an item at its target. `state` is RUNNING, SUCCEEDED, FAILED, CANCELLED or UNKNOWN; `final` says
    that looking again would bring nothing new. `tail` is the end of its output, scrubbed."""

    state: ActionState
    sentence: str = ""
    final: bool = False
    tail: str = ""
    found: dict[str, str] = {}
    task: TaskState | None = None
    """How its target showed the task, from which on it stands in the tasks view; None where it was not shown."""


class Item(Struct, frozen=True, kw_only=True):
    """One item of an act. `found` is what is known of it at the target. `settled`: an operator said that it is in this
    state, and nobody saw it."""

    words: str
    state: ActionState = ActionState.PLANNED
    sentence: str = ""
    found: dict[str, str] = {}
    tries: int = 0
    settled: bool = False


class StageState(Struct, frozen=True, kw_only=True):
    """A stage as it went: `waiting`, `running`, `checking`, `passed`, `failed`, `stopped` (by an operator, or because
    fleetdeck ended), `skipped`; what its checks say now."""

    title: str
    state: str = "waiting"
    sentence: str = ""
    checks: tuple[str, ...] = ()
    holds: tuple[bool | None, ...] = ()
    """Whether each of `checks` holds; None: not known."""
    held_from: Moment | None = None
    """Since when all of them hold without a break."""
    since: Moment | None = None
    until: Moment | None = None
    """When it had passed or failed."""


class Action(Struct, frozen=True, kw_only=True):
    """An act as a row, by its id, which is its idempotency key. `plan` is public (`fleet.actions.plan.public`).

    `outcome` says in a sentence what became of it, `next_step` what would be best now where that is not plain.
    `output` is what commands printed, scrubbed, in whole lines: all of it, or its first `output_head` characters and
    its end (`fleet.actions.printed`). Times are by our clock; `ended_at` is when its end was first known, None where
    nobody saw it end: its program was killed.
    """

    id: str
    plan: Plan
    state: ActionState
    actor: str = ""
    reason: str = ""
    ticket: str = ""
    second: str = ""
    """Whose one-time code confirmed it, too."""
    dry_run: bool = False
    planned_at: Moment | None = None
    sent_at: Moment | None = None
    changed_at: Moment | None = None
    ended_at: Moment | None = None
    items: tuple[Item, ...] = ()
    stages: tuple[StageState, ...] = ()
    stage: int = 0
    checks: tuple[str, ...] = ()
    """What the post-condition says, now or at the end; before it is looked at, nothing."""
    holds: tuple[bool | None, ...] = ()
    """Whether each of `checks` holds; None: not known."""
    outcome: str = ""
    next_step: str = ""
    output: str = ""
    output_head: int = 0
    """How many characters of `output` stand before those that were dropped, where some were."""
    output_cut: int = 0
    """Characters of output that were dropped there."""
    output_cut_lines: int = 0
    """How many lines they had."""
    undone_by: str = ""
    settled: str = ""
    """Who said how it ended, where nobody could see it: `user@host`. Its state is a claim then."""
    cancelling: bool = False
    audit: tuple[int, ...] = ()
    """The numbers of its lines in the audit log, as far as they are known."""

    @property
    def act(self) -> ActKind:
        """What is done."""
        return self.plan.act

    @property
    def rolls(self) -> bool:
        """Whether it rolls something back, or undoes that."""
        return self.plan.act in (ActKind.ROLLBACK, ActKind.UNDO)

    @property
    def tier(self) -> Tier:
        """How it had to be confirmed."""
        return self.plan.tier

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of its targets."""
        return tuple(target.name for target in self.plan.targets)

    @property
    def ended(self) -> bool:
        """Whether it changes by itself no more."""
        return self.state in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether it was seen to succeed: what somebody settled by hand was not."""
        return self.state is ActionState.SUCCEEDED and not self.settled

    def count(self, *states: ActionState) -> int:
        """How many of its items are in one of these states."""
        return sum(item.state in states for item in self.items)


class Lock(Struct, frozen=True, kw_only=True):
    """Who is at work on a target: `owner` is `user@host`, `action` the id of what is done. `mine`: this process."""

    target: str
    owner: str
    since: Moment
    action: str = ""
    title: str = ""
    mine: bool = False


class Confirmation(Struct, frozen=True, kw_only=True):
    """What an operator entered. `typed` is the target's name, `code` a one-time code, and `second` whose it is where it
    is another operator's."""

    by: str
    typed: str = ""
    reason: str = ""
    ticket: str = ""
    code: str = ""
    second: str = ""
    yes: bool = False


class Freeze(Struct, frozen=True, kw_only=True):
    """Whether writes are possible. `why` says why not, "" where they are; `until` is when an unlocking ends by itself;
    `can_unlock`: it was frozen or is read-only by the configuration, and may be unlocked for a while; `can_unfreeze`:
    somebody froze it, and that can be taken back. `by` and `since`: who froze it, and when, where that is known."""

    frozen: bool = False
    why: str = ""
    until: Moment | None = None
    can_unlock: bool = False
    can_unfreeze: bool = False
    by: str = ""
    since: Moment | None = None


class Proposal(Struct, frozen=True, kw_only=True):
    """A rollback that a failing gate or a burning objective suggests. `because` names it in a sentence. `doubt`: what
    makes it uncertain that it heals, which `because` says, too; such a one is never carried out by itself."""

    target: str
    revision: str
    because: str
    since: Moment
    auto: bool = False
    doubt: str = ""
    name: str = ""
    """What people call the revision; "" where that is its id."""
    acts_at: Moment | None = None
    """When it is carried out by itself; None where it is not."""
    held_back: str = ""
    """Why it is not carried out by itself although its definition says `auto`, in a sentence."""

    @property
    def called(self) -> str:
        """The words for its revision."""
        return words_of(self.revision, self.name)
