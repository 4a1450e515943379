"""A template of the configuration, made: its fields, its kind, and the agents that it is for.

One that cannot be made says why, and is a row with that error, so that the others stand.
"""

from collections.abc import Collection
from typing import Protocol, runtime_checkable

from msgspec import Struct
from msgspec.structs import replace

from actions.chosen import chosen_agents
from actions.submission.template_fields import fields_of
from config.action_options import ActEntry, TemplateOptions
from fleet.actions.ports import ActReach, Submitting
from fleet.actions.template import WHOM, Field, Template
from fleet.errors import ConfigError, FilterError, FleetdeckError, RefusedError
from fleet.filters.filter import Filter, parse_filter
from fleet.store import Store
from fleet.text import scrub
from fleet.views.agents import VIEW


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


class MadeTemplate(Struct, frozen=True, kw_only=True):
    """A template as it was made: `submitting` None where it could not be, then `error` says why."""

    name: str
    kind: str
    head: TemplateOptions
    fields: tuple[Field, ...] = ()
    submitting: Submitting | None = None
    chosen: Filter | None = None
    error: str = ""

    @property
    def target(self) -> str:
        """Its own target, for people; "" where it could not be made."""
        return self.submitting.target if self.submitting is not None else ""

    @property
    def for_agents(self) -> bool:
        """Whether an agent must be named whom it is for."""
        return is_for_agents(self.submitting, self.fields)

    def usable(self) -> Submitting:
        """Its kind. Raises RefusedError where it could not be made."""
        if self.submitting is None:
            raise RefusedError(f"the template {self.name} cannot be used: {self.error}")
        return self.submitting

    def agents(self, store: Store) -> tuple[str, ...]:
        """The agents to which it may be submitted now."""
        return chosen_agents(self.chosen, store)

    def row(self, store: Store) -> Template:
        """As it is shown now."""
        return Template(
            name=self.name,
            kind=self.kind,
            target=self.target,
            help=self.head.help,
            tier=self.head.tier,
            fields=self.fields,
            agents=self.agents(store),
            queue=self.head.queue or "",
            error=self.error,
            cancels=self.submitting is not None and self.submitting.cancels,
            for_agents=self.for_agents,
        )


def make_template(entry: ActEntry, reach: ActReach) -> MadeTemplate:
    """The template of an entry. Raises ConfigError where the entry is of something else."""
    head = entry.head
    if not isinstance(head, TemplateOptions):
        raise ConfigError(f"{entry.where}: this is no template")
    made = MadeTemplate(name=entry.name, kind=entry.kind.name, head=head)
    try:
        made = replace(made, fields=fields_of(head, reach))
        chosen = parse_filter(head.agents, VIEW) if head.agents else None
        submitting: Submitting = entry.kind.build(entry.options, reach)
    except FilterError as error:
        return replace(made, error=f"agents: {error}")
    except FleetdeckError as error:
        return replace(made, error=scrub(str(error)))
    wrong = _wrong(submitting, made.fields, chosen)
    return replace(made, error=wrong) if wrong else replace(made, submitting=submitting, chosen=chosen)


def _wrong(submitting: Submitting, fields: tuple[Field, ...], chosen: Filter | None) -> str:
    """What does not fit together, "" where all of it does."""
    if isinstance(submitting, Telling):
        unknown = sorted(submitting.names() - {field.name for field in fields})
        if unknown:
            return f"there is no field {unknown[0]}, which its texts name as {{{unknown[0]}}}"
    if chosen is None and is_for_agents(submitting, fields):
        return f"{WHOM}: `agents` chooses some, or a field `agent`, or the option `agent` says one"
    return ""


def is_for_agents(submitting: Submitting | None, fields: Collection[Field]) -> bool:
    """Whether a template of that kind with these fields needs an agent to be named."""
    return isinstance(submitting, Addressed) and submitting.for_agents({field.name for field in fields})


def undo_words(submitting: Submitting) -> tuple[str, ...]:
    """What taking a submission back would take, in sentences."""
    if isinstance(submitting, Telling):
        return submitting.undo()
    return ("What is submitted cannot be taken back from here, unless its target can cancel it.",)
