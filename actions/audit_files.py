"""The files of the audit log: which there are, the end of the newest, and all their lines as one.

    audit.jsonl                        what is written to
    audit.jsonl.1-20260301T120000Z     older ones: the seq and the time of the first line
    audit.head                         seq and hash of the newest line, so that a cut end is noticed
    audit.jsonl.torn-7-…               the end of a line that a crash left where line 7 belongs
    audit.lock                         held by who writes, and shared by who begins to read

Blocking.
"""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from fleet.actions.audit import GENESIS, MOST_LINE_BYTES, AuditEntry, decoded
from fleet.errors import RefusedError
from transport.kept_files import check_regular, take

NAME: Final = "audit.jsonl"
HEAD: Final = "audit.head"
LOCK: Final = "audit.lock"
_ROTATED = re.compile(rf"{re.escape(NAME)}\.([1-9]\d{{0,18}})-\d{{8}}T\d{{6}}Z")
_TORN = f"{NAME}.torn-"
_HASH = re.compile(r"[0-9a-f]{64}")
_HEAD_LINE = re.compile(rb"([0-9]{20}) ([0-9a-f]{64})\n")
_READ_WAIT_S = 5.0
_CHUNK = 64 * 1024


class Tail(Struct, frozen=True):
    """The end of a chain: the seq and the hash of its last line."""

    seq: int = 0
    hash: str = GENESIS


def rotated(folder: Path) -> list[Path]:
    """The older files, the oldest first."""
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _ROTATED.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def torn(folder: Path) -> list[Path]:
    """Ends of lines that were moved aside."""
    return sorted(path for path in folder.iterdir() if path.name.startswith(_TORN))


def rotated_name(first: AuditEntry) -> str:
    """What a file is called whose first line is this one."""
    return f"{NAME}.{first.seq}-{_stamp(first.ts)}"


def torn_name(seq: int, ts: str) -> str:
    """What a torn end is called that stood where the line `seq` belongs."""
    return f"{_TORN}{seq}-{_stamp(ts)}"


def open_own(path: Path, flags: int, *, made: bool = False) -> int:
    """Open a file of the log. Raises OSError, and RefusedError for what others may have put in its place: a link, a
    FIFO, a folder, a file that others can write."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_CREAT if made else 0), 0o600)
    try:
        _check_own(handle, path)
    except (OSError, RefusedError):
        os.close(handle)
        raise
    return handle


def _check_own(handle: int, path: Path) -> None:
    check_regular(handle)
    info = os.fstat(handle)
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise RefusedError(f"{path} can be written by others (chmod 600 it, after a look at what stands in it)")
    if info.st_uid not in (os.geteuid(), 0):
        raise RefusedError(f"{path} belongs to somebody else")


def last_line(handle: int) -> tuple[bytes, int]:
    """The last whole line of an open file, with its line end (b"" where there is none), and the offset behind it.

    Raises RefusedError where it is longer than any line is.
    """
    size = os.fstat(handle).st_size
    data, start = b"", size
    while start > 0:
        step = min(start, _CHUNK)
        start -= step
        data = os.pread(handle, step, start) + data
        end = data.rfind(b"\n") + 1
        begin = data.rfind(b"\n", 0, end - 1) + 1 if end else 0
        if end and (begin or start == 0):
            return data[begin:end], start + end
        if len(data) > 2 * MOST_LINE_BYTES:
            raise RefusedError(f"the end of the audit log is no line of it: more than {MOST_LINE_BYTES:,} bytes")
    return b"", 0


def tail_of(line: bytes, path: Path) -> Tail:
    """The end of a chain whose last line is `line`. Raises RefusedError for what is no line."""
    try:
        entry = decoded(line)
    except ValueError as error:
        raise RefusedError(_no_line(path)) from error
    if entry.seq < 1 or _HASH.fullmatch(entry.hash) is None:
        raise RefusedError(_no_line(path))
    return Tail(entry.seq, entry.hash)


def _no_line(path: Path) -> str:
    return f"the last line of {path} is no line of an audit log; `fleetdeck audit verify` says more"


def read_head(folder: Path) -> Tail | None:
    """The newest line as it was noted beside the log; None where it was not, or that cannot be read."""
    with contextlib.suppress(OSError, RefusedError):
        handle = open_own(folder / HEAD, os.O_RDONLY)
        try:
            match = _HEAD_LINE.fullmatch(os.read(handle, 128))
        finally:
            os.close(handle)
        return Tail(int(match[1]), match[2].decode()) if match else None
    return None


def write_head(folder: Path, tail: Tail) -> None:
    """Note the newest line beside the log. It is not forced to the disk: the log itself was, so that the note is never
    ahead of it. Raises nothing: without it, only a cut end is not noticed."""
    with contextlib.suppress(OSError, RefusedError):
        handle = open_own(folder / HEAD, os.O_WRONLY, made=True)
        try:
            os.pwrite(handle, f"{tail.seq:020d} {tail.hash}\n".encode(), 0)
        finally:
            os.close(handle)


class Reading:
    """All lines of the log as they were at one moment, while others go on writing. Close it."""

    def __init__(self, folder: Path) -> None:
        self._files: list[tuple[str, BinaryIO, int]] = []
        self._begins: list[tuple[int, str]] = []
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            with _quiet(folder):
                current = folder / NAME
                for path in [*rotated(folder), *([current] if os.path.lexists(current) else [])]:
                    file = os.fdopen(open_to_read(path), "rb")
                    self._files.append((path.name, file, os.fstat(file.fileno()).st_size))
                self.head = read_head(folder)
                self.torn = tuple(path.name for path in torn(folder))
            stack.pop_all()

    @property
    def names(self) -> tuple[str, ...]:
        """The files, the oldest first."""
        return tuple(name for name, _, _ in self._files)

    def lines(self) -> Iterator[bytes]:
        """The lines, with their line ends; the last may have none. Longer ones than there are come in pieces."""
        number = 0
        self._begins = []
        for name, file, size in self._files:
            self._begins.append((number, name))
            file.seek(0)
            left = size
            while left > 0 and (line := file.readline(min(left, MOST_LINE_BYTES))):
                left -= len(line)
                number += 1
                yield line

    def place(self, number: int) -> str:
        """`file:line` of a line that `lines` has come to, by its number in all files."""
        begin, name = max((one for one in self._begins if one[0] < number), default=(0, NAME))
        return f"{name}:{number - begin}"

    def close(self) -> None:
        """Close the files."""
        for _, file, _ in self._files:
            file.close()


def open_to_read(path: Path) -> int:
    """Open a file of the log to read it: a regular one, and no link. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        check_regular(handle)
    except OSError:
        os.close(handle)
        raise
    return handle


@contextlib.contextmanager
def _quiet(folder: Path) -> Iterator[None]:
    """Nobody writes meanwhile. Who may not take the lock goes without: an auditor who may only read."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(BlockingIOError):
            take(handle, fcntl.LOCK_SH, _READ_WAIT_S)
        yield
    finally:
        os.close(handle)


def _stamp(ts: str) -> str:
    """`2026-03-01T12:00:00.000Z` → `20260301T120000Z`."""
    return re.sub(r"[-:]", "", ts[:19]) + "Z"
