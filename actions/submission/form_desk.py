"""What stands beside the form of a template: choices, its queue, what was sent before, and what is not known."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from actions.submission.made_template import MadeTemplate
from actions.submission.receivers import not_well
from actions.submission.template_fields import offered_too
from fleet.actions.depth import eta_s
from fleet.actions.plan import ActKind
from fleet.actions.template import CAPABILITY, Desk
from fleet.store import Store

HISTORY: Final = 20
"""Items that are recalled."""


async def form_desk(made: MadeTemplate, to: Sequence[str], store: Store) -> Desk:
    """The desk of a form that is opened for these agents. Raises RefusedError where the template cannot be used."""
    submitting, row = made.usable(), made.row(store)
    known, notes = await submitting.known(tuple(to))
    queue = store.queues.get(row.queue) if row.queue else None
    return Desk(
        template=replace(row, fields=offered_too(made.fields, {**_shared_capabilities(to, store), **known})),
        queued=None if queue is None else queue.queued,
        eta_s=None if queue is None else eta_s(queue),
        history=sent_before(made, store),
        notes=(*notes, *_queue_notes(row.queue, store), *not_well(to, store)),
    )


def _queue_notes(name: str, store: Store) -> tuple[str, ...]:
    """What is not known of the queue."""
    queue = store.queues.get(name) if name else None
    if name and queue is None:
        return (f"the queue {name} is not watched, or was not seen yet",)
    if queue is not None and (queue.error or queue.stale):
        return (f"the queue {name} is as it was last seen{': ' if queue.error else ''}{queue.error}",)
    return ()


def _shared_capabilities(to: Sequence[str], store: Store) -> Mapping[str, tuple[str, ...]]:
    """What all of the agents say that they can."""
    labels = [store.status[name].labels for name in to if name in store.status]
    can = [one.get("capabilities", "").replace(",", " ").split() for one in labels]
    shared = tuple(word for word in can[0] if all(word in other for other in can)) if can else ()
    return {CAPABILITY: shared} if shared else {}


def sent_before(made: MadeTemplate, store: Store) -> tuple[dict[str, Any], ...]:
    """What was sent before by this template, each once, newest first; only what its fields still take."""
    public = {field.name for field in made.fields if not field.private}
    sent = [
        action.plan
        for action in store.actions.values()
        if action.plan.source == made.name and action.act is ActKind.SUBMIT and not action.dry_run
    ]
    sent.sort(key=lambda plan: plan.made_at, reverse=True)
    found: list[dict[str, Any]] = []
    for values in (values for plan in sent for values in plan.values):
        kept = {name: value for name, value in values.items() if name in public}
        if kept and kept not in found:
            found.append(kept)
        if len(found) == HISTORY:
            break
    return tuple(found)
