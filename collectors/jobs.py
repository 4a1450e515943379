"""The supervisor's jobs, made from probes: what each looks at, where its reading goes, what its failure says."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import structs

from collectors.ingest import Ingest
from collectors.probes.health import HealthProbe
from collectors.probes.host import HostProbe
from collectors.probes.itself import SelfProbe
from collectors.probes.metrics import MetricsProbe
from collectors.probes.process import ProcessProbe
from collectors.supervisor import Job, Outcome, Supervisor
from collectors.words import host_words, self_words
from fleet.alerts.model import AlertReading, AlertsReading
from fleet.exposition.cache import SeriesCache
from fleet.model import Agent, Endpoint, HealthReading, HostReading, Page, ProbeKind, ProcessReading, SelfReading
from fleet.ports import Probe, Reach
from fleet.store import Store, Subscription
from fleet.text import scrub
from fleet.work import BacklogReading, QueueReading

HOST_JOB_ID = f"{ProbeKind.HOST}:this machine"


class Pace:
    """How often each kind of probe looks, and how long a look may take, in seconds."""

    def __init__(self, every_s: Callable[[ProbeKind], float], timeout_s: Callable[[ProbeKind], float]) -> None:
        self.every_s = every_s
        self.timeout_s = timeout_s

    def endpoint_every_s(self, kind: ProbeKind, endpoint: Endpoint | None) -> float:
        """The interval of an agent's endpoint: its own, else its kind's."""
        return endpoint.every_s if endpoint and endpoint.every_s else self.every_s(kind)

    def endpoint_timeout_s(self, kind: ProbeKind, endpoint: Endpoint) -> float:
        """The time-out of an agent's endpoint: its own, else its kind's, never over its interval."""
        return min(endpoint.timeout_s or self.timeout_s(kind), self.endpoint_every_s(kind, endpoint))


class AgentJobs:
    """Keeps the supervisor's probes in step with the agents there are. `sync` costs what changed."""

    def __init__(self, store: Store, supervisor: Supervisor, ingest: Ingest, reach: Reach, pace: Pace) -> None:
        self._store = store
        self._supervisor = supervisor
        self._ingest = ingest
        self._reach = reach
        self._pace = pace
        self._cache = SeriesCache()
        self._running: dict[str, dict[ProbeKind, object]] = {}
        self._agents: Subscription[str, Agent] | None = None

    def listen(self, wake: Callable[[], None]) -> None:
        """Be told through `wake` when the agents changed; `sync` is to be called then."""
        self._agents = self._store.agents.subscribe(wake)

    def sync(self) -> bool:
        """Start the probes of new agents, end those of agents that are gone, replace those whose address changed. True
        where any agent changed."""
        if self._agents is None:
            return False
        diff = self._agents.drain()
        for name in diff.removed:
            self._set(name, {})
            self._ingest.forget_agent(name)
        for name in sorted(diff.changed):
            agent = self._store.agents[name]
            self._set(name, {} if agent.gone_since else _wanted(agent))
        return bool(diff)

    def reconfigure(self, reach: Reach) -> None:
        """Go on with other intervals, time-outs and limits; what is known stays."""
        self._reach = reach
        for name, running in self._running.items():
            for kind, what in running.items():
                self._supervisor.replace(self._job(name, kind, what))

    def _set(self, name: str, wanted: dict[ProbeKind, object]) -> None:
        running = self._running.pop(name, {})
        for kind in running.keys() - wanted.keys():
            self._supervisor.remove(f"{kind}:{name}")
        if ProbeKind.METRICS in running and ProbeKind.METRICS not in wanted:
            self._ingest.page_ended(name)
        for kind, what in wanted.items():
            if running.get(kind) != what:
                self._supervisor.add(self._job(name, kind, what))
        if wanted:
            self._running[name] = wanted

    def _job(self, name: str, kind: ProbeKind, what: object) -> Job:
        if isinstance(what, Endpoint):
            every_s = self._pace.endpoint_every_s(kind, what)
            timeout_s = self._pace.endpoint_timeout_s(kind, what)
            if kind is ProbeKind.HEALTH:
                return self._health(name, what, every_s, timeout_s)
            return self._metrics(name, what, every_s, timeout_s)
        return self._process(name, int(str(what)))

    def _health(self, name: str, endpoint: Endpoint, every_s: float, timeout_s: float) -> Job:
        probe = HealthProbe(_timed(endpoint, timeout_s), self._reach.http)
        return _agent_job(ProbeKind.HEALTH, _HealthRow(name, self._ingest), probe, every_s, timeout_s)

    def _metrics(self, name: str, endpoint: Endpoint, every_s: float, timeout_s: float) -> Job:
        probe = MetricsProbe(_timed(endpoint, timeout_s), self._reach.http, self._reach.limits, self._cache)
        return _agent_job(ProbeKind.METRICS, _MetricsRow(name, self._ingest), probe, every_s, timeout_s)

    def _process(self, name: str, pid: int) -> Job:
        ingest = self._ingest

        def deliver(reading: ProcessReading, at: datetime, took_s: float) -> Outcome:
            ingest.process(name, reading, at)
            return Outcome()

        return _job(
            ProbeKind.PROCESS,
            name,
            ProcessProbe(pid),
            self._pace.every_s(ProbeKind.PROCESS),
            self._pace.timeout_s(ProbeKind.PROCESS),
            deliver,
            lambda error: ingest.process_failed(name, error),
        )


class _HealthRow:
    """Where the health readings of an agent go. A class with slots: twenty thousand closures would take 10 MB more."""

    __slots__ = ("_ingest", "name")

    def __init__(self, name: str, ingest: Ingest) -> None:
        self.name = name
        self._ingest = ingest

    def deliver(self, reading: HealthReading, at: datetime, took_s: float) -> Outcome:
        self._ingest.health(self.name, reading, at, took_s)
        return Outcome()

    def fail(self, error: str) -> None:
        self._ingest.health_failed(self.name, error)


class _MetricsRow:
    """Where the pages of an agent go."""

    __slots__ = ("_ingest", "name")

    def __init__(self, name: str, ingest: Ingest) -> None:
        self.name = name
        self._ingest = ingest

    def deliver(self, page: Page, at: datetime, took_s: float) -> Outcome:
        kept = self._ingest.page(self.name, page, at, took_s)
        return Outcome(problems=_repeats(kept), found=len(kept.series), cut=kept.cut)

    def fail(self, error: str) -> None:
        self._ingest.page_failed(self.name, error)


def _agent_job(
    kind: ProbeKind, row: _HealthRow | _MetricsRow, probe: HealthProbe | MetricsProbe, every_s: float, timeout_s: float
) -> Job:
    return Job(
        id=f"{kind}:{row.name}",
        kind=kind,
        target=probe.target,
        every_s=every_s,
        timeout_s=timeout_s + 1,
        look=probe.probe,
        deliver=row.deliver,
        fail=row.fail,
        bounded=True,
    )


def _repeats(page: Page) -> tuple[str, ...]:
    """Samples that were left out because their series stands on the page already, in a sentence."""
    return (f"samples that repeat a series of the page: {page.duplicates:,}",) if page.duplicates else ()


def _timed(endpoint: Endpoint, timeout_s: float) -> Endpoint:
    """The endpoint with the time-out that holds; the job's own is a second longer, so that the fault is named."""
    return endpoint if endpoint.timeout_s == timeout_s else structs.replace(endpoint, timeout_s=timeout_s)


def _wanted(agent: Agent) -> dict[ProbeKind, object]:
    wanted: dict[ProbeKind, object] = {}
    if agent.health is not None:
        wanted[ProbeKind.HEALTH] = agent.health
    if agent.metrics is not None:
        wanted[ProbeKind.METRICS] = agent.metrics
    if agent.process_seen and agent.pid is not None:
        wanted[ProbeKind.PROCESS] = agent.pid
    return wanted


def queue_job(name: str, kind: str, probe: Probe, ingest: Ingest, every_s: float, timeout_s: float) -> Job:
    """The job of a configured queue."""

    def deliver(reading: QueueReading, at: datetime, took_s: float) -> Outcome:
        ingest.queue(name, reading, at)
        return Outcome(found=len(reading.tasks), cut=reading.cut)

    return _job(
        ProbeKind.QUEUE,
        name,
        probe,
        every_s,
        timeout_s,
        deliver,
        lambda error: ingest.queue_failed(name, kind, error),
    )


def backlog_job(name: str, kind: str, probe: Probe, ingest: Ingest, every_s: float, timeout_s: float) -> Job:
    """The job of a configured backlog."""

    def deliver(reading: BacklogReading, at: datetime, took_s: float) -> Outcome:
        ingest.backlog(name, reading, at)
        return Outcome(found=reading.total)

    return _job(
        ProbeKind.BACKLOG,
        name,
        probe,
        every_s,
        timeout_s,
        deliver,
        lambda error: ingest.backlog_failed(name, kind, error),
    )


def alert_job(name: str, probe: Probe, book: "Claims", patience: int, every_s: float, timeout_s: float) -> Job:
    """The job of configured alerts. Its alerts are stale from `patience` failures in a row on."""
    failures = 0

    def deliver(reading: AlertsReading, at: datetime, took_s: float) -> Outcome:
        nonlocal failures
        failures = 0
        book.deliver(name, reading.alerts, at)
        return Outcome(problems=reading.problems, found=len(reading.alerts), cut=reading.cut)

    def fail(error: str) -> None:
        nonlocal failures
        failures += 1
        if failures >= patience:
            book.failed(name)

    return _job(ProbeKind.ALERTS, name, probe, every_s, timeout_s, deliver, fail)


class Claims(Protocol):
    """Where alerts that systems write about themselves go."""

    def deliver(self, source: str, readings: Sequence[AlertReading], at: datetime) -> None:
        """All that a source says."""
        ...

    def failed(self, source: str) -> None:
        """A source does not answer."""
        ...


def host_job(disks: tuple[str, ...], ingest: Ingest, every_s: float, timeout_s: float) -> Job:
    """The job that looks at this machine."""

    def deliver(reading: HostReading, at: datetime, took_s: float) -> Outcome:
        ingest.host(reading, at)
        found = {disk.path for disk in reading.disks}
        missing = tuple(f"the disk {path} cannot be read" for path in map(scrub, disks) if path not in found)
        return Outcome(problems=missing, summary=host_words(reading))

    return _job(ProbeKind.HOST, "this machine", HostProbe(disks), every_s, timeout_s, deliver, lambda error: None)


def self_job(count: Callable[[], SelfReading], ingest: Ingest, every_s: float, timeout_s: float) -> Job:
    """The job that looks at fleetdeck itself."""

    def deliver(reading: SelfReading, at: datetime, took_s: float) -> Outcome:
        ingest.itself(reading, at)
        return Outcome(summary=self_words(reading))

    return _job(ProbeKind.SELF, "fleetdeck", SelfProbe(count), every_s, timeout_s, deliver, lambda error: None)


def _job(
    kind: ProbeKind,
    name: str,
    probe: Probe,
    every_s: float,
    timeout_s: float,
    deliver: Callable[[Any, datetime, float], Outcome],
    fail: Callable[[str], None],
) -> Job:
    close: Callable[[], Awaitable[None]] | None = getattr(probe, "aclose", None)
    return Job(
        id=f"{kind}:{name}",
        kind=kind,
        target=probe.target,
        every_s=every_s,
        timeout_s=timeout_s,
        look=probe.probe,
        deliver=deliver,
        fail=fail,
        close=close,
    )
