"""A driver that gives its terminal back: when it ends, when it is stopped by job control, when the terminal itself goes
away.

Textual does most of it. Added here: an `escape` that is heard when it is pressed (Textual looks only every tenth of a
second whether anything follows it), the modes that it leaves on, stopping and going on from the event loop (Textual
does it within a signal handler, which can interrupt the very code that it calls, and takes any SIGCONT for the end of a
stop of its own, so that a terminal which is still raw is remembered as the normal one), and an end for a terminal that
is closed while SIGHUP is ignored (`nohup`), where its input thread would spin for ever.
"""

import asyncio
import codecs
import os
import selectors
import signal
import termios
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

HUNG_UP: Final = 128 + signal.SIGHUP
"""The exit code for a terminal that is gone."""
_LOOK_S: Final = 2.0
"""How often to look whether the terminal is still there."""
_AGAIN_S: Final = 0.05
"""How soon to read again where the terminal is a shell's for a moment."""
_LISTEN_S: Final = 0.1
"""How soon to look whether the reading of keys is to end."""
_ESCAPE_S: Final = 0.002
"""How soon to look again whether an `escape` was all."""
_READ: Final = 4096
_LOCAL: Final = 3
"""Where the local modes stand in what `tcgetattr` gives."""
_LEFT_ON: Final = "\x1b[?2026l\x1b[?1016l\x1b]22;default\x07"
"""Ends what Textual leaves on: a frame that was begun, the mouse in pixels, the pointer's shape."""


def restoring(base: type[Driver]) -> type[Driver]:
    """A driver that does what `base` does, and more carefully; `base` itself where it drives no terminal of Unix."""
    if not issubclass(base, LinuxDriver):
        return base

    class Restoring(RestoringDriver, base):  # type: ignore[valid-type, misc]  # which driver it is depends on the app
        """The driver of this application, with its care in front of it."""

    return Restoring


class RestoringDriver(LinuxDriver):
    """Stands before the driver of an application: stops and goes on by the event loop, and ends with its terminal."""

    # ── the terminal is taken and given back ─────────────────────────────────────────────────────────────────────────

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_on = False
        self._normal: list[Any] | None = None
        self._own_loop = asyncio.get_running_loop()
        signal.signal(signal.SIGTSTP, self._told_to_stop)
        self._continued = False
        signal.signal(signal.SIGCONT, self._told_to_continue)
        self._own_loop.call_later(_LOOK_S, self._look)

    def write(self, data: str) -> None:
        # While the terminal is somebody else's, or gone with the thread that writes to it, nobody takes what is
        # written, and the queue is short.
        if self.is_on and self._writes():
            super().write(data)

    def start_application_mode(self) -> None:
        self.is_on = True
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own has no annotations
        # Textual begins nothing where this runs in the background; the next SIGCONT tries again.
        self.is_on = self._writes()
        # In the background a read fails then, and does not stop this process before it has given the terminal back.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        if self._normal is not None and self.attrs_before and not self.attrs_before[_LOCAL] & termios.ICANON:
            # A shell can give a job back the modes that it had when it was stopped, and these are none of its own.
            self.attrs_before = self._normal
        self._normal = self.attrs_before

    def stop_application_mode(self) -> None:
        if self.is_on:
            self.write(_LEFT_ON)
            super().stop_application_mode()

    def close(self) -> None:
        self.is_on = False
        super().close()

    def _writes(self) -> bool:
        thread = self._writer_thread
        return thread is not None and thread.is_alive()

    # ── stopping and going on ────────────────────────────────────────────────────────────────────────────────────────

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._continued = False
        if self._own_loop.is_closed():
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._own_loop.call_soon_threadsafe(self.step_back)

    def step_back(self, *, whole_job: bool = False) -> None:
        """Give the terminal back and stop, as SIGTSTP asks; with `whole_job` all that runs with this, too."""
        if whole_job:
            self._continued = False
        if not self._is_ours():
            # A shell has seen another part of the job stop, and has taken the terminal and its modes already.
            self.attrs_before = None
        handler = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        self.suspend_application_mode()
        signal.signal(signal.SIGTTOU, handler)
        # Whoever is quick has brought the job back already.
        if not self._continued:
            os.kill(0 if whole_job else os.getpid(), signal.SIGSTOP)

    def _is_ours(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return False

    def _told_to_continue(self, number: int, frame: FrameType | None) -> None:
        self._continued = True
        if not self._own_loop.is_closed():
            self._own_loop.call_soon_threadsafe(self.come_back)

    def come_back(self) -> None:
        """Take the terminal again, in whatever state somebody left it."""
        if not os.isatty(self.fileno):
            self._hung_up()
            return
        if self.is_on:
            # Stopped by SIGSTOP, which asks nobody: the shell has changed the terminal's modes since.
            self.suspend_application_mode()
        self.resume_application_mode()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run_input_thread(self) -> None:
        leave: Callable[[], None] | None = self._deaf
        try:
            while self._was_refused():
                time.sleep(_AGAIN_S)
            leave = None
        except OSError:
            leave = self._hung_up
        finally:
            if leave is not None:
                self._own_loop.call_soon_threadsafe(leave)

    def _was_refused(self) -> bool:
        """Read for as long as the terminal is ours; True where it was refused, and is there. Raises OSError."""
        try:
            self.run_input_thread()
        except UnicodeDecodeError:
            # A terminal that sends no UTF-8; what it sent is no key that anything is bound to.
            return not self.exit_event.is_set()
        except OSError:
            if not os.isatty(self.fileno):
                raise
            return not self.exit_event.is_set()
        return False

    def run_input_thread(self) -> None:
        """Read what the terminal sends. Raises OSError, UnicodeDecodeError."""
        parser = XTermParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")().decode
        with selectors.SelectSelector() as terminal:
            terminal.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if terminal.select(_LISTEN_S if parser._timeout_time is None else _ESCAPE_S):
                    text = decode(os.read(self.fileno, _READ))
                    for message in parser.feed(text) if text else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def _deaf(self) -> None:
        # What failed is in the log: that is where the crash of a thread goes.
        self._app.exit(return_code=1, message="fleetdeck: reading the keys has failed, which should not happen")

    # ── the terminal goes away ───────────────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        if self.is_on and not os.isatty(self.fileno):
            self._hung_up()
        else:
            self._own_loop.call_later(_LOOK_S, self._look)

    def _hung_up(self) -> None:
        app: Any = self._app
        app.leave(HUNG_UP)
