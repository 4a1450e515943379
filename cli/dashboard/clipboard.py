"""The clipboard of this machine: its programs, and a file for what is too much for a terminal.

Programs get the text on their stdin and nothing of the terminal: a clipboard program that stays behind to serve what it
was given (xclip, wl-copy) would else hold it open.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.settings import state_dir
from fleet.clipboard import Program, Routes, routes
from fleet.errors import Fault, OutsideError
from fleet.text import scrub

PATIENCE_S = 3.0
"""Seconds that a clipboard program may take."""
FILE_NAME = "copied.txt"


class MachineClipboard:
    """Programs found on the PATH of `env`, and a file in the runtime directory of the operator."""

    def __init__(self, env: Mapping[str, str], *, patience_s: float = PATIENCE_S) -> None:
        self._env = env
        self._patience_s = patience_s

    @property
    def routes(self) -> Routes:
        """The ways to try, as the environment is now."""
        return routes(self._env, sys.platform, lambda name: self._which(name) is not None)

    async def pipe(self, program: Program, text: str) -> None:
        """Run a program on `text`. Raises OutsideError where it fails, or does not end in time."""
        found = self._which(program.argv[0])
        if found is None:
            raise OutsideError(Fault.MISSING, f"{program.name} is not installed")
        import tempfile

        # A file, not a pipe: a program that stays behind would keep a pipe open, and us waiting for its end.
        with tempfile.TemporaryFile() as complaint:
            try:
                child = await asyncio.create_subprocess_exec(
                    found,
                    *program.argv[1:],
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=complaint,
                    env=dict(self._env),
                    start_new_session=True,
                )
            except OSError as error:
                raise OutsideError(Fault.INTERNAL, f"{program.name}: {error.strerror or error}") from error
            await self._feed(child, program, text)
            if child.returncode:
                complaint.seek(0)
                said = scrub(complaint.read(400).decode(errors="replace").strip(), 120)
                reason = said or "it gave no reason"
                raise OutsideError(Fault.STATUS, f"{child.returncode} of {program.name}: {reason}")

    def keep(self, text: str) -> Path:
        """Write `text` into a file that only its owner can read. Raises OutsideError."""
        import tempfile

        try:
            path = self._folder() / FILE_NAME
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    stream.write(text)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OutsideError(Fault.INTERNAL, f"no file for it: {error.strerror or error}") from error
        return path

    async def _feed(self, child: asyncio.subprocess.Process, program: Program, text: str) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await child.communicate(text.encode(program.encoding))
        except TimeoutError as error:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            raise OutsideError(Fault.TIMEOUT, f"{program.name} took longer than {self._patience_s:g}s") from error

    def _which(self, name: str) -> str | None:
        return shutil.which(name, path=self._env.get("PATH", os.defpath))

    def _folder(self) -> Path:
        """The runtime directory, which goes when the operator logs out; the state directory where there is none."""
        runtime = Path(self._env.get("XDG_RUNTIME_DIR", ""))
        if not runtime.is_absolute() or not runtime.is_dir():
            return state_dir()
        folder = runtime / "fleetdeck"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
