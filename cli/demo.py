"""`fleetdeck demo`: the embedded fleet in a process of its own, and the dashboard that watches it.

A process of its own, because a fleet that shares the dashboard's loop would show the dashboard's delays as its own. It
ends with its standard input, which is a pipe that the dashboard holds: however the dashboard ends, the fleet does too.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cli.dashboard.dashboard import run
from cli.settings import Failure
from cli.wishes import Wishes

if TYPE_CHECKING:
    from config.schema import Config

_START_S = 60.0
_END_S = 10.0
_PREFIX = "fleetdeck-demo-"
"""Of the temporary folder in which a dashboard has the configuration of its own fleet."""


def serve(agents: int, seed: int, output: Path, *, until_stdin_closes: bool) -> None:
    """Run the fleet alone until it is interrupted; `output` is written once everything listens."""
    from demo_fleet.configuration import HEADER
    from demo_fleet.serve import serve as serve_fleet

    try:
        _remove_old(output, HEADER)
        # The bad release stays until somebody rolls it back: who watches is to have the time to do that.
        asyncio.run(
            serve_fleet(agents=agents, seed=seed, out=output, until_stdin_closes=until_stdin_closes, bad_stays=True)
        )
    except OSError as error:
        raise Failure(f"the demo fleet cannot be served: {error.strerror or error}") from error
    finally:
        if until_stdin_closes and output.parent.name.startswith(_PREFIX):
            # The dashboard does it, unless it was killed.
            shutil.rmtree(output.parent, ignore_errors=True)


def _remove_old(output: Path, header: str) -> None:
    """Remove what an earlier demo fleet wrote there: its addresses are dead, and whoever waits for the file would take
    it for the new one. Raises Failure for a file that something else wrote."""
    if not output.exists():
        return
    with contextlib.suppress(UnicodeDecodeError):
        if output.read_text(encoding="utf-8").startswith(header):
            output.unlink()
            return
    raise Failure(f"{output} is there already and was not written by a demo fleet; it stays as it is")


def watch(agents: int, seed: int, wishes: Wishes) -> None:
    """The dashboard on a fleet of its own."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        file = Path(folder) / "fleetdeck.yaml"
        fleets: list[subprocess.Popen[bytes]] = []

        async def start() -> "Config":
            # Behind the first frame, which would otherwise share the machine with the start of a whole fleet.
            fleets.append(_start(agents, seed, file))
            return await _ready(fleets[0], file)

        try:
            run(start, "demo", wishes)
        finally:
            for fleet in fleets:
                _stop(fleet)


def _start(agents: int, seed: int, file: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "cli.main", "demo", "--serve", "-o", str(file), "--until-stdin-closes"]
    command += ["--agents", str(agents), "--seed", str(seed)]
    log = file.with_suffix(".log").open("wb")
    with log:
        return subprocess.Popen(  # noqa: S603  # our own command, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


async def _ready(fleet: "subprocess.Popen[bytes]", file: Path) -> "Config":
    """Wait until the fleet has written its configuration. Raises Failure with its last words where it ends first."""
    deadline = asyncio.get_running_loop().time() + _START_S
    while not file.exists():  # noqa: ASYNC240  # a look at a local folder
        if fleet.poll() is not None or asyncio.get_running_loop().time() > deadline:
            words = file.with_suffix(".log").read_text(encoding="utf-8", errors="replace").strip()
            raise Failure(f"the demo fleet did not start: {words[-500:] or 'no word from it'}")
        await asyncio.sleep(0.03)
    # Behind the first frame: reading YAML and finding the kinds take as long as that.
    from cli.kinds import kind_tables
    from config.load import load

    return load(file, kind_tables())


def _stop(fleet: "subprocess.Popen[bytes]", patience_s: float = _END_S) -> None:
    """End a fleet: by the end of its stdin, else by a signal, else by force. Each of the first two may take
    `patience_s` seconds, in which it removes its files."""
    if fleet.stdin is not None:
        fleet.stdin.close()
    for harder in (fleet.terminate, fleet.kill):
        try:
            fleet.wait(patience_s)
        except subprocess.TimeoutExpired:
            harder()
        else:
            return
    fleet.wait()
