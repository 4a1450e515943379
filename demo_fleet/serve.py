"""The demo fleet alone, until it is told to stop: `fleetdeck demo --serve -o FILE`.

The fleet's files live in a folder of their own under the system's temporary one and go with it. FILE is written when
everything listens, so whoever waits for it can start at once.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from demo_fleet.fleet import DemoFleet
from fleet.clock import Clock, SystemClock

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


async def serve(
    *,
    agents: int = 24,
    seed: int = 7,
    out: Path,
    host: str = "127.0.0.1",
    base_port: int | None = None,
    redis: str | bool | None = None,
    speed: float = 1.0,
    until_stdin_closes: bool = False,
    clock: Clock | None = None,
) -> None:
    """Run a fleet and write its configuration to `out` once it is ready; return after SIGTERM, SIGINT or SIGHUP.

    With `until_stdin_closes` it also ends at the end of stdin, so that it cannot outlive the process that started it.
    Raises OSError where it cannot listen or write.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        if until_stdin_closes:
            _watch_stdin(loop, stop)
        with tempfile.TemporaryDirectory(prefix="fleetdeck-demo-", ignore_cleanup_errors=True) as folder:
            fleet = DemoFleet(
                agents=agents, seed=seed, clock=clock or SystemClock(), folder=Path(folder), host=host,
                base_port=base_port, redis=redis, speed=speed,
            )  # fmt: skip
            async with fleet:
                await asyncio.to_thread(fleet.write_config, out)
                for note in fleet.notes:
                    print(note, file=sys.stderr)  # noqa: T201  # stderr is narration
                await stop.wait()
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` at the end of stdin, whatever stdin is (a pipe, a terminal, a file)."""

    def watch() -> None:
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass  # a closed stdin has ended, too
        with contextlib.suppress(RuntimeError):  # the loop has ended before stdin did
            loop.call_soon_threadsafe(stop.set)

    # A daemon thread reading the bare descriptor: it may still be reading when the program ends.
    threading.Thread(target=watch, name="stdin", daemon=True).start()
