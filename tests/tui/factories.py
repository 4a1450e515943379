"""Synthetic stores for the tests of the dashboard: the same values every time, no clock, no sources.

Each function gives a `Store` that looks as if collectors and the evaluator had filled it.
"""

from datetime import UTC, datetime, timedelta

from fleet.clock import ManualClock
from fleet.model import (
    Agent,
    AgentStatus,
    Claim,
    Endpoint,
    Event,
    EventKind,
    Fact,
    Family,
    Health,
    HealthReading,
    Page,
    ProbeKind,
    Scrape,
    SeriesId,
    Source,
    SourcedClaim,
    SourceState,
)
from fleet.store import Store
from fleet.view_line import ViewLine, parse_view_line
from fleet.vocabulary import AgentState, TaskState
from fleet.work import Backlog, Queue, Task
from tui.app import FleetdeckApp

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
KINDS = ("planner", "coder", "reviewer", "tester", "mcp")
STALE_AFTER_S = 300.0


def deck(store: Store, view: str = "overview", **options: object) -> FleetdeckApp:
    """The dashboard over `store`, its clock standing still at the store's time."""
    line: ViewLine = parse_view_line(view)
    clock = ManualClock(store.now or NOW)
    return FleetdeckApp(store, fleet_name="staging", clock=clock, view=line, **options)  # type: ignore[arg-type]


def empty_store() -> Store:
    """A store in which nothing has happened yet."""
    return Store()


def healthy_store(agents: int = 24) -> Store:
    """A fleet in which every agent is up and every source answers."""
    store = Store()
    store.now = NOW
    for number in range(agents):
        _put_agent(store, number, AgentState.UP)
    _put_queues(store)
    _put_backlogs(store)
    _put_sources(store)
    for seq in range(1, 9):
        _put_event(store, seq, f"{KINDS[seq % 5]}-{seq}", "unknown", "up")
    return store


def firing_store(agents: int = 24) -> Store:
    """A fleet with one of everything that can be wrong."""
    store = healthy_store(agents)
    _break(store, 3, AgentState.DOWN, "refused: 127.0.0.1:9503", claimed="healthy")
    _break(store, 7, AgentState.DOWN, "status 500 from /metrics", claimed="running")
    _break(store, 5, AgentState.DEGRADED, "error rate 12 % over 5 m")
    _break(store, 11, AgentState.WAITING, "waits for approval of its plan", claimed="waiting")
    _break(store, 13, AgentState.STALE, "no answer for 5m 12s")
    _break(store, 17, AgentState.UNKNOWN, "has never answered", claimed="active")
    store.queues.put(
        "ingest",
        Queue(
            name="ingest",
            kind="redis_stream",
            queued=1280,
            running=4,
            failed=17,
            dead_letter=3,
            oldest_queued_at=NOW - timedelta(minutes=42),
            arrival_per_min=96.0,
            completion_per_min=31.5,
            anomalies=("grows faster than it is worked off",),
        ),
    )
    for at in range(30):
        store.history.add(("queue", "ingest", "queued"), NOW.timestamp() - 300 + at * 10, float(at * at))
    _put_source(
        store, "http_sd:9000", ProbeKind.DISCOVERY, SourceState.FAILING, error="time-out: after 5 s", failures=4
    )
    _put_source(store, "exporter", ProbeKind.METRICS, SourceState.PARTIAL, problems=("sample limit: 120 left out",))
    return store


def stale_store() -> Store:
    """A fleet whose data are old: nothing has answered for a while, the claims are still there."""
    store = healthy_store(12)
    for name in list(store.status):
        row = store.status[name]
        store.status.put(name, _restate(row, AgentState.STALE, f"no answer for {STALE_AFTER_S / 60:.0f}m"))
        store.status.touch(name, NOW - timedelta(seconds=STALE_AFTER_S))
    for name in list(store.queues):
        queue = store.queues[name]
        store.queues.put(name, Queue(name=name, kind=queue.kind, queued=queue.queued, stale=True))
    return store


def huge_store(agents: int = 10_000) -> Store:
    """A fleet of ten thousand, every hundredth of it down, every fortieth degraded."""
    store = Store()
    store.now = NOW
    for number in range(agents):
        state = AgentState.DOWN if number % 100 == 7 else AgentState.DEGRADED if number % 40 == 3 else AgentState.UP
        _put_agent(store, number, state, "" if state is AgentState.UP else "error rate over its limit")
    _put_queues(store)
    _put_sources(store)
    return store


def agent_store() -> Store:
    """A fleet in which `coder-1` has everything that an agent's page can show."""
    store = firing_store()
    name = "coder-1"
    claims = (
        SourcedClaim(
            "agent_status:agent_status.json",
            Claim(
                status="active", at=NOW - timedelta(seconds=8), tasks_queued=3, tasks_failed=2, detail="phase 2 of 5"
            ),
        ),
        SourcedClaim("coordinator:5005", Claim(status="idle", at=NOW - timedelta(minutes=3))),
    )
    url = "http://127.0.0.1:9501"
    store.agents.put(
        name,
        Agent(
            name=name,
            kind="coder",
            labels={"env": "staging", "team": "core"},
            health=Endpoint(url=f"{url}/health"),
            metrics=Endpoint(url=f"{url}/metrics"),
            pid=4711,
            claims=claims,
            sources=("static", "agent_status:agent_status.json", "coordinator:5005"),
        ),
    )
    row = store.status[name]
    store.status.put(name, _restate(row, AgentState.DEGRADED, "dependencies.ollama is not available", "active"))
    facts = (Fact("status", "ok"), Fact("version", "2.4.1"), Fact("dependencies.ollama.available", "false"))
    reading = HealthReading(observed=AgentState.DEGRADED, claimed="ok", claimed_state=AgentState.UP, facts=facts)
    store.health.put(name, Health(reading=reading, latency_s=0.042))
    _put_page(store, name)
    for at in range(40):
        store.history.add(("agent", name, "latency_s"), NOW.timestamp() - 400 + at * 10, 0.03 + (at * 7 % 11) / 400)
    for number, state in enumerate((TaskState.RUNNING, TaskState.QUEUED, TaskState.FAILED)):
        task = Task(
            id=f"t-{number}",
            queue="reviews",
            title=f"review change {4100 + number}",
            state=state,
            agent=name,
            created_at=NOW - timedelta(minutes=3 * number + 1),
        )
        store.tasks.put(f"reviews/{task.id}", task)
    for seq, (before, after) in enumerate((("unknown", "up"), ("up", "down"), ("down", "up"), ("up", "degraded")), 50):
        _put_event(store, seq, name, before, after, bad=after in ("down", "degraded"))
    return store


# ── The parts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _put_agent(store: Store, number: int, state: AgentState, detail: str = "") -> None:
    kind = KINDS[number % len(KINDS)]
    name = f"{kind}-{number}"
    row = AgentStatus(
        name=name,
        kind=kind,
        state=state,
        claimed="active" if number % 2 else "idle",
        claimed_state=AgentState.UP,
        disagrees=state is AgentState.DOWN,
        detail=detail,
        since=NOW - timedelta(minutes=number % 90, seconds=number % 60),
        sources=("static",),
        labels={"env": "staging", "team": "core" if number % 3 else "edge"},
        latency_s=None if state in (AgentState.DOWN, AgentState.UNKNOWN) else 0.005 * (number % 9 + 1),
        tasks_queued=number % 4,
        tasks_failed=2 if number % 8 == 3 else 0,
        tasks_completed=number * 13 % 400,
        cpu_percent=float(number * 7 % 100),
        memory_bytes=float((number % 30 + 10) * 2**20),
    )
    store.status.put(name, row)
    store.status.touch(name, NOW)
    store.agents.put(name, Agent(name=name, kind=kind, sources=("static",)))


def _restate(row: AgentStatus, state: AgentState, detail: str, claimed: str | None = None) -> AgentStatus:
    return AgentStatus(
        name=row.name,
        kind=row.kind,
        state=state,
        claimed=claimed or row.claimed,
        claimed_state=AgentState.UP,
        disagrees=claimed is not None,
        detail=detail,
        since=NOW - timedelta(minutes=4, seconds=2),
        sources=row.sources,
        labels=row.labels,
        latency_s=None if state is AgentState.DOWN else row.latency_s,
        tasks_queued=row.tasks_queued,
        tasks_failed=row.tasks_failed,
        tasks_completed=row.tasks_completed,
        cpu_percent=row.cpu_percent,
        memory_bytes=row.memory_bytes,
    )


def _break(store: Store, number: int, state: AgentState, detail: str, claimed: str | None = None) -> None:
    name = f"{KINDS[number % len(KINDS)]}-{number}"
    row = _restate(store.status[name], state, detail, claimed)
    if state is AgentState.UNKNOWN:
        store.status.drop(name)  # and with it that it was ever seen
    store.status.put(name, row)
    _put_event(store, 100 + number, name, "up", state.value, bad=True, detail=detail)


def _put_event(
    store: Store, seq: int, subject: str, before: str, after: str, *, bad: bool = False, detail: str = ""
) -> None:
    at = NOW - timedelta(seconds=600 - seq * 3)
    event = Event(
        seq=seq, at=at, kind=EventKind.AGENT, subject=subject, before=before, after=after, bad=bad, detail=detail
    )
    store.events.put(seq, event)


def _put_queues(store: Store) -> None:
    for number, (name, kind) in enumerate((("reviews", "coordinator"), ("ingest", "redis_stream"), ("jobs", "file"))):
        queue = Queue(
            name=name, kind=kind, queued=3 * number, running=number, done=120 + number, failed=0, arrival_per_min=2.0
        )
        store.queues.put(name, queue)
        for at in range(20):
            store.history.add(("queue", name, "queued"), NOW.timestamp() - 200 + at * 10, float(at * (number + 3) % 7))


def _put_backlogs(store: Store) -> None:
    store.backlog.put("TODO.md", Backlog(name="TODO.md", kind="markdown", total=186, done=120, done_ratio=120 / 186))
    store.backlog.put(
        "batches",
        Backlog(
            name="batches",
            kind="batch_progress",
            total=20_019,
            done=14_000,
            claimed_total=20_019,
            claimed_done=44_310,
            done_ratio=14_000 / 20_019,
            claimed_ratio=2.2134,
            anomalies=("claims more done than there is",),
        ),
    )
    store.backlog.put("PLAN.md", Backlog(name="PLAN.md", kind="markdown", total=59, done=59, done_ratio=1.0))


def _put_sources(store: Store) -> None:
    _put_source(store, "static", ProbeKind.DISCOVERY, found=24)
    _put_source(store, "agent_status:agent_status.json", ProbeKind.DISCOVERY, found=12)
    _put_source(store, "reviews", ProbeKind.QUEUE, found=3)
    _put_source(store, "TODO.md", ProbeKind.BACKLOG, found=186)


def _put_source(
    store: Store,
    id: str,
    kind: ProbeKind,
    state: SourceState = SourceState.OK,
    *,
    error: str = "",
    failures: int = 0,
    problems: tuple[str, ...] = (),
    found: int | None = None,
) -> None:
    source = Source(
        id=id,
        kind=kind,
        target=id,
        state=state,
        last_success=NOW - timedelta(seconds=200 if error else 2),
        failures=failures,
        error=error,
        problems=problems,
        every_s=5.0,
        cost_s=0.02,
        found=found,
    )
    store.sources.put(id, source)


def _put_page(store: Store, name: str) -> None:
    series = (
        SeriesId("agent_requests_total", (("method", "run"), ("status", "200"))),
        SeriesId("agent_requests_total", (("method", "run"), ("status", "500"))),
        SeriesId("agent_tasks_in_progress", ()),
        SeriesId("process_resident_memory_bytes", ()),
        SeriesId("process_start_time_seconds", ()),
        SeriesId("llm_tokens_total", (("direction", "output"), ("model", "small"))),
    )
    families = (Family("agent_requests", "counter"), Family("agent_tasks_in_progress", "gauge"))
    for step in range(30):
        growth = float(step * step % 17 + step * 5)
        values = (
            1000.0 + growth,
            3.0 + step // 10,
            float(step % 5),
            85e6 + step * 1e5,
            1.7735e9,
            52_000.0 + growth * 90,
        )
        page = Page(series=series, values=values, families=families, size_bytes=7_000)
        store.history.add_page(name, NOW.timestamp() - 300 + step * 10, page)
    store.scrapes.put(name, Scrape(page=page))
