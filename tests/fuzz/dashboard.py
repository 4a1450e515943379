"""The other end of a dashboard's terminal: starts it in a pty, plays the terminal, presses keys and waits for what must
be seen."""

import json
import os
import select
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from typing import Any, Self

from tests.fuzz.ecma48 import Screen

COLUMNS, LINES = 200, 60
PATIENCE_S = 150.0
"""How long something that must be seen may take on a busy machine, where a look may have to be made again, too."""

_ROOT = Path(__file__).parents[2]
_SYNC_KNOWN = b"\x1b[?2026;2$y"


class LostError(AssertionError):
    """The dashboard ended, or what must be seen was not."""


class Dashboard:
    """A process on a pty, and a socket to talk to it where it is the driver."""

    def __init__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.screen = Screen(COLUMNS, LINES)
        master, slave = os.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        ours, theirs = socket.socketpair()
        self._master, self._socket = master, ours
        self._line = b""
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            cwd=folder,
            env={**environment(folder), **(environ or {}), "FUZZ_SOCKET": str(theirs.fileno())},
        )
        os.close(slave)
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._socket.close()
        os.close(self._master)

    def ask(self, words: str = "") -> Any:
        """Say a line to the driver and give its answer; the terminal is read meanwhile."""
        if words:
            self._socket.sendall(words.encode() + b"\n")
        self._until(lambda: b"\n" in self._line, f"an answer to {words!r}")
        answer, _, self._line = self._line.partition(b"\n")
        return json.loads(answer) if words else answer

    def press(self, keys: str, until: Callable[[str], bool] | None = None, what: str = "") -> None:
        """Type `keys`, then wait until the screen shows what `until` looks for."""
        os.write(self._master, keys.encode("utf-8", "surrogatepass"))
        if until is not None:
            self.wait(until, what or repr(keys))

    def wait(self, until: Callable[[str], bool], what: str) -> None:
        """Wait until the screen shows what `until` looks for."""
        self._until(lambda: until(self.screen.text()), what)

    def see(self, words: Iterable[str], what: str) -> None:
        """Wait until all `words` stand on the screen."""
        wanted = list(words)
        try:
            self.wait(lambda shown: all(word in shown for word in wanted), what)
        except LostError as error:
            shown = self.screen.text()
            missing = [word for word in wanted if word not in shown]
            raise LostError(f"{error}; not to be seen: {missing}") from None

    def end(self) -> int:
        """Read until the process has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self._read(0.2) or self.process.poll() is None:
            if time.monotonic() > deadline:
                raise LostError("it does not end")
        self.screen.finish()
        return self.process.wait()

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            if not self._read(1.0) and self.process.poll() is not None:
                raise LostError(f"it ended with {self.process.returncode} before {what}:\n{self.screen.text().strip()}")
            if time.monotonic() > deadline:
                raise LostError(f"after {PATIENCE_S:g}s without {what}:\n{self.screen.text()}")

    def _read(self, wait_s: float) -> bool:
        """Take in what comes within `wait_s`; False where nothing came."""
        sources: list[int | socket.socket] = [self._master, self._socket]
        ready, _, _ = select.select(sources, [], [], wait_s)
        for source in ready:
            if isinstance(source, socket.socket):
                self._line += source.recv(1 << 20)
                continue
            try:
                data = os.read(self._master, 1 << 20)
            except OSError:  # Linux says EIO where the other end is closed.
                return False
            self.screen.feed(data)
            if "2026$p" in self.screen.said:
                os.write(self._master, _SYNC_KNOWN)
            self.screen.said = ""
        return bool(ready)


def environment(folder: Path) -> dict[str, str]:
    """What a program that runs in `folder` is told: a terminal, folders of its own, nothing of this machine."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL", "FLEET", "SSH", "TMUX"))
    }
    return kept | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_ROOT),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "TZ": "UTC",
    }
