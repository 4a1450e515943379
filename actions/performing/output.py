"""What a process prints, as it comes: its head and tail kept up to a limit, all of it told.

A flood costs no memory and little time: what is over the limit is counted and dropped, and is read all the same, so
that the process never waits for us.
"""

from collections.abc import Sequence
from typing import Final

from actions.performing.secrets import cut_off, masked_bytes
from fleet.actions.ports import Tell
from fleet.secret import Secret

LINE_BYTES: Final = 4_096
"""Bytes of a line without an end that are held back, until more of it is there."""


class Output:
    """Takes the pieces of an output in their order. `most_bytes` are kept: half of them its head, half its tail."""

    def __init__(self, most_bytes: int, tell: Tell | None, secrets: Sequence[Secret] = ()) -> None:
        self._half = max(most_bytes // 2, 1)
        self._tell = tell
        self._secrets = secrets
        self._head = bytearray()
        self._tail = bytearray()
        self._line = b""
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
        if self._tell is not None:
            self._tell_lines(self._line + data)

    def end(self) -> None:
        """No more comes: tell what is left."""
        if self._line:
            self._tell_one(self._line)
            self._line = b""

    @property
    def dropped(self) -> int:
        """Bytes that are not in `text`."""
        head, tail = self._kept()
        return self.total - len(head) - len(tail)

    @property
    def text(self) -> str:
        """What was kept, on whole lines; a line in its middle says how many bytes are missing, if any are."""
        head, tail = self._kept()
        dropped = self.total - len(head) - len(tail)
        if not dropped:
            return self._text(head + tail)
        first = self._text(head.removesuffix(b"\n"))
        return f"{first}\n… {dropped:,} bytes left out …\n{self._text(tail)}"

    def _kept(self) -> tuple[bytes, bytes]:
        head, tail = bytes(self._head), bytes(self._tail[-self._half :])
        if self.total == len(head) + len(tail):
            return head, tail
        # Half of a line can hold half of a secret, which nobody would know for one.
        first, last = head.rfind(b"\n") + 1, tail.find(b"\n") + 1
        before, behind = cut_off(head, tail, self._secrets)
        return head[:first] or before, tail[last:] if 0 < last < len(tail) else behind

    def _tell_lines(self, data: bytes) -> None:
        # A carriage return at the very end may be half of a line's end.
        at = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
        if len(data) - at > 2 * LINE_BYTES:
            # What is left is longer than any secret that might be within it only by half.
            data = masked_bytes(data, self._secrets)
            at = max(len(data) - LINE_BYTES, at)
        if at:
            self._tell_one(data[:at])
        self._line = data[at:]

    def _tell_one(self, lines: bytes) -> None:
        if self._tell is not None:
            self._tell(self._text(lines))

    def _text(self, data: bytes) -> str:
        return masked_bytes(data, self._secrets).decode("utf-8", "replace")
