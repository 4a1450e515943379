"""Bytes to the terminal while nothing changes: 500 agents that are scraped every 5 s and always show the same.

Two dashboards at once, one on the overview and one on the agents, each in a terminal of 160×50 and with the
configuration's defaults, so with this machine's own CPU and memory watched, too. Ten seconds are counted once all
agents are up and two more sweeps have passed; the view that sent more counts.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.dashboard import knows, watch
from benchmarks.fleet import Fleet
from benchmarks.row import Figure, Figures, Row, Topic

AGENTS = 500
VIEWS = ("overview", "agents")
SPAN_S = 10.0
EVERY_S = 5


def measure(folder: Path) -> Figures:
    """Bytes of each view."""
    with Fleet(AGENTS, folder, still=True) as fleet, ExitStack() as stack:
        file = fleet.fleetdeck("still", every=f"{EVERY_S}s")
        opened = {view: stack.enter_context(watch(file, view)) for view in VIEWS}
        for terminal in opened.values():
            knows(terminal, AGENTS)
        time.sleep(2 * EVERY_S)
        for terminal in opened.values():
            terminal.watch(0)
        time.sleep(SPAN_S)
        came = {view: terminal.watch(0) for view, terminal in opened.items()}
    return {"bytes": Figure(max(came.values()), ", ".join(f"{view}: {size:,} B" for view, size in came.items()))}


TOPIC = Topic(
    name="idle",
    measure=measure,
    rows=(
        Row(id="idle/bytes", what="bytes in 10 idle seconds, 500 agents that do not change", unit="B", at_most=20_000),
    ),
)
