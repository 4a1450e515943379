"""What an act as a whole is said to be, from its items. Pure: the runner, reconciling and starting anew after a crash
all judge by it."""

from collections.abc import Iterable, Sequence

from fleet.actions.action import ENDED, Action, ActionState, Item, Sent, Verdict
from fleet.actions.plan import ActKind, HttpRequest, Plan, Step
from fleet.actions.ports import item_key

_WORDS = {
    ActionState.SUCCEEDED: "succeeded",
    ActionState.RUNNING: "running",
    ActionState.FAILED: "failed",
    ActionState.REFUSED: "refused",
    ActionState.CANCELLED: "cancelled",
    ActionState.TIMED_OUT: "not finished in time",
    ActionState.UNKNOWN: "not known",
    ActionState.SENT: "sent",
    ActionState.PLANNED: "not sent",
}


def items_of(plan: Plan) -> tuple[Item, ...]:
    """The items of a plan, none of which was sent."""
    return tuple(Item(words=words) for words in (plan.items or (plan.title,)))


def judged(sent: Sent, verdict: Verdict) -> Verdict:
    """What may be believed of an answer: where it is not known whether the effect reached its target nothing is, and
    what surely did not reach it was not done."""
    if sent is Sent.MAYBE:
        return Verdict.UNKNOWN
    return Verdict.FAILED if sent is Sent.NO and verdict is Verdict.DONE else verdict


def whole(items: Iterable[Item]) -> ActionState:
    """The state of an act all of whose items have ended: succeeded only where every item did."""
    states = {item.state for item in items}
    if states & {ActionState.UNKNOWN, ActionState.SENT}:
        return ActionState.UNKNOWN
    if len(states) == 1 and states <= ENDED:
        return states.pop()
    if states & {ActionState.FAILED, ActionState.REFUSED}:
        return ActionState.FAILED
    if ActionState.TIMED_OUT in states or ActionState.RUNNING in states:
        return ActionState.TIMED_OUT
    return ActionState.CANCELLED


def counts(items: Iterable[Item], act: ActKind = ActKind.ROLLBACK) -> str:
    """`190 submitted, 8 refused, 2 settled as succeeded`."""
    numbers: dict[tuple[bool, ActionState], int] = {}
    for item in items:
        numbers[item.settled, item.state] = numbers.get((item.settled, item.state), 0) + 1
    words = _WORDS | ({ActionState.SUCCEEDED: "submitted"} if act is ActKind.SUBMIT else {})
    seen = [f"{numbers[False, state]:,} {words[state]}" for state in words if (False, state) in numbers]
    said = [f"{numbers[True, state]:,} {settled_words(state)}" for state in words if (True, state) in numbers]
    return ", ".join(seen + said)


def settled_words(state: ActionState) -> str:
    """`settled as succeeded`; cancelled says that it was not done."""
    return f"settled as {'not done' if state is ActionState.CANCELLED else state.value}"


def state_words(action: Action | Item) -> str:
    """`succeeded`; `settled as succeeded` where nobody saw it."""
    return settled_words(action.state) if action.settled else action.state.value


def sentence_of(action: Action) -> str:
    """What became of the items, in a sentence."""
    if len(action.items) > 1:
        return counts(action.items, action.act)
    return action.items[0].sentence if action.items else ""


def step_key(plan: Plan, step: Step, among: Sequence[Step] | None = None) -> str:
    """The idempotency key of a step: that of its item, and of its stage. A server takes two requests to one URL with
    one key for one, so a later step of them that asks the same URL has one of its own. `among`: the steps of that item,
    where whoever asks has them apart."""
    key = item_key(plan.key, step.item) + (f".s{step.stage + 1}" if step.stage else "")
    if not isinstance(step.effect, HttpRequest):
        return key
    again = 0
    for other in plan.steps if among is None else among:
        if other is step:
            break
        if (other.item, other.stage) == (step.item, step.stage) and isinstance(other.effect, HttpRequest):
            again += (other.effect.method, other.effect.url) == (step.effect.method, step.effect.url)
    return f"{key}.{again + 1}" if again else key
