"""A plan that cancels what waits of a submission."""

from typing import Final

from msgspec.structs import replace

from actions.planning import Planning
from actions.submission.made_template import MadeTemplate
from actions.submission.plan_words import count
from fleet.actions.action import Action, ActionState
from fleet.actions.plan import ActKind, Plan, Tier
from fleet.actions.ports import item_key
from fleet.actions.taking_back import of_fact
from fleet.errors import RefusedError
from fleet.text import scrub

FOLLOW_S: Final = 120.0
"""What is cancelled is looked at for so long at most: it is gone soon, or never."""
_OPEN: Final = frozenset({ActionState.SENT, ActionState.RUNNING, ActionState.UNKNOWN, ActionState.TIMED_OUT})


async def cancel_plan(made: MadeTemplate, action: Action, planning: Planning, follow_s: float) -> Plan:
    """A plan that cancels what has not ended of an action of that template. Raises RefusedError where nothing can be,
    OutsideError where the target must be asked and is not there."""
    submitting = made.usable()
    if action.act is not ActKind.SUBMIT:
        raise RefusedError("only what was submitted can be cancelled")
    still = _still_open(action)
    if not still:
        raise RefusedError("nothing of it runs or waits any more")
    steps = await submitting.cancel(action.plan, still)
    if not steps:
        raise RefusedError(f"{made.kind}: what was submitted there cannot be cancelled")
    places = {number: place for place, number in enumerate(dict.fromkeys(step.item for step in steps))}
    left = len(still) - len(places)
    return Plan(
        key=planning.new_id(),
        act=ActKind.CANCEL,
        kind=made.kind,
        source=made.name,
        fleet=planning.fleet,
        title=f"cancel {count(len(places), 'task')} of {scrub(action.plan.title, 120)}",
        tier=Tier(made.head.tier),
        word=action.plan.word,
        targets=action.plan.targets,
        steps=tuple(replace(step, item=places[step.item]) for step in steps),
        made_at=planning.clock.now(),
        items=tuple(action.items[number].words for number in places),
        facts=(of_fact(ActKind.CANCEL, action),),
        effects=(f"{count(len(places), 'task')} will not be done",),
        undo=("What is cancelled is submitted anew where it is still wanted.",),
        warnings=(f"{count(left, 'task')} cannot be cancelled any more",) if left else (),
        expects="each task is seen to be gone from its target",
        follow_s=min(follow_s, FOLLOW_S),
        of=action.id,
    )


def _still_open(action: Action) -> dict[int, dict[str, str]]:
    """The items that may still run or wait, by number: what was found of each, and its key."""
    key = action.plan.key
    return {
        number: {**item.found, "key": item_key(key, number)}
        for number, item in enumerate(action.items)
        if item.state in _OPEN
    }
