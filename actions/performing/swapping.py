"""Putting one thing in the place of another by a rename, and the checks that come before: that paths are what the plan
says, also behind symbolic links, and that what stands there is what was seen when it was made."""

import contextlib
import hashlib
import os
import secrets
import stat
import threading
from pathlib import Path
from typing import BinaryIO, Final

from fleet.errors import FleetdeckError, RefusedError

CHUNK: Final = 256 * 1024


class HalfDoneError(FleetdeckError):
    """It was begun and neither ended nor taken back; the sentence says what stands where."""


class StoppedError(FleetdeckError):
    """The caller wants no more of it; nothing was changed."""


def checked(text: str) -> Path:
    """The path, absolute, in its plain form, whose folder is reached without symbolic links. Raises RefusedError."""
    path = Path(text)
    if "\0" in text or not path.is_absolute() or os.path.normpath(text) != text or len(path.parts) < 2:
        raise RefusedError(f"{text}: an absolute path in its plain form is wanted")
    parent = os.path.realpath(path.parent)
    if parent != str(path.parent):
        raise RefusedError(f"{path.parent} leads to {parent}: it is not what the plan says")
    return path


def beside(path: Path, word: str) -> Path:
    """A name beside `path` that nobody else has."""
    return path.with_name(f".{path.name[:120]}.{word}-{secrets.token_hex(6)}")


def link(path_text: str, source_text: str, was: str) -> str:
    """Make the symbolic link `path` point to `source`, in one rename; what it did, in a sentence."""
    path, source = checked(path_text), checked(source_text)
    if not os.path.lexists(source):
        raise RefusedError(f"{source}: there is nothing that a link could point to")
    _check_link(path, was)
    new = beside(path, "link")
    new.symlink_to(source)
    try:
        before = _check_link(path, was)
        new.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
    sync_folder(path.parent)
    return f"{path} points to {source}" + (f", before to {before}" if before else "")


def _check_link(path: Path, was: str) -> str:
    """What the link points to now, "" where it is not there. Raises RefusedError where that is not `was`."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        if was:
            raise RefusedError(f"{path} is gone; it pointed to {was} when this was planned") from None
        return ""
    if not stat.S_ISLNK(kind):
        raise RefusedError(f"{path} is no symbolic link")
    to = str(path.readlink())
    if was and was not in (to, os.path.normpath(path.parent / to)):
        raise RefusedError(f"{path} points to {to} now, not to {was} as when this was planned")
    return to


def copy(path_text: str, source_text: str, sha256: str, stop: threading.Event, *, is_new: bool = False) -> str:
    """Replace the file `path` by `source`, whose SHA-256 is `sha256`; what it did, in a sentence. Where it `is_new`,
    nothing is replaced."""
    path, source = checked(path_text), checked(source_text)
    old = standing(path)
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise RefusedError(f"{path} is no regular file; it is left as it is")
    new = beside(path, "copy")
    try:
        with open_regular(source) as content, create(new) as target:
            found = pour(content, target, stop)
            os.fchmod(target.fileno(), stat.S_IMODE(os.fstat(content.fileno()).st_mode) & 0o777)
            sync(target)
        if old is not None:
            take_after(new, old)
        compare(source, found, sha256)
        if is_new:
            _name(new, path)
        else:
            new.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
    sync_folder(path.parent)
    return f"{path} is {source} now (sha256 {found})"


def _name(new: Path, path: Path) -> None:
    try:
        os.link(new, path)  # unlike a rename it fails where something is there
    except FileExistsError as error:
        raise RefusedError(f"{path} is there already; what was kept is never overwritten") from error


def standing(path: Path) -> os.stat_result | None:
    """What stands at `path`, of which a link is one; None where nothing does."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def take_after(new: Path, old: os.stat_result) -> None:
    """Give `new`, a file or folder of our own, the owner, group and mode of what it replaces; the mode without what
    makes a program run as somebody else where it does not get that owner."""
    mode = stat.S_IMODE(old.st_mode)
    try:
        os.chown(new, old.st_uid, old.st_gid)
    except OSError:
        mode &= 0o1777
    new.chmod(mode)


def open_regular(path: Path) -> BinaryIO:
    """The regular file `path`, opened; not through a link. Raises RefusedError and OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise RefusedError(f"{path} is no regular file")
    return file


def create(path: Path) -> BinaryIO:
    """A new file that only we can read, opened to be written. Raises FileExistsError where anything stands there."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb")


def pour(content: BinaryIO, target: BinaryIO | None, stop: threading.Event) -> str:
    """Copy all of `content`; its SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        refuse_stopped(stop)
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def compare(source: Path, found: str, wanted: str) -> None:
    """Raises RefusedError where a checksum is not the one that the plan says, or it says none."""
    if not wanted:
        raise RefusedError(f"{source}: the plan has no checksum of it")
    if found != wanted.lower():
        raise RefusedError(f"{source} is damaged or another one: its sha256 is {found}, not {wanted}")


def refuse_stopped(stop: threading.Event) -> None:
    """Raises StoppedError where the caller wants no more of it."""
    if stop.is_set():
        raise StoppedError


def sync(file: BinaryIO) -> None:
    """Force a file to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk, where that can be asked for. Raises nothing: what was done is done."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
