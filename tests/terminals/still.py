"""The dashboard over a store that stands still, on the terminal that the environment describes: every state is in it.

`python -m tests.terminals.still [VIEW]` begins and ends as the real one does. `FAIL` in the environment makes it fail
at the key `X`: `handler`, `draw`, `thread`, `work` or `hang`.
"""

import asyncio
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from textual import events

import tui.app
from cli.dashboard.ending import run_app
from cli.settings import log_file, start_logging
from fleet.clock import ManualClock
from fleet.view_line import parse_view_line
from fleet.vocabulary import AgentState
from tests.tui.factories import NOW, firing_store
from tests.tui.tables import put
from tui.app import FleetdeckApp
from tui.terminal.capabilities import capabilities
from tui.themed import Look

SECRET = "hunter2-in-a-local-variable"


class StillApp(FleetdeckApp):
    """Fails when it is told to, and draws new data as long as it is told to."""

    CSS_PATH = str(Path(tui.app.__file__).with_name("fleetdeck.tcss"))
    failing = ""

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and event.key == "X" and os.environ.get("FAIL"):
            self.failing = os.environ["FAIL"]
            self._fail(SECRET)
        await super().on_event(event)

    def _fail(self, secret: str) -> None:
        if self.failing == "handler":
            raise RuntimeError("a handler failed")
        if self.failing == "draw":
            self.screen.refresh()
        if self.failing == "thread":
            threading.Thread(target=_fail_in_thread, args=(secret,)).start()
        if self.failing == "hang":
            os.write(2, b"\x1b[H\x1b[2Jit hangs")
            while True:
                time.sleep(0.1)

    def _display(self, screen: Any, renderable: Any) -> None:
        if self.failing == "draw":
            raise RuntimeError("drawing failed")
        super()._display(screen, renderable)


def _fail_in_thread(secret: str) -> None:
    raise RuntimeError("a thread failed")


def main() -> None:
    """Run until it is ended."""
    start_logging()
    store = firing_store()

    async def work() -> None:
        if os.environ.get("FAIL") == "work":
            raise RuntimeError("the work failed")
        while "FLOW" in os.environ:
            await asyncio.sleep(0.005)
            number = time.monotonic_ns()
            states = list(AgentState)
            put(store, f"agent-{number % 24:02}", states[number % len(states)], detail=f"changed {number}")

    app = StillApp(
        store,
        fleet_name="still",
        clock=ManualClock(NOW),
        view=parse_view_line(sys.argv[1] if len(sys.argv) > 1 else "overview"),
        on_start=work,
        log_path=log_file(),
        look=Look(terminal=capabilities(os.environ), theme=os.environ.get("THEME", "")),
    )
    run_app(app)


if __name__ == "__main__":
    main()
