"""The demo fleet alone, until it is told to stop: `fleetdeck demo --serve -o FILE`.

FILE is written when everything listens, so whoever waits for it can start at once. The end comes by a signal, or with
the end of stdin.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from demo_fleet.fleet import DemoFleet
from fleet.clock import SystemClock

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


async def serve(
    agents: int,
    seed: int,
    out: Path,
    *,
    host: str = "127.0.0.1",
    base_port: int | None = None,
    redis: str | bool | None = None,
    speed: float = 1.0,
    until_stdin_closes: bool = False,
    bad_stays: bool = False,
) -> None:
    """Run a fleet alone and write its configuration to `out` when everything listens; return when told to stop.

    That is SIGTERM, SIGINT or SIGHUP, and with `until_stdin_closes` the end of stdin, so that it cannot outlive the
    process that started it. Its files live in a temporary folder and go with it. What could not be had is said on
    stderr. Raises OSError where it cannot listen or write.
    """
    with (
        _told_to_stop(until_stdin_closes=until_stdin_closes) as stop,
        tempfile.TemporaryDirectory(prefix="fleetdeck-demo-", ignore_cleanup_errors=True) as folder,
    ):
        fleet = DemoFleet(
            agents=agents, seed=seed, clock=SystemClock(), folder=Path(folder), host=host,
            base_port=base_port, redis=redis, speed=speed, bad_stays=bad_stays,
        )  # fmt: skip
        living = asyncio.ensure_future(_live(fleet, out))
        told = asyncio.ensure_future(stop.wait())
        # A start that hangs (its Redis was killed with the terminal, say) must be stopped by the same word.
        await asyncio.wait({living, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living


async def _live(fleet: DemoFleet, out: Path) -> None:
    """Start the fleet, say where it is, and go on until cancelled."""
    async with fleet:
        await asyncio.to_thread(fleet.write_config, out)
        for note in fleet.notes:
            print(note, file=sys.stderr)  # noqa: T201  # stderr is narration
        await asyncio.Event().wait()


@contextlib.contextmanager
def _told_to_stop(*, until_stdin_closes: bool) -> Iterator[asyncio.Event]:
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
