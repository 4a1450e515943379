"""`python -m screenshots.still VIEW`: the dashboard on this terminal, over the frozen demo fleet of all pictures."""

import asyncio
import os
import sys

from cli.dashboard.ending import run_app
from fleet.clock import ManualClock
from fleet.store import Store
from fleet.view_line import parse_view_line
from screenshots.__main__ import START, fill
from tui.app import FleetdeckApp
from tui.terminal.capabilities import capabilities
from tui.terminal.profile import decide
from tui.themed import Look


def main(view: str) -> None:
    """Run until it is ended."""
    store, clock = Store(), ManualClock(START)
    asyncio.run(fill(store, clock))
    app = FleetdeckApp(
        store,
        fleet_name="demo",
        clock=clock,
        view=parse_view_line(view),
        profile=decide(os.environ),
        look=Look(terminal=capabilities(os.environ), theme=os.environ.get("THEME", "")),
    )
    run_app(app)


if __name__ == "__main__":
    main(sys.argv[1])
