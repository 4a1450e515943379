"""Locks of one machine: a file for each target, held by flock as long as its owner lives.

The kernel lets a lock go with the process, so what a dead owner left is taken over without guessing. What stands in the
file (owner, process, boot) is for people, and to tell a living owner without touching the lock. Names are hashed: a
target may be called anything.
"""

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import platform
import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fleet.actions.action import Lock
from fleet.errors import Fault, OutsideError, RefusedError
from fleet.text import scrub
from transport.boot import boot_id

MOST = 1_000
"""Locks that are read."""
_BYTES = 16_384
_TRIES = 8
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Held(Struct, frozen=True, kw_only=True):
    """What stands in a lock file. `started` tells a process from a later one with its number."""

    lock: Lock
    pid: int
    host: str
    boot: str = ""
    started: str = ""


class FileLocks:
    """Implements `Locks` in a folder that only its owner may enter. Blocking work is done in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: dict[str, int] = {}

    async def take(self, lock: Lock) -> Lock | None:
        """Take it; the lock of who has it, else None. Raises OutsideError."""
        if lock.target in self._mine:
            return await asyncio.to_thread(self._other, lock.target)
        taken = await asyncio.to_thread(self._take, lock)
        if isinstance(taken, Lock):
            return taken
        self._mine[lock.target] = taken
        return None

    async def renew(self, target: str) -> None:
        """Raises RefusedError where the file was taken away: another may hold the lock now."""
        descriptor = self._mine.get(target)
        if descriptor is None or not await asyncio.to_thread(_is_at, descriptor, self._path(target)):
            raise RefusedError(f"the lock on {scrub(target, 80)} was taken away")

    async def release(self, target: str) -> None:
        """Let it go, if it is ours. Never fails."""
        descriptor = self._mine.pop(target, None)
        if descriptor is not None:
            await asyncio.to_thread(self._release, target, descriptor)

    async def held(self) -> tuple[Lock, ...]:
        """The locks of living owners. Raises OutsideError."""
        return await asyncio.to_thread(self._held)

    def _path(self, target: str) -> Path:
        return self._folder / f"{hashlib.sha256(target.encode()).hexdigest()[:32]}.lock"

    def _take(self, lock: Lock) -> int | Lock:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for _ in range(_TRIES):
                descriptor = self._opened(self._path(lock.target))
                if descriptor is None:
                    continue
                if not _flock(descriptor):
                    os.close(descriptor)
                    return self._other(lock.target)
                # Who let it go removed the file; ours may be one that nobody finds any more.
                if _is_at(descriptor, self._path(lock.target)):
                    return _written(descriptor, lock)
                os.close(descriptor)
        except OSError as error:
            fault = Fault.LIMIT if error.errno in _FULL else Fault.PERMISSION
            raise OutsideError(fault, f"no lock in {self._folder}: {error.strerror}") from error
        raise OutsideError(Fault.INTERNAL, f"no lock in {self._folder}: others take and release it all the time")

    def _opened(self, path: Path) -> int | None:
        """The file of a lock, made for all who may write to the folder where there is none; None where another one was
        faster. Raises OSError, also for what others may have put in its place."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            # Systems that protect files of others in a folder of all refuse to open them where it could make one.
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            return self._made(path, flags)
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
            os.close(descriptor)
            raise OSError(errno.EINVAL, f"{path.name} is no file of its own")
        return descriptor

    def _made(self, path: Path, flags: int) -> int | None:
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return None
        others = stat.S_IMODE(self._folder.stat().st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
        os.fchmod(descriptor, 0o600 | others | others << 1)
        return descriptor

    def _other(self, target: str) -> Lock:
        held = _read(self._path(target))
        return held.lock if held else Lock(target=target, owner="somebody", since=_NEVER)

    def _release(self, target: str, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            if _is_at(descriptor, self._path(target)):
                # In a folder of all the file of another account stays; nobody holds it then.
                os.ftruncate(descriptor, 0)
                self._path(target).unlink()
        os.close(descriptor)

    def _held(self) -> tuple[Lock, ...]:
        try:
            paths = sorted(self._folder.glob("*.lock"))[:MOST]
        except OSError as error:
            raise OutsideError(Fault.PERMISSION, f"{self._folder}: {error.strerror}") from error
        return tuple(
            replace(held.lock, mine=held.lock.target in self._mine)
            for path in paths
            if (held := _read(path)) is not None and _lives(held)
        )


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _written(descriptor: int, lock: Lock) -> int:
    pid = os.getpid()
    held = Held(lock=replace(lock, mine=False), pid=pid, host=platform.node(), boot=boot_id(), started=_started(pid))
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(held), 0)
    except OSError:
        # Open, it would be held for as long as this program runs, and by nobody.
        os.close(descriptor)
        raise
    return descriptor


def _read(path: Path) -> Held | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            held = msgspec.json.decode(file.read(_BYTES), type=Held)
    except (OSError, msgspec.DecodeError, UnicodeError):
        return None
    lock = held.lock
    words = {name: scrub(getattr(lock, name), 200) for name in ("owner", "action", "title")}
    return replace(held, lock=replace(lock, mine=False, **words))


def _lives(held: Held) -> bool:
    """Whether its owner lives, as far as it can be told; that of another machine is taken to."""
    if held.host != platform.node():
        return True
    if held.boot != boot_id() or held.pid <= 0:
        return False
    try:
        os.kill(held.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Of another account; whether it is still the same process is known all the same.
        return _started(held.pid) in ("", held.started)
    except OSError:
        return True
    return held.started == _started(held.pid)


def _started(pid: int) -> str:
    """When a process was started, in ticks since the boot (proc(5), the 22nd field); "" where it is not known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
