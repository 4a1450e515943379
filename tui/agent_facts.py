"""The block at the head of an agent's page: how it is, since when, what it claims, and who it is."""

from collections.abc import Iterator

from fleet.model import Agent, AgentStatus, Event, EventKind, Process
from fleet.store import Store
from fleet.times import age_text, span_text
from fleet.views.text import STATE_GLYPH, bytes_text, spark, state_cell
from fleet.views.view import Cell, Tone
from fleet.vocabulary import AgentState
from tui.chrome.facts import Known

_SPARK = 24
_CHANGES = 6
_STATES = frozenset(AgentState)


def agent_events(store: Store, name: str) -> dict[int, Event]:
    """The agent's own events, by sequence number."""
    return {
        seq: event for seq, event in store.events.items() if event.kind is EventKind.AGENT and event.subject == name
    }


def agent_facts(store: Store, name: str) -> list[Known]:
    """Everything that is known of an agent and fits a line each; what is not known is left out."""
    status = store.status.get(name)
    if status is None:
        return [Known("state", (Cell("no source names this agent, or none has answered yet", Tone.UNKNOWN),))]
    return [*_state(store, status), *_numbers(store, status), *_identity(store, status, store.agents.get(name))]


def _state(store: Store, status: AgentStatus) -> Iterator[Known]:
    since = (Cell(f"  since {status.since:%H:%M:%S}Z", Tone.MUTED),) if status.since else ()
    gone = (Cell("  gone: no source names it any more", Tone.STALE),) if status.gone else ()
    yield Known("observed", (state_cell(status.state), *since, *gone))
    if status.detail:
        yield Known("detail", (Cell(status.detail),))
    if status.claimed is not None:
        sign, tone = ("≠ ", Tone.DEGRADED) if status.disagrees else ("", Tone.MUTED)
        at = (Cell(f"  at {status.claimed_at:%m-%d %H:%M:%S}Z", Tone.MUTED),) if status.claimed_at else ()
        yield Known("claims", (Cell(f"{sign}{status.claimed}", tone), *at))
    for place, sentence in enumerate(status.disagreements):
        yield Known("" if place else "disagreements", (Cell(sentence, Tone.DEGRADED),))
    yield from _locks(store, status.name)
    changes = _history(store, status.name)
    if changes:
        yield Known("history", changes)


def _locks(store: Store, name: str) -> Iterator[Known]:
    """Who is at work on it, or on what is rolled back with it."""
    rolled = {one.name for one in store.rollbacks.values() if name in one.agents}
    for lock in store.locks.values():
        if lock.target == name or lock.target in rolled:
            age = "" if store.now is None else f" {age_text(max(0.0, (store.now - lock.since).total_seconds()))}"
            what = f": {lock.title}" if lock.title else ""
            mine = " (this dashboard)" if lock.mine else ""
            yield Known("locked", (Cell(f"by {lock.owner}{mine}{age}{what}", Tone.WAITING),))


def _history(store: Store, name: str) -> tuple[Cell, ...]:
    """The last changes of state as glyphs with their times (the events below have the words), oldest first."""
    events = sorted(agent_events(store, name).values(), key=lambda event: event.seq)[-_CHANGES:]
    cells: list[Cell] = []
    for event in events:
        if event.after in _STATES:
            state = AgentState(event.after)
            cells.append(Cell(f"{STATE_GLYPH[state]} {event.at:%H:%M:%S}  ", Tone(state.value)))
    return tuple(cells)


def _numbers(store: Store, status: AgentStatus) -> Iterator[Known]:
    latency = store.history.values(("agent", status.name, "latency_s"))
    if latency:
        line = Cell(f"  {spark(latency, _SPARK)}", Tone.ACCENT)
        yield Known("latency", (Cell(f"{span_text(latency[-1]):>6}"), line))
    cpu = store.history.values(("agent", status.name, "cpu_percent"))
    load = [] if status.cpu_percent is None else [Cell(f"{status.cpu_percent:.0f}% cpu")]
    if status.memory_bytes is not None:
        load.append(Cell(f"{'  ' if load else ''}{bytes_text(status.memory_bytes)} memory"))
    if load:
        yield Known("load", (*load, Cell(f"  {spark(cpu, _SPARK)}" if len(cpu) > 1 else "", Tone.ACCENT)))
    counts = (
        ("queued", status.tasks_queued, Tone.PLAIN),
        ("running", status.tasks_running, Tone.ACCENT),
        ("done", status.tasks_completed, Tone.PLAIN),
        ("failed", status.tasks_failed, Tone.DOWN),
    )
    work = tuple(
        Cell(f"{number:,} {word}   ", tone if number else Tone.MUTED)
        for word, number, tone in counts
        if number is not None
    )
    if work:
        yield Known("tasks", work)


def _identity(store: Store, status: AgentStatus, agent: Agent | None) -> Iterator[Known]:
    if status.kind:
        yield Known("kind", (Cell(status.kind),))
    if status.labels:
        yield Known("labels", tuple(Cell(f"{name}={value}  ") for name, value in status.labels.items()))
    if status.sources:
        yield Known("sources", (Cell(", ".join(status.sources), Tone.MUTED),))
    if agent is not None and agent.health is not None:
        yield Known("health", (Cell(agent.health.url, Tone.MUTED),))
    if agent is not None and agent.metrics is not None:
        yield Known("metrics", (Cell(agent.metrics.url, Tone.MUTED),))
    if agent is not None and agent.pid is not None:
        yield Known("process", _process(store, agent.pid, store.processes.get(status.name)))


def _process(store: Store, pid: int, process: Process | None) -> tuple[Cell, ...]:
    reading = process.reading if process is not None else None
    if reading is None:
        return (Cell(f"pid {pid}"),)
    cells = [Cell(f"pid {pid}  {reading.state}")]
    if reading.started_at is not None and store.now is not None:
        cells.append(Cell(f"  started {age_text((store.now - reading.started_at).total_seconds())} ago", Tone.MUTED))
    return tuple(cells)
