"""CPU of the dashboard: 232 agents every 5 s, each with a health page and a metrics page of 7 kB whose values move.

Two dashboards at once, one on the overview and one on the agents, each in a terminal of 160×50, with the
configuration's defaults: collecting, judging and drawing together, in percent of one core, over 30 s after all agents
are up and two more sweeps have passed. The view that took more counts.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.dashboard import knows, watch
from benchmarks.fleet import Fleet
from benchmarks.process import cpu_s
from benchmarks.row import Figure, Figures, Row, Topic

AGENTS = 232
VIEWS = ("overview", "agents")
SPAN_S = 30.0
EVERY_S = 5


def measure(folder: Path) -> Figures:
    """CPU and bytes of each view."""
    with Fleet(AGENTS, folder) as fleet, ExitStack() as stack:
        file = fleet.fleetdeck("moving", every=f"{EVERY_S}s", health=True)
        opened = {view: stack.enter_context(watch(file, view)) for view in VIEWS}
        for terminal in opened.values():
            knows(terminal, AGENTS)
        time.sleep(2 * EVERY_S)
        begun, before = time.perf_counter(), {view: cpu_s(terminal.pid) for view, terminal in opened.items()}
        for terminal in opened.values():
            terminal.watch(0)
        time.sleep(SPAN_S)
        span = time.perf_counter() - begun
        percent = {view: (cpu_s(terminal.pid) - before[view]) / span * 100 for view, terminal in opened.items()}
        sent = {view: terminal.watch(0) / span for view, terminal in opened.items()}
    return {
        "cpu": Figure(max(percent.values()), ", ".join(f"{view}: {share:.1f} %" for view, share in percent.items())),
        "bytes": Figure(max(sent.values()), ", ".join(f"{view}: {rate:,.0f} B/s" for view, rate in sent.items())),
    }


TOPIC = Topic(
    name="busy",
    measure=measure,
    rows=(
        Row(id="busy/cpu", what="CPU of the dashboard, 232 agents every 5 s", unit="% of a core", at_most=5),
        Row(id="busy/bytes", what="bytes of it to the terminal while everything moves", unit="B/s"),
    ),
)
