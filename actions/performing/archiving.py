"""Packing a folder into a new archive: `tar` in `gzip`, and its SHA-256 beside it as `sha256sum` writes it.

Symbolic links are packed as links, and never followed; sockets, pipes and devices are left out and counted. The archive
appears under its name only when it is whole and on the disk, and never in the place of another.
"""

import contextlib
import gzip
import hashlib
import io
import os
import stat
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from actions.performing.swapping import beside, checked, create, open_regular, refuse_stopped, sync, sync_folder
from fleet.errors import RefusedError


def archive(path_text: str, source_text: str, stop: threading.Event) -> str:
    """Pack the folder `source` into the new archive `path`; what it did, in a sentence."""
    path, source = checked(path_text), checked(source_text)
    sidecar = path.with_name(path.name + ".sha256")
    if source.is_symlink() or not source.is_dir():
        raise RefusedError(f"{source} is no folder")
    if path.is_relative_to(source):
        raise RefusedError(f"{path} is within {source}: an archive does not pack itself")
    for one in (path, sidecar):
        if os.path.lexists(one):
            raise RefusedError(f"{one} is there already; an archive is never overwritten")
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(mode=0o700)
    new = beside(path, "part")
    try:
        with create(new) as file:
            hashed = _Hashed(file)
            packed, left = _pack(source, hashed, stop)
            sync(file)
        refuse_stopped(stop)
        os.link(new, path)  # unlike a rename it fails where somebody else was faster
        try:
            _write_sidecar(sidecar, f"{hashed.hexdigest()}  {path.name}\n")
        except OSError:
            # An archive without its checksum cannot be restored.
            path.unlink()
            raise
    finally:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
    sync_folder(path.parent)
    more = f"; {left} sockets, pipes or devices were left out" if left else ""
    return f"{source} is in {path}: {packed:,} entries, sha256 {hashed.hexdigest()}{more}"


def _pack(source: Path, target: "_Hashed", stop: threading.Event) -> tuple[int, int]:
    """How many entries were packed, and how many left out."""
    packed = left = 0
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=6) as zipped,
        tarfile.open(mode="w", fileobj=zipped, format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in _walk(source):
            refuse_stopped(stop)
            if _add(tar, path, str(path.relative_to(source)), stop):
                packed += 1
            else:
                left += 1
    return packed, left


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below `folder`, folders before what is in them."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = Path(entry.path)
            yield path
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)


def _add(tar: tarfile.TarFile, path: Path, name: str, stop: threading.Event) -> bool:
    """Pack one entry; whether it is of a kind that is packed."""
    about = path.lstat()
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = stat.S_IMODE(about.st_mode), int(about.st_mtime)
    info.uid, info.gid = about.st_uid, about.st_gid
    if stat.S_ISDIR(about.st_mode):
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    elif stat.S_ISLNK(about.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, str(path.readlink())
        tar.addfile(info)
    elif stat.S_ISREG(about.st_mode):
        with open_regular(path) as content:
            info.size = os.fstat(content.fileno()).st_size
            tar.addfile(info, _Stoppable(content, stop))
    else:
        return False
    return True


def _write_sidecar(path: Path, text: str) -> None:
    with create(path) as file:
        file.write(text.encode())
        sync(file)


class _Hashed(io.RawIOBase):
    """A file that is only written, whose SHA-256 is known at its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._digest.update(data)
        return self._file.write(data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _Stoppable(io.RawIOBase):
    """A file that is read until the caller wants no more of it."""

    def __init__(self, file: BinaryIO, stop: threading.Event) -> None:
        self._file = file
        self._stop = stop

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        refuse_stopped(self._stop)
        return self._file.read(size)
