"""A step for each item of what is submitted, made beside the loop where there are many."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from actions.aside import aside
from fleet.actions.plan import Step
from fleet.actions.ports import item_key


class Wanted(NamedTuple):
    """An item, the agent that it is for ("" for none), and its own idempotency key."""

    number: int
    item: Mapping[str, Any]
    to: str
    key: str

    @property
    def values(self) -> dict[str, Any]:
        """What texts are filled from; `key` and `to` are ours, whatever fields there are."""
        return {**self.item, "key": self.key, "to": self.to}


async def step_each(
    items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str, make: Callable[[Wanted], Step]
) -> tuple[Step, ...]:
    """What `make` makes of each item; `key` is the idempotency key of the whole. Raises what it raises."""

    def steps() -> tuple[Step, ...]:
        pairs = enumerate(zip(items, to, strict=True))
        return tuple(make(Wanted(number, item, agent, item_key(key, number))) for number, (item, agent) in pairs)

    return await aside(len(items), steps)
