"""What an act is that has no end and nobody who carries it out any more: the program was killed. Pure."""

from typing import Final

from msgspec.structs import replace

from actions.ending import halted, left_stages, next_step
from fleet.actions.action import Action, ActionState, Item
from fleet.actions.verdict import sentence_of

ENDED: Final = "fleetdeck ended"


def abandoned(action: Action) -> Action:
    """The act as it is then: cancelled where nothing was sent, else unknown."""
    sure = all(item.state is ActionState.PLANNED for item in action.items)
    state = ActionState.CANCELLED if sure else ActionState.UNKNOWN
    left = replace(action, items=tuple(map(_left, action.items)), stages=left_stages(action.stages, ENDED), state=state)
    words = f"{ENDED} before anything was sent" if sure else halted(left) or f"{ENDED} while it was under way"
    said = "" if sure else sentence_of(left)
    return replace(
        left,
        outcome=f"{words}; {said}" if said else words,
        next_step="nothing was sent: plan it anew" if sure else next_step(left, state),
    )


def _left(item: Item) -> Item:
    """An item of an action that nobody carries out any more."""
    if item.state is ActionState.PLANNED:
        return replace(item, state=ActionState.CANCELLED, sentence=item.sentence or f"not sent: {ENDED}")
    if item.state in (ActionState.SENT, ActionState.RUNNING):
        return replace(item, state=ActionState.UNKNOWN)
    return item
