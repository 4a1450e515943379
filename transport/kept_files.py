"""Files of our own that are kept: replaced whole, so that whoever reads finds the old one or the new one, and written
by one process at a time. For what outlives the process (`journal/`, `actions/`). Blocking."""

import contextlib
import errno
import fcntl
import logging
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

_PAUSE_S = 0.01


def read_whole(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file. Raises OSError, also for what is none: a FIFO in its place would
    hold up whoever reads it for ever."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        check_regular(handle)
        return file.read(most)


def check_regular(handle: int) -> None:
    """Raises OSError where the open file is no regular one."""
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def replace_whole(path: Path, data: bytes, *, forced: bool = True) -> None:
    """Write a new file beside the old one and put it in its place; mkstemp makes it with mode 0600. Raises OSError.

    `forced`: it is forced to the disk first, which may take a while; what may be lost with the machine does without.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if forced:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def put_aside(path: Path, kind: str = "broken", *, now: str = "it is now") -> str:
    """Move a file that cannot be used to `NAME.kind`, so that nothing of it is lost; one of a kind is kept, for a file
    that breaks every day must not fill the folder. The end of a sentence, which says where it is `now`; "" where it
    cannot be moved, which is in the log."""
    aside = path.with_name(f"{path.name}.{kind}")
    try:
        path.replace(aside)
    except OSError as error:
        log.warning("%s cannot be moved aside: %s", path, error)
        return ""
    return f"; {now} {aside}"


def force_names(folder: Path) -> None:
    """Force the names in a folder to the disk: that files were made, renamed, removed. Some file systems cannot be
    asked for that; it is then left to them."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked(path: Path, wait_s: float = 2.0) -> Iterator[None]:
    """Hold the lock of a file, which is made with mode 0600. Raises OSError; BlockingIOError where another holds it
    for `wait_s` seconds."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    try:
        take(handle, fcntl.LOCK_EX, wait_s)
        yield
    finally:
        os.close(handle)


def take(handle: int, how: int, wait_s: float) -> None:
    """Take the lock (`fcntl.LOCK_EX` or `LOCK_SH`) of an open file. Raises BlockingIOError after `wait_s` seconds."""
    for left in range(max(1, round(wait_s / _PAUSE_S)), 0, -1):
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if left == 1:
                raise
            time.sleep(_PAUSE_S)
        else:
            return
