"""An item of which no answer came, so that its id is not known: it is looked for among what its target shows. One that
is like it may be it, and nothing proves that it is."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fleet.actions.action import ActionState, Observed
from fleet.actions.plan import HttpRequest, Plan
from fleet.store import Store


def nobody_knows(sentence: str) -> Observed:
    """What became of it is not known, and looking again brings nothing new."""
    return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True)


def ids_on_record(store: Store, name: str) -> set[str]:
    """The ids that acts from here were told for their items, found under `name`: none of them is one that is lost."""
    return {item.found[name] for action in store.actions.values() for item in action.items if name in item.found}


def likely(what: str, like: Sequence[tuple[str, Observed]]) -> Observed | None:
    """What is said of the tasks or jobs (`what`) that are like it, by id; None where there are none. Never a success:
    one that is the only one is probably it."""
    if not like:
        return None
    if len(like) > 1:
        return nobody_knows(f"{len(like)} {what}s like it came since; which of them it is, if any, cannot be told")
    id, seen = like[0]
    sentence = f"probably {what} {id}, the only one like it that came since: {seen.sentence}"
    return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=seen.final, tail=seen.tail)


def sent_body(plan: Plan, number: int, path: str) -> dict[str, Any] | None:
    """The JSON object that an item sends to an address that ends in `path`; None where the plan does not say it (what
    is private is a hash in records)."""
    for step in plan.steps:
        effect = step.effect
        if step.item == number and isinstance(effect, HttpRequest) and effect.url.endswith(path):
            try:
                body = msgspec.json.decode(effect.body)
            except (ValueError, RecursionError):
                return None
            return body if isinstance(body, dict) else None
    return None
