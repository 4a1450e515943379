"""Agents of which nothing new is known. Pure."""

from collections.abc import Iterable
from typing import Final

from fleet.store import Store
from fleet.text import scrub
from fleet.vocabulary import AgentState

MOST_NAMED: Final = 5
"""Agents that are named in the sentence."""
_BLIND: Final = (AgentState.STALE, AgentState.UNKNOWN)


def unseen(names: Iterable[str], store: Store) -> str:
    """Which of these are agents whose last look is too old, or that are only remembered, in a sentence; "" for none."""
    rows = ((name, store.status.get(name)) for name in names)
    old = [
        f"{scrub(name, 60)} is {row.state.value if name not in store.recalled else 'only remembered'}"
        for name, row in rows
        if row is not None and (row.state in _BLIND or name in store.recalled)
    ]
    if not old:
        return ""
    more = f", and {len(old) - MOST_NAMED} more" if len(old) > MOST_NAMED else ""
    return f"what is known is too old: {', '.join(old[:MOST_NAMED])}{more}"
