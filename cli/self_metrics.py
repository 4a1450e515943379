"""fleetdeck's own numbers under `/metrics`, for the Prometheus that watches the watchers. Off unless configured.

A page in the operator's browser can have a name of its own lead to 127.0.0.1 and read what listens there (DNS
rebinding). Its requests then carry that name as their Host, so a loopback listener answers only to addresses and to
`localhost`. No origin is ever allowed to read the page from a browser.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from typing import Any

from config.values import Listen
from fleet.errors import ConfigError
from fleet.store import Store

PREFIX = "fleetdeck"
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9A-Za-z.-]{1,253}))(?::[0-9]{1,5})?")
_PATIENCE_S = 10.0
"""Seconds for which a connection may say nothing before it is let go."""


@contextlib.contextmanager
def offer(listen: Listen | None, store: Store) -> Iterator[None]:
    """Serve the page while the block runs. Raises ConfigError where the address cannot be had."""
    if listen is None:
        yield
        return
    from prometheus_client import CollectorRegistry, make_wsgi_app

    registry = CollectorRegistry()
    registry.register(_Collector(store))  # type: ignore[arg-type]  # a collector is anything with collect()
    page: App = make_wsgi_app(registry)
    with _serving(listen, guarded(page) if ip_address(listen.host).is_loopback else page):
        yield


App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""


def guarded(page: App) -> App:
    """`page` for requests whose Host is an address or `localhost`, which no rebinding can fake; 403 for the others."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if is_own_host(str(environ.get("HTTP_HOST", ""))):
            return page(environ, start)
        start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"this page answers to localhost and to addresses only\n"]

    return answer


def is_own_host(host: str) -> bool:
    """Whether a Host header names an address or `localhost`, with or without a port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1] or found[2]
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def _serving(listen: Listen, page: App) -> Iterator[None]:
    """Serve `page` from threads of its own. Raises ConfigError where the address cannot be had."""
    import socket
    import threading
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Silent(WSGIRequestHandler):
        timeout = _PATIENCE_S

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the terminal belongs to the dashboard."""

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET

    try:
        server = make_server(listen.host, listen.port, page, Server, Silent)
    except OSError as error:
        raise ConfigError(f"self_metrics: {listen.host}:{listen.port} cannot be had: {error.strerror}") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
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
                (
                    "terminal_bytes",
                    "Bytes sent to the terminal since the start.",
                    None if own.terminal is None else own.terminal.bytes_total,
                ),
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
