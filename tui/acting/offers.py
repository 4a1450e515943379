"""What can be done about an act at the moment: a key that could do nothing is not offered. Pure."""

from fleet.actions.action import DOUBTFUL, Action, ActionState
from fleet.actions.plan import ActKind
from fleet.actions.template import Template

_DONE = (ActionState.SUCCEEDED, ActionState.FAILED, ActionState.TIMED_OUT, ActionState.UNKNOWN)
_THERE = (ActionState.SENT, ActionState.RUNNING)
_OPEN = (ActionState.UNKNOWN, ActionState.TIMED_OUT)
_NOT_DONE = (ActionState.PLANNED, ActionState.REFUSED, ActionState.CANCELLED)


def can_abort(action: Action) -> bool:
    """Whether something of it is still being done from here."""
    return not action.ended and action.state is not ActionState.PLANNED


def can_cancel(action: Action, template: Template | None) -> bool:
    """Whether something that it submitted may still be at work at its target, which can cancel it. `template` is what
    it was submitted by, None where that is configured no more."""
    return template is not None and template.cancels and is_at_work(action)


def is_at_work(action: Action) -> bool:
    """Whether something that it submitted may still be at work at its target."""
    if action.act is not ActKind.SUBMIT or action.dry_run or action.cancelling:
        return False
    return action.state in (*_THERE, *_OPEN) or action.count(*_THERE, *_OPEN) > 0


def can_undo(action: Action) -> bool:
    """Whether it changed something that was not taken back: also one that was stopped half-way."""
    if action.act not in (ActKind.ROLLBACK, ActKind.UNDO) or action.dry_run or action.undone_by:
        return False
    stopped = action.state is ActionState.CANCELLED
    return action.state in _DONE or (stopped and any(item.state not in _NOT_DONE for item in action.items))


def can_reconcile(action: Action) -> bool:
    """Whether it is not known what became of it."""
    return not action.dry_run and (action.state in _OPEN or (action.ended and action.count(*_OPEN) > 0))


def can_settle(action: Action) -> bool:
    """Whether somebody who knows how it ended can say so."""
    return not action.dry_run and action.state in DOUBTFUL
