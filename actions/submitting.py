"""`Submissions`: the templates of the configuration, the desk of their forms, and plans that submit and cancel.

Nothing is sent from here. A plan is made of the steps of the template's kind, after every value was checked, and says
what it means for the queue and for agents that are not well.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from msgspec import Struct
from msgspec.structs import replace

from actions.aside import aside
from actions.submission.doer import AgentsStillUp, mark_of
from actions.submission.plan_words import (
    NAMED,
    blast_of,
    count,
    given,
    hidden,
    listed,
    not_taken,
    public_values,
    title_of,
    words_of,
)
from actions.submission.step_titles import titled
from actions.submission.template_fields import fields_of, offered_too
from config.action_options import ActEntry, ActionsOptions, TemplateOptions
from fleet.actions.action import Action, ActionState
from fleet.actions.batch import MOST_ITEMS, mistakes, read_batch
from fleet.actions.depth import depth_sentence, eta_s
from fleet.actions.fields import checked
from fleet.actions.plan import ActKind, Plan, Step, Target, Tier
from fleet.actions.ports import ActReach, Doer, Submitting, item_key
from fleet.actions.template import WHOM, Desk, Field, Template
from fleet.errors import ConfigError, FilterError, FleetdeckError, RefusedError
from fleet.filters.filter import Filter, parse_filter
from fleet.near import meant
from fleet.text import scrub
from fleet.views.agents import VIEW
from fleet.views.view import look
from fleet.vocabulary import AgentState

HISTORY: Final = 20
"""Items that the desk recalls."""
KEPT_VALUES: Final = 20
"""Items of a plan whose values are kept for the history."""
_OPEN: Final = frozenset({ActionState.SENT, ActionState.RUNNING, ActionState.UNKNOWN, ActionState.TIMED_OUT})
_POOR: Final = frozenset({AgentState.DOWN, AgentState.STALE, AgentState.WAITING})


@runtime_checkable
class Telling(Protocol):
    """What a kind may tell beside what `Submitting` asks for."""

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        ...

    def undo(self) -> tuple[str, ...]:
        """What taking a submission back would take, in sentences."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """What a kind tells whose tasks are for agents."""

    def for_agents(self, fields: Collection[str]) -> bool:
        """Whether an agent must be named for each submission, where the template has these fields."""
        ...


class _Made(Struct, frozen=True):
    """A template that was made: `submitting` None where it could not be, then `error` says why."""

    head: TemplateOptions
    kind: str
    fields: tuple[Field, ...] = ()
    submitting: Submitting | None = None
    chosen: Filter | None = None
    error: str = ""


class _Said(Struct, frozen=True, kw_only=True):
    """What a plan says of its items."""

    steps: tuple[Step, ...]
    items: tuple[str, ...]
    blast: tuple[str, ...]
    warnings: tuple[str, ...]


class Submissions:
    """The templates of a configuration. One that cannot be made is a row with its error, and the others stand."""

    def __init__(
        self,
        entries: tuple[ActEntry, ...],
        reach: ActReach,
        fleet: str,
        new_id: Callable[[], str],
        options: ActionsOptions,
    ) -> None:
        self._reach = reach
        self._fleet = fleet
        self._new_id = new_id
        self._options = options
        self._made = {entry.name: _make(entry, reach) for entry in entries}

    # ── what there is ──

    def templates(self) -> tuple[Template, ...]:
        """All templates as rows, with the agents to which each may be submitted now."""
        return tuple(self._row(name, made) for name, made in self._made.items())

    def templates_for(self, name: str) -> tuple[Template, ...]:
        """The templates by which something can be submitted to an agent or a queue; all where `name` is ""."""
        rows = self.templates()
        return tuple(row for row in rows if not name or name in row.agents or name in (row.queue, row.target))

    def doer(self, source: str) -> Doer | None:
        """Who reads the answers of plans that were made from the template of that name."""
        made = self._made.get(source)
        if made is None or made.submitting is None:
            return None
        return AgentsStillUp(made.submitting, self._reach.store)

    async def desk(self, template: str, to: Sequence[str]) -> Desk:
        """What stands beside a template's form. Raises RefusedError for a template that there is not."""
        made, submitting = self._found(template)
        row = self._row(template, made)
        known, notes = await submitting.known(tuple(to))
        queue = self._reach.store.queues.get(row.queue) if row.queue else None
        if row.queue and queue is None:
            notes = (*notes, f"the queue {row.queue} is not watched, or was not seen yet")
        elif queue is not None and (queue.error or queue.stale):
            notes = (*notes, f"the queue {row.queue} is as it was last seen{': ' if queue.error else ''}{queue.error}")
        return Desk(
            template=replace(row, fields=offered_too(made.fields, self._capabilities(known, to))),
            queued=None if queue is None else queue.queued,
            eta_s=None if queue is None else eta_s(queue),
            history=self._history(template, made.fields),
            notes=(*notes, *self._poorly(to)),
        )

    # ── planning ──

    async def read_items(self, template: str, text: str) -> tuple[dict[str, Any], ...]:
        """The items of a batch; what all of them share may still come. Raises RefusedError with the lines that are
        wrong."""
        fields = self._found(template)[0].fields
        return await aside(text.count("\n"), lambda: read_batch(text, fields, partial=True))

    async def plan(self, template: str, items: Sequence[Mapping[str, Any]], to: Sequence[str]) -> Plan:
        """A plan that submits each item to each of `to` (to the template's own target where there is none). Raises
        RefusedError that names every item that is wrong, OutsideError where the target must be asked and is not
        there."""
        made, submitting = self._found(template)
        agents = self._receivers(template, made, to)
        fields = made.fields
        values = await aside(len(items), lambda: _checked(fields, items))
        pairs = [(agent, item) for agent in agents for item in values]
        if len(pairs) > MOST_ITEMS:
            raise RefusedError(f"{len(pairs):,} tasks are more than {MOST_ITEMS:,}, the most of one act")
        key = self._new_id()
        steps = await submitting.steps([item for _, item in pairs], [agent for agent, _ in pairs], key)
        known, notes = await submitting.known(agents)
        said = await aside(
            len(pairs), lambda: _said(fields, values, pairs, titled(submitting, steps, pairs, fields), known)
        )
        return Plan(
            key=key,
            act=ActKind.SUBMIT,
            kind=made.kind,
            source=template,
            fleet=self._fleet,
            title=title_of(template, len(pairs), agents, submitting.target),
            tier=Tier(made.head.tier),
            word=agents[0] if len(agents) == 1 and agents[0] else template,
            targets=self._targets(agents, submitting.target, made.head.queue),
            steps=said.steps,
            made_at=self._reach.clock.now(),
            items=said.items,
            blast=said.blast,
            effects=(*given(agents, len(values)), *self._effects(made.head.queue, len(pairs))),
            undo=_undo(submitting),
            warnings=(*self._poorly(agents), *said.warnings, *notes),
            expects="each task is seen to end well at its target",
            askable=submitting.askable,
            follow_s=float(self._options.follow),
            values=tuple(public_values(item, made.fields) for item in values[:KEPT_VALUES]),
        )

    async def plan_cancel(self, action: Action) -> Plan:
        """A plan that cancels what waits of a submission. Raises RefusedError where nothing can be, OutsideError."""
        made, submitting = self._found(action.plan.source)
        if action.act is not ActKind.SUBMIT:
            raise RefusedError("only what was submitted can be cancelled")
        key = action.plan.key
        still = {
            number: {**item.found, "key": item_key(key, number)}
            for number, item in enumerate(action.items)
            if item.state in _OPEN
        }
        if not still:
            raise RefusedError("nothing of it runs or waits any more")
        steps = await submitting.cancel(action.plan, still)
        if not steps:
            raise RefusedError(f"{made.kind}: what was submitted there cannot be cancelled")
        numbers = list(dict.fromkeys(step.item for step in steps))
        left = len(still) - len(numbers)
        return Plan(
            key=self._new_id(),
            act=ActKind.CANCEL,
            kind=made.kind,
            source=action.plan.source,
            fleet=self._fleet,
            title=f"cancel {count(len(numbers), 'task')} of {scrub(action.plan.title, 120)}",
            tier=Tier(made.head.tier),
            word=action.plan.word,
            targets=action.plan.targets,
            steps=tuple(replace(step, item=numbers.index(step.item)) for step in steps),
            made_at=self._reach.clock.now(),
            items=tuple(action.items[number].words for number in numbers),
            effects=(f"{count(len(numbers), 'task')} will not be done",),
            undo=("What is cancelled is submitted anew where it is still wanted.",),
            warnings=(f"{count(left, 'task')} cannot be cancelled any more",) if left else (),
            expects="each task is seen to be gone from its target",
            follow_s=min(float(self._options.follow), 120.0),
            of=action.id,
        )

    # ── parts ──

    def _found(self, template: str) -> tuple[_Made, Submitting]:
        made = self._made.get(template)
        if made is None:
            known = ", ".join(self._made) or "none is configured"
            hint = meant(template, self._made) or f" (known: {known})"
            raise RefusedError(f"there is no template {scrub(template, 80)!r}{hint}")
        if made.submitting is None:
            raise RefusedError(f"the template {template} cannot be used: {made.error}")
        return made, made.submitting

    def _row(self, name: str, made: _Made) -> Template:
        return Template(
            name=name,
            kind=made.kind,
            target=made.submitting.target if made.submitting is not None else "",
            help=made.head.help,
            tier=made.head.tier,
            fields=made.fields,
            agents=self._passing(made.chosen),
            queue=made.head.queue or "",
            error=made.error,
            cancels=made.submitting is not None and made.submitting.cancels,
            for_agents=_for_agents(made.submitting, made.fields),
        )

    def _passing(self, chosen: Filter | None) -> tuple[str, ...]:
        if chosen is None:
            return ()
        status = self._reach.store.status
        return tuple(
            sorted(
                name
                for name, row in status.items()
                if not row.gone and chosen.test(row, look(self._reach.store, status, name))
            )
        )

    def _receivers(self, template: str, made: _Made, to: Sequence[str]) -> tuple[str, ...]:
        """To whom it goes, each once; "" is the template's own target."""
        own = {made.head.queue, made.submitting.target if made.submitting is not None else ""}
        wanted = tuple(dict.fromkeys("" if name in own else name for name in to)) or ("",)
        if "" in wanted and _for_agents(made.submitting, made.fields):
            raise RefusedError(f"to: {WHOM}")
        allowed = self._passing(made.chosen)
        strangers = [name for name in wanted if name and name not in allowed]
        if strangers and made.chosen is None:
            raise RefusedError(f"{template} is not submitted to agents: it goes to its own target")
        if strangers:
            named = ", ".join(scrub(name, 60) for name in strangers[:NAMED])
            raise RefusedError(f"{template} is not for {named}{meant(strangers[0], allowed)}: {made.head.agents!r}")
        return wanted

    def _capabilities(self, known: Mapping[str, tuple[str, ...]], to: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """What the target takes, and under `capability` what the agents say that they can."""
        labels = [self._reach.store.status[name].labels for name in to if name in self._reach.store.status]
        can = [one.get("capabilities", "").replace(",", " ").split() for one in labels]
        shared = tuple(word for word in can[0] if all(word in other for other in can)) if can else ()
        return {**({"capability": shared} if shared else {}), **known}

    def _poorly(self, agents: Sequence[str]) -> tuple[str, ...]:
        """A sentence for each state of agents that are not well."""
        by_state: dict[str, list[str]] = {}
        for name in agents:
            row = self._reach.store.status.get(name)
            if row is not None and row.state in _POOR:
                by_state.setdefault(row.state.value, []).append(name)
        return tuple(f"{listed(names)}: {state}; what it is given may stay undone" for state, names in by_state.items())

    def _targets(self, agents: Sequence[str], target: str, queue: str | None) -> tuple[Target, ...]:
        named = tuple(Target(name=name, kind="agent", mark=mark_of(self._reach.store, name)) for name in agents if name)
        return named or (Target(name=queue or target, kind="queue"),)

    def _effects(self, queue: str | None, more: int) -> tuple[str, ...]:
        if not queue:
            return ()
        return (depth_sentence(queue, self._reach.store.queues.get(queue), more),)

    def _history(self, template: str, fields: Sequence[Field]) -> tuple[dict[str, Any], ...]:
        """What was sent before by this template, each once, newest first; only what its fields still take."""
        public = {field.name for field in fields if not field.private}
        sent = [one for one in self._reach.store.actions.values() if one.plan.source == template and not one.dry_run]
        sent.sort(key=lambda one: one.plan.made_at, reverse=True)
        found: list[dict[str, Any]] = []
        for action in sent:
            for values in action.plan.values if action.act is ActKind.SUBMIT else ():
                kept = {name: value for name, value in values.items() if name in public}
                if kept and kept not in found:
                    found.append(kept)
                if len(found) == HISTORY:
                    return tuple(found)
        return tuple(found)


def _make(entry: ActEntry, reach: ActReach) -> _Made:
    head = entry.head
    if not isinstance(head, TemplateOptions):
        raise ConfigError(f"{entry.where}: this is no template")
    made = _Made(head, entry.kind.name)
    try:
        made = replace(made, fields=fields_of(head, reach))
        chosen = parse_filter(head.agents, VIEW) if head.agents else None
        submitting: Submitting = entry.kind.build(entry.options, reach)
    except FilterError as error:
        return replace(made, error=f"agents: {error}")
    except FleetdeckError as error:
        return replace(made, error=scrub(str(error)))
    if isinstance(submitting, Telling):
        unknown = sorted(submitting.names() - {field.name for field in made.fields})
        if unknown:
            return replace(made, error=f"there is no field {unknown[0]}, which its texts name as {{{unknown[0]}}}")
    if chosen is None and _for_agents(submitting, made.fields):
        return replace(made, error=f"{WHOM}: `agents` chooses some, or a field `agent`, or the option `agent` says one")
    return replace(made, submitting=submitting, chosen=chosen)


def _checked(fields: Sequence[Field], items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every item with its types; what was not entered is None. Raises RefusedError with the numbers of wrong items."""
    if not items:
        raise RefusedError("there is nothing to submit")
    if len(items) > MOST_ITEMS:
        raise RefusedError(f"{len(items):,} items are more than {MOST_ITEMS:,}, the most of one act")
    nothing = dict.fromkeys(field.name for field in fields)
    found: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, item in enumerate(items, start=1):
        try:
            found.append(nothing | checked(fields, item))
        except RefusedError as error:
            wrong.append(f"item {number}: {error}" if len(items) > 1 else str(error))
    if wrong:
        raise RefusedError(mistakes(wrong, "items"))
    return found


def _said(
    fields: Sequence[Field],
    values: Sequence[dict[str, Any]],
    pairs: Sequence[tuple[str, dict[str, Any]]],
    steps: Sequence[Step],
    known: Mapping[str, tuple[str, ...]],
) -> _Said:
    """Each pair is an item and the agent that it goes to."""
    several = len({agent for agent, _ in pairs}) > 1
    return _Said(
        steps=hidden(steps, [item for _, item in pairs], fields),
        items=tuple(words_of(agent if several else "", item, fields) for agent, item in pairs),
        blast=blast_of(steps),
        warnings=not_taken([public_values(item, fields) for item in values], known),
    )


def _for_agents(submitting: Submitting | None, fields: Sequence[Field]) -> bool:
    return isinstance(submitting, Addressed) and submitting.for_agents({field.name for field in fields})


def _undo(submitting: Submitting) -> tuple[str, ...]:
    if isinstance(submitting, Telling):
        return submitting.undo()
    return ("What is submitted cannot be taken back from here, unless its target can cancel it.",)
