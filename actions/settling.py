"""An act whose end nobody can see, settled by hand: what an operator says of it stands as a claim, never as what was
seen. Pure."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from actions.ending import next_step
from fleet.actions.action import DOUBTFUL, SETTLED_AS, Action, ActionState, Item
from fleet.actions.verdict import settled_words, whole
from fleet.text import scrub

_IN_DOUBT: Final = (*DOUBTFUL, ActionState.SENT, ActionState.RUNNING)


def against(action: Action, state: ActionState, reason: str) -> str:
    """Why it cannot be settled so, in a sentence; "" where it can."""
    if action.dry_run or action.state not in DOUBTFUL:
        settled = f", settled by {action.settled}" if action.settled else ""
        return f"there is nothing to settle: it is {action.state.value}{settled}"
    if state not in SETTLED_AS:
        return f"it cannot be settled as {state.value}: as {', '.join(one.value for one in SETTLED_AS)} it can"
    return "" if reason.strip() else "a reason is wanted: it goes on the record"


def settled(action: Action, state: ActionState, by: str, reason: str, now: datetime) -> Action:
    """The act as it is once it is settled. What was seen of its items stands: where one of them was refused, the whole
    has not succeeded, whatever is said of the others."""
    who = scrub(by, 80)
    items = tuple(_item(item, state, who) for item in action.items)
    of_items = whole(items) if items else state
    state = state if of_items is ActionState.SUCCEEDED else of_items
    row = replace(action, state=state, items=items, settled=who, changed_at=now)
    outcome = scrub(f"settled by {who}: {reason.strip()}", 600)
    return replace(row, outcome=outcome, next_step=next_step(row, state))


def _item(item: Item, state: ActionState, who: str) -> Item:
    if item.state not in _IN_DOUBT:
        return item
    return replace(item, state=state, settled=True, sentence=f"settled by {who}: {_MEANS[state]}")


_MEANS: Final = {state: settled_words(state).removeprefix("settled as ") for state in SETTLED_AS}
