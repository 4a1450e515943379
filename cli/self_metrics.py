"""fleetdeck's own numbers under `/metrics`, for the Prometheus that watches the watchers. Off unless configured."""

import contextlib
from collections.abc import Iterator

from config.values import Listen
from fleet.errors import ConfigError
from fleet.store import Store

PREFIX = "fleetdeck"


@contextlib.contextmanager
def offer(listen: Listen | None, store: Store) -> Iterator[None]:
    """Serve the page while the block runs. Raises ConfigError where the address cannot be had."""
    if listen is None:
        yield
        return
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    registry.register(_Collector(store))  # type: ignore[arg-type]  # a collector is anything with collect()
    try:
        server, thread = start_http_server(listen.port, listen.host, registry)
    except OSError as error:
        raise ConfigError(f"self_metrics: {listen.host}:{listen.port} cannot be had: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(2)


class _Collector:
    """Reads the store when it is scraped, from the server's thread: single lookups of frozen values."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[object]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        own = self._store.self_.get("self")
        if own is not None:
            for name, text, value in (
                (
                    "sweep_lateness_seconds",
                    "Time from when the slowest probe was due to when it was done.",
                    own.sweep_s,
                ),
                ("loop_lag_seconds", "How late the event loop woke up.", own.loop_lag_s),
                ("resident_memory_bytes", "Resident memory.", own.rss_bytes),
                ("cpu_percent", "CPU since the last look, of one core.", own.cpu_percent),
                ("probes", "Sources and probes that are run.", own.probes),
                ("samples", "Samples of the last pages.", own.samples),
                ("history_series", "Series whose history is kept.", own.series),
                ("cut_items", "Items that limits left out of the last answers.", own.cut),
            ):
                if value is not None:
                    yield GaugeMetricFamily(f"{PREFIX}_{name}", text, value=float(value))
            yield CounterMetricFamily(f"{PREFIX}_probe_failures", "Failed looks.", value=float(own.errors))
        states = GaugeMetricFamily(f"{PREFIX}_agents", "Agents by state.", labels=["state"])
        counts: dict[str, int] = {}
        for status in tuple(self._store.status.values()):
            counts[status.state.value] = counts.get(status.state.value, 0) + 1
        for state, count in sorted(counts.items()):
            states.add_metric([state], count)
        yield states
