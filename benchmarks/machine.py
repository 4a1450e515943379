"""On what was measured: the machine, and the versions of everything that took part. No names of hosts or users."""

import os
import platform
import re
import resource
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from msgspec import Struct

from benchmarks.topics.peers import find, libraries
from tests.real_prometheus import prometheus_binary

_PACKAGES = ("fleetdeck", "textual", "httpx", "prometheus_client", "msgspec")


class Machine(Struct, frozen=True, kw_only=True):
    """What the figures hang on. Memory in bytes; `files` is how many a process may hold at most; `ports` is how many a
    machine has for connections to one address and port; `load` is the load average before the first measurement."""

    cpu: str
    cores: int
    memory: int
    system: str
    versions: dict[str, str]
    files: int
    ports: int
    load: float

    def words(self) -> str:
        """A paragraph that names all of it."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"{self.cores} cores ({self.cpu}), {self.memory / 2**30:.0f} GiB, {self.system}, "
            f"load average {self.load:.1f} at the start. {versions}."
        )


def this_machine() -> Machine:
    """The machine that this runs on."""
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        memory=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        versions={"Python": platform.python_version()} | _packages() | _peers(),
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        ports=_ports(),
        load=os.getloadavg()[0],
    )


def _cpu() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()


def _ports() -> int:
    """How many ports the system hands out to connections; RFC 6335's range where it does not say."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    except OSError:
        first, last = "49152", "65535"
    return int(last) - int(first) + 1


def _packages() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _peers() -> dict[str, str]:
    programs = {"Prometheus": prometheus_binary()} | {name: find(name) for name in ("htop", "btop", "glances")}
    return {name: number for name, program in programs.items() if program and (number := _number(program))}


def _number(program: str) -> str:
    """The version that a program says it has; nothing where it does not say."""
    try:
        done = subprocess.run(
            [program, "--version"],
            env=os.environ | libraries(),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found[0] if found else ""
