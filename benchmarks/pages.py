"""The page that every simulated agent serves: 74 samples in about 7 kB, as agents with a client library and a machine
exporter send them together. Pure.

All agents have the same families, as agents of one build do; each names itself in `agent_info`. Between two pages
almost every value moves: counters rise, gauges wander, what describes the build or the machine stays.
"""

from collections.abc import Iterator

SAMPLES = 74
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NAME_PLACE = b"agent-00000"
"""Where an agent's name stands; names have the same length, so that all pages do."""
QUEUED_PLACE = b"agent_tasks_queued 1000"
"""Where the one value stands that can be moved alone: 1000 and up, four digits."""

_BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "+Inf")
_TOKEN_BOUNDS = ("256.0", "1024.0", "4096.0", "16384.0", "+Inf")
_CODES = (("GET", "200"), ("GET", "404"), ("POST", "200"), ("POST", "429"), ("POST", "500"))
_MODES = ("idle", "iowait", "nice", "softirq", "steal", "system", "user")


def agent_name(index: int) -> str:
    """The name of the agent `index`, below 100,000."""
    return f"agent-{index:05}"


def page(step: int) -> bytes:
    """The page of the agent `NAME_PLACE` after `step` steps."""
    return ("\n".join(_lines(step)) + "\n").encode()


def _lines(step: int) -> Iterator[str]:
    yield from _agent(step)
    yield from _histograms(step)
    yield from _runtime(step)
    yield from _machine(step)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _single(name: str, kind: str, text: str, value: object) -> Iterator[str]:
    yield from _head(name, kind, text)
    yield f"{name} {value}"


def _wander(step: int, salt: int) -> int:
    """A number from 0 to 999 that looks like chance and is none."""
    return (step * 7919 + salt * 104_729) % 1000


def _agent(step: int) -> Iterator[str]:
    yield from _head("agent_info", "gauge", "The agent's name, role and version.")
    yield f'agent_info{{agent_name="{NAME_PLACE.decode()}",role="coder",version="4.2.1"}} 1'
    yield from _head("agent_tasks_queued", "gauge", "Tasks that wait for this agent.")
    yield QUEUED_PLACE.decode()
    yield from _single("agent_tasks_processing", "gauge", "Tasks that it works on.", 1 + step % 3)
    yield from _single("agent_tasks_completed_total", "counter", "Tasks that it has done.", 1200 + 3 * step)
    yield from _single("agent_tasks_failed_total", "counter", "Tasks that it has failed.", 12 + step)
    yield from _single("agent_cpu_usage_percent", "gauge", "CPU in percent of one core.", 12 + _wander(step, 1) / 25)
    yield from _single("agent_memory_usage_bytes", "gauge", "Memory in use.", 10**8 + _wander(step, 2) * 250_000)
    yield from _head("http_requests_total", "counter", "Requests answered, by method and status.")
    for number, (method, code) in enumerate(_CODES):
        yield f'http_requests_total{{method="{method}",code="{code}"}} {4096 * (number + 1) + 7 * step}'


def _histograms(step: int) -> Iterator[str]:
    name = "agent_response_time_seconds"
    yield from _head(name, "histogram", "Time to answer a step of a task, in seconds.")
    for number, bound in enumerate(_BOUNDS, 1):
        yield f'{name}_bucket{{le="{bound}"}} {(812 + step) * number}'
    yield f"{name}_sum {(812 + step) * 1.37:.6f}"
    yield f"{name}_count {(812 + step) * len(_BOUNDS)}"
    name = "gen_ai_client_token_usage"
    yield from _head(name, "histogram", "Tokens used per call of a model.")
    for kind in ("input", "output"):
        label = f'gen_ai_request_model="large",gen_ai_token_type="{kind}"'
        for number, bound in enumerate(_TOKEN_BOUNDS, 1):
            yield f'{name}_bucket{{{label},le="{bound}"}} {(355 + step) * number}'
        yield f"{name}_sum{{{label}}} {(355 + step) * 2113}"
        yield f"{name}_count{{{label}}} {(355 + step) * len(_TOKEN_BOUNDS)}"


def _runtime(step: int) -> Iterator[str]:
    yield from _head("python_info", "gauge", "Python platform.")
    yield 'python_info{implementation="CPython",major="3",minor="12",patchlevel="4",version="3.12.4"} 1.0'
    for name, text in (
        ("python_gc_objects_collected_total", "Objects collected."),
        ("python_gc_collections_total", "Collections."),
    ):
        yield from _head(name, "counter", text)
        for generation in range(3):
            yield f'{name}{{generation="{generation}"}} {(431 + step) * (3 - generation)}.0'
    yield from _single("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", "1.876197376e+09")
    resident = 9 * 10**7 + _wander(step, 3) * 4096
    yield from _single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", resident)
    yield from _single("process_start_time_seconds", "gauge", "Start time since the epoch in seconds.", 1.76e9)
    yield from _single("process_cpu_seconds_total", "counter", "User and system CPU time.", f"{311.4 + step / 8:.2f}")
    yield from _single("process_open_fds", "gauge", "Open file descriptors.", 18 + step % 9)
    yield from _single("process_max_fds", "gauge", "Most open file descriptors.", "1.048576e+06")


def _machine(step: int) -> Iterator[str]:
    yield from _head("node_cpu_seconds_total", "counter", "Seconds in each mode.")
    for number, mode in enumerate(_MODES, 1):
        yield f'node_cpu_seconds_total{{cpu="0",mode="{mode}"}} {86_400 / number + step * 0.7:.2f}'
    for load in ("1", "5", "15"):
        yield from _single(f"node_load{load}", "gauge", f"{load}m load average.", _wander(step, int(load)) / 250)
    for name in ("MemAvailable", "MemFree", "Cached", "MemTotal"):
        value = 2**33 + (0 if name == "MemTotal" else _wander(step, len(name)) * 2**20)
        yield from _single(f"node_memory_{name}_bytes", "gauge", f"{name} in bytes.", value)
    for name in ("receive", "transmit"):
        yield from _head(f"node_network_{name}_bytes_total", "counter", f"Bytes: {name}.")
        for device in ("eth0", "lo"):
            yield f'node_network_{name}_bytes_total{{device="{device}"}} {2**31 + 88_211 * step}'
    yield from _single("node_context_switches_total", "counter", "Context switches.", 90_112 + 512 * step)
    yield from _single("node_procs_running", "gauge", "Processes in runnable state.", 1 + step % 4)
    yield from _head("node_filesystem_avail_bytes", "gauge", "Space available.")
    for mount in ("/", "/var"):
        label = f'device="/dev/nvme0n1p1",mountpoint="{mount}"'
        yield f"node_filesystem_avail_bytes{{{label}}} {2**35 - 4096 * _wander(step, len(mount))}"
