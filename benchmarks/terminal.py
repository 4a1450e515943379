"""A program in a real pty, as a terminal of today would hold it: what it writes, when, and what stands on the screen.

A thread reads, so that a program is never held up by a benchmark that looks elsewhere, and notes when each piece came.
"""

import fcntl
import os
import pty
import queue
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.process import end
from benchmarks.screen import Screen

SIZE = (160, 50)
"""Columns and lines of every terminal here."""
_PATIENCE_S = 60.0
_ARROWS = {"up": b"A", "down": b"B"}
FRAME = b"\x1b[?2026h"
"""How a frame begins that is to be shown at once."""
_REPLIES = {b"\x1b[?2026$p": b"\x1b[?2026;2$y"}
"""What terminals of today answer: they know synchronised output, and it is off."""

sys.setswitchinterval(0.0005)  # what came is dated at once, whatever else this program is at


class NotSeenError(Exception):
    """What was waited for did not come on the screen; the text says what stands there instead."""


class Terminal:
    """One program and its screen. Times are `time.perf_counter`."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, size: tuple[int, int] = SIZE
    ) -> None:
        self.screen = Screen(*size)
        self.bytes = 0
        """Bytes that were taken from the program and are on the screen."""
        self._came: queue.Queue[tuple[float, bytes]] = queue.Queue()
        self.started = time.perf_counter()
        self.pid, self._fd = _spawn(list(command), dict(env), str(cwd), size)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, keys: bytes) -> float:
        """Press keys; the time when they were sent."""
        now = time.perf_counter()
        os.write(self._fd, keys)
        return now

    def press(self, key: str) -> float:
        """Press a key by its name (`down`, `up`) or its text; the time when it was sent."""
        arrow = _ARROWS.get(key)
        return self.send(key.encode() if arrow is None else self.screen.arrows + arrow)

    def pieces(self, until: float) -> Iterator[tuple[float, bytes]]:
        """Put what comes before the time `until` on the screen, piece by piece: when it came, and what. A frame begins
        with a piece. Raises NotSeenError where the program has ended."""
        while True:
            left = until - time.perf_counter()
            try:
                at, data = self._came.get(timeout=max(left, 0.0)) if left > 0 else self._came.get_nowait()
            except queue.Empty:
                return
            if not data:
                self._came.put((at, data))  # for whoever asks next
                raise NotSeenError(f"the program ended; its screen:\n{self.screen.text()}")
            for part in _at_frames(data):
                self.screen.feed(part)
                self.bytes += len(part)
                yield at, part

    def until(self, shows: Callable[[Screen], bool], patience_s: float = _PATIENCE_S) -> float:
        """When the piece came that made the screen show it. Raises NotSeenError."""
        for at, _ in self.pieces(time.perf_counter() + patience_s):
            if shows(self.screen):
                return at
        raise NotSeenError(f"not seen within {patience_s:g} s; the screen:\n{self.screen.text()}")

    def watch(self, seconds: float) -> int:
        """Let the program be for so long; the bytes that came of it."""
        return sum(len(data) for _, data in self.pieces(time.perf_counter() + seconds))

    def settle(self, quiet_s: float, patience_s: float = _PATIENCE_S) -> int:
        """Wait until nothing has come for `quiet_s`; the bytes that came before. Raises NotSeenError."""
        total, deadline = 0, time.perf_counter() + patience_s
        while time.perf_counter() < deadline:
            came = self.watch(quiet_s)
            if not came:
                return total
            total += came
        raise NotSeenError(f"never quiet for {quiet_s:g} s within {patience_s:g} s")

    def close(self) -> None:
        """End the program, as a closed window would."""
        end(self.pid, signal.SIGHUP)
        os.close(self._fd)
        self._reader.join(5)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:  # what Linux says where the other end is closed
                data = b""
            self._came.put((time.perf_counter(), data))
            if not data:
                return
            for asked, reply in _REPLIES.items():
                if asked in data:
                    os.write(self._fd, reply)


def _at_frames(data: bytes) -> list[bytes]:
    """The data cut where frames begin."""
    before, *frames = data.split(FRAME)
    return [part for part in (before, *(FRAME + frame for frame in frames)) if part]


def _spawn(command: list[str], env: dict[str, str], cwd: str, size: tuple[int, int]) -> tuple[int, int]:
    """Start a program as the leader of a new terminal: its process id and the terminal's other end."""
    pid, fd = pty.fork()
    if pid == 0:  # pragma: no cover  # another process
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.chdir(cwd)
            os.execvpe(command[0], command, env)
        except OSError as error:
            os.write(2, f"{command[0]}: {error}".encode())
        finally:
            os._exit(127)
    return pid, fd
