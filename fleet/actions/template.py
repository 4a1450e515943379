"""Templates of tasks: which fields a form has, and what may stand in them."""

from typing import Any, Final, Literal

from msgspec import Struct

CAPABILITY: Final = "capability"
"""The field whose choices are what all of the agents that a form is opened for say that they can."""
FieldType = Literal["text", "integer", "number", "boolean", "choice", "list", "json"]
WHOM = "name an agent that it is for"
"""What is wanted where a template is `for_agents` and none is named."""


class Field(Struct, frozen=True, kw_only=True):
    """A field of a form. `pattern` is RE2 and anchored at both ends; `choices` are the values there may be, `offered`
    what is proposed beside free text; `private`: what stands in it is written down as a hash only."""

    name: str
    type: FieldType = "text"
    help: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    longest: int = 8192
    shortest: int = 0
    """Least characters."""
    private: bool = False
    lines: bool = False
    """Whether it may have several lines."""


class Template(Struct, frozen=True, kw_only=True):
    """A kind of task that can be submitted, as a row. `to` are the names of agents and queues that it may be submitted
    to; empty: to `target` itself."""

    name: str
    kind: str
    target: str = ""
    help: str = ""
    tier: int = 1
    fields: tuple[Field, ...] = ()
    agents: tuple[str, ...] = ()
    queue: str = ""
    """The queue of the store in which its tasks are seen, "" where none is watched."""
    error: str = ""
    cancels: bool = False
    """Whether what it submitted can be cancelled at the target."""
    for_agents: bool = False
    """Whether an agent must be named whom it is for: there is no target of its own."""


class Desk(Struct, frozen=True, kw_only=True):
    """What stands beside a form: the fields with their choices as they are now, the queue's depth and when it would be
    worked off, what was sent before (newest first), and what is wrong or not known, in sentences."""

    template: Template
    queued: int | None = None
    eta_s: float | None = None
    history: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
