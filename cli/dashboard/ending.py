"""How the dashboard ends when it is told to: SIGTERM, SIGHUP, SIGINT and SIGQUIT leave as `q` does, so that the
terminal is given back, what is kept is kept, and the demo fleet ends; the exit code is 128 and the signal's number.

What hangs cannot leave that way. So five seconds later, or at a second signal, the terminal is restored by hand and the
process ends. An alarm does that, because it needs nothing of what may hang: no event loop, no thread.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Coroutine
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from tui.terminal.own_terminal import OwnTerminalApp

log = logging.getLogger(__name__)

SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
PATIENCE_S: Final = 5.0
_ONE_PRESS_S: Final = 1.0
"""Signals that come this close to each other are one wish: a closed session sends several."""
RESTORE: Final = (
    "\x18\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?2004l\x1b[?2048l"
    "\x1b[<u\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h"
)
"""Cuts off a sequence that was begun, and ends every mode that Textual begins."""


class Ending:
    """While this is entered, signals end the program in good order.

    `leave` asks the application to exit with a code, `holds` says whether it has the terminal.
    """

    def __init__(self, leave: Callable[[int], None], holds: Callable[[], bool]) -> None:
        self._leave = leave
        self._holds = holds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._code: int | None = None
        self._before: list[Any] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        with contextlib.suppress(termios.error, OSError):
            self._before = termios.tcgetattr(0)
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._told)
        self._handlers[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._end_now)
        threading.excepthook = _log_thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._holds():
            self._restore()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        threading.excepthook = threading.__excepthook__

    def run(self, main: Coroutine[Any, Any, object]) -> None:
        """Run `main` on a loop that hears of the signals."""

        async def heard() -> None:
            self._loop = asyncio.get_running_loop()
            await main

        asyncio.run(heard())

    def _told(self, number: int, frame: FrameType | None) -> None:
        code = 128 + number
        if self._loop is None:
            # Nothing of the terminal has been touched yet, or it has been given back.
            sys.exit(code)
        if self._code is None:
            self._code = code
            signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
            self._loop.call_soon_threadsafe(self._leave, code)
        elif signal.getitimer(signal.ITIMER_REAL)[0] < PATIENCE_S - _ONE_PRESS_S:
            self._end_now(number, frame)

    def _end_now(self, number: int, frame: FrameType | None) -> None:
        log.error("it did not end in good order within %g s", PATIENCE_S)
        if self._holds():
            self._restore()
        os._exit(self._code or 128 + number)

    def _restore(self) -> None:
        """Give the terminal back without anybody's help; it may have stopped taking anything."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(2, termios.TCOFLUSH)
            os.set_blocking(2, False)
            try:
                os.write(2, RESTORE.encode())
            finally:
                os.set_blocking(2, True)
        if self._before:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._before)


def run_app(app: "OwnTerminalApp[Any]") -> None:
    """Run `app` to its end; SystemExit with its code where that is not 0."""
    with Ending(app.leave, lambda: app.holds_terminal) as ending:
        ending.run(app.run_async())
    if app.return_code:
        sys.exit(app.return_code)


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    """A thread's crash goes to the log: on the terminal it would stand in the middle of the picture."""
    if failed.exc_value is not None:
        log.error("thread %s failed", failed.thread.name if failed.thread else "?", exc_info=failed.exc_value)
