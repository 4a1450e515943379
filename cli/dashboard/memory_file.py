"""Where the dashboard's memory is kept: one small JSON file a fleet, in the state folder.

A fleet is its name and its configuration's path, so that two fleets called `staging` do not share what is kept. The
file is replaced whole and never written in place: whoever reads it, and wherever a writer dies, it is the old one or
the new one. Two dashboards on one fleet lose nothing of each other's: who writes reads first, and puts in only what it
changed itself (`tui.kept.memory.merged`).
"""

import contextlib
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from cli.settings import state_dir
from transport.kept_files import put_aside, replace_whole
from tui.kept.memory import VERSION, Memory, bounded, merged

_MOST_BYTES = 1 << 20
_FOLDER = "fleets"
_LOCK_TRIES, _LOCK_PAUSE_S = 20, 0.01


class _Versioned(msgspec.Struct):
    version: int = VERSION


class MemoryFile:
    """The memory of one fleet. `read` once at the start; then `write` as often as there is something to keep."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._base = Memory()

    def read(self) -> tuple[Memory, str]:
        """What was kept, and what is to be said of it: "" where all is well.

        A file that cannot be used is moved aside, so that nothing of it is lost and the next start is a clean one.
        """
        try:
            found = self._load()
        except (msgspec.DecodeError, UnicodeDecodeError, _OtherVersionError) as error:
            return Memory(), f"what was kept of this fleet cannot be used ({_reason(error)}){self._put_aside(error)}"
        except OSError as error:
            return Memory(), f"what was kept of this fleet cannot be read: {error.strerror or error}"
        self._base = found
        return found, ""

    def write(self, memory: Memory) -> str:
        """Keep what has changed in `memory` since `read` or the last `write`; a sentence where that failed, else ""."""
        memory = bounded(memory)
        if memory == self._base:
            return ""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self.path.with_suffix(".lock")):
                kept = merged(self._base, memory, self._theirs())
                replace_whole(self.path, msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n", forced=False)
        except OSError as error:
            return f"what is shown cannot be kept for the next time: {self.path}: {error.strerror or error}"
        # What others changed is theirs: compared with what this dashboard has, it would look like a change of ours.
        self._base = memory
        return ""

    def _load(self) -> Memory:
        """The file; Memory() where there is none."""
        try:
            with self.path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return Memory()
        if len(data) > _MOST_BYTES:
            raise msgspec.DecodeError(f"more than {_MOST_BYTES:,} bytes")
        version = msgspec.json.decode(data, type=_Versioned).version
        if version != VERSION:
            raise _OtherVersionError(version)
        return bounded(msgspec.json.decode(data, type=Memory))

    def _theirs(self) -> Memory:
        """What another dashboard may have written meanwhile; what cannot be read is about to be replaced."""
        try:
            return self._load()
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._base
        except _OtherVersionError as error:
            self._put_aside(error)
            return self._base

    def _put_aside(self, error: Exception) -> str:
        return put_aside(self.path, f"version-{error.version}" if isinstance(error, _OtherVersionError) else "broken")


class Kept(msgspec.Struct, frozen=True):
    """What there is of a fleet: its memory, how to keep it (None: not at all), and what is wrong with it, or ""."""

    memory: Memory
    remember: Callable[[Memory], str] | None
    trouble: str = ""


def open_memory(fleet: str, config: Path | None, *, fresh: bool) -> Kept:
    """The memory of a fleet; with `fresh`, as if there were none and none were wanted. Raises nothing."""
    if fresh:
        return Kept(Memory(), None)
    try:
        file = MemoryFile(memory_path(state_dir(), fleet, config))
    except OSError as error:
        return Kept(Memory(), None, f"what is shown cannot be kept for the next time: {error.strerror or error}")
    memory, trouble = file.read()
    return Kept(memory, file.write, trouble)


class _OtherVersionError(Exception):
    def __init__(self, version: int) -> None:
        super().__init__(f"it is of version {version}, this fleetdeck keeps version {VERSION}")
        self.version = version


def memory_path(state: Path, fleet: str, config: Path | None) -> Path:
    """The file of a fleet below the state folder; `config` None for a fleet that has no file of its own."""
    whole = f"{fleet}\0{config.absolute() if config is not None else ''}"
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    word = re.sub(r"[^a-z0-9]+", "-", fleet.lower()).strip("-")[:40] or "fleet"
    return state / _FOLDER / f"{word}-{digest}.json"


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, waited for a fifth of a second at most: who holds it may have been stopped, and what is
    lost without it is what two wrote in the same moment."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(_LOCK_TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_LOCK_PAUSE_S)
            except OSError:
                # A file system without locks.
                break
        yield
    finally:
        os.close(handle)
