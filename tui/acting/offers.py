"""What can be done about an act at the moment: a key that could do nothing is not offered. Pure."""

from fleet.actions.action import Action, ActionState
from fleet.actions.plan import ActKind

_DONE = (ActionState.SUCCEEDED, ActionState.FAILED, ActionState.TIMED_OUT, ActionState.UNKNOWN)
_THERE = (ActionState.SENT, ActionState.RUNNING)
_OPEN = (ActionState.UNKNOWN, ActionState.TIMED_OUT)


def can_abort(action: Action) -> bool:
    """Whether something of it is still being done from here."""
    return not action.ended and action.state is not ActionState.PLANNED


def can_cancel(action: Action) -> bool:
    """Whether something that it submitted may still be at work at its target."""
    if action.act is not ActKind.SUBMIT or action.dry_run or action.cancelling:
        return False
    return action.state in (*_THERE, *_OPEN) or action.count(*_THERE, *_OPEN) > 0


def can_undo(action: Action) -> bool:
    """Whether it changed something that was not taken back."""
    rolls = action.act in (ActKind.ROLLBACK, ActKind.UNDO)
    return rolls and not action.dry_run and not action.undone_by and action.state in _DONE


def can_reconcile(action: Action) -> bool:
    """Whether it is not known what became of it."""
    return not action.dry_run and (action.state in _OPEN or (action.ended and action.count(*_OPEN) > 0))
