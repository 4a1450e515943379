"""fleetdeck itself in a terminal, as an operator starts it."""

import re
import sys
from pathlib import Path

from benchmarks.screen import Screen
from benchmarks.terminal import Terminal
from benchmarks.worker import environment

COMMAND = (sys.executable, "-m", "cli.main")
_STATES = re.compile(r"● ([\d,]+) up")


def watch(file: Path, view: str = "agents") -> Terminal:
    """The dashboard on a configuration, opened on a view."""
    return Terminal([*COMMAND, "--config", str(file), "--view", view], env=environment(file.parent), cwd=file.parent)


def knows(terminal: Terminal, agents: int, patience_s: float = 120.0) -> None:
    """Wait until the dashboard shows as many agents as there are, and all of them up.

    The overview counts them by state. The table of agents says how many rows it has, and sorts what is not up first.
    """
    number = f"{agents:,}"
    terminal.until(lambda screen: _all_up(screen, number), patience_s)


def _all_up(screen: Screen, number: str) -> bool:
    found = _STATES.search(screen.text())
    if found:
        return found[1] == number
    rows = [line for line in screen.text().splitlines() if re.search(r"agent-\d{5}", line)]
    return number in screen.line(1) and len(rows) > 5 and all("● up" in row for row in rows)
