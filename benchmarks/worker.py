"""A program of `benchmarks.workers` that is driven line by line, and its CPU."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from benchmarks.process import cpu_s

ROOT = Path(__file__).parents[1]
"""The tree that is measured."""


class Worker:
    """`with Worker("benchmarks.workers.deck", file, folder=folder) as worker`: it runs, with folders of its own."""

    def __init__(self, module: str, *arguments: str, folder: Path, patience_s: float = 120.0) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._folder = folder
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=environment(self._folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._running()
        pipe(process.stdin).close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        pipe(process.stdout).close()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._running().pid

    def cpu_s(self) -> float:
        """CPU that it has used so far."""
        return cpu_s(self.pid)

    def ask(self, order: str) -> Any:
        """Give an order and wait for its answer. Raises RuntimeError where none comes."""
        process = self._running()
        pipe(process.stdin).write(order.encode() + b"\n")
        return json.loads(line_of(process, self._patience_s))

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process


def environment(folder: Path, **changed: str) -> Mapping[str, str]:
    """The environment of a measured program: state, cache and configuration in `folder`, nothing that the caller's
    terminal or shell says of drawing, and the same tree as this one."""
    dropped = ("NO_COLOR", "COLUMNS", "LINES", "TMUX", "STY")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith(("SSH_", "TEXTUAL", "FLEETDECK"))
    }
    own = {f"XDG_{what}_HOME": str(folder / f"xdg-{what.lower()}") for what in ("CONFIG", "STATE", "CACHE", "DATA")}
    place = {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
    look = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    return kept | own | place | look | changed


def until(holds: Callable[[], bool], patience_s: float = 120.0) -> None:
    """Wait until something holds. Raises RuntimeError where it never does."""
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"what a benchmark waited for did not come within {patience_s:g} s")
        time.sleep(0.1)


def line_of(process: "subprocess.Popen[bytes]", patience_s: float) -> bytes:
    """The next line that the process writes. Raises RuntimeError where none comes."""
    out, line = pipe(process.stdout), b""
    while not line.endswith(b"\n"):
        part = out.read(1 << 16) if select.select([out], [], [], patience_s)[0] else b""
        if not part:
            raise RuntimeError(f"{' '.join(map(str, process.args))}: no answer")  # type: ignore[arg-type]
        line += part
    return line


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    """A pipe that was asked for, which is there."""
    assert end is not None
    return end
