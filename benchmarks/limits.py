"""Past one machine, on paper: how many targets one process and one machine can watch, by the measured costs.

    python -m benchmarks.limits

Nothing is measured here; every figure follows from the table and from the machine's own limits.
"""

import inspect
import sys
from collections.abc import Mapping

from benchmarks.machine import Machine
from benchmarks.pages import SAMPLES, page
from collectors.supervisor import Supervisor

INTERVALS_S = (5, 15, 60)
CORE_SHARE = 0.7
"""Of one core for collecting; the rest is for drawing, for keys and for bad moments."""
MEMORY_SHARE = 0.5
"""Of a machine's memory for fleetdeck."""
LATENCIES_S = (0.01, 0.1)
"""Times to answer for which the bound of requests at once is reckoned."""
_GIGABIT = 110e6
"""Bytes of payload a second that a link of 1 Gbit/s carries."""
_HEADERS = 300
_NEEDED = ("target/fleetdeck", "sweep/target", "sweep/files", "memory/few", "memory/agent")


def limits(values: Mapping[str, float], machine: Machine) -> str:
    """The limits as Markdown. `values` are the measured rows by id."""
    lacking = [name for name in _NEEDED if name not in values]
    if lacking:
        return f"Not known before these rows are measured: {', '.join(lacking)}."
    cpu_s = max(values["target/fleetdeck"], values["sweep/target"]) / 1e6
    lines = [_inputs(values, machine, cpu_s), "", *_table(values, machine, cpu_s), "", _end(values, machine, cpu_s)]
    return "\n".join(lines)


def _inputs(values: Mapping[str, float], machine: Machine, cpu_s: float) -> str:
    memory, own = values["memory/agent"], values["memory/few"]
    return (
        f"A target costs {cpu_s * 1e6:,.0f} µs of CPU a scrape (the dearer of the two rows), {memory:.1f} kB beside "
        f"the {own:.0f} MB that the program takes anyway, and {values['sweep/files']:.2f} files; its page has "
        f"{SAMPLES} samples in {len(page(0)) / 1000:.1f} kB. Collecting may take {CORE_SHARE:.0%} of one core, and all "
        f"of it {MEMORY_SHARE:.0%} of {machine.memory / 2**30:.0f} GiB; a process may hold {machine.files:,} files."
    )


def _table(values: Mapping[str, float], machine: Machine, cpu_s: float) -> list[str]:
    """Targets that each thing allows, a column an interval."""
    at_once = _at_once()
    rows: list[tuple[str, list[float]]] = [
        ("CPU of one process", [CORE_SHARE * every / cpu_s for every in INTERVALS_S]),
        *(
            (
                f"{at_once} requests at once, answers in {latency * 1e3:.0f} ms",
                [at_once / latency * t for t in INTERVALS_S],
            )
            for latency in LATENCIES_S
            if at_once
        ),
        ("files of one process", [machine.files / values["sweep/files"]] * len(INTERVALS_S)),
        ("memory of the machine", [by_memory(values, machine)] * len(INTERVALS_S)),
        (
            f"CPU of {machine.cores} cores, a process each",
            [CORE_SHARE * machine.cores * t / cpu_s for t in INTERVALS_S],
        ),
        ("CPU of 32 cores, a process each", [CORE_SHARE * 32 * every / cpu_s for every in INTERVALS_S]),
        ("a link of 1 Gbit/s", [_GIGABIT * every / (len(page(0)) + _HEADERS) for every in INTERVALS_S]),
        ("ports, where all stand behind one address and port", [float(machine.ports)] * len(INTERVALS_S)),
    ]
    head = " | ".join(f"every {every} s" for every in INTERVALS_S)
    lines = [f"| targets by | {head} |", "|---|" + "--:|" * len(INTERVALS_S)]
    return lines + [f"| {name} | {' | '.join(_about(number) for number in numbers)} |" for name, numbers in rows]


def by_memory(values: Mapping[str, float], machine: Machine) -> float:
    """Targets that fit into the share of the machine's memory."""
    return (machine.memory * MEMORY_SHARE - values["memory/few"] * 1e6) / (values["memory/agent"] * 1e3)


def _end(values: Mapping[str, float], machine: Machine, cpu_s: float) -> str:
    """Which of them comes first."""
    sentences = []
    for every in INTERVALS_S:
        by = {
            "CPU": CORE_SHARE * every / cpu_s,
            "files": machine.files / values["sweep/files"],
            "memory": by_memory(values, machine),
        }
        first = min(by, key=lambda name: by[name])
        sentences.append(f"every {every} s at {_about(by[first])} targets ({first})")
    return f"One process ends {', '.join(sentences)}."


def _at_once() -> int:
    """Requests that the supervisor has under way at once; 0 where it knows no such bound."""
    bound = inspect.signature(Supervisor).parameters.get("concurrency")
    return int(bound.default) if bound is not None and isinstance(bound.default, int) else 0


def _about(number: float) -> str:
    """In two digits that count."""
    scale = 10 ** max(0, len(str(int(number))) - 2)
    return f"{int(number / scale) * scale:,}"


def main() -> None:
    """Print the limits by what was kept."""
    from benchmarks.registry import TOPICS
    from benchmarks.report import load, restored

    kept = load()
    if kept is None:
        sys.exit("nothing has been measured yet: make bench")
    values = {result.row.id: result.value for result in restored(kept, TOPICS) if result.value is not None}
    sys.stdout.write(limits(values, kept.machine) + "\n")


if __name__ == "__main__":
    main()
