"""What was unpacked of an archive, as a tree that is known entry by entry: what is written next depends on nothing that
the file system would have to be asked for, and on no link that the archive brought."""

import contextlib
import os
import posixpath
import shutil
import tarfile
from pathlib import Path
from typing import Final

from actions.performing.swapping import create
from fleet.errors import RefusedError
from fleet.text import scrub

_HOPS: Final = 40
_FOLDER: Final = "folder"
_FILE: Final = "file"
_NAME_BYTES: Final = 4_000


class Tree:
    """Entries below `root`, a new folder that is ours alone. Every method raises RefusedError for what must not be."""

    def __init__(self, root: Path, *, outward: bool = False) -> None:
        """`outward`: what is unpacked was packed here. So links may lead out of it, though nothing is written through
        them all the same, and its entries get the owners that they had, where we are root."""
        self._root = root
        self._outward = outward
        self._gives = outward and os.geteuid() == 0
        self._kinds: dict[str, str] = {}
        """Of each name: a folder, a file, or `→` and where a link points to."""
        self._modes: dict[str, int] = {}
        self._owners: dict[str, tuple[int, int]] = {}
        """Of folders; all else gets its owner when it is written."""

    def __len__(self) -> int:
        return len(self._kinds)

    def add(self, entry: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        """Write one entry."""
        name = _plain(entry.name)
        if not name:
            return  # the folder itself
        self._make_folders(posixpath.dirname(name))
        known = self._kinds.get(name)
        if known is not None and not (known == _FOLDER and entry.isdir()):
            raise RefusedError(f"the archive has {_shown(name)} twice")
        path = self._root / name
        if entry.isdir():
            if known is None:
                path.mkdir(mode=0o700)
            self._note(name, _FOLDER, entry)
        elif entry.issym():
            path.symlink_to(_target(entry.linkname, outward=self._outward))
            self._kinds[name] = f"→{entry.linkname}"
            self._give(path, (entry.uid, entry.gid))
        elif entry.islnk():
            self._hard_link(name, _plain(entry.linkname))
        elif entry.isreg():
            self._write(path, entry, tar)
            self._note(name, _FILE, entry)
        else:
            raise RefusedError(f"the archive has {_shown(name)}, which is no file, folder or link")

    def finish(self) -> None:
        """Every link leads to somewhere within, unless it need not; then folders get their owners and modes, all but
        the root."""
        for name, kind in self._kinds.items():
            if kind.startswith("→") and not self._outward:
                self._follow(name)
        for name, mode in reversed(self._modes.items()):
            if name in self._owners:
                self._give(self._root / name, self._owners[name])
            (self._root / name).chmod(mode)

    def _note(self, name: str, kind: str, entry: tarfile.TarInfo) -> None:
        self._kinds[name] = kind
        if kind == _FOLDER:
            # Without set-uid, set-gid and sticky, and for others not to be written; the owner can always enter.
            self._modes[name] = entry.mode & 0o775 | 0o700
            self._owners[name] = (entry.uid, entry.gid)

    def _give(self, what: Path | int, owner: tuple[int, int]) -> None:
        """Let somebody own an entry, never what a link leads to; where that cannot be given, it stays ours."""
        if self._gives:
            with contextlib.suppress(OSError, OverflowError):
                if isinstance(what, int):
                    os.fchown(what, *owner)
                else:
                    os.lchown(what, *owner)

    def _make_folders(self, name: str) -> None:
        """Folders that an archive does not list are made; a link or a file is no folder, whatever it leads to."""
        made = ""
        for part in name.split("/") if name else ():
            made = posixpath.join(made, part)
            kind = self._kinds.get(made)
            if kind is None:
                (self._root / made).mkdir(mode=0o700)
                self._kinds[made] = _FOLDER
                self._modes[made] = 0o755
            elif kind != _FOLDER:
                raise RefusedError(f"the archive writes through {_shown(made)}, which is no folder")

    def _write(self, path: Path, entry: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        content = tar.extractfile(entry)
        if content is None:
            raise RefusedError(f"{_shown(entry.name)} has no content in the archive")
        with content, create(path) as file:
            shutil.copyfileobj(content, file, 64 * 1024)
            file.flush()
            self._give(file.fileno(), (entry.uid, entry.gid))
            os.fchmod(file.fileno(), entry.mode & 0o775 | 0o400)
            os.fsync(file.fileno())
        stamp = min(max(float(entry.mtime), 0.0), float(2**33))
        os.utime(path, (stamp, stamp))

    def _hard_link(self, name: str, to: str) -> None:
        if self._kinds.get(to) != _FILE:
            raise RefusedError(f"the archive has {_shown(name)} as a link to {_shown(to)}, which is no file of it")
        os.link(self._root / to, self._root / name, follow_symlinks=False)
        self._kinds[name] = _FILE

    def _follow(self, name: str) -> None:
        """Walk where a link leads as the system would, in what is known of the archive alone."""
        at = posixpath.dirname(name).split("/") if "/" in name else []
        waiting = self._kinds[name][1:].split("/")[::-1]
        hops = 0
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not at:
                    raise RefusedError(f"the archive has {_shown(name)}, a link that leads out of it")
                at.pop()
                continue
            at.append(part)
            kind = self._kinds.get("/".join(at), "")
            if kind.startswith("→"):
                hops += 1
                if hops > _HOPS:
                    raise RefusedError(f"the archive has {_shown(name)}, a link that leads nowhere")
                at.pop()
                waiting.extend(kind[1:].split("/")[::-1])


def _plain(name: str) -> str:
    """A name of the archive in its plain form, "" for the folder itself."""
    out = name.startswith("/") or "\0" in name or ".." in name.split("/")
    if out or len(name.encode(errors="replace")) > _NAME_BYTES:
        raise RefusedError(f"the archive has {_shown(name)}, a name that leads out of it")
    plain = posixpath.normpath(name) if name else ""
    return "" if plain == "." else plain


def _target(linkname: str, *, outward: bool) -> str:
    if (linkname.startswith("/") and not outward) or not linkname or "\0" in linkname:
        raise RefusedError(f"the archive has a link to {_shown(linkname)}, which is outside of it")
    return linkname


def _shown(name: str) -> str:
    return repr(scrub(name, 80))
