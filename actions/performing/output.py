"""What a process prints, as it comes: its head and tail kept up to a limit, its lines told, harmless, up to another.

A flood costs no memory and little time: what is over the limits is counted and dropped, and is read all the same, so
that the process never waits for us.
"""

import re
from collections.abc import Sequence
from typing import Final

from actions.performing.secrets import masked
from fleet.actions.ports import Tell
from fleet.secret import Secret
from fleet.text import scrub

TOLD_LINES: Final = 5_000
"""Lines that are told while a process runs; of what comes after them the last ones are told at its end."""
TAIL_LINES: Final = 50
LINE_BYTES: Final = 4_096
"""Bytes after which a line without an end is told in pieces."""
_ENDS: Final = re.compile(rb"\r\n|\n|\r(?!\n|\Z)")
_ANSI: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)


class Output:
    """Takes the pieces of an output in their order. `most_bytes` are kept: half of them its head, half its tail."""

    def __init__(self, most_bytes: int, tell: Tell | None, secrets: Sequence[Secret] = ()) -> None:
        self._half = max(most_bytes // 2, 1)
        self._tell = tell
        self._secrets = secrets
        self._head = bytearray()
        self._tail = bytearray()
        self._line = b""
        self._told = 0
        self.total = 0
        """Bytes that came."""

    def feed(self, data: bytes) -> None:
        """Take a piece."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[max(room, 0) :][-self._half :]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]
        if self._tell is not None and self._told < TOLD_LINES:
            self._tell_lines(data)

    def end(self) -> None:
        """No more comes: tell what is left."""
        if self._tell is None:
            return
        if self._told < TOLD_LINES:
            if self._line:
                self._tell(self._harmless(self._line))
            return
        last = bytes(self._tail or self._head)[-TAIL_LINES * LINE_BYTES :]
        for line in last.splitlines()[-TAIL_LINES:]:
            self._tell(self._harmless(line[-LINE_BYTES:]))

    @property
    def dropped(self) -> int:
        """Bytes that are not in `text`."""
        return max(self.total - len(self._head) - min(len(self._tail), self._half), 0)

    @property
    def text(self) -> str:
        """What was kept; a line in its middle says how many bytes are missing, if any are."""
        head, tail = bytes(self._head), bytes(self._tail[-self._half :])
        between = f"\n… {self.dropped:,} bytes left out …\n" if self.dropped else ""
        if not between:
            return masked((head + tail).decode("utf-8", "replace"), self._secrets)
        return masked(f"{head.decode('utf-8', 'replace')}{between}{tail.decode('utf-8', 'replace')}", self._secrets)

    def _tell_lines(self, data: bytes) -> None:
        data = self._line + data
        at = 0
        for match in _ENDS.finditer(data):
            self._tell_one(data[at : match.start()])
            at = match.end()
            if self._told >= TOLD_LINES:
                self._line = b""
                return
        while len(data) - at > LINE_BYTES and self._told < TOLD_LINES:
            self._tell_one(data[at : at + LINE_BYTES])
            at += LINE_BYTES
        self._line = data[at : at + LINE_BYTES]

    def _tell_one(self, line: bytes) -> None:
        if self._tell is None:
            return
        self._told += 1
        self._tell(self._harmless(line[:LINE_BYTES]))
        if self._told == TOLD_LINES:
            self._tell("… more than can be shown here; its end follows when the process has ended …")

    def _harmless(self, line: bytes) -> str:
        text = masked(line.decode("utf-8", "replace"), self._secrets)
        return scrub(_ANSI.sub("", text), LINE_BYTES)
