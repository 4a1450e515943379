"""fleetdeck beside htop, btop and glances in the same pty of 160×50: bytes while idle, CPU, and keys.

All four are open at the same time, each with its own defaults: htop draws every 1.5 s, btop and glances every 2 s;
fleetdeck watches 500 agents every 5 s that do not change, on the agents view. The three watch this machine, which is
as idle as it is. After eight seconds to settle, ten seconds are counted (bytes, user and system time of the program
and its children). Then each in turn gets a few cursor keys, down and up, again and again, and each key is timed until
the cursor's new line is painted.

glances gets `--disable-check-update`, so that it does not ask the internet for a newer one.
"""

import random
import re
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from benchmarks.dashboard import knows, watch
from benchmarks.fleet import Fleet
from benchmarks.keys import Shows, Times, marked_line, press, row_under_bar, together
from benchmarks.process import cpu_s
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.terminal import Terminal
from benchmarks.worker import ROOT, environment

AGENTS = 500
SETTLE_S = 8.0
SPAN_S = 10.0
BLOCKS = 6
_KEYS = ["down"] * 6 + ["up"] * 5
_SERVERS = ROOT / ".servers"
_ANYTHING = re.compile(r".+")

PEERS: dict[str, tuple[tuple[str, ...], Shows]] = {
    "htop": (("htop",), row_under_bar(_ANYTHING, 8, 49, 1)),
    "btop": (("btop",), row_under_bar(_ANYTHING, 18, 48, 78)),
    "glances": (("glances", "--disable-check-update"), marked_line(re.compile(r"\s>\s*\d+\.\d\s"))),
}
"""How each peer is started, and how its cursor is found on the screen."""
_OWN_CURSOR = row_under_bar(re.compile(r"agent-\d{5}"), 3, 49, 5)


class Seen(Struct, frozen=True):
    """Of one program: bytes in ten seconds, CPU in percent of a core, its keys."""

    bytes: int
    cpu_percent: float
    keys: Times


def measure(folder: Path) -> Figures:
    """The same of every program that can be had, all of them open at the same time."""
    with Fleet(AGENTS, folder, still=True) as fleet, ExitStack() as stack:
        file = fleet.fleetdeck("still", every="5s")
        opened = {"fleetdeck": stack.enter_context(watch(file))}
        for name, (command, _) in PEERS.items():
            program = find(name)
            if program is not None:
                env = environment(folder, **libraries())
                opened[name] = stack.enter_context(Terminal([program, *command[1:]], env=env, cwd=folder))
        knows(opened["fleetdeck"], AGENTS)
        time.sleep(SETTLE_S)
        rest = _rest(opened)
        keys = _in_turns(opened)
    return _figures({name: Seen(*rest[name], keys[name]) for name in opened})


def _rest(opened: dict[str, Terminal]) -> dict[str, tuple[int, float]]:
    """Bytes and CPU while nobody presses a key."""
    for terminal in opened.values():
        terminal.watch(0)
    begun, cpu = time.perf_counter(), {name: cpu_s(terminal.pid) for name, terminal in opened.items()}
    time.sleep(SPAN_S)
    span = time.perf_counter() - begun
    percent = {name: (cpu_s(terminal.pid) - cpu[name]) / span * 100 for name, terminal in opened.items()}
    return {name: (terminal.watch(0), percent[name]) for name, terminal in opened.items()}


def _in_turns(opened: dict[str, Terminal]) -> dict[str, Times]:
    """A few keys for each program, again and again, so that all have the same conditions."""
    for terminal in opened.values():
        for _ in range(2):  # the first key of some only shows the cursor
            terminal.press("down")
            terminal.watch(1)
    cursors = {"fleetdeck": _OWN_CURSOR} | {name: cursor for name, (_, cursor) in PEERS.items()}
    chance = random.Random(1)
    blocks: dict[str, list[Times]] = {name: [] for name in opened}
    for _ in range(BLOCKS):
        for name, terminal in opened.items():
            blocks[name].append(press(terminal, _KEYS, cursors[name], chance))
    return {name: together(times) for name, times in blocks.items()}


def find(name: str) -> str | None:
    """A peer's program: the one on PATH, else the one that `peers.sh` unpacked."""
    places = [_SERVERS / "peers" / "usr" / "bin" / name, _SERVERS / name / "bin" / name]
    return shutil.which(name) or next((str(place) for place in places if place.is_file()), None)


def libraries() -> dict[str, str]:
    """Where the unpacked peers find what they are linked with, as a variable of the environment."""
    places = [str(path) for path in (_SERVERS / "peers").glob("**/lib/*-linux-gnu")]
    return {"LD_LIBRARY_PATH": ":".join(places)} if places else {}


def _figures(seen: dict[str, Seen]) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for name in ("fleetdeck", *PEERS):
        one = seen.get(name)
        why = "" if one else f"no {name} here; `make bench` gets it where Debian's packages and pip work"
        figures[f"idle-{name}"] = Figure(one.bytes if one else None, why)
        figures[f"cpu-{name}"] = Figure(one.cpu_percent if one else None, why)
        figures[f"keys-{name}"] = Figure(one.keys.median if one else None, one.keys.words() if one else why)
    for row, what, peer in (
        ("idle", "idle", "htop"),
        ("keys-btop", "keys", "btop"),
        ("keys-glances", "keys", "glances"),
    ):
        own, other = figures[f"{what}-fleetdeck"].value, figures[f"{what}-{peer}"].value
        figures[f"of-{row}"] = Figure(own / other if own is not None and other else None, "" if other else f"no {peer}")
    return figures


_WHAT = {
    "idle": ("bytes in 10 idle seconds", "B"),
    "keys": ("key to paint, median", "ms"),
    "cpu": ("CPU while idle", "% of a core"),
}
TOPIC = Topic(
    name="peers",
    measure=measure,
    rows=(
        *(
            Row(id=f"peers/{what}-{name}", what=f"{words}: {name}", unit=unit)
            for what, (words, unit) in _WHAT.items()
            for name in ("fleetdeck", *PEERS)
        ),
        Row(id="peers/of-idle", what="bytes in 10 idle seconds, of htop's", unit="×", at_most=1),
        Row(id="peers/of-keys-btop", what="key to paint, of btop's", unit="×", at_most=1, below=True),
        Row(id="peers/of-keys-glances", what="key to paint, of glances's", unit="×", at_most=1, below=True),
    ),
)
