"""Series about agents: what fleetdeck says of them, and how it came to say it."""

import re
from collections.abc import Callable, Iterable, Iterator

from fleet.model import AgentStatus
from fleet.samples.feed import LATENCY_BUCKETS_S
from fleet.samples.own_family import Family, Row, Sight
from fleet.vocabulary import AgentState

MOST_LABELS = 16
"""Labels of an agent that its information series carries, the first by name."""
_STATES = tuple(AgentState)
_NO_NAME = re.compile(r"[^a-zA-Z0-9_]")


def _each(read: Callable[[AgentStatus], float | None]) -> Callable[[Sight], Iterator[Row]]:
    """A row an agent."""

    def rows(sight: Sight) -> Iterator[Row]:
        for name, status in list(sight.store.status.items()):
            yield (name,), read(status)

    return rows


def _states(sight: Sight) -> Iterator[Row]:
    for name, status in list(sight.store.status.items()):
        for state in _STATES:
            yield (name, status.kind, state.value), 1.0 if state is status.state else 0.0


def _claimed_states(sight: Sight) -> Iterator[Row]:
    for name, status in list(sight.store.status.items()):
        if status.claimed_state is not None:
            for state in _STATES:
                yield (name, status.kind, state.value), 1.0 if state is status.claimed_state else 0.0


def _information(sight: Sight) -> Iterator[Row]:
    for name, status in list(sight.store.status.items()):
        labels: dict[str, str] = {}
        for label in sorted(status.labels)[:MOST_LABELS]:
            labels.setdefault(f"label_{_NO_NAME.sub('_', label)}", status.labels[label])
        yield (name, status.kind, *(word for pair in labels.items() for word in pair)), 1.0


def _last_seen(sight: Sight) -> Iterator[Row]:
    for name in list(sight.store.status):
        seen = sight.store.status.seen(name)
        yield (name,), None if seen is None else seen.timestamp()


def _changes(sight: Sight) -> Iterator[Row]:
    for name in list(sight.store.status):
        yield (name,), float(sight.changes.get(name, 0))


def _probes(sight: Sight) -> Iterator[Row]:
    for name, probed in list(sight.probed.items()):
        yield (name, "ok"), float(probed.ok)
        yield (name, "failed"), float(probed.failed)


def _latency(sight: Sight) -> Iterator[Row]:
    for name, probed in list(sight.probed.items()):
        yield (name,), probed.last_s


def _buckets(sight: Sight) -> Iterator[Row]:
    bounds = (*(str(bound) for bound in LATENCY_BUCKETS_S), "+Inf")
    for name, probed in list(sight.probed.items()):
        count = 0
        for bound, new in zip(bounds, probed.buckets, strict=True):
            count += new
            yield (name, bound), float(count)


def _sums(sight: Sight) -> Iterator[Row]:
    for name, probed in list(sight.probed.items()):
        yield (name,), probed.sum_s


def _counts(sight: Sight) -> Iterator[Row]:
    for name, probed in list(sight.probed.items()):
        yield (name,), float(probed.ok)


def _since(status: AgentStatus) -> float | None:
    return None if status.since is None else status.since.timestamp()


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _agent(name: str, kind: str, text: str, rows: Callable[[Sight], Iterable[Row]], *labels: str) -> Family:
    return Family(name=f"fleetdeck_agent_{name}", type=kind, labels=("agent", *labels), help=text, rows=rows)


AGENTS = (
    _agent(
        "state",
        "stateset",
        "1 for the state that fleetdeck says the agent is in (`up`, `degraded`, `down`, `stale`, `unknown`, "
        "`waiting`), 0 for the others.",
        _states,
        "kind",
        "state",
    ),
    _agent(
        "claimed_state",
        "stateset",
        "The same of the state that the agent, or a system about it, claims; absent where nothing is claimed.",
        _claimed_states,
        "kind",
        "state",
    ),
    _agent(
        "disagrees",
        "gauge",
        "1 where the claim is better or other than what was observed.",
        _each(lambda status: float(status.disagrees)),
    ),
    _agent(
        "gone",
        "gauge",
        "1 where no discovery source names the agent any more.",
        _each(lambda status: float(status.gone)),
    ),
    Family(
        name="fleetdeck_agent_info",
        type="info",
        labels=("agent", "kind"),
        help=f"Always 1; the agent's own labels as `label_<name>`, at most {MOST_LABELS}. For `* on(agent) "
        "group_left(label_env) fleetdeck_agent_info`.",
        rows=_information,
        free=True,
    ),
    _agent("state_since_timestamp_seconds", "gauge", "When the present state began.", _each(_since)),
    _agent("state_changes_total", "counter", "Changes of state since fleetdeck started.", _changes),
    _agent(
        "last_seen_timestamp_seconds",
        "gauge",
        "When the agent last answered in any way that fleetdeck looks at it.",
        _last_seen,
    ),
    _agent(
        "health_probes_total",
        "counter",
        "Health probes, by `result`: `ok` (an answer that could be read, whatever it says) or `failed`.",
        _probes,
        "result",
    ),
    _agent("health_latency_seconds", "gauge", "How long the last answered health probe took.", _latency),
    _agent(
        "health_duration_seconds_bucket",
        "histogram",
        "Answered health probes that took no longer than `le` seconds.",
        _buckets,
        "le",
    ),
    _agent("health_duration_seconds_sum", "histogram", "Seconds that answered health probes took in all.", _sums),
    _agent("health_duration_seconds_count", "histogram", "Answered health probes.", _counts),
    _agent("tasks_queued", "gauge", "Tasks that wait for the agent.", _each(lambda status: status.tasks_queued)),
    _agent("tasks_running", "gauge", "Tasks that it works on.", _each(lambda status: status.tasks_running)),
    _agent("tasks_completed_total", "counter", "Tasks that it has done.", _each(lambda status: status.tasks_completed)),
    _agent("tasks_failed_total", "counter", "Tasks that it has failed.", _each(lambda status: status.tasks_failed)),
    _agent(
        "cpu_ratio", "gauge", "CPU that it takes, 1 being one core.", _each(lambda status: _ratio(status.cpu_percent))
    ),
    _agent("memory_bytes", "gauge", "Memory that it takes.", _each(lambda status: status.memory_bytes)),
)
