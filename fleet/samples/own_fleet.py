"""Series about queues, backlogs, sources, this machine and fleetdeck itself.

What could not be read, or is too old to be believed, has no samples: a rule that needs them sees that they are absent,
and never an old number.
"""

from collections.abc import Callable, Iterable, Iterator

from fleet.model import HostReading, SelfReading, Source, SourceState
from fleet.samples.own_family import Family, Row, Sight
from fleet.work import Backlog, Queue

_HOST_SOURCE = "host:this machine"
_SELF_SOURCE = "self:fleetdeck"
_SOURCE_UP = {SourceState.OK: 1.0, SourceState.PARTIAL: 1.0, SourceState.FAILING: 0.0}
_SOURCE_STATES = tuple(SourceState)


def _good_queues(sight: Sight) -> Iterator[tuple[str, Queue]]:
    return ((name, queue) for name, queue in list(sight.store.queues.items()) if not (queue.error or queue.stale))


def _good_backlogs(sight: Sight) -> Iterator[tuple[str, Backlog]]:
    return ((name, row) for name, row in list(sight.store.backlog.items()) if not (row.error or row.stale))


def _queue_tasks(sight: Sight) -> Iterator[Row]:
    for name, queue in _good_queues(sight):
        for state in ("queued", "running", "done", "failed", "dead_letter"):
            yield (name, queue.kind, state), getattr(queue, state)


def _queue_oldest(sight: Sight) -> Iterator[Row]:
    for name, queue in _good_queues(sight):
        oldest = queue.oldest_queued_at
        yield (name,), None if oldest is None else max(0.0, (sight.now - oldest).total_seconds())


def _queue_total(which: str) -> Callable[[Sight], Iterator[Row]]:
    def rows(sight: Sight) -> Iterator[Row]:
        for name, _ in _good_queues(sight):
            yield (name,), sight.store.history.last(("queue", name, which))

    return rows


def _queues_up(sight: Sight) -> Iterator[Row]:
    for name, queue in list(sight.store.queues.items()):
        yield (name, queue.kind), 0.0 if queue.error or queue.stale else 1.0


def _queue_anomalies(sight: Sight) -> Iterator[Row]:
    for name, queue in _good_queues(sight):
        yield (name,), float(len(queue.anomalies))


def _backlog_tasks(sight: Sight) -> Iterator[Row]:
    for name, row in _good_backlogs(sight):
        yield (name, "done"), row.done
        yield (name, "total"), row.total


def _backlog_claims(sight: Sight) -> Iterator[Row]:
    for name, row in _good_backlogs(sight):
        yield (name, "done"), row.claimed_done
        yield (name, "total"), row.claimed_total


def _backlog(read: Callable[[Backlog], float | None]) -> Callable[[Sight], Iterator[Row]]:
    def rows(sight: Sight) -> Iterator[Row]:
        for name, row in _good_backlogs(sight):
            yield (name,), read(row)

    return rows


def _backlogs_up(sight: Sight) -> Iterator[Row]:
    for name, row in list(sight.store.backlog.items()):
        yield (name, row.kind), 0.0 if row.error or row.stale else 1.0


def _sources_up(sight: Sight) -> Iterator[Row]:
    for name, source in list(sight.store.sources.items()):
        yield (name, source.kind.value), _SOURCE_UP.get(source.state)


def _source_states(sight: Sight) -> Iterator[Row]:
    for name, source in list(sight.store.sources.items()):
        for state in _SOURCE_STATES:
            yield (name, source.kind.value, state.value), 1.0 if state is source.state else 0.0


def _source_seen(sight: Sight) -> Iterator[Row]:
    for name, source in list(sight.store.sources.items()):
        seen = sight.store.sources.seen(name)
        yield (name, source.kind.value), None if seen is None else seen.timestamp()


def _source(read: Callable[[Source], float | None]) -> Callable[[Sight], Iterator[Row]]:
    def rows(sight: Sight) -> Iterator[Row]:
        for name, source in list(sight.store.sources.items()):
            yield (name, source.kind.value), read(source)

    return rows


def _fails(sight: Sight, source: str) -> bool:
    row = sight.store.sources.get(source)
    return row is not None and row.state is SourceState.FAILING


def _host(read: Callable[[HostReading], float | None]) -> Callable[[Sight], Iterator[Row]]:
    def rows(sight: Sight) -> Iterator[Row]:
        reading = sight.store.host.get("host")
        if reading is not None and not _fails(sight, _HOST_SOURCE):
            yield (), read(reading)

    return rows


def _disks(which: str) -> Callable[[Sight], Iterator[Row]]:
    def rows(sight: Sight) -> Iterator[Row]:
        reading = sight.store.host.get("host")
        if reading is not None and not _fails(sight, _HOST_SOURCE):
            yield from (((disk.path,), getattr(disk, which)) for disk in reading.disks)

    return rows


def _itself(read: Callable[[SelfReading], float | None]) -> Callable[[Sight], Iterator[Row]]:
    def rows(sight: Sight) -> Iterator[Row]:
        reading = sight.store.self_.get("self")
        if reading is not None and not _fails(sight, _SELF_SOURCE):
            yield (), read(reading)

    return rows


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _load(place: int) -> Callable[[HostReading], float | None]:
    return lambda reading: reading.load[place] if place < len(reading.load) else None


def _now(read: Callable[[Sight], float]) -> Callable[[Sight], Iterable[Row]]:
    return lambda sight: [((), read(sight))]


def _family(name: str, kind: str, text: str, rows: Callable[[Sight], Iterable[Row]], *labels: str) -> Family:
    return Family(name=f"fleetdeck_{name}", type=kind, labels=labels, help=text, rows=rows)


QUEUES = (
    _family(
        "queue_up",
        "gauge",
        "1 where the queue was read, 0 where it could not be or was not lately.",
        _queues_up,
        "queue",
        "kind",
    ),
    _family(
        "queue_tasks",
        "gauge",
        "Tasks of the queue by `state`: `queued`, `running`, `done`, `failed`, `dead_letter`, where the queue says.",
        _queue_tasks,
        "queue",
        "kind",
        "state",
    ),
    _family("queue_oldest_seconds", "gauge", "How long the oldest queued task has waited.", _queue_oldest, "queue"),
    _family(
        "queue_arrived_total", "counter", "Tasks that came, where that is known.", _queue_total("arrived"), "queue"
    ),
    _family(
        "queue_completed_total", "counter", "Tasks that ended, where that is known.", _queue_total("completed"), "queue"
    ),
    _family("queue_anomalies", "gauge", "Contradictions that the queue shows.", _queue_anomalies, "queue"),
)

BACKLOGS = (
    _family(
        "backlog_up",
        "gauge",
        "1 where the backlog was read, 0 where it could not be or was not lately.",
        _backlogs_up,
        "backlog",
        "kind",
    ),
    _family(
        "backlog_tasks",
        "gauge",
        "Items of the backlog as counted: `done` and `total`.",
        _backlog_tasks,
        "backlog",
        "state",
    ),
    _family("backlog_claimed_tasks", "gauge", "The same as its document claims.", _backlog_claims, "backlog", "state"),
    _family(
        "backlog_done_ratio",
        "gauge",
        "Share of the items that are done, 0–1.",
        _backlog(lambda row: row.done_ratio),
        "backlog",
    ),
    _family(
        "backlog_claimed_ratio",
        "gauge",
        "The share that is claimed, which may be over 1.",
        _backlog(lambda row: row.claimed_ratio),
        "backlog",
    ),
    _family(
        "backlog_anomalies",
        "gauge",
        "Contradictions that the backlog shows.",
        _backlog(lambda row: float(len(row.anomalies))),
        "backlog",
    ),
)

SOURCES = (
    _family(
        "source_up",
        "gauge",
        "1 where the source or probe answers, also in part, 0 where it fails; absent before its first look.",
        _sources_up,
        "source",
        "kind",
    ),
    _family(
        "source_state",
        "stateset",
        "1 for the state of the source or probe (`ok`, `partial`, `failing`, `pending`), 0 for the others.",
        _source_states,
        "source",
        "kind",
        "state",
    ),
    _family(
        "source_failures", "gauge", "Failures in a row.", _source(lambda row: float(row.failures)), "source", "kind"
    ),
    _family("source_last_success_timestamp_seconds", "gauge", "When it last answered.", _source_seen, "source", "kind"),
    _family(
        "source_interval_seconds",
        "gauge",
        "How often it is looked at.",
        _source(lambda row: row.every_s),
        "source",
        "kind",
    ),
    _family(
        "source_cut",
        "gauge",
        "What limits left out of its last answer.",
        _source(lambda row: float(row.cut)),
        "source",
        "kind",
    ),
)

HOST = (
    _family("host_cpu_ratio", "gauge", "CPU of all cores in use, 0–1.", _host(lambda host: _ratio(host.cpu_percent))),
    _family("host_memory_ratio", "gauge", "Memory in use, 0–1.", _host(lambda host: _ratio(host.memory_percent))),
    _family("host_memory_size_bytes", "gauge", "Memory of the machine.", _host(lambda host: host.memory_total_bytes)),
    _family("host_load1", "gauge", "Load average over 1 minute.", _host(_load(0))),
    _family("host_load5", "gauge", "Load average over 5 minutes.", _host(_load(1))),
    _family("host_load15", "gauge", "Load average over 15 minutes.", _host(_load(2))),
    _family("host_disk_size_bytes", "gauge", "Size of a configured file system.", _disks("total_bytes"), "mountpoint"),
    _family(
        "host_disk_free_bytes", "gauge", "Free space of a configured file system.", _disks("free_bytes"), "mountpoint"
    ),
    _family("host_network_sent_bytes_total", "counter", "Bytes sent.", _host(lambda host: host.net_sent_bytes)),
    _family(
        "host_network_received_bytes_total", "counter", "Bytes received.", _host(lambda host: host.net_received_bytes)
    ),
)

ITSELF = (
    _family(
        "self_evaluation_timestamp_seconds",
        "gauge",
        "When the fleet was last judged.",
        _now(lambda sight: sight.now.timestamp()),
    ),
    _family("self_agents", "gauge", "Agents that are known.", _now(lambda sight: float(len(sight.store.status)))),
    _family("self_cpu_ratio", "gauge", "CPU of fleetdeck, 1 being one core.", _itself(lambda s: _ratio(s.cpu_percent))),
    _family("self_resident_memory_bytes", "gauge", "Memory of fleetdeck.", _itself(lambda own: own.rss_bytes)),
    _family("self_loop_lag_seconds", "gauge", "How late its event loop is.", _itself(lambda own: own.loop_lag_s)),
    _family(
        "self_sweep_lateness_seconds", "gauge", "How late the slowest probe was.", _itself(lambda own: own.sweep_s)
    ),
    _family("self_probes", "gauge", "Sources and probes that it runs.", _itself(lambda own: float(own.probes))),
    _family("self_failures_total", "counter", "Looks that failed.", _itself(lambda own: float(own.errors))),
    _family("self_page_samples", "gauge", "Samples on the last pages.", _itself(lambda own: float(own.samples))),
    _family("self_cut", "gauge", "What limits left out of the last answers.", _itself(lambda own: float(own.cut))),
    _family("self_kept_series", "gauge", "Series kept for rules.", _now(lambda sight: float(len(sight.samples)))),
    _family("self_kept_points", "gauge", "Numbers kept for rules.", _now(lambda sight: float(sight.samples.points))),
    _family(
        "self_refused_series_total",
        "counter",
        "Series that were not kept for lack of room.",
        _now(lambda sight: float(sight.samples.refused)),
    ),
)
