"""The shape of a configuration: what may be written (`…Options`), and what the program gets (`Config`).

A string below a field is its documentation; `config.reference` makes the tables of docs/configuration.md from it.
Defaults stand here and nowhere else. A section that a later version adds is one more field of `RootOptions`.
"""

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from config.action_options import ActEntry, ActionsOptions
from config.alert_options import AlertSettings, DeadmanOptions, InhibitOptions
from config.gate_options import GateOptions
from config.kinds import Kind
from config.notify_options import NotifyOptions
from config.rule_options import LabelName, RulePattern
from config.server_options import AlertmanagerOptions, PrometheusOptions, Servers
from config.slo.options import SloOptions
from config.values import Listen, Seconds
from fleet.model import ProbeKind
from fleet.ports import Limits
from fleet.severity import Severity
from fleet.slo.definition import SloDefinition

SECTIONS = ("discovery", "queues", "backlog", "alerts")
"""The keys that hold lists of entries with a `kind`."""

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Factor = Annotated[float, Meta(ge=1, le=1_000_000)]


class ProbeOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one family of probes is run. What is not set here is taken from the top level."""

    every: Seconds | None = None
    """Interval between two looks; the top level's `every` where it is not set."""
    timeout: Seconds | None = None
    """The longest that one look may take; the top level's `timeout` where it is not set."""
    stale_after: Factor | None = None
    """Intervals without a new value until the last one is stale; the top level's where it is not set."""
    down_after: Count | None = None
    """Failures in a row until a target is down; the top level's where it is not set."""


class ProbesOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The families of probes; each takes `every`, `timeout`, `stale_after` and `down_after`."""

    discovery: ProbeOptions = ProbeOptions()
    """Discovery sources."""
    health: ProbeOptions = ProbeOptions()
    """Health endpoints of agents."""
    metrics: ProbeOptions = ProbeOptions()
    """Metrics endpoints of agents."""
    process: ProbeOptions = ProbeOptions()
    """Processes of agents with a pid on this machine."""
    queue: ProbeOptions = ProbeOptions()
    """Task queues."""
    backlog: ProbeOptions = ProbeOptions()
    """Backlog documents."""
    alerts: ProbeOptions = ProbeOptions()
    """Alerts that the systems write themselves."""
    host: ProbeOptions = ProbeOptions()
    """This machine."""
    self: ProbeOptions = ProbeOptions()
    """fleetdeck itself."""


class LimitOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is taken in from outside; what goes over is cut or refused, counted and shown."""

    body_bytes: Annotated[int, Meta(ge=1024)] = Limits().body_bytes
    """Bytes of an HTTP answer, unpacked."""
    file_bytes: Annotated[int, Meta(ge=1024)] = Limits().file_bytes
    """Bytes of a file."""
    samples: Annotated[int, Meta(ge=1)] = Limits().samples
    """Samples of a metrics page."""
    all_samples: Annotated[int, Meta(ge=1)] = Limits().all_samples
    """Samples of all metrics pages together."""
    labels: Annotated[int, Meta(ge=1)] = Limits().labels
    """Labels of a series or an agent."""
    label_chars: Annotated[int, Meta(ge=16)] = Limits().label_chars
    """Characters of a label's value."""
    redirects: Annotated[int, Meta(ge=0, le=20)] = Limits().redirects
    """Redirects that are followed."""
    agents: Annotated[int, Meta(ge=1)] = Limits().agents
    """Agents that a source may name."""
    tasks: Annotated[int, Meta(ge=1)] = Limits().tasks
    """Tasks of a queue that are kept."""


class HostOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched of this machine beside CPU, memory, network and load."""

    disks: tuple[Name, ...] = ("/",)
    """Mount points whose free space is watched."""


class SelfMetricsOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where fleetdeck offers its own metrics."""

    listen: str
    """IP address and port, such as `127.0.0.1:9105`."""
    public: bool = False
    """Allows an address that is not loopback. The page is served to anyone who can reach it."""

    def __post_init__(self) -> None:
        _listen("listen", self.listen, public=self.public)


class EntryOptions(Struct, frozen=True, kw_only=True):
    """Keys that every entry of `discovery`, `queues`, `backlog` and `alerts` takes beside those of its kind."""

    kind: str
    """What the entry is; it decides which other keys there are."""
    name: Name | None = None
    """Name to show. Without one it is made from the entry's path, URL or key."""
    every: Seconds | None = None
    """Interval of this entry."""
    timeout: Seconds | None = None
    """The longest that one look at this entry may take."""


class RootOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The top level of a configuration."""

    name: Name = "fleet"
    """Name of the fleet, shown in the header."""
    every: Seconds = Seconds(5)
    """Interval between two looks at the same thing."""
    timeout: Seconds = Seconds(5)
    """The longest that one look may take."""
    down_after: Count = 2
    """Failures in a row until a target is down."""
    stale_after: Factor = 3.0
    """Intervals without a new value until the last one is stale."""
    keep_gone: Seconds = Seconds(600)
    """How long an agent that no source names any more is kept as gone."""
    normalise_names: bool = False
    """Takes `agent_debug.sh`, `debug_agent` and `debug` as one agent, called `debug`."""
    read_only: bool = False
    """Forbids every write to the fleet, whatever the command line says."""
    discovery: tuple[dict[str, Any], ...] = ()
    """Where agents are found: a list of entries, see the kinds of discovery."""
    queues: tuple[dict[str, Any], ...] = ()
    """Task queues: a list of entries, see the kinds of queue."""
    backlog: tuple[dict[str, Any], ...] = ()
    """Backlog documents: a list of entries, see the kinds of backlog."""
    alerts: tuple[dict[str, Any], ...] = ()
    """Alerts that the systems write themselves, shown as claimed: a list of entries, see the kinds of alerts."""
    severities: dict[Name, Severity] = {}
    """Your own words for severities: `{blocker: critical, notable: info}`; a severity is `critical`, `high`, `warning`,
    `info` or `unknown`."""
    inhibit_rules: tuple[InhibitOptions, ...] = ()
    """Rules of inhibition in Alertmanager's format, beside the default ones."""
    deadman: tuple[DeadmanOptions, ...] = ()
    """Heartbeats: alerts that must always fire."""
    probes: ProbesOptions = ProbesOptions()
    """Settings per family of probes."""
    limits: LimitOptions = LimitOptions()
    """How much is taken in from outside."""
    rules: tuple[RulePattern, ...] = ()
    """Prometheus rule files; a pattern may have `*` and `?` in its last part."""
    default_rules: bool = True
    """Loads the rules that ship with fleetdeck; `fleetdeck rules default` prints them."""
    external_labels: dict[LabelName, str] = {}
    """Labels of this fleet, for the templates of rules and for alerts that are sent elsewhere."""
    gates: dict[Name, GateOptions] = {}
    """Quality gates by name: an expression each, and what it must reach."""
    slos: tuple[SloOptions, ...] = ()
    """Service level objectives in their short form, see docs/slos.md."""
    slo_files: tuple[RulePattern, ...] = ()
    """Files of SLOs (OpenSLO v1, Pyrra, sloth), or patterns with `*`."""
    prometheus: PrometheusOptions | None = None
    """A Prometheus beside fleetdeck: its alerts are shown, and objectives may have it as their source."""
    alertmanager: tuple[AlertmanagerOptions, ...] = ()
    """Alertmanagers: their alerts are shown, and silences are made there."""
    actions: ActionsOptions = ActionsOptions()
    """How acts on the fleet are confirmed, locked and recorded."""
    templates: tuple[dict[str, Any], ...] = ()
    """Tasks that can be submitted: a list of entries, see the kinds of templates."""
    rollbacks: tuple[dict[str, Any], ...] = ()
    """What can be rolled back: a list of entries, see the kinds of rollbacks."""
    notify: NotifyOptions = NotifyOptions()
    """Calls you when an alert begins to fire: nothing of it is on unless you ask for it."""
    filters: dict[str, str] = {}
    """Filters by name, such as `mine: 'team:core or env:prod'`; every filter can use them as `@mine`."""
    time: str = "utc"
    """How times are shown: `utc`, `local`, `relative` (ages), or a zone such as `Europe/Berlin`. Output stays UTC."""
    theme: str = "auto"
    """Colours: `dark`, `light`, `high-contrast`, `high-contrast-light`, `ansi` (the terminal's own 16), or `auto`."""
    host: bool | HostOptions = True
    """Watches this machine: `true`, `false`, or a mapping."""
    self_metrics: Annotated[str, Meta(extra={"check": Listen.parse})] | SelfMetricsOptions | None = None
    """Loopback address where fleetdeck offers its own `/metrics`, or a mapping."""


def _listen(key: str, text: str, *, public: bool) -> None:
    try:
        Listen.parse(text, public=public)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


class ProbeSettings(Struct, frozen=True, kw_only=True):
    """How a family of probes is run, with everything resolved. Seconds, intervals, failures in a row."""

    every_s: float
    timeout_s: float
    stale_after: float
    down_after: int


class Entry(Struct, frozen=True, kw_only=True):
    """A discovery source, queue or backlog to watch.

    `id` is stable and unique within its section (`static`, `agent_status:agent_status.json`, `redis_list:jobs#2`),
    `name` is unique there too. `where` is the place in the file for messages (`fleetdeck.yaml:12: discovery[2]`).
    """

    kind: Kind[Any]
    name: str
    id: str
    options: Struct
    every_s: float
    timeout_s: float
    where: str


class Config(Struct, frozen=True, kw_only=True):
    """A configuration, checked and resolved. `root` is the folder that relative paths are taken from."""

    path: Path
    root: Path
    name: str
    read_only: bool
    keep_gone_s: float
    normalise_names: bool
    host: HostOptions | None
    self_metrics: Listen | None
    limits: Limits
    rules: tuple[str, ...]
    default_rules: bool
    external_labels: dict[str, str]
    gates: dict[str, GateOptions]
    slos: tuple[SloDefinition, ...]
    slo_files: tuple[str, ...]
    filters: dict[str, str]
    time: str
    theme: str
    probes: dict[ProbeKind, ProbeSettings]
    discovery: tuple[Entry, ...]
    queues: tuple[Entry, ...]
    backlog: tuple[Entry, ...]
    alerts: tuple[Entry, ...]
    alerting: AlertSettings = AlertSettings()
    servers: Servers = Servers()
    notify: NotifyOptions = NotifyOptions()
    actions: ActionsOptions = ActionsOptions()
    templates: tuple[ActEntry, ...] = ()
    rollbacks: tuple[ActEntry, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, section by section."""
        return self.discovery + self.queues + self.backlog + self.alerts
