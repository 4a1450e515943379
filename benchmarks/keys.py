"""From a key to the bytes that paint what it did.

A key is timed from its write into the pty to the arrival of the piece of output after which the screen shows its
effect: another row under the cursor, another order in the titles, another letter in the prompt. Whatever else is
drawn in the meantime neither counts nor confuses.
"""

import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from benchmarks.process import fine_cpu_s
from benchmarks.screen import Screen
from benchmarks.terminal import Terminal

Shows = Callable[[Screen], object]
"""What of the screen a key changes; None while it cannot be told."""

_PATIENCE_S = 1.0
_PAUSE_S = (0.02, 0.08)
"""Between two keys, by chance, so that no timer of the program can fall in step."""


class Times(Struct, frozen=True):
    """How long keys took, in milliseconds; `lost` are those that showed nothing within a second. `cpu_ms` is the CPU
    of the program meanwhile, which other work on the machine changes less."""

    ms: tuple[float, ...]
    lost: int = 0
    cpu_ms: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """Half of the keys were quicker."""
        return statistics.median(self.ms)

    @property
    def p99(self) -> float:
        """One of a hundred was slower; a lost key counts as a second."""
        ordered = sorted([*self.ms, *[_PATIENCE_S * 1e3] * self.lost])
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]

    def words(self) -> str:
        """How they were spread."""
        lost = f", {self.lost} lost" if self.lost else ""
        cpu = f"; CPU {statistics.median(self.cpu_ms):.0f} to {max(self.cpu_ms):.0f} ms" if self.cpu_ms else ""
        return f"median {self.median:.1f} ms, slowest {max(self.ms):.1f} ms of {len(self.ms)} keys{lost}{cpu}"


def together(parts: Iterable[Times]) -> Times:
    """All of them as one."""
    parts = list(parts)
    return Times(
        tuple(one for part in parts for one in part.ms),
        sum(part.lost for part in parts),
        tuple(one for part in parts for one in part.cpu_ms),
    )


def press(terminal: Terminal, keys: Iterable[str], shows: Shows, chance: random.Random) -> Times:
    """Press one key after the other and time each."""
    took: list[float] = []
    cpu: list[float] = []
    lost = 0
    for key in keys:
        terminal.watch(chance.uniform(*_PAUSE_S))
        before = fine_cpu_s(terminal.pid)
        seconds = one(terminal, key, shows)
        if seconds is None:
            lost += 1
        else:
            took.append(seconds * 1e3)
            cpu.append((fine_cpu_s(terminal.pid) - before) * 1e3)
    return Times(tuple(took), lost, tuple(cpu))


def one(terminal: Terminal, key: str, shows: Shows) -> float | None:
    """Seconds until the key's effect was painted, None where it never was."""
    before = shows(terminal.screen)
    sent = terminal.press(key)
    for at, _ in terminal.pieces(time.perf_counter() + _PATIENCE_S):
        now = shows(terminal.screen)
        if now is not None and now != before:
            return at - sent
    return None


# ── What a key may change ──────────────────────────────────────────────────────────────────────────────────────────


def row_under_bar(name: re.Pattern[str], first: int, after: int, column: int) -> Shows:
    """What `name` finds in the line, between two lines of the screen, that stands on another ground than the others."""

    def shows(screen: Screen) -> object:
        grounds = [screen.pens[y][column].ground for y in range(first, min(after, screen.height))]
        usual = Counter(grounds).most_common(1)[0][0]
        odd = [first + offset for offset, ground in enumerate(grounds) if ground != usual]
        found = name.search(screen.line(odd[0])) if len(odd) == 1 else None
        return (odd[0], found[0]) if found else None

    return shows


def marked_line(mark: re.Pattern[str]) -> Shows:
    """The one line in which `mark` is found."""

    def shows(screen: Screen) -> object:
        found = [y for y in range(screen.height) if mark.search(screen.line(y))]
        return found[0] if len(found) == 1 else None

    return shows


def text_of(pattern: re.Pattern[str]) -> Shows:
    """What `pattern` finds on the screen."""

    def shows(screen: Screen) -> object:
        found = pattern.search(screen.text())
        return found[0] if found else None

    return shows
