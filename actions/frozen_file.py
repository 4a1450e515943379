"""The freeze of a fleet as files, so that it holds for every program of a user, and outlives them all.

    frozen/<hash>.json          who froze the fleet, when and why: written by whoever freezes, and by nobody else
    frozen/<hash>.lifted.json   which freeze was lifted, for a while or for good: by whoever unlocks or unfreezes
    frozen/<hash>.lock          held by who lifts

A freeze waits for nobody and cannot be lost: it is put there in one step, under an id of its own, and what was lifted
is another one. What cannot be read counts as a freeze. Whoever lifts such a one names it by how its file looks.
"""

import errno
import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from actions.audit_files import open_own
from fleet.errors import RefusedError
from fleet.text import scrub
from transport.kept_files import force_names, locked, replace_whole

FOLDER: Final = "frozen"
LONGEST_S: Final = 86_400.0
"""Seconds for which a freeze can be lifted, where it is not for good."""
MOST_BYTES: Final = 16 * 1024
RACY_S: Final = 0.1
"""Within one tick of a file system's clock two files may look alike: one that is new is read again for so long."""
BY_CHARS: Final = 80
REASON_CHARS: Final = 160
_WAIT_S: Final = 2.0
_Sign = tuple[int, ...] | str | None
"""How a file looks, why it cannot be looked at, or that there is none."""


class Frozen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who froze a fleet. `at` is by the time of day, and only shown."""

    id: str
    fleet: str
    by: str
    at: datetime
    reason: str = ""


class Unlocking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when until when, by the monotonic clock of one start of the machine."""

    boot: str
    since: float
    until: float

    def holds(self, boot: str, at_s: float) -> bool:
        """Whether it does at a moment of that clock, in this start of the machine."""
        lasts = 0 < self.until - self.since <= LONGEST_S
        return self.boot == boot and lasts and self.since <= at_s < self.until


class Lifted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which freeze was lifted; for good where there is no `unlocking`."""

    freeze: str
    fleet: str
    by: str
    at: datetime
    reason: str
    unlocking: Unlocking | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """What the files say. `id` is that of the freeze, "" where there is none; `frozen` is None where it cannot be read,
    `lifted` where nobody lifted this one; `trouble` says in a sentence what cannot be used."""

    id: str = ""
    frozen: Frozen | None = None
    lifted: Lifted | None = None
    trouble: str = ""

    def holds(self, boot: str, at_s: float) -> bool:
        """Whether it is frozen at a moment of the monotonic clock."""
        lifted = self.lifted
        return bool(self.id) and not (lifted and (lifted.unlocking is None or lifted.unlocking.holds(boot, at_s)))

    @property
    def is_over(self) -> bool:
        """Whether it was lifted for good, or there never was one."""
        return not self.id or (self.lifted is not None and self.lifted.unlocking is None)


T = TypeVar("T", Frozen, Lifted)


class FrozenFile:
    """The files of one fleet in the state folder `state`. All but `look` may block."""

    def __init__(self, state: Path, fleet: str) -> None:
        self._fleet = fleet
        self._folder = state / FOLDER
        name = hashlib.sha256(fleet.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self.path = self._folder / f"{name}.json"
        self.lifted_path = self._folder / f"{name}.lifted.json"
        self._lock = self._folder / f"{name}.lock"
        self._names = (os.fspath(self.path), os.fspath(self.lifted_path))
        self._signs: tuple[_Sign, _Sign] | None = None
        self._seen_s = 0.0
        self._is_settled = False
        self._standing = Standing()

    def look(self, at_s: float) -> Standing:
        """How it stands, at a moment of the monotonic clock. It takes one or two looks at file names, and reads where
        something changed. Raises nothing."""
        signs = self._look()
        if signs != self._signs:
            self._signs, self._seen_s, self._is_settled = signs, at_s, False
        if not self._is_settled:
            self._is_settled = at_s - self._seen_s >= RACY_S
            self._standing = self._read(*signs)
        return self._standing

    def freeze(self, mark: Frozen) -> str:
        """Have it stand on the disk; why that was not possible, in a sentence, else ""."""
        try:
            self._put(self.path, mark)
        except OSError as error:
            return _words(self.path, error)
        return ""

    def lift(self, lifted: Lifted, seen: Standing) -> None:
        """Lift the freeze that was seen. Raises RefusedError, also where it is not as it was seen any more."""
        try:
            with locked(self._lock, _WAIT_S):
                now = self._read(*self._look())
                if now.id != seen.id:
                    raise RefusedError("it was frozen anew meanwhile")
                if now.lifted != seen.lifted and now.lifted is not None:
                    raise RefusedError(f"it was lifted by {now.lifted.by} meanwhile")
                self._put(self.lifted_path, lifted)
        except BlockingIOError as error:
            raise RefusedError(f"the freeze cannot be lifted: another program holds {self._lock}") from error
        except OSError as error:
            raise RefusedError(f"the freeze cannot be lifted: {_words(self.lifted_path, error)}") from error

    def _put(self, path: Path, value: Frozen | Lifted) -> None:
        if not self._folder.is_dir():
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            force_names(self._folder.parent)
        replace_whole(path, msgspec.json.encode(value))
        force_names(self._folder)

    def _look(self) -> tuple[_Sign, _Sign]:
        frozen = _sign_of(self._names[0])
        return frozen, None if frozen is None else _sign_of(self._names[1])

    def _read(self, frozen: _Sign, lifted: _Sign) -> Standing:
        if frozen is None:
            return Standing()
        try:
            mark = self._decoded(self.path, Frozen)
            standing = Standing(id=mark.id, frozen=mark)
        except FileNotFoundError:
            # It was taken away since it was looked at.
            return Standing()
        except (OSError, RefusedError, ValueError) as error:
            standing = Standing(id=f"file:{frozen}", trouble=_words(self.path, error))
        if lifted is None:
            return standing
        try:
            found = self._decoded(self.lifted_path, Lifted)
        except FileNotFoundError:
            return standing
        except (OSError, RefusedError, ValueError) as error:
            trouble = f"whether it was lifted cannot be read: {_words(self.lifted_path, error)}"
            return replace(standing, trouble="; ".join(filter(None, (standing.trouble, trouble))))
        return replace(standing, lifted=found) if found.freeze == standing.id else standing

    def _decoded(self, path: Path, kind: type[T]) -> T:
        """Raises OSError, RefusedError, and ValueError for what is not of this fleet, or no such thing at all."""
        handle = open_own(path, os.O_RDONLY)
        try:
            data = os.read(handle, MOST_BYTES + 1)
        finally:
            os.close(handle)
        if len(data) > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        try:
            found = msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(str(error) or "it is no JSON") from error
        if found.fleet != self._fleet:
            raise ValueError("it is of another fleet")
        if found.at.tzinfo is None or not (found.freeze if isinstance(found, Lifted) else found.id):
            raise ValueError("it lacks a zone of time, or an id")
        return replace(found, by=scrub(found.by, BY_CHARS), reason=scrub(found.reason, REASON_CHARS))


def _sign_of(name: str) -> _Sign:
    try:
        found = os.lstat(name)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror or str(error)
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size, found.st_mode


def _words(path: Path, error: Exception) -> str:
    """Which file, and what is wrong with it, where the error does not name it already."""
    if isinstance(error, OSError):
        said = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror or str(error)
    else:
        said = str(error)
    return scrub(said if str(path) in said else f"{path}: {said}", 240)
