"""The text of a file that an operator wrote, and how messages name that file.

Apart from `config.load`, which knows all that a configuration may say: completion wants a few words of the file, and
at once.
"""

import os
import stat
from pathlib import Path

from fleet.errors import ConfigError
from fleet.text import scrub

SIZE_LIMIT = 1024 * 1024
"""Bytes of a configuration file."""


def shown_path(path: Path) -> str:
    """`path` as messages name it: relative where it lies below the working folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read_text(path: Path, most: int = SIZE_LIMIT) -> str:
    """The text of `path`. Raises ConfigError: no file, no permission, more than `most` bytes, not UTF-8."""
    file = scrub(shown_path(path))
    try:
        # O_NONBLOCK: a fifo in the file's place must not hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise ConfigError(f"{file}: no regular file")
            content = stream.read(most + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > most:
        raise ConfigError(f"{file}: larger than {most:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}:{line}: not UTF-8 (byte {error.start})") from error
