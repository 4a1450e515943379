"""A plan that submits: the steps of the template's kind, and what they mean for the queue and for agents that are not
well."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from actions.aside import aside
from actions.planning import Planning
from actions.submission.items import checked_items
from actions.submission.made_template import MadeTemplate, undo_words
from actions.submission.plan_words import (
    blast_of,
    expected,
    given,
    hidden,
    not_taken,
    public_values,
    title_of,
    words_of,
)
from actions.submission.receivers import not_well, receivers, targets_of
from actions.submission.step_titles import titled
from fleet.actions.batch import MOST_ITEMS
from fleet.actions.depth import depth_sentence
from fleet.actions.plan import ActKind, Plan, Step, Tier
from fleet.actions.template import Field
from fleet.errors import RefusedError
from fleet.store import Store

KEPT_VALUES: Final = 20
"""Items of a plan whose values are kept for the history."""

Values = dict[str, Any]
Pair = tuple[str, Values]
"""An agent and the item that it is given."""


class _Said(Struct, frozen=True, kw_only=True):
    """What a plan says of its items."""

    steps: tuple[Step, ...]
    items: tuple[str, ...]
    blast: tuple[str, ...]
    warnings: tuple[str, ...]


async def submit_plan(
    made: MadeTemplate, items: Sequence[Mapping[str, Any]], to: Sequence[str], planning: Planning, follow_s: float
) -> Plan:
    """A plan that submits each item to each of `to`, and follows it for `follow_s`. Raises RefusedError that names
    every item that is wrong, OutsideError where the target must be asked and is not there."""
    submitting, fields, store = made.usable(), made.fields, planning.store
    agents = receivers(made, to, store)
    values = await aside(len(items), lambda: checked_items(fields, items))
    pairs = _pairs(agents, values)
    key = planning.new_id()
    steps = await submitting.steps([item for _, item in pairs], [agent for agent, _ in pairs], key)
    known, notes = await submitting.known(agents)
    said = await aside(
        len(pairs), lambda: _said(fields, values, pairs, titled(submitting, steps, pairs, fields), known)
    )
    return Plan(
        key=key,
        act=ActKind.SUBMIT,
        kind=made.kind,
        source=made.name,
        fleet=planning.fleet,
        title=title_of(made.name, len(pairs), agents, submitting.target),
        tier=Tier(made.head.tier),
        word=agents[0] if len(agents) == 1 and agents[0] else made.name,
        targets=targets_of(made, agents, store),
        steps=said.steps,
        made_at=planning.clock.now(),
        items=said.items,
        blast=said.blast,
        effects=(*given(agents, len(values)), *_queue_effects(made.head.queue, len(pairs), store)),
        undo=undo_words(submitting),
        warnings=(*not_well(agents, store), *said.warnings, *notes),
        expects=expected(askable=submitting.askable),
        askable=submitting.askable,
        asked_by=submitting.asked_by,
        follow_s=follow_s,
        values=tuple(public_values(item, fields) for item in values[:KEPT_VALUES]),
    )


def _pairs(agents: Sequence[str], values: Sequence[Values]) -> list[Pair]:
    """Each agent with each item. Raises RefusedError where these are too many."""
    pairs = [(agent, item) for agent in agents for item in values]
    if len(pairs) > MOST_ITEMS:
        raise RefusedError(f"{len(pairs):,} tasks are more than {MOST_ITEMS:,}, the most of one act")
    return pairs


def _said(
    fields: Sequence[Field],
    values: Sequence[Values],
    pairs: Sequence[Pair],
    steps: Sequence[Step],
    known: Mapping[str, tuple[str, ...]],
) -> _Said:
    several = len({agent for agent, _ in pairs}) > 1
    return _Said(
        steps=hidden(steps, [item for _, item in pairs], fields),
        items=tuple(words_of(agent if several else "", item, fields) for agent, item in pairs),
        blast=blast_of(steps),
        warnings=not_taken([public_values(item, fields) for item in values], known),
    )


def _queue_effects(queue: str | None, more: int, store: Store) -> tuple[str, ...]:
    """What so many more mean for the queue."""
    return (depth_sentence(queue, store.queues.get(queue), more),) if queue else ()
