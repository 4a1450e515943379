"""From a key to the paint, with 10,000 agents of which 200 a second show other values, and with a store that rests.

Two dashboards on the agents view, each in a terminal of 160×50. One scrapes every agent every 50 s, so 200 a second,
and every scrape changes the agent's row; the other has seen all agents once and is left alone. They get the same keys
in turns, block by block, with pauses by chance: down and up, pages, end and home; then sorting, a letter in the
filter, and going to another view and back, which are told apart, because they bring another picture and not another
cursor.
"""

import random
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.dashboard import knows, watch
from benchmarks.fleet import Fleet
from benchmarks.keys import Shows, Times, press, row_under_bar, text_of, together
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.screen import Screen
from benchmarks.terminal import Terminal

AGENTS = 10_000
UPDATES_PER_S = 200
BLOCKS = 8
_FIRST_ROW, _AFTER_ROWS, _COLUMN = 3, 49, 5
_UNDER = row_under_bar(re.compile(r"agent-\d{5}"), _FIRST_ROW, _AFTER_ROWS, _COLUMN)
_TITLES = text_of(re.compile(r"STATE.*AGENT.*"))
_PROMPT = text_of(re.compile(r"(?m)^\s*/\w*\s*$"))
_PAGE_DOWN, _PAGE_UP, _END, _HOME = "\x1b[6~", "\x1b[5~", "G", "g"
_MOVES = ["down"] * 12 + [_PAGE_DOWN] * 3 + ["up"] * 6 + [_PAGE_UP] * 2 + [_END, _HOME]


def _view(screen: Screen) -> object:
    found = re.search(r"Agents|Sources", screen.line(1))
    return found and found[0]


_KINDS: dict[str, Callable[[Terminal, random.Random], Times]] = {
    "move": lambda terminal, chance: press(terminal, _MOVES, _UNDER, chance),
    "sort": lambda terminal, chance: _then(terminal, "O", press(terminal, [">", ">"], _TITLES, chance)),
    "letter": lambda terminal, chance: _letter(terminal, _PROMPT, chance),
    "view": lambda terminal, chance: press(terminal, ["8", "2"], _view, chance),
}


def measure(folder: Path) -> Figures:
    """The times of each kind of key on both dashboards."""
    with Fleet(AGENTS, folder) as fleet:
        moving = fleet.fleetdeck("moving", every=f"{AGENTS // UPDATES_PER_S}s")
        resting = fleet.fleetdeck("resting", every="1h")
        with watch(moving) as busy, watch(resting) as idle:
            for terminal in (busy, idle):
                knows(terminal, AGENTS)
            time.sleep(5)
            begun, served = time.perf_counter(), fleet.served().total()
            times = _in_turns([busy, idle])
            rate = (fleet.served().total() - served) / (time.perf_counter() - begun)
    return _figures(times[0], times[1], rate)


def _in_turns(terminals: list[Terminal]) -> list[dict[str, Times]]:
    chance = random.Random(1)
    blocks: list[dict[str, list[Times]]] = [{kind: [] for kind in _KINDS} for _ in terminals]
    for _ in range(BLOCKS):
        for terminal, block in zip(terminals, blocks, strict=True):
            for kind, pressed in _KINDS.items():
                block[kind].append(pressed(terminal, chance))
    return [{kind: together(parts) for kind, parts in block.items()} for block in blocks]


def _letter(terminal: Terminal, shows: Shows, chance: random.Random) -> Times:
    """A filter is opened, a letter typed, and all is let go again."""
    press(terminal, ["/"], shows, chance)
    took = press(terminal, ["4"], shows, chance)
    _then(terminal, "\x1b", took)  # the prompt closes
    return _then(terminal, "\x1b", took)  # the filter goes


def _then(terminal: Terminal, key: str, took: Times) -> Times:
    """Press a key that is not timed, and give its effect time."""
    terminal.press(key)
    terminal.watch(0.4)
    return took


def _figures(busy: dict[str, Times], idle: dict[str, Times], rate: float) -> dict[str, Figure]:
    move = busy["move"]
    figures = {
        "p99": Figure(move.p99, f"{move.words()}; {rate:.0f} updates/s"),
        "idle": Figure(idle["move"].p99, idle["move"].words()),
        "of-idle": Figure(move.p99 / idle["move"].p99),
        "median": Figure(move.median),
    }
    return figures | {kind: Figure(busy[kind].p99, busy[kind].words()) for kind in _other_kinds()}


def _other_kinds() -> Iterable[str]:
    return [kind for kind in _KINDS if kind != "move"]


TOPIC = Topic(
    name="keys",
    measure=measure,
    rows=(
        Row(id="keys/p99", what="key to paint, p99, 10,000 agents, 200 updates a second", unit="ms", at_most=50),
        Row(id="keys/idle", what="the same with an idle store", unit="ms"),
        Row(id="keys/of-idle", what="p99 with updates, of that with an idle store", unit="×", at_most=3),
        Row(id="keys/median", what="key to paint, median, with updates", unit="ms"),
        Row(id="keys/sort", what="p99 of sorting 10,000 agents by a key, with updates", unit="ms"),
        Row(id="keys/letter", what="p99 of a letter typed into the filter, with updates", unit="ms"),
        Row(id="keys/view", what="p99 of going to another view, with updates", unit="ms"),
    ),
)
