"""The other end of a terminal: a program as the leader of a session on a pty, what it sent, what stands on the screen,
and in what state it leaves the terminal."""

import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from typing import Any, Self

import psutil

from benchmarks.screen import Screen

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
"""How long something that must be seen may take on a busy machine."""

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>])\d*u")
_REPLIES = {b"\x1b[?2026$p": b"\x1b[?2026;2$y"}
_MARK = b"\x1b]9999;all of it\x07"
"""What no program sends and no screen shows."""
_LOCALE = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE")
_COLOUR = ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLORTERM", "COLORFGBG", "TERM")


class LostError(AssertionError):
    """The program ended, or what must be seen was not."""


def environment(folder: Path, **changes: str | None) -> dict[str, str]:
    """What a program that runs in `folder` is told: a modern terminal, folders of its own, nothing of this machine.

    A change to None takes a variable away.
    """
    dropped = ("TEXTUAL", "FLEET", "SSH", "TMUX", "STY", "PYTHONIOENCODING", "PYTHONUTF8", "COLUMNS", "LINES")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(dropped) and name not in _LOCALE + _COLOUR
    }
    kept |= {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "TZ": "UTC",
    }
    for name, value in changes.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    return kept


class Session:
    """A program on a pty of `size` (columns, lines)."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], cwd: Path, size: tuple[int, int] = (120, 36)
    ) -> None:
        self.screen_size = size
        self.raw = bytearray()
        """Everything that the program sent."""
        self.screen = Screen(*size)
        self._master, self._slave = os.openpty()
        self._set_size(size)
        self.before = self.attributes()
        self.process = subprocess.Popen(
            list(command),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # what a terminal does
            cwd=cwd,
            env=dict(env),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            # A job that a failed test left stopped would stay so for ever.
            for one in psutil.Process(self.process.pid).children(recursive=True):
                one.kill()
            self.process.kill()
            self.process.wait()
        self.hang_up()

    # ── what the operator does ──

    def press(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def resize(self, size: tuple[int, int]) -> None:
        """Give the terminal another size; what stood on it is gone."""
        self.screen_size = max(1, size[0]), max(1, size[1])
        self.forget()
        self._set_size(size)

    def forget(self) -> None:
        """Wipe the screen: what is waited for from here on has to be drawn."""
        self.screen = Screen(*self.screen_size)

    def hang_up(self) -> None:
        """Close the terminal."""
        for end in (self._slave, self._master):
            if end >= 0:
                os.close(end)
        self._slave = self._master = -1

    # ── what is seen ──

    def wait(self, shows: Callable[[str], bool] | str, what: str = "") -> str:
        """Read until the screen shows it; gives the screen's text."""
        seen = (lambda text: shows in text) if isinstance(shows, str) else shows
        deadline = time.monotonic() + PATIENCE_S
        while not seen(self.screen.text()):
            came = self.read(0.5)
            if not came and self.process.poll() is not None:
                self.drain()
                if seen(self.screen.text()):
                    break
                raise LostError(f"ended with {self.process.returncode} before {what or shows!r}:\n{self.screen.text()}")
            if time.monotonic() > deadline:
                raise LostError(f"never seen: {what or shows!r}:\n{self.screen.text()}")
        return self.screen.text()

    def read(self, wait_s: float) -> bytes:
        """What comes within `wait_s`, put on the screen."""
        ready, _, _ = select.select([self._master], [], [], wait_s)
        if not ready:
            return b""
        try:
            data = os.read(self._master, 1 << 20)
        except OSError:  # Linux says EIO where the other end is closed.
            return b""
        self.raw += data
        self.screen.feed(data)
        for asked, reply in _REPLIES.items():
            if asked in data:
                os.write(self._master, reply)
        return data

    def drain(self) -> None:
        """Read to the end of what was sent by a program that has ended or is stopped. That may still be on its way
        through the kernel, and silence would not tell: a mark that is sent behind it does."""
        while self.read(0):
            pass
        os.write(self._slave, _MARK)
        deadline = time.monotonic() + PATIENCE_S
        while _MARK not in self.raw:
            self.read(0.5)
            if time.monotonic() > deadline:
                raise LostError(f"its output does not end:\n{self.screen.text()}")
        self.raw = self.raw.replace(_MARK, b"")

    def quiet(self, seconds: float = 0.5) -> None:
        """Read until nothing has come for so long."""
        while self.read(seconds):
            pass

    def end(self, patience_s: float = PATIENCE_S) -> int:
        """Read until the program has ended; its exit code, 128 and more for a signal, as a shell has it."""
        deadline = time.monotonic() + patience_s
        while self.process.poll() is None:
            self.read(0.1)
            if time.monotonic() > deadline:
                raise LostError(f"it does not end:\n{self.screen.text()}")
        self.drain()
        code = self.process.returncode
        return 128 - code if code < 0 else code

    # ── in what state the terminal is ──

    def attributes(self) -> list[Any]:
        """The tty's modes."""
        return termios.tcgetattr(self._slave)

    def modes(self) -> dict[bytes, bool]:
        """The private modes that were switched, and how they were left."""
        return {mode: onoff == b"h" for modes, onoff in _MODE.findall(bytes(self.raw)) for mode in modes.split(b";")}

    def assert_restored(self) -> None:
        """Nothing that a shell would stumble over."""
        left_on = {mode for mode, on in self.modes().items() if on} - {b"7", b"25"}
        assert not left_on, f"left on: {left_on}"
        assert self.modes()[b"25"], "the cursor is hidden"
        assert self.modes().get(b"7", True), "lines do not wrap"
        pushed = _KITTY.findall(bytes(self.raw))
        assert pushed.count(b">") == pushed.count(b"<"), "kitty's keyboard protocol is on"
        assert self.attributes() == self.before, "the tty's modes are others"
        assert bytes(self.raw).rfind(b"\x1b[?1049l") > bytes(self.raw).rfind(b"\x1b[?1049h")

    def _set_size(self, size: tuple[int, int]) -> None:
        ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))


def still(folder: Path, *arguments: str, **changes: str | None) -> Session:
    """The dashboard over a store that stands still, in `folder`, with `changes` to its environment."""
    command = [sys.executable, "-m", "tests.terminals.still", *arguments]
    return Session(command, environment(folder, **changes), folder)
