"""Files that are kept: replaced whole, so that whoever reads finds the old one or the new one."""

import errno
import os
import stat
import tempfile
from pathlib import Path


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
