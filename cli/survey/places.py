"""Which addresses are looked at: ports on which something listens here, and those that agents' servers are known for.

Nothing but loopback is asked unless other hosts are named, and there only the known ports.
"""

import os

from msgspec import Struct

KNOWN = {
    1234: "lm-studio",
    3000: "dashboard",
    5000: "service",
    5005: "coordinator",
    8000: "model-server",
    8001: "mcp-server",
    8002: "frontend",
    8080: "exporter",
    8081: "service",
    8088: "service",
    8888: "service",
    9000: "service",
    9090: "prometheus",
    9093: "alertmanager",
    9100: "node-exporter",
    11434: "ollama",
}
"""Ports and what is known to listen there: model servers, coordinators, exporters and what stands beside them."""

REDIS = 6379
_OTHERS = frozenset({22, 25, 53, 111, 445, 631, 3306, 5432, 27017, 11211, 2379, 5672, 5037})
"""Ports of servers that speak no HTTP; asking them would only fill their logs."""
_MOST = 200
_LOOPBACK = {"127.0.0.1": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "127.0.0.1", "::1": "[::1]"}


class Place(Struct, frozen=True, order=True):
    """An address to ask, and what the process that listens there runs, where that can be seen."""

    host: str
    port: int
    program: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_redis(self) -> bool:
        """Whether a Redis is to be expected there. It takes a request of HTTP for an attack, and logs it."""
        return self.port == REDIS or "redis" in self.program or "valkey" in self.program


def listening() -> list[Place]:
    """Where processes of this machine listen on loopback (or everywhere); at most 200, ours left out."""
    import psutil

    found: dict[tuple[str, int], Place] = {}
    try:
        sockets = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return []
    for socket in sockets:
        if socket.status != psutil.CONN_LISTEN or not socket.laddr or socket.pid == os.getpid():
            continue
        host, port = _LOOPBACK.get(socket.laddr.ip), socket.laddr.port
        if host is None or port in _OTHERS:
            continue
        found[host, port] = Place(host, port, _program(socket.pid))
    return sorted(found.values())[:_MOST]


def _program(pid: int | None) -> str:
    """What a process runs; "" where it may not be looked at."""
    import psutil

    from agents_registry.program import program_name

    try:
        process = psutil.Process(pid) if pid else None
        return "" if process is None else program_name(process.cmdline()) or process.name()
    except psutil.Error:
        return ""


def known(hosts: tuple[str, ...]) -> list[Place]:
    """The known ports of `hosts`."""
    return [Place(host, port) for host in hosts for port in (*KNOWN, REDIS)]
