"""The first useful frame of `fleetdeck demo --agents 24`, beside the first frame of a bare Textual app.

The same interpreter, the same pty of 160×50, one after the other in turns, nothing warmed up but the files. From the
start of the process to the last byte of the frame. The bare app shows one word at the bottom. A frame of fleetdeck is
useful when it names the fleet, says how many agents are in which state (or that none is known yet), and shows the
keys at its foot, its last line. What follows, agents with their states, is timed, too.
"""

import re
import statistics
import sys
from pathlib import Path

from benchmarks.dashboard import COMMAND
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.screen import Screen
from benchmarks.terminal import Terminal
from benchmarks.worker import ROOT, environment

ROUNDS = 7
_BARE = (sys.executable, "-m", "benchmarks.workers.bare")
_DEMO = (*COMMAND, "demo", "--agents", "24")
_COUNTS = re.compile(r"\d+ down .* \d+ up")
_SOME_UP = re.compile(r"● [1-9]\d* up")


def measure(folder: Path) -> Figures:
    """Medians, and how often the one goes into the other."""
    bare, useful, lively = [], [], []
    for turn in range(ROUNDS + 1):
        with Terminal(_BARE, env=environment(folder), cwd=ROOT) as terminal:
            shown = terminal.until(is_bare) - terminal.started
        with Terminal(_DEMO, env=environment(folder), cwd=ROOT) as terminal:
            first = terminal.until(is_useful) - terminal.started
            agents = terminal.until(lambda screen: bool(_SOME_UP.search(screen.text()))) - terminal.started
        if turn:  # the first round reads the files
            bare.append(shown)
            useful.append(first)
            lively.append(agents)
    return {
        "bare": Figure(statistics.median(bare) * 1e3),
        "useful": Figure(statistics.median(useful) * 1e3),
        "agents": Figure(statistics.median(lively) * 1e3),
        "of-bare": Figure(statistics.median(useful) / statistics.median(bare), f"{ROUNDS} rounds"),
    }


def is_bare(screen: Screen) -> bool:
    """Whether the bare app's frame is whole."""
    return "ready" in screen.line(-1)


def is_useful(screen: Screen) -> bool:
    """Whether a frame of the demo tells an operator something, and is whole."""
    return "demo" in screen.line(1) and "quit" in screen.line(-1) and bool(_COUNTS.search(screen.text()))


TOPIC = Topic(
    name="start",
    measure=measure,
    rows=(
        Row(id="start/bare", what="first frame of a bare Textual app", unit="ms"),
        Row(id="start/useful", what="first useful frame of `demo --agents 24`", unit="ms"),
        Row(id="start/agents", what="first frame of it with agents and their states", unit="ms"),
        Row(id="start/of-bare", what="first useful frame, of a bare Textual app's first", unit="×", at_most=2.0),
    ),
)
