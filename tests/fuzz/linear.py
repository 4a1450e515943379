"""How the CPU time of each reader grows with the size of what it reads: n, 2n, 4n of the shapes that hurt most.

Printed, not asserted: what is asserted in CI is the shape of the patterns (`tests/test_patterns.py`).
"""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from fleet.errors import FleetdeckError
from fleet.text import scrub
from tests.fuzz.parsers import TARGETS, Read

LEAST_S = 0.02
"""CPU time of the smallest size from which on ratios say something."""
SUSPECT = 8.0
"""Four times the size at more than this many times the cost is not linear: 4 is, 4.5 with a sort, 16 is quadratic."""

Shape = Callable[[int], bytes]


class Growth(Struct, frozen=True):
    """CPU seconds for n, 2n and 4n bytes or so."""

    reader: str
    shape: str
    size: int
    seconds: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        """How many times the cost four times the size has."""
        return self.seconds[2] / max(self.seconds[0], 1e-9)


SHAPES: dict[str, dict[str, Shape]] = {
    "exposition": {
        "new series": lambda n: b"".join(b'm%d{a="%d"} 1\n' % (i, i) for i in range(n // 16)),
        "one long label": lambda n: b'm{a="' + b"\\\\" * (n // 2) + b'"} 1\n',
        "many labels": lambda n: b"m{" + b",".join(b'a%d="x"' % i for i in range(n // 10)) + b"} 1\n",
        "quotes": lambda n: b'm{a="' + b'\\"' * (n // 2),
        "comments": lambda n: b"#" * n,
    },
    "OpenMetrics": {"exemplars": lambda n: (b"a_total 1 # {" + b'x="y",' * (n // 6) + b"} 1\n# EOF\n")},
    "health body": {
        "deep": lambda n: b'{"a":' * min(900, n // 5) + b"1" + b"}" * min(900, n // 5),
        "wide": lambda n: b'{"checks":{' + b",".join(b'"c%d":"down"' % i for i in range(n // 14)) + b"}}",
        "words": lambda n: b"not " * (n // 4),
    },
    "agent status": {
        "cut": lambda n: b'{"agents":{' + b",".join(b'"a%d":{"status":"x"}' % i for i in range(n // 20)) + b',"z":{"',
        "cut list": lambda n: b"[" + b",".join(b'{"name":"a%d"}' % i for i in range(n // 14)) + b",{",
        "brackets": lambda n: b"[" * n,
        "commas": lambda n: b"[" + b"," * n,
        "numbers": lambda n: b"[" + b"1," * (n // 2),
    },
    "file_sd in JSON": {
        "labels and targets": lambda n: (
            b'[{"labels":{' + b",".join(b'"l%d":"x"' % i for i in range(n // 20)) + b'},"targets":['
            + b",".join(b'"h%d:1"' % i for i in range(n // 20)) + b"]}]"
        ),
    },
    "file_sd in YAML": {
        "anchors": lambda n: b"".join(b"- &a%d x\n" % i for i in range(n // 10)),
        "flow": lambda n: b"[" * n,
        "text": lambda n: b"- targets: ['" + b"x" * n + b"']\n",
        "comments": lambda n: b"#\n" * (n // 2),
        "plain": lambda n: b"a" + b"\n b" * (n // 3),
    },
    "task file": {
        "nested": lambda n: b'{"tasks":[' + b'{"a":[[{"b":{}}]]},' * (n // 20) + b"{}]}",
        "strings": lambda n: b'{"tasks":["' + b"\\\\" * (n // 2) + b'"]}',
        "open": lambda n: b'{"tasks":[' + b'{"a":' * (n // 5),
        "same id": lambda n: b'{"tasks":[' + b'{"title":"x"},' * (n // 14) + b"{}]}",
        "quotes": lambda n: b'{"tasks":[' + b'""' * (n // 2),
    },
    "Markdown": {
        "boxes": lambda n: b"- [ ] x\n" * (n // 8),
        "nesting": lambda n: b"".join(b" " * (i % 900) + b"- [ ] x\n" for i in range(n // 450)),
        "fences": lambda n: b"```\n- [ ] x\n" * (n // 12),
        "headings": lambda n: b"".join(b"# Phase %d: COMPLETE\n- [ ] a\n" % i for i in range(n // 28)),
        "claims": lambda n: b"1 of 2, " * (n // 8),
        "tables": lambda n: b"|a" * (n // 2),
        "one line": lambda n: b"- [ ] " + b"*" * n,
        "percent": lambda n: b"Status: 1 % 2 % done \n" * (n // 22),
        "quotes": lambda n: b">" * n,
    },
    "CSV": {
        "quotes": lambda n: b"id,status\n" + b'"' * n,
        "columns": lambda n: b"status" + b"," * n,
        "rows": lambda n: b"id,status\n" + b"".join(b"%d,s%d\n" % (i, i) for i in range(n // 12)),
    },
    "to-do list": {
        "cut": lambda n: b'{"todos":[' + b'{"id":"a"},' * (n // 11),
        "repeated": lambda n: b"[" + b'{"id":"a","status":"x"},' * (n // 24) + b"{}]",
        "states": lambda n: b"[" + b",".join(b'{"id":"%d","status":"s%d"}' % (i, i) for i in range(n // 24)) + b"]",
    },
    "JSON lines": {"broken": lambda n: b'{"id":\n' * (n // 7)},
    "configuration": {
        "keys": lambda n: b"".join(b"k%d: 1\n" % i for i in range(n // 9)),
        "entries": lambda n: b"queues:\n" + b"- {kind: no}\n" * (n // 13),
        "flow": lambda n: b"a: " + b"[" * n,
    },
    "filter": {
        "words": lambda n: b"a " * (n // 2), "brackets": lambda n: b"(" * n, "signs": lambda n: b"!" * n,
        "quotes": lambda n: b"'a" * (n // 2),
    },
    "view line": {"words": lambda n: b"agents " + b"a " * (n // 2)},
    "times": {
        "digits": lambda n: b"1" * n, "units": lambda n: b"1h" * (n // 2),
        "words": lambda n: b"Sat, " * (n // 5),
    },
}  # fmt: skip

_MOST = {"configuration": 250_000, "filter": 64_000, "view line": 64_000, "health body": 130_000}


def growths(folder: Path) -> Iterator[Growth]:
    """Each reader with each of its shapes, at sizes from which on it costs enough to be measured."""
    for reader, shapes in SHAPES.items():
        for name, shape in shapes.items():
            yield _growth(reader, name, TARGETS[reader].read, shape, folder)
    for name, text in {"controls": "\x1b", "marks": "e\u0301\u0301", "userinfo": "a://b", "wide": "漢"}.items():
        yield _growth("scrub", name, _scrub, lambda n, text=text: (text * (n // len(text))).encode(), folder)  # type: ignore[misc]


def _scrub(content: bytes, _: Path) -> str:
    return scrub(content.decode(), len(content))


def _growth(reader: str, name: str, read: Read, shape: Shape, folder: Path) -> Growth:
    size = 8_000
    most = _MOST.get(reader, 1_000_000)
    while _cost(read, shape(size), folder) < LEAST_S and size < most:
        size *= 2
    seconds = [min(_cost(read, shape(size * times), folder) for _ in range(2)) for times in (1, 2, 4)]
    return Growth(reader, name, size, (seconds[0], seconds[1], seconds[2]))


def _cost(read: Read, content: bytes, folder: Path) -> float:
    # The collector looks at everything that is there, the more often the more there is: a cost of its own.
    gc.collect()
    gc.disable()
    before = time.process_time()
    with contextlib.suppress(FleetdeckError):
        read(content, folder)
    took = time.process_time() - before
    gc.enable()
    return took
