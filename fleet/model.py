"""The values that flow through fleetdeck: frozen, comparable, encodable, never mutated.

Times are aware UTC, durations float seconds (`*_s`), ratios 0–1 (`*_ratio`). None means *not known*, never zero.
What a system says of itself is a *claim* and is kept apart from what fleetdeck observed. All text in these values
has been scrubbed (`fleet.text.scrub`) by whoever made them from outside data.

Frozen trees of values cannot form a cycle, so the garbage collector is not told of them (`gc=False`): that spares it
walking through a million of them, and 16 bytes each.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fleet.alerts.model import AlertsReading
from fleet.vocabulary import AgentState
from fleet.work import BacklogReading, QueueReading

# ── Discovery: what one source says ────────────────────────────────────────────────────────────────────────────────


class Claim(Struct, frozen=True, kw_only=True, gc=False):
    """What a system says of an agent, in its own words. `at` is the time that the system itself gives for it."""

    status: str | None = None
    at: datetime | None = None
    detail: str = ""
    tasks_queued: int | None = None
    tasks_running: int | None = None
    tasks_completed: int | None = None
    tasks_failed: int | None = None
    cpu_percent: float | None = None
    memory_bytes: float | None = None


class Endpoint(Struct, frozen=True, kw_only=True, gc=False):
    """An HTTP address to probe. `every_s` overrides the kind's interval; `close` forbids kept-alive connections."""

    url: str
    every_s: float | None = None
    timeout_s: float | None = None
    close: bool = False
    host_header: str | None = None


class Sighting(Struct, frozen=True, kw_only=True, gc=False):
    """One source's word that an agent exists. `process_seen` is set by a source that saw the process itself."""

    name: str
    kind: str = ""
    labels: dict[str, str] = {}
    health: Endpoint | None = None
    metrics: Endpoint | None = None
    pid: int | None = None
    process_seen: bool = False
    claim: Claim | None = None


class Discovery(Struct, frozen=True, kw_only=True, gc=False):
    """A source's whole answer. `complete` is False where the answer was salvaged from something broken: agents that
    are missing from it are then not gone. `problems` are sentences for the operator; `cut` counts the agents and
    labels that limits left out."""

    sightings: tuple[Sighting, ...] = ()
    problems: tuple[str, ...] = ()
    cut: int = 0
    complete: bool = True
    page: "Page | None" = None


class SourcedClaim(Struct, frozen=True, gc=False):
    """A claim and the id of the discovery source that passed it on."""

    source: str
    claim: Claim


class Agent(Struct, frozen=True, kw_only=True, gc=False):
    """Who an agent is, merged from every source that names it.

    `disagreements` are sentences ("kind: testing (status file) ≠ planner (static)"). `gone_since` is when the last
    source stopped naming it; such an agent is dropped after a while.
    """

    name: str
    kind: str = ""
    labels: dict[str, str] = {}
    health: Endpoint | None = None
    metrics: Endpoint | None = None
    pid: int | None = None
    process_seen: bool = False
    claims: tuple[SourcedClaim, ...] = ()
    sources: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    gone_since: datetime | None = None


# ── Probes: what one look brings back ──────────────────────────────────────────────────────────────────────────────


class Fact(Struct, frozen=True, gc=False):
    """A flattened item of a health body: `dependencies.ollama.available` = `false`."""

    key: str
    value: str


class HealthReading(Struct, frozen=True, kw_only=True, gc=False):
    """A health endpoint's answer: what its words *claim* and what the answer itself *shows* (`observed`).

    `reported_at` is the time in the body, which may be old where the other side caches.
    """

    observed: AgentState
    claimed: str | None = None
    claimed_state: AgentState | None = None
    detail: str = ""
    reported_at: datetime | None = None
    facts: tuple[Fact, ...] = ()


class SeriesId(Struct, frozen=True, gc=False):
    """A series: its metric name and its labels, sorted by name."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()


class Family(Struct, frozen=True, gc=False):
    """Metadata of a metric family, as exposed: `type` is counter, gauge, histogram, summary, untyped, …"""

    name: str
    type: str = "unknown"
    help: str = ""
    unit: str = ""


class Page(Struct, frozen=True, kw_only=True, gc=False):
    """One scraped page: `values[i]` belongs to `series[i]`. `cut` counts samples that a limit left out
    or shortened, `duplicates` those that repeat a series of the page and were left out for it.

    `series` is shared between successive pages of the same shape, so keeping it costs nothing. `values` read from
    outside are an `array`, which nobody changes: floats one by one would take four times the memory.
    """

    series: tuple[SeriesId, ...]
    values: Sequence[float]
    families: tuple[Family, ...] = ()
    cut: int = 0
    duplicates: int = 0
    size_bytes: int = 0


class Disk(Struct, frozen=True, gc=False):
    """A mounted file system: bytes in all and free."""

    path: str
    total_bytes: int
    free_bytes: int


class ProcessReading(Struct, frozen=True, kw_only=True, gc=False):
    """A process of an agent. `state` is what the kernel says of it (running, sleeping, zombie, gone, …)."""

    pid: int
    state: str
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    started_at: datetime | None = None


class HostReading(Struct, frozen=True, kw_only=True, gc=False):
    """This machine. CPU is a percentage of all cores (0–100), load the 1, 5 and 15 minute averages."""

    cpu_percent: float | None = None
    memory_percent: float | None = None
    memory_total_bytes: int | None = None
    load: tuple[float, ...] = ()
    disks: tuple[Disk, ...] = ()
    net_sent_bytes: int | None = None
    net_received_bytes: int | None = None


class TerminalReading(Struct, frozen=True, kw_only=True, gc=False):
    """What the dashboard sent to its terminal, with rates since the last look, and how late its loop was at worst."""

    bytes_total: int
    bytes_per_s: float
    frames_per_s: float
    loop_lag_s: float
    slow_link: bool = False
    """Whether it is drawn for a slow link, with fewer frames."""


class SelfReading(Struct, frozen=True, kw_only=True, gc=False):
    """fleetdeck itself: how long a sweep takes, how late its loop is, what it holds. `unkept` counts what the history
    had no room for, `cut` what limits left out of the last answers. `terminal` is None where nothing is drawn."""

    sweep_s: float | None = None
    loop_lag_s: float | None = None
    rss_bytes: int | None = None
    cpu_percent: float | None = None
    probes: int = 0
    errors: int = 0
    samples: int = 0
    series: int = 0
    unkept: int = 0
    cut: int = 0
    terminal: TerminalReading | None = None


Reading = (
    Discovery
    | HealthReading
    | Page
    | QueueReading
    | BacklogReading
    | AlertsReading
    | HostReading
    | ProcessReading
    | SelfReading
)
"""Whatever one look of a probe or source can bring back."""


# ── The store's own rows ───────────────────────────────────────────────────────────────────────────────────────────


class ProbeKind(StrEnum):
    """The families of jobs that the supervisor runs."""

    DISCOVERY = "discovery"
    HEALTH = "health"
    METRICS = "metrics"
    PROCESS = "process"
    QUEUE = "queue"
    BACKLOG = "backlog"
    ALERTS = "alerts"
    HOST = "host"
    SELF = "self"


class Health(Struct, frozen=True, kw_only=True, gc=False):
    """What the health probe of an agent knows: the last good reading, and the failures in a row since then.

    `latency_s` is on a coarse ladder (so that noise wakes nobody); the exact value is in the history.
    """

    reading: HealthReading | None = None
    failures: int = 0
    error: str = ""
    latency_s: float | None = None


class Scrape(Struct, frozen=True, kw_only=True, gc=False):
    """What the metrics probe of a target knows: the last good page, and the failures in a row since then."""

    page: Page | None = None
    failures: int = 0
    error: str = ""


class Process(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of an agent's own process on this machine."""

    reading: ProcessReading | None = None
    failures: int = 0
    error: str = ""


class AgentStatus(Struct, frozen=True, kw_only=True, gc=False):
    """An agent as a row: identity, claim, observation and the verdict, made by `fleet.evaluate`.

    `disagrees` says that the claim is better or other than what was observed. `since` is when `state` began, by our
    clock.
    """

    name: str
    kind: str = ""
    state: AgentState = AgentState.UNKNOWN
    claimed_state: AgentState | None = None
    claimed: str | None = None
    claimed_at: datetime | None = None
    disagrees: bool = False
    detail: str = ""
    since: datetime | None = None
    sources: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    disagreements: tuple[str, ...] = ()
    gone: bool = False
    latency_s: float | None = None
    tasks_queued: int | None = None
    tasks_running: int | None = None
    tasks_completed: int | None = None
    tasks_failed: int | None = None
    cpu_percent: float | None = None
    memory_bytes: float | None = None


class SourceState(StrEnum):
    """The condition of a source or probe. `partial`: it answers, but not wholly (salvaged, or cut by a limit)."""

    OK = "ok"
    PARTIAL = "partial"
    FAILING = "failing"
    PENDING = "pending"


class Source(Struct, frozen=True, kw_only=True, gc=False):
    """A discovery source or probe as a row. `cost_s` is on a coarse ladder; `cut` counts what limits left out;
    `summary` is its last reading in words where no view shows it (this machine, fleetdeck itself)."""

    id: str
    kind: ProbeKind
    target: str
    state: SourceState = SourceState.PENDING
    last_success: datetime | None = None
    failures: int = 0
    error: str = ""
    problems: tuple[str, ...] = ()
    every_s: float = 0.0
    cost_s: float | None = None
    found: int | None = None
    cut: int = 0
    summary: str = ""


class EventKind(StrEnum):
    """What an event is about."""

    AGENT = "agent"
    SOURCE = "source"
    QUEUE = "queue"
    BACKLOG = "backlog"
    ACTION = "action"
    """Something that was done to the fleet from here; the subject is its target."""


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """A change of state, when we saw it. `seq` grows by one; `bad` says that it was a change for the worse."""

    seq: int
    at: datetime
    kind: EventKind
    subject: str
    before: str
    after: str
    detail: str = ""
    bad: bool = False
