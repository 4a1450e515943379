"""From a key to the paint in the alert pane, with 500 alerts that fire.

One dashboard in a terminal of 160×50 (`benchmarks.workers.alert_pane`): the book, the silencer and its file are the
real ones. Groups and single alerts are opened and left, a letter is typed into the filter, and 250 alerts at once are
acknowledged and heard again: timed until the sheet is there, until it has gone after `enter`, and, told apart because
a file is written in between, until the pane shows them as acknowledged.
"""

import random
import re
import sys
from pathlib import Path

from benchmarks.keys import Shows, Times, press, text_of, together
from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.screen import Screen
from benchmarks.terminal import Terminal
from benchmarks.worker import environment

ROUNDS = 12
_COMMAND = (sys.executable, "-m", "benchmarks.workers.alert_pane")
_PROMPT = text_of(re.compile(r"(?m)^\s*/\w*\s*$"))
_MOVES = ["down"] * 8 + ["\x1b[6~"] * 3 + ["up"] * 4 + ["G", "g"]
_ESCAPE, _ENTER = "\x1b", "\r"


def _title(screen: Screen) -> object:
    return screen.line(1)[:60]


def _sheet(screen: Screen) -> object:
    found = re.search(r"Acknowledge 250|End [\d,]+ silences", screen.text())
    return found[0] if found else "none"


def _under(screen: Screen) -> object:
    return next((line for line in range(screen.height) if screen.line(line).startswith("▌")), None), _row(screen)


def _row(screen: Screen) -> str:
    return next((screen.line(at) for at in range(screen.height) if screen.line(at).startswith("▌")), "")


def measure(folder: Path) -> Figures:
    """The times of each kind of key."""
    with Terminal([*_COMMAND, str(folder)], env=environment(folder), cwd=folder) as terminal:
        terminal.until(lambda screen: "groups of 500" in screen.text())
        terminal.settle(1.0)
        chance = random.Random(1)
        rounds = [_round(terminal, chance) for _ in range(ROUNDS)]
    times = {kind: together(one[kind] for one in rounds) for kind in rounds[0]}
    figures = {kind: Figure(took.p99, took.words()) for kind, took in times.items()}
    every = together(took for kind, took in times.items() if kind not in ("kept", "ended"))
    return figures | {"p99": Figure(every.p99, every.words())}


def _round(terminal: Terminal, chance: random.Random) -> dict[str, Times]:
    """Once through everything, back to where it began."""

    def keys(pressed: list[str], shows: Shows) -> Times:
        return press(terminal, pressed, shows, chance)

    took = {
        "open": together([keys([_ENTER], _title), keys([_ESCAPE], _title), keys(["t"], _title)]),
        "move": keys(_MOVES, _under),
        "page": keys([_ENTER, _ESCAPE], _title),
    }
    keys(["/"], _PROMPT)
    took["letter"] = keys(["3"], _PROMPT)
    for key in (_ESCAPE, _ESCAPE):
        terminal.press(key)
        terminal.watch(0.4)
    keys(["t"], _title)
    terminal.press("g")
    terminal.watch(0.3)
    sheet = keys(["a"], _sheet)
    terminal.press("x")
    terminal.watch(0.2)
    took["acknowledge"] = together([sheet, keys([_ENTER], _sheet)])
    took["kept"] = _until(terminal, "acknowledged: 250")
    _muted(terminal)
    return took


def _until(terminal: Terminal, words: str) -> Times:
    """How long from now until words stand on the screen: what was pressed last was pressed a moment ago."""
    begun = terminal.send(b"")
    return Times(((terminal.until(lambda screen: words in screen.text()) - begun) * 1e3,))


def _muted(terminal: Terminal) -> None:
    """End what was acknowledged, and let the toasts go."""
    terminal.until(lambda screen: "muted" in screen.text())
    terminal.watch(0.3)
    terminal.press("u")
    terminal.until(lambda screen: "End 250 silences" in screen.text())
    # The sheet hears nothing until one could have read it.
    terminal.watch(0.6)
    terminal.press(_ENTER)
    terminal.until(lambda screen: "ended: 250" in screen.text())
    terminal.settle(6.0)
    terminal.press("g")
    terminal.watch(0.3)


TOPIC = Topic(
    name="alerts",
    measure=measure,
    rows=(
        Row(id="alerts/p99", what="key to paint, p99, 500 alerts: open, filter, acknowledge", unit="ms", at_most=50),
        Row(id="alerts/open", what="p99 of opening and leaving a group, and of all one by one", unit="ms"),
        Row(id="alerts/move", what="p99 of moving through the alerts", unit="ms"),
        Row(id="alerts/page", what="p99 of opening and leaving the page of an alert", unit="ms"),
        Row(id="alerts/letter", what="p99 of a letter typed into the filter", unit="ms"),
        Row(id="alerts/acknowledge", what="p99 of opening and entering the sheet for 250 alerts", unit="ms"),
        Row(id="alerts/kept", what="until 250 acknowledgements are on disk and said", unit="ms"),
    ),
)
