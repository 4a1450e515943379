"""Releases as folders or files of a folder, the newest first."""

import os
import pwd
import re
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from actions.reverting.listing import MOST
from config.values import Regex
from fleet.errors import Fault, OutsideError
from fleet.text import scrub

_LOOKED_AT = 10_000
"""Entries of a folder that are looked at."""


class Release(Struct, frozen=True, kw_only=True):
    """An entry of a folder of releases. `at` is when it was last changed, `owner` whose it is."""

    name: str
    path: Path
    at: datetime
    owner: str = ""
    size: int = 0
    note: str = ""
    readable: bool = True


def releases_of(folder: Path, match: Regex, note: str = "", *, files: bool = False) -> list[Release]:
    """The folders (or files) within `folder` whose whole name matches. Symbolic links are none. Raises OutsideError."""
    pattern = match.compiled()
    found: list[Release] = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= _LOOKED_AT:
                    raise OutsideError(Fault.LIMIT, f"{folder} has more than {_LOOKED_AT:,} entries")
                there = entry.is_file(follow_symlinks=False) if files else entry.is_dir(follow_symlinks=False)
                if there and entry.name.isprintable() and pattern.fullmatch(entry.name) is not None:
                    found.append(_release(Path(entry.path), note))
    except OSError as error:
        fault = Fault.PERMISSION if isinstance(error, PermissionError) else Fault.MISSING
        raise OutsideError(fault, f"{folder}: {error.strerror or 'cannot be read'}") from error
    # Of one moment (unpacked together), the higher version is the newer one.
    return sorted(found, key=lambda one: (one.at, _version(one.name)), reverse=True)[:MOST]


def _version(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name[:200])]


def _release(path: Path, note: str) -> Release:
    info = path.lstat()
    return Release(
        name=path.name,
        path=path,
        at=datetime.fromtimestamp(info.st_mtime, UTC),
        owner=owner_of(info.st_uid),
        size=info.st_size,
        note=first_line(path / note) if note else "",
        readable=os.access(path, os.R_OK),
    )


def owner_of(uid: int) -> str:
    """The name of a user of this machine; the number where there is none."""
    try:
        return scrub(pwd.getpwuid(uid).pw_name, 60)
    except KeyError:
        return str(uid)


def first_line(path: Path) -> str:
    """The first line of a file that is not empty, scrubbed; "" where there is none."""
    try:
        with path.open("rb") as file:
            head = file.read(2_000)
    except OSError:
        return ""
    lines = (line.strip() for line in head.decode("utf-8", "replace").splitlines())
    return scrub(next((line for line in lines if line), ""), 300)
