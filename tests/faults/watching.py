"""`tests.faults.watch` as a child of a test."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.real_prometheus import eventually

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_LIBC = ctypes.CDLL(None, use_errno=True)
"""Loaded before any fork: the child of a process with threads must not load anything."""
_PATIENCE_S = 120.0
"""For how long a process may take to start, to look, or to end, on a machine that is busy with others."""


class Watching:
    """A deck in a process of its own, asked by `known`."""

    def __init__(self, config: Path, *, unprivileged: bool = False) -> None:
        """`unprivileged`: as root, without the right to read what its permissions forbid."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.watch", str(config)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=give_up_rights if unprivileged and os.geteuid() == 0 else None,  # noqa: PLW1509
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.communicate(timeout=_PATIENCE_S)
        assert self.process.returncode == 0

    def known(self) -> dict[str, Any]:
        """What it knows now."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def until(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """What it knows once `condition` holds for it."""

        def look() -> dict[str, Any] | None:
            known = self.known()
            return known if condition(known) else None

        return eventually(look, _PATIENCE_S)


def give_up_rights() -> None:
    """What root may from now on is what a file's permissions say (Linux capabilities(7))."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
