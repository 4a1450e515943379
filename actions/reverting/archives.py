"""Backup archives (`tar` in `gzip`) and trees of files, compared by content. Blocking: called in a thread.

What was read is remembered by the identity of the file (size, time, inode), so that a list that is asked for every
minute reads nothing twice."""

import gzip
import hashlib
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from fleet.errors import Fault, OutsideError
from fleet.text import scrub

MOST_MEMBERS: Final = 50_000
MOST_BYTES: Final = 4 * 1024**3
_LIMITS: Final = f"more than {MOST_MEMBERS:,} files or {MOST_BYTES // 1024**3} GiB"
_CHUNK: Final = 1024 * 1024
_BAD: Final = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, OSError, UnicodeError, OverflowError)

Identity = tuple[int, ...]
"""By which a file is known to be as it was. The time of its content can be set to any, that of its change cannot."""


class Archive(NamedTuple):
    """What is in an archive: `files` are digests by plain name (`→target` of a symbolic link), `top` the names of its
    first level, `size` the bytes of its files. `trouble` says why it cannot be restored, "" where it can."""

    sha256: str
    files: Mapping[str, str]
    top: frozenset[str]
    size: int
    trouble: str = ""


class Contents:
    """Reads archives and files, and remembers them."""

    def __init__(self) -> None:
        self._archives: dict[str, tuple[Identity, Archive]] = {}
        self._files: dict[str, tuple[Identity, str]] = {}

    def archive(self, path: Path) -> Archive:
        """The archive at `path`; one that cannot be read has a `trouble`."""
        try:
            identity = _identity(path.stat())
            known = self._archives.get(str(path))
            if known is None or known[0] != identity:
                known = self._archives[str(path)] = (identity, _read(path))
        except OSError as error:
            return Archive("", {}, frozenset(), 0, f"cannot be read: {error.strerror or 'no such file'}")
        return known[1]

    def file(self, path: Path) -> str:
        """The SHA-256 of a file, `→target` of a symbolic link; "" where it is neither. Raises OutsideError."""
        try:
            info = path.lstat()
            if path.is_symlink():
                return f"→{path.readlink()}"
            if not path.is_file():
                return ""
            identity = _identity(info)
            known = self._files.get(str(path))
            if known is None or known[0] != identity:
                known = self._files[str(path)] = (identity, sha256_of(path))
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise OutsideError(Fault.PERMISSION, f"{path}: {error.strerror or 'cannot be read'}") from error
        return known[1]

    def differs(self, root: Path, archive: Archive) -> str:
        """The first file of the archive that is another one below `root`, in words; "" where all are the same."""
        for name, digest in archive.files.items():
            found = self.file(root / name)
            if found != digest:
                return f"{scrub(name, 120)} is {'another one' if found else 'not there'}"
        return ""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a regular file, in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def files_below(root: Path) -> Iterator[str]:
    """The names of all files and links below a folder, relative to it; stops after one more than MOST_MEMBERS."""
    count = 0
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *links):
            count += 1
            if count > MOST_MEMBERS + 1:
                return
            yield os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118  # a string of a string


def too_much(root: Path) -> str:
    """`more than 50,000 files or 4 GiB`, where a folder holds so much that an archive of it is not looked through; ""
    where it does not."""
    many = sum(1 for _ in files_below(root)) > MOST_MEMBERS
    return _LIMITS if many or size_below(root) > MOST_BYTES else ""


def size_below(root: Path) -> int:
    """The bytes of all files below a folder, as far as they can be read."""
    total = 0
    for name in files_below(root):
        try:
            total += (root / name).lstat().st_size
        except OSError:
            continue
    return total


def _identity(info: os.stat_result) -> Identity:
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def _read(path: Path) -> Archive:
    files: dict[str, str] = {}
    size = 0
    try:
        whole = sha256_of(path)
        with tarfile.open(path, "r:gz") as tar:
            for entry in tar:
                wrong = _wrong(entry, len(files), size + max(entry.size, 0))
                if wrong:
                    return Archive(whole, {}, frozenset(), 0, wrong)
                name = posixpath.normpath(entry.name)
                if entry.issym():
                    files[name] = f"→{entry.linkname}"
                elif entry.isreg() or entry.islnk():
                    size += entry.size
                    files[name] = _digest(tar, entry)
    except _BAD as error:
        return Archive("", {}, frozenset(), 0, f"is no tar.gz that can be read: {scrub(str(error), 120)}")
    if not files:
        return Archive(whole, {}, frozenset(), 0, "is empty")
    return Archive(whole, files, frozenset(name.partition("/")[0] for name in files), size)


def _wrong(entry: tarfile.TarInfo, count: int, size: int) -> str:
    if entry.name.startswith("/") or ".." in entry.name.split("/"):
        return f"has a name that leads out of it: {scrub(entry.name, 80)!r}"
    if not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
        return f"has {scrub(entry.name, 80)!r}, which is no file, folder or link"
    if count >= MOST_MEMBERS or size > MOST_BYTES:
        return f"holds {_LIMITS}, which is not looked through"
    return ""


def _digest(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    digest = hashlib.sha256()
    content = tar.extractfile(entry)
    if content is not None:
        with content:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
