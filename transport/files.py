"""Reading files that others write while we read.

The fleets rewrite their status files in place, truncate them, swap them by rename, replace them by Git-LFS pointers,
and let them grow to 130 MB. So: only regular files, a size limit, and a second look when the file changed under us.
Blocking; call it in `asyncio.to_thread`.
"""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

from fleet.errors import Fault, OutsideError

T = TypeVar("T")

LFS_PREFIX = b"version https://git-lfs"

CHUNK_BYTES = 256 * 1024
"""Bytes that are streamed at once. Each read lets go of the interpreter's lock and takes it back at once, which
restarts the 5 ms that another thread must have waited to get it: with chunks that are worked off in less than that
(64 KiB), the event loop starves for 200 ms at a time."""


Identity = tuple[int, int, int]
"""Tells whether a file has changed: its time (ns), size (bytes) and inode."""

_SETTLED: Final = timedelta(seconds=2)
"""A file written less than this ago may be written again without a trace in its time: FAT counts in steps of 2 s,
others in those of the kernel's clock, some milliseconds."""


class Snapshot(Struct, frozen=True):
    """A file's content, and the identity that it had."""

    content: bytes
    identity: Identity


def identity(path: Path) -> Identity:
    """Of a regular file. Raises OutsideError (missing, permission, not a regular file)."""
    try:
        info = path.stat()
    except OSError as error:
        raise _translated(error, path) from error
    if not stat.S_ISREG(info.st_mode):
        raise OutsideError(Fault.PAYLOAD, f"{path.name} is no regular file")
    if not os.access(path, os.R_OK):
        # Who finds the file unchanged does not open it again, and would not notice.
        raise OutsideError(Fault.PERMISSION, f"{path}")
    return info.st_mtime_ns, info.st_size, info.st_ino


def lasting(read: Identity, now: datetime) -> Identity | None:
    """The identity of a file that was read until `now`, if it will be another one after a change; else None, which no
    file has."""
    # A time that lies ahead is one from before the clock was set back: as settled as an old one.
    return read if abs(now - datetime.fromtimestamp(read[0] / 1e9, UTC)) > _SETTLED else None


def read_file(path: Path, limit: int, *, tries: int = 3) -> Snapshot:
    """The whole of `path`, at most `limit` bytes, as it was at one moment.

    A file that changes while it is read is read again, `tries` times at most; the last read then stands.
    Raises OutsideError: missing, permission, over limit, a Git-LFS pointer (with the size that it stands for).
    """
    content = b""
    before = identity(path)
    for _ in range(tries):
        if before[1] > limit:
            raise OutsideError(Fault.LIMIT, f"{path.name} has {before[1]:,} bytes, the limit is {limit:,}")
        content = _read(path, limit)
        after = identity(path)
        if after == before:
            break
        before = after
    if content.startswith(LFS_PREFIX):
        raise OutsideError(Fault.PAYLOAD, f"{path.name} is a Git-LFS pointer{_lfs_size(content)}, not the data")
    return Snapshot(content, before)


def _read(path: Path, limit: int) -> bytes:
    try:
        # O_NONBLOCK: a fifo that was put in the file's place must not hang the reader.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _translated(error, path) from error
    if len(content) > limit:
        raise OutsideError(Fault.LIMIT, f"{path.name} grew over the limit of {limit:,} bytes")
    return content


def _lfs_size(content: bytes) -> str:
    for line in content[:1024].splitlines():
        if line.startswith(b"size ") and line[5:].strip().isdigit():
            return f" for {int(line[5:]):,} bytes"
    return ""


def _translated(error: OSError, path: Path) -> OutsideError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return OutsideError(Fault.MISSING, f"no file {path}")
    if isinstance(error, PermissionError):
        return OutsideError(Fault.PERMISSION, f"{path}")
    return OutsideError(Fault.PROTOCOL, f"{path}: {error.strerror or error}")


def stream_file(
    path: Path, limit: int, read: Callable[[Iterator[bytes]], T], *, chunk: int = CHUNK_BYTES, tries: int = 3
) -> tuple[T, Identity | None]:
    """What `read` makes of the chunks of `path`, and the identity of what was read; never the whole file in memory.

    `read` is called again, `tries` times at most, where the file changed in place meanwhile; the last one then
    stands, and the identity is None. A file that is swapped by rename is read to its end as it was.
    Raises OutsideError as `read_file` does.
    """
    while True:
        tries -= 1
        try:
            found, before, after = _stream_once(path, limit, read, chunk)
        except OSError as error:
            raise _translated(error, path) from error
        if before == after or tries <= 0:
            return found, before if before == after else None


def _stream_once(
    path: Path, limit: int, read: Callable[[Iterator[bytes]], T], chunk: int
) -> tuple[T, Identity, Identity]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = _open_identity(descriptor, path, limit)
        found = read(_chunks(descriptor, path, limit, chunk))
        return found, before, _open_identity(descriptor, path, limit)
    finally:
        os.close(descriptor)


def _open_identity(descriptor: int, path: Path, limit: int) -> Identity:
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        raise OutsideError(Fault.PAYLOAD, f"{path.name} is no regular file")
    if info.st_size > limit:
        raise OutsideError(Fault.LIMIT, f"{path.name} has {info.st_size:,} bytes, the limit is {limit:,}")
    return info.st_mtime_ns, info.st_size, info.st_ino


def _chunks(descriptor: int, path: Path, limit: int, size: int) -> Iterator[bytes]:
    total = 0
    while data := os.read(descriptor, size):
        if total == 0 and data.startswith(LFS_PREFIX):
            raise OutsideError(Fault.PAYLOAD, f"{path.name} is a Git-LFS pointer{_lfs_size(data)}, not the data")
        total += len(data)
        if total > limit:
            raise OutsideError(Fault.LIMIT, f"{path.name} grew over the limit of {limit:,} bytes")
        yield data
