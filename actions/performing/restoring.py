"""Putting the content of an archive in the place of a folder.

The archive is trusted for nothing. Its checksum is compared before it is unpacked, and after that again. It is unpacked
into a new folder that nobody else can enter; nothing in it may be named outside of that folder, lead out of it, be a
device, or be written through a link of its own. Only then two renames put it in its place, and what was there is kept.
"""

import contextlib
import gzip
import io
import os
import shutil
import stat
import tarfile
import threading
import zlib
from itertools import chain, count
from pathlib import Path
from typing import Any, BinaryIO, Final

from actions.performing.swapping import (
    CHUNK,
    HalfDoneError,
    beside,
    checked,
    compare,
    open_regular,
    pour,
    refuse_stopped,
    standing,
    sync_folder,
    take_after,
)
from actions.performing.unpacked import Tree
from fleet.errors import RefusedError

MOST_BYTES: Final = 64 * 1024**3
"""Bytes that an archive may unpack to, where the disk has room for them."""
MOST_ENTRIES: Final = 1_000_000
_HEADER_BYTES: Final = 1024 * 1024
"""Bytes that the header of one entry may take (long names, PAX records)."""
_SPARE_SHARE: Final = 0.95
"""Share of the free disk that is used at most."""
_BAD: Final = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError, OverflowError)


def restore(
    path_text: str,
    source_text: str,
    sha256: str,
    stamp: str,
    stop: threading.Event,
    *,
    most_bytes: int,
    outward: bool = False,
) -> str:
    """Put the content of the archive `source` in the place of the folder `path`, which keeps its owner and mode; what
    it did, in a sentence. `outward`: it was packed here, so its links may lead out, and root gives owners back."""
    path, source = checked(path_text), checked(source_text)
    old = standing(path)
    if old is not None and not stat.S_ISDIR(old.st_mode):
        raise RefusedError(f"{path} is no folder; it is left as it is")
    if source.is_relative_to(path):
        raise RefusedError(f"{source} is within {path}, which it would replace")
    aside = _free(path.with_name(f"{path.name}.before-{stamp}"))
    new = beside(path, "new")
    with open_regular(source) as content:
        compare(source, pour(content, None, stop), sha256)
        content.seek(0)
        new.mkdir(mode=0o700)
        try:
            tree = Tree(new, outward=outward)
            _unpack(source, content, tree, _room(new, most_bytes), stop)
            content.seek(0)
            compare(source, pour(content, None, stop), sha256)
            tree.finish()
            if old is None:
                new.chmod(0o755)
            else:
                take_after(new, old)
            refuse_stopped(stop)
            _swap(new, path, aside if old is not None else None)
        finally:
            remove(new)
    sync_folder(path.parent)
    kept = f"; what was there is kept as {aside}" if old is not None else ""
    return f"{path} has the content of {source}: {len(tree):,} entries{kept}"


def _free(path: Path) -> Path:
    """The path, or with the first number behind it of which there is none: a roll is often undone within a second."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(one for one in chain((path,), numbered) if not os.path.lexists(one))


def remove(folder: Path) -> None:
    """Remove a folder that was unpacked into, whatever modes are in it; nothing where it is gone."""
    if not os.path.lexists(folder):
        return
    for name, _, _ in os.walk(folder):
        with contextlib.suppress(OSError):
            Path(name).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _room(folder: Path, most_bytes: int) -> int:
    return min(most_bytes, int(shutil.disk_usage(folder).free * _SPARE_SHARE))


def _swap(new: Path, path: Path, aside: Path | None) -> None:
    """Put `new` in the place of `path`. Where that fails, what was there is put back. Raises
    OSError and HalfDoneError."""
    if aside is None:
        new.rename(path)
        return
    path.rename(aside)
    try:
        new.rename(path)
    except OSError as error:
        try:
            aside.rename(path)
        except OSError:
            reason = error.strerror or error
            raise HalfDoneError(f"{path} is {aside} now, and nothing could be put in its place: {reason}") from error
        raise


def _unpack(source: Path, content: BinaryIO, tree: Tree, room: int, stop: threading.Event) -> None:
    try:
        with gzip.GzipFile(fileobj=content, mode="rb") as unzipped:
            meter = _Meter(unzipped, stop)
            # As a stream, every byte is read once and in order, and none is read for its own sake.
            with tarfile.open(fileobj=meter, mode="r|", errorlevel=2) as tar:
                while True:
                    meter.allow(_HEADER_BYTES, "a header")
                    entry = tar.next()
                    if entry is None:
                        break
                    if entry.size < 0:
                        raise RefusedError(f"{source} has an entry of less than nothing; nothing was changed")
                    room -= entry.size if entry.isreg() else 0
                    if room < 0 or len(tree) >= MOST_ENTRIES:
                        raise RefusedError(f"{source} unpacks to more than there is room for; nothing was changed")
                    meter.allow(entry.size + 4 * tarfile.RECORDSIZE, "an entry")
                    tree.add(entry, tar)
                meter.drain(tar.offset)
    except _BAD as error:
        raise RefusedError(f"{source} is no archive that can be read: {error}; nothing was changed") from error
    if not len(tree):
        raise RefusedError(f"{source} is empty; nothing was changed")


class _Meter(io.RawIOBase):
    """What is read of an archive, as far as it is allowed: a few packed bytes can claim to be anything."""

    def __init__(self, file: Any, stop: threading.Event) -> None:
        self._file = file
        self._stop = stop
        self._left = _HEADER_BYTES
        self._what = "a header"
        self._read = 0
        self._content = 0

    def allow(self, count: int, what: str) -> None:
        """How many bytes may come next, and what for."""
        self._left, self._what = count, what

    def drain(self, end: int) -> None:
        """Read to the end, with its checksum. Raises TarError where the entries end at `end` for another reason than
        the zeros that end an archive: tarfile takes a damaged header for the end."""
        self.allow(_HEADER_BYTES, "what follows the end")
        while self.read(CHUNK):
            pass
        if self._content > end or self._read < end + tarfile.BLOCKSIZE:
            raise tarfile.ReadError(f"a damaged entry, or no end, at byte {end:,}")

    def readable(self) -> bool:
        return True

    def read(self, size: int = CHUNK) -> bytes:
        refuse_stopped(self._stop)
        data: bytes = self._file.read(min(size, CHUNK))
        meaning = len(data.rstrip(b"\0"))
        self._content = self._read + meaning if meaning else self._content
        self._read += len(data)
        self._left -= len(data)
        if self._left < 0:
            raise RefusedError(f"{self._what} of the archive is too big; nothing was changed")
        return data
