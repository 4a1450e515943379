"""What can be done about an act at the moment: a key that could do nothing is not offered. Pure."""

from fleet.actions.action import DOUBTFUL, Action, ActionState
from fleet.actions.taking_back import why_not_cancelled, why_not_undone
from fleet.actions.template import Template


def can_abort(action: Action) -> bool:
    """Whether something of it is still being done from here."""
    return not action.ended and action.state is not ActionState.PLANNED


def can_cancel(action: Action, template: Template | None) -> bool:
    """Whether something that it submitted may still be at work at its target, which can cancel it. `template` is what
    it was submitted by, None where that is configured no more."""
    return template is not None and template.cancels and is_at_work(action)


def is_at_work(action: Action) -> bool:
    """Whether something that it submitted may still be at work at its target."""
    return not why_not_cancelled(action)


def can_undo(action: Action) -> bool:
    """Whether it changed something that was not taken back: also one that was stopped half-way."""
    return not why_not_undone(action)


def can_reconcile(action: Action) -> bool:
    """Whether it is not known what became of it."""
    return not action.dry_run and (action.state in DOUBTFUL or (action.ended and action.count(*DOUBTFUL) > 0))


def can_settle(action: Action) -> bool:
    """Whether somebody who knows how it ended can say so."""
    return not action.dry_run and action.state in DOUBTFUL
