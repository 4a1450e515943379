"""Whether an act can be taken back, or what it submitted cancelled: one answer for the keys that are offered, for the
command line, and for whoever plans it; and the words for which act a plan takes back. Pure."""

from typing import Final

from fleet.actions.action import DOUBTFUL, Action, ActionState
from fleet.actions.plan import ActKind, Fact, Plan
from fleet.text import scrub

AT_WORK: Final = (ActionState.SENT, ActionState.RUNNING, *DOUBTFUL)
"""States in which something may still be at work at its target."""
_OF: Final = {ActKind.UNDO: "undoes", ActKind.CANCEL: "cancels"}
_NOT_DONE = (ActionState.PLANNED, ActionState.REFUSED, ActionState.CANCELLED)


def why_not_undone(action: Action) -> str:
    """Why it cannot be undone, in a sentence; "" where it changed something that was not taken back, also where it was
    stopped half-way."""
    if not action.rolls:
        return "only what was rolled can be undone; what was submitted can be cancelled, where it can"
    if action.dry_run:
        return "it was a dry run: there is nothing to undo"
    if action.undone_by:
        return f"it was undone already, by {action.undone_by[:8]}"
    if not action.ended:
        return "it is under way: wait until it has ended, or stop it"
    stopped = action.state is ActionState.CANCELLED and any(item.state not in _NOT_DONE for item in action.items)
    if action.state in _NOT_DONE and not stopped:
        return "nothing was changed by it"
    return ""


def why_not_cancelled(action: Action) -> str:
    """Why nothing that it submitted can be cancelled, in a sentence; "" where some of it may still be at work at its
    target, which has the last word."""
    if action.act is not ActKind.SUBMIT:
        return "only what was submitted can be cancelled; what was rolled can be undone"
    if action.dry_run:
        return "it was a dry run: there is nothing to cancel"
    if action.cancelling:
        return "it is being stopped: wait until it has ended"
    if action.state not in AT_WORK and not action.count(*AT_WORK):
        return "nothing of it runs or waits any more" if action.ended else "nothing of it was sent yet: stop it instead"
    return ""


def of_fact(act: ActKind, action: Action) -> Fact:
    """Which action a plan of that kind is about: `undoes`, `7f3a12bc: roll api to 1.4`."""
    return Fact(_OF.get(act, "of"), f"{action.id[:8]}: {scrub(action.plan.title, 200)}")


def taken_back(plan: Plan) -> Fact | None:
    """Which action it undoes or cancels, as `of_fact` says it; None where it is about none."""
    if not plan.of:
        return None
    name = _OF.get(plan.act, "of")
    return next((fact for fact in plan.facts if fact.name == name), Fact(name, plan.of[:8]))
