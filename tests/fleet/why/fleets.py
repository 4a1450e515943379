"""Stores and samples made by hand, for ladders."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.alerts.model import Alert, AlertState
from fleet.model import (
    Agent,
    AgentStatus,
    Endpoint,
    Event,
    EventKind,
    Fact,
    Health,
    HealthReading,
    Page,
    Scrape,
    SeriesId,
)
from fleet.severity import Severity
from fleet.store import Store
from fleet.vocabulary import AgentState, TaskState
from fleet.why.climb import ladder
from fleet.why.evidence import EvidenceOf, no_evidence
from fleet.why.model import Ladder, Rung, Step, Subject, SubjectKind
from fleet.work import Queue, Task
from tests.fleet.promql.memory_storage import MemoryStorage

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
STEP_MS = 15_000


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def put_agent(store: Store, name: str, state: AgentState = AgentState.UP, **more: Any) -> None:
    values: dict[str, Any] = {"claimed": "healthy", "since": ago(300)}
    store.agents.put(name, Agent(name=name, health=Endpoint(url=f"http://{name}/health")))
    store.status.put(name, AgentStatus(name=name, state=state, **(values | more)))


def fleet_of(*names: str) -> Store:
    store = Store()
    store.now = NOW
    for name in names:
        put_agent(store, name)
    return store


def counter(storage: MemoryStorage, per_step: float, minutes: float = 6, **labels: str) -> None:
    """A counter `name` that grows by so much every 15 s."""
    steps = round(minutes * 60_000 / STEP_MS)
    labels = {("__name__" if key == "name" else key): value for key, value in labels.items()}
    times = [NOW_MS - (steps - at) * STEP_MS for at in range(steps + 1)]
    storage.add(labels, times, [per_step * at for at in range(steps + 1)])


def gauge(storage: MemoryStorage, value: float, **labels: str) -> None:
    labels = {("__name__" if key == "name" else key): value for key, value in labels.items()}
    storage.add(labels, [NOW_MS - STEP_MS, NOW_MS], [value, value])


def put_alert(store: Store, expr: str, name: str = "Errors", id: str = "a", **more: Any) -> Subject:
    labels = {"alertname": name, **more.pop("labels", {})}
    values: dict[str, Any] = {"state": AlertState.FIRING, "since": ago(120), "source": "rules", "sources": ("rules",)}
    store.alerts.put(id, Alert(id=id, name=name, severity=Severity.HIGH, labels=labels, expr=expr, **(values | more)))
    return Subject(SubjectKind.ALERT, id)


def break_down(store: Store, name: str) -> None:
    """The agent fails, and says more than one thing about it."""
    put_agent(store, name, AgentState.DEGRADED, disagrees=True, detail="status 500", since=ago(130), tasks_failed=3)
    facts = (
        Fact("version", "2.4.1"),
        Fact("uptime_seconds", "200"),
        Fact("checks.db.status", "DOWN"),
        Fact("db.error", "no route"),
        Fact("checks.disk.status", "ok"),
    )
    reading = HealthReading(observed=AgentState.DEGRADED, claimed="healthy", detail="db: DOWN", facts=facts)
    store.health.put(name, Health(reading=reading))
    store.health.touch(name, NOW)
    page = Page(series=(SeriesId("process_start_time_seconds"),), values=(ago(200).timestamp(),))
    store.scrapes.put(name, Scrape(page=page, failures=3, error="status 500 Internal Server Error"))
    store.events.put(
        1, Event(seq=1, at=ago(130), kind=EventKind.AGENT, subject=name, before="up", after="degraded", bad=True)
    )
    store.queues.put("jobs", Queue(name="jobs", kind="redis", queued=4, failed=1))
    for number, state in enumerate((TaskState.FAILED, TaskState.DONE)):
        task = Task(
            id=f"{number}",
            queue="jobs",
            title=f"job {number}",
            agent=name,
            state=state,
            detail="timeout",
            finished_at=ago(90),
        )
        store.tasks.put(f"jobs/{number}", task)


def climbed(
    subject: Subject, store: Store, storage: MemoryStorage | None = None, evidence: EvidenceOf = no_evidence
) -> Ladder:
    found = ladder(subject, store, storage or MemoryStorage(), NOW, evidence)
    assert found.complete
    return found


def step(found: Ladder, rung: Rung) -> Step:
    return next(one for one in found.steps if one.rung is rung)
