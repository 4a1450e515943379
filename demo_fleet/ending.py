"""How a fleet that runs alone is told to stop: by a signal, or by the end of its stdin."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextlib.contextmanager
def told_to_stop(*, until_stdin_closes: bool) -> Iterator[asyncio.Event]:
    """An event that SIGTERM, SIGINT, SIGHUP and, where wanted, the end of stdin set. Needs the main thread's loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        _watch_stdin(loop, stop)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` at the end of stdin, whatever stdin is (a pipe, a terminal, a file)."""

    def watch() -> None:
        with contextlib.suppress(OSError):  # a closed stdin has ended, too
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended before stdin did
            loop.call_soon_threadsafe(stop.set)

    # A daemon thread reading the bare descriptor: it may still be reading when the program ends.
    threading.Thread(target=watch, name="stdin", daemon=True).start()
