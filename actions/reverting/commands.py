"""Programs that are run to read, and those that are planned: a fixed environment, absolute paths, never a shell."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from actions.reverting.way import tail_of
from fleet.actions.action import Sent
from fleet.actions.plan import CommandRun, Fact
from fleet.actions.ports import ActReach
from fleet.errors import Fault, OutsideError

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs without a folder are looked for, whatever the environment of fleetdeck says."""


def environment(more: Mapping[str, str] = {}) -> dict[str, str]:  # only read
    """The whole environment that a program gets: a fixed one, its home, and what its definition adds."""
    home = Path("~").expanduser()
    return {"PATH": PATH, "LC_ALL": "C", "TZ": "UTC", "HOME": str(home) if home.is_absolute() else "/", **more}


def program(word: str, root: Path) -> str:
    """The absolute path of a program: from the configuration's folder where it has a slash, else from `PATH`. A name
    that is not found stays as it is."""
    if "/" in word:
        return str((root / Path(word).expanduser()).absolute())
    return shutil.which(word, path=PATH) or word


def program_fact(path: str) -> Fact:
    """The program as it is resolved; bad where it cannot be run."""
    there = Path(path).is_absolute() and Path(path).is_file() and os.access(path, os.X_OK)
    return Fact("program", path if there else f"{path} is not there, or cannot be run", bad=not there)


def missing_programs(root: Path, **lists: Sequence[str]) -> dict[str, str]:
    """Which of the programs that options name are not there, or cannot be run, by the option's key."""
    resolved = {key: program(str(words[0]), root) for key, words in lists.items() if words}
    return {key: program_fact(path).value for key, path in resolved.items() if program_fact(path).bad}


def folder_fact(name: str, path: str) -> Fact:
    """A folder; bad where there is none."""
    there = Path(path).is_dir()
    return Fact(name, path if there else f"{path} is no folder", bad=not there)


class Runner:
    """Runs programs of one definition: to read now, or as effects of a plan."""

    def __init__(self, reach: ActReach, cwd: Path, env: Mapping[str, str], timeout_s: float) -> None:
        self._reach = reach
        self._cwd = cwd
        self._env = environment(env)
        # A duration of a configuration is a type of its own, which no encoder knows.
        self._timeout_s = float(timeout_s)

    def planned(self, argv: Sequence[str], *, timeout_s: float | None = None) -> CommandRun:
        """The effect that runs `argv`, its program resolved."""
        words = (program(argv[0], self._reach.root), *map(str, argv[1:]))
        limit = self._timeout_s if timeout_s is None else float(timeout_s)
        return CommandRun(argv=words, cwd=str(self._cwd), env=self._env, timeout_s=limit)

    async def read(self, argv: Sequence[str], *, right: tuple[int, ...] = (0,)) -> str:
        """What it prints. Raises OutsideError where it cannot be run, takes too long, or ends with another code than
        those that are `right`."""
        effect = self.planned(argv)
        result = await self._reach.performer.perform(effect)
        name = Path(effect.argv[0]).name
        if result.sent is Sent.NO:
            raise OutsideError(Fault.MISSING, f"{name}: {result.fault or 'it could not be started'}")
        if result.timed_out or result.status is None:
            raise OutsideError(Fault.TIMEOUT, f"{name}: {result.fault or f'no answer within {self._timeout_s:g} s'}")
        if result.status not in right:
            raise OutsideError(Fault.STATUS, f"{result.status} of {name}: {tail_of(result.text)}")
        if result.cut:
            raise OutsideError(Fault.LIMIT, f"{name}: {result.cut:,} bytes of its output are beyond the limit")
        return result.text
