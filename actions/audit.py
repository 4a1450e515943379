"""The audit log: lines are appended under a lock that all dashboards of this machine share, and forced to the disk
before `record` returns. Where that cannot be done, what was about to be done is refused."""

import asyncio
import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from actions.audit_files import (
    LOCK,
    NAME,
    Tail,
    last_line,
    open_own,
    read_head,
    rotated,
    rotated_name,
    tail_of,
    torn_name,
    write_head,
)
from fleet.actions.audit import MISSING, MOST_LINE_BYTES, TORN, AuditEntry, Decision, Who, decoded, encoded, sealed
from fleet.clock import Clock
from fleet.errors import RefusedError
from fleet.times import rfc3339
from transport.kept_files import force_names, locked

_WAIT_S = 10.0
"""Seconds that one writer waits for the others."""


class AuditLog:
    """The log in `folder`, written in the name of `who`. From `max_bytes` on it goes on in a new file."""

    def __init__(self, folder: Path, who: Who, clock: Clock, max_bytes: int = 16 * 1024 * 1024) -> None:
        self.path = folder / NAME
        self._folder = folder
        self._who = who
        self._clock = clock
        self._max_bytes = max_bytes
        self._turn = asyncio.Lock()

    async def record(self, entry: AuditEntry) -> AuditEntry:
        """Write a line, and return it as it stands on the disk. Raises RefusedError where it does not stand there."""
        # One thread for all who wait here: the lock on the file is waited for by looking at it now and then.
        async with self._turn:
            return await asyncio.to_thread(self.write, entry)

    def write(self, entry: AuditEntry) -> AuditEntry:
        """As `record`; it blocks."""
        entry = self._signed(entry)
        try:
            self._make_folder()
            with locked(self._folder / LOCK, _WAIT_S):
                return self._append(entry)
        except BlockingIOError as error:
            raise RefusedError(f"the audit log cannot be written: another program holds {LOCK}") from error
        except OSError as error:
            raise RefusedError(f"the audit log cannot be written: {self.path}: {_words(error)}") from error

    def _signed(self, entry: AuditEntry) -> AuditEntry:
        who = self._who
        return replace(
            entry,
            ts=rfc3339(self._clock.now()) or "",
            actor=entry.actor or who.actor,
            sudo_user=entry.sudo_user or who.sudo_user,
            ssh_client=entry.ssh_client or who.ssh_client,
            host=entry.host or who.host,
            session=entry.session or who.session,
        )

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = self._folder.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise RefusedError(f"the audit log cannot be trusted: everybody can write {self._folder} (chmod 700 it)")

    def _append(self, entry: AuditEntry) -> AuditEntry:
        tail = self._older_tail()
        with self._opened() as handle:
            line, end = last_line(handle)
            tail = tail_of(line, self.path) if line else tail
            notes = [*self._torn(handle, end, tail, entry.ts), *self._missing(tail)]
        for note in notes:
            tail = self._put(replace(self._signed(AuditEntry(action="audit")), ts=entry.ts, **note), tail)[1]
        made, _ = self._put(entry, tail)
        return made

    def _put(self, entry: AuditEntry, tail: Tail) -> tuple[AuditEntry, Tail]:
        made = sealed(entry, tail.seq + 1, tail.hash)
        line = encoded(made) + b"\n"
        if len(line) > MOST_LINE_BYTES:
            raise RefusedError(f"the audit log cannot be written: a line of {len(line):,} bytes is too long")
        self._rotate(len(line))
        with self._opened() as handle:
            _write(handle, line)
        after = Tail(made.seq, made.hash)
        write_head(self._folder, after)
        return made, after

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        is_new = not os.path.lexists(self.path)
        handle = open_own(self.path, os.O_RDWR | os.O_APPEND, made=True)
        try:
            if is_new:
                force_names(self._folder)
            yield handle
        finally:
            os.close(handle)

    def _older_tail(self) -> Tail:
        """Where the chain ends before the file that is written to."""
        older = rotated(self._folder)
        if not older:
            return Tail()
        handle = open_own(older[-1], os.O_RDONLY)
        try:
            return tail_of(last_line(handle)[0], older[-1])
        finally:
            os.close(handle)

    def _rotate(self, more: int) -> None:
        """Begin a new file where the one that is written to would become too large."""
        with self._opened() as handle:
            size = os.fstat(handle).st_size
            if not size or size + more <= self._max_bytes:
                return
            with os.fdopen(os.dup(handle), "rb") as file:
                file.seek(0)
                first = file.readline(MOST_LINE_BYTES)
        try:
            name = rotated_name(decoded(first))
        except ValueError as error:
            raise RefusedError(
                f"the first line of {self.path} is no line of an audit log; `fleetdeck audit verify` says more"
            ) from error
        older = self.path.with_name(name)
        if os.path.lexists(older):
            raise RefusedError(f"the audit log cannot go on in a new file: {older} is there already")
        self.path.rename(older)
        force_names(self._folder)

    def _torn(self, handle: int, end: int, tail: Tail, ts: str) -> list[dict[str, str]]:
        """Move what stands behind the last whole line aside: a writer died in it, and nothing followed from it."""
        size = os.fstat(handle).st_size
        if size == end:
            return []
        if size - end > MOST_LINE_BYTES:
            raise RefusedError(f"the end of {self.path} is no line of an audit log: {size - end:,} bytes")
        data = os.pread(handle, size - end, end)
        aside = self.path.with_name(torn_name(tail.seq + 1, ts))
        _keep_aside(aside, data)
        os.ftruncate(handle, end)
        os.fsync(handle)
        told = f"a torn line of {len(data):,} bytes is now {aside.name}, sha256 {hashlib.sha256(data).hexdigest()}"
        return [{"decision": Decision.NOTED, "outcome": TORN, "error": told}]

    def _missing(self, tail: Tail) -> list[dict[str, str]]:
        """A note where the log ends before the line that was noted as its newest."""
        head = read_head(self._folder)
        if head is None or head.seq < tail.seq or head == tail:
            return []
        told = f"the log ended with seq {head.seq}, hash {head.hash}, and now ends with seq {tail.seq}"
        return [{"decision": Decision.NOTED, "outcome": MISSING, "error": told}]


def _write(handle: int, line: bytes) -> None:
    """Append a line and force it to the disk; where that fails, what was written of it is taken back."""
    before = os.fstat(handle).st_size
    try:
        left = memoryview(line)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, before)
        raise


def _keep_aside(path: Path, data: bytes) -> None:
    """Keep the torn end of a line. The same one may be there: a writer died between keeping it and cutting it off."""
    handle = open_own(path, os.O_WRONLY | os.O_APPEND, made=True)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    force_names(path.parent)


def _words(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link"
    return error.strerror or str(error)
