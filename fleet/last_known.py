"""What was last known of the agents, from an earlier session: shown at a start until something is known again.

Such a row is stale whatever it was, and says what it was: an hour-old `up` is no sign of life. It makes no event, and
no verdict is built on it. It goes when its agent is judged, and at the latest when every discovery source has answered.
"""

from datetime import datetime

from msgspec import Struct

from fleet.model import AgentStatus, ProbeKind
from fleet.store import Store
from fleet.text import scrub, scrub_labels
from fleet.vocabulary import SEVERITY, AgentState

VERSION = 1
MOST_AGENTS = 10_000


class KnownAgent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent as it was last shown; `seen` is when it was last confirmed."""

    name: str
    kind: str = ""
    state: AgentState = AgentState.UNKNOWN
    labels: dict[str, str] = {}
    since: datetime | None = None
    seen: datetime | None = None


class LastKnown(Struct, frozen=True, kw_only=True):
    """The agents of a fleet at a moment."""

    at: datetime
    agents: tuple[KnownAgent, ...]
    version: int = VERSION


def last_known(store: Store, at: datetime, most: int = MOST_AGENTS) -> LastKnown:
    """What is known now, the worst first; of an agent that was not looked at since the start, what was known then."""
    rows = sorted(store.status.values(), key=lambda row: (SEVERITY[row.state], row.name))
    agents = (store.recalled.get(row.name) or _known(store, row) for row in rows if not row.gone)
    return LastKnown(at=at, agents=tuple(agent for agent, _ in zip(agents, range(most), strict=False)))


def recall(store: Store, known: LastKnown, now: datetime) -> None:
    """Show `known` in a store that nobody has written to yet."""
    store.now = now
    for agent in known.agents[:MOST_AGENTS]:
        name = scrub(agent.name)
        row = AgentStatus(
            name=name,
            kind=scrub(agent.kind),
            state=AgentState.STALE,
            detail=f"last known: {agent.state.value}",
            since=_past(agent.since, now),
            labels=scrub_labels(agent.labels),
        )
        store.recalled[name] = agent
        store.status.put(name, row)
        seen = _past(agent.seen, now)
        if seen is not None:
            store.status.touch(name, seen)


def forget(store: Store) -> None:
    """Drop the rows that are still only remembered, once every discovery source has answered."""
    if not store.recalled or not store.sources:
        return
    sources = [source for source in store.sources.values() if source.kind is ProbeKind.DISCOVERY]
    if any(source.last_success is None and store.sources.seen(source.id) is None for source in sources):
        return
    for name in list(store.recalled):
        store.status.drop(name)
    store.recalled.clear()


def _known(store: Store, row: AgentStatus) -> KnownAgent:
    return KnownAgent(
        name=row.name,
        kind=row.kind,
        state=row.state,
        labels=row.labels,
        since=row.since,
        seen=store.status.seen(row.name),
    )


def _past(when: datetime | None, now: datetime) -> datetime | None:
    """No time of an earlier session can be ahead of now; a clock that was set back makes it so."""
    return None if when is None or when.tzinfo is None else min(when, now)
