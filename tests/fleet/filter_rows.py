"""A few agents to filter, and what filters show of them."""

from datetime import UTC, datetime, timedelta

from fleet.filters.filter import parse_filter
from fleet.filters.saved import NO_FILTERS, SavedFilters
from fleet.index import Index
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.vocabulary import AgentState

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PLANNER, PLANNER_2, TESTER, CODER, LOADER = ROWS = ("planner-1", "planner-2", "tester-1", "coder-1", "model-loader")


def agents() -> Store:
    """Five agents, one of them never seen."""
    store = Store()
    store.now = NOW
    _put(
        store,
        AgentStatus(
            name=PLANNER,
            kind="planner",
            state=AgentState.DOWN,
            detail="refused: 127.0.0.1:9",
            labels={"env": "prod", "team": "core"},
            sources=("static", "agent_status"),
            tasks_queued=7,
            since=NOW - timedelta(minutes=30),
        ),
        600,
    )
    _put(
        store,
        AgentStatus(
            name=PLANNER_2,
            kind="planner",
            state=AgentState.STALE,
            detail="404 not found at http://10.0.0.7/health, code=137",
            labels={"env": "staging", "team": "core", "kind": "gpu"},
            tasks_queued=0,
            cpu_percent=85.0,
            memory_bytes=300 * 1024.0**2,
            since=NOW - timedelta(hours=2),
        ),
        7_200,
    )
    _put(
        store,
        AgentStatus(
            name=TESTER,
            kind="tester",
            state=AgentState.UP,
            claimed="ok",
            disagrees=True,
            labels={"env": "staging", "version": "3"},
            latency_s=0.25,
            tasks_queued=1_600,
            cpu_percent=40.0,
            memory_bytes=205e6,
            since=NOW - timedelta(minutes=59),
        ),
        5,
    )
    _put(
        store,
        AgentStatus(
            name=CODER,
            kind="coder",
            state=AgentState.UP,
            detail="it was state:down before",
            labels={"env": "prod", "team": "infra"},
            latency_s=1.5,
            tasks_queued=3,
            memory_bytes=100e6,
            since=NOW - timedelta(days=3),
        ),
        5,
    )
    _put(store, AgentStatus(name=LOADER, kind="model", state=AgentState.UNKNOWN), None)
    return store


def _put(store: Store, row: AgentStatus, age_s: float | None) -> None:
    store.status.put(row.name, row)
    if age_s is not None:
        store.status.touch(row.name, NOW - timedelta(seconds=age_s))


def shown(text: str, saved: SavedFilters = NO_FILTERS) -> list[str]:
    """The names that a filter shows, in the order in which it shows them."""
    index: Index[str] = Index(VIEW, agents())
    index.where = parse_filter(text, VIEW, saved)
    index.rebuild()
    return index.keys()


def those(text: str, saved: SavedFilters = NO_FILTERS) -> set[str]:
    """The names that a filter shows."""
    return set(shown(text, saved))
