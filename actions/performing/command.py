"""One process of a plan: an argument list, never a shell, in a session and process group of its own.

Its input is closed, its output is read as it comes, whatever its size. Where its time is over or the caller is
cancelled, the group gets TERM, and what is left of it KILL. A process that leaves something behind which keeps the
output open is not waited for.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from actions.performing.output import Output
from actions.performing.secrets import read_secret
from fleet.actions.action import Result, Sent
from fleet.actions.plan import CommandRun
from fleet.actions.ports import Tell, Witness
from fleet.errors import ConfigError
from fleet.text import scrub
from fleet.times import span_text
from transport.time_limit import TimeLimit

LEFT_OPEN_S: Final = 0.5
"""Seconds that output is waited for which somebody else has open when the process has ended."""
AFTER_KILL_S: Final = 5.0
"""Seconds within which a killed process must be gone; one that hangs in the kernel is left to it."""
_LOOK_S: Final = 0.02


async def run(effect: CommandRun, root: Path, tell: Tell | None = None) -> Result:
    """Run it to its end. Never raises for what happens outside."""
    try:
        secrets = {name: read_secret(place, root) for name, place in effect.secrets.items()}
    except ConfigError as error:
        return Result(sent=Sent.NO, fault=scrub(str(error)))
    output = Output(effect.output_bytes, tell, tuple(secrets.values()))
    environment = {**effect.env, **{name: secret.reveal() for name, secret in secrets.items()}}
    witness = tell if isinstance(tell, Witness) else None
    process = _Process(output)
    try:
        await process.start(effect, environment, witness)
    except (OSError, ValueError) as error:
        return Result(sent=Sent.NO, fault=_not_started(effect, error))
    if witness is not None:
        witness.began()
    timed_out = False
    try:
        # What has ended in time has, even where this process was held up and hears of it too late.
        async with TimeLimit(effect.timeout_s):
            await process.ended()
    except TimeoutError:
        timed_out = True
        await _to_its_end(process, effect.kill_after_s, witness)
    except asyncio.CancelledError:
        await _to_its_end(process, effect.kill_after_s, witness)
        raise
    finally:
        process.close()
        output.end()
    return _result(effect, process, output, timed_out)


async def _to_its_end(process: "_Process", kill_after_s: float, witness: Witness | None = None) -> None:
    """End it and wait for that, even where the caller is cancelled meanwhile: the second time kills at once."""
    if witness is not None:
        witness.ending(f"TERM sent, KILL in {kill_after_s:g} s")
    ending = asyncio.ensure_future(process.finish(kill_after_s))
    cancelled = False
    while not ending.done():
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            cancelled = True
            process.signal(signal.SIGKILL)
            if witness is not None:
                witness.ending("KILL sent")
    if cancelled:
        raise asyncio.CancelledError


class _Process(asyncio.SubprocessProtocol):
    """A running process, as the event loop tells of it."""

    def __init__(self, output: Output) -> None:
        loop = asyncio.get_running_loop()
        self._output = output
        self._transport: asyncio.SubprocessTransport | None = None
        self._exited: asyncio.Future[None] = loop.create_future()
        self._drained: asyncio.Future[None] = loop.create_future()
        self._pid = 0

    async def start(self, effect: CommandRun, environment: Mapping[str, str], witness: Witness | None = None) -> None:
        """Start it. Raises OSError and ValueError where that cannot be done; nothing runs then. Where the caller is
        cancelled meanwhile, it is ended, of which `witness` hears."""
        if not Path(effect.cwd).is_absolute():
            raise NotADirectoryError(0, "the working folder is no absolute path", effect.cwd)
        if not effect.argv:
            raise ValueError("no program is named")
        starting = asyncio.ensure_future(
            asyncio.get_running_loop().subprocess_exec(
                lambda: self,
                *effect.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=effect.cwd,
                env=environment,
                start_new_session=True,
                close_fds=True,
            )
        )
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await self._take_back(starting, effect.kill_after_s, witness)
            raise

    async def _take_back(
        self, starting: "asyncio.Future[Any]", kill_after_s: float, witness: Witness | None = None
    ) -> None:
        """End what is being started for a caller who was cancelled; cancelled once more, it is killed at once."""
        while not starting.done():
            try:
                await asyncio.wait({starting})
            except asyncio.CancelledError:
                kill_after_s = 0.0
        if starting.cancelled() or starting.exception() is not None:
            return
        try:
            await _to_its_end(self, kill_after_s, witness)
        finally:
            self.close()

    async def ended(self) -> None:
        """Wait until it has ended and its output is read, but not for long where something else has that open."""
        await asyncio.shield(self._exited)
        await asyncio.wait([self._drained], timeout=LEFT_OPEN_S)

    async def finish(self, kill_after_s: float) -> None:
        """TERM to the group, and KILL to what is left of it after `kill_after_s`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + kill_after_s
        if self.signal(signal.SIGTERM):
            await asyncio.wait([self._exited], timeout=kill_after_s)
            while self.signal(0) and loop.time() < until:  # noqa: ASYNC110  # nothing tells of a grandchild's end
                await asyncio.sleep(_LOOK_S)
        self.signal(signal.SIGKILL)
        await asyncio.wait([self._exited], timeout=AFTER_KILL_S)
        await asyncio.wait([self._drained], timeout=LEFT_OPEN_S)

    def signal(self, number: int) -> bool:
        """Send a signal to the whole group; whether anybody is left in it. The system gives its number to nobody else
        while somebody is."""
        if self._pid <= 0:
            return False  # 0 would be our own group
        try:
            os.killpg(self._pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def close(self) -> None:
        """Let go of its output. What still runs of the group goes on, if anything was left running on purpose."""
        if self._transport is not None and self._exited.done():
            self._transport.close()

    @property
    def status(self) -> int | None:
        """Its exit code; negative, the signal that ended it; None where it has not ended."""
        return None if self._transport is None else self._transport.get_returncode()

    # ── what the event loop calls ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._pid = self._transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._output.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 1 and not self._drained.done():
            self._drained.set_result(None)

    def process_exited(self) -> None:
        if not self._exited.done():
            self._exited.set_result(None)


def _result(effect: CommandRun, process: _Process, output: Output, timed_out: bool) -> Result:
    status = process.status
    if timed_out:
        fault = f"it did not end within {span_text(effect.timeout_s)}, and was ended"
    elif status is not None and status < 0:
        fault = f"it was ended by {_signal_name(-status)}"
    else:
        fault = ""
    return Result(
        sent=Sent.MAYBE if timed_out or status is None else Sent.YES,
        status=status,
        text=output.text,
        fault=fault,
        timed_out=timed_out,
        cut=output.dropped,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _not_started(effect: CommandRun, error: OSError | ValueError) -> str:
    program = scrub(effect.argv[0], 120) if effect.argv else "nothing"
    if not Path(effect.cwd).is_dir() or not Path(effect.cwd).is_absolute():
        return f"{program} was not started: there is no folder {scrub(effect.cwd, 200)}"
    if isinstance(error, FileNotFoundError):
        return f"{program} was not started: there is no such program"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"{program} was not started: {scrub(reason or type(error).__name__, 160)}"
