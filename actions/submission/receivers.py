"""To whom something is submitted: agents, or the template's own target."""

from collections.abc import Sequence
from typing import Final

from actions.submission.doer import mark_of
from actions.submission.made_template import MadeTemplate
from actions.submission.plan_words import NAMED, listed
from fleet.actions.plan import Target
from fleet.actions.template import WHOM
from fleet.errors import RefusedError
from fleet.near import meant
from fleet.store import Store
from fleet.text import scrub
from fleet.vocabulary import AgentState

_POOR: Final = frozenset({AgentState.DOWN, AgentState.STALE, AgentState.WAITING})


def receivers(made: MadeTemplate, to: Sequence[str], store: Store) -> tuple[str, ...]:
    """To whom it goes, each once; "" is the template's own target. Raises RefusedError for one that it is not for."""
    own = {made.head.queue, made.target}
    wanted = tuple(dict.fromkeys("" if name in own else name for name in to)) or ("",)
    if "" in wanted and made.for_agents:
        raise RefusedError(f"to: {WHOM}")
    allowed = made.agents(store)
    strangers = [name for name in wanted if name and name not in allowed]
    if strangers and made.chosen is None:
        raise RefusedError(f"{made.name} is not submitted to agents: it goes to its own target")
    if strangers:
        named = ", ".join(scrub(name, 60) for name in strangers[:NAMED])
        raise RefusedError(f"{made.name} is not for {named}{meant(strangers[0], allowed)}: {made.head.agents!r}")
    return wanted


def targets_of(made: MadeTemplate, agents: Sequence[str], store: Store) -> tuple[Target, ...]:
    """What a plan for these is about: each agent with its condition now, else the queue."""
    named = tuple(Target(name=name, kind="agent", mark=mark_of(store, name)) for name in agents if name)
    return named or (Target(name=made.head.queue or made.target, kind="queue"),)


def not_well(agents: Sequence[str], store: Store) -> tuple[str, ...]:
    """A sentence for each state of agents that are not well."""
    by_state: dict[str, list[str]] = {}
    for name in agents:
        row = store.status.get(name)
        if row is not None and row.state in _POOR:
            by_state.setdefault(row.state.value, []).append(name)
    return tuple(f"{listed(names)}: {state}; what it is given may stay undone" for state, names in by_state.items())
