"""Paths of plans: absolute, in their plain form, reached through no link; and the own archive that is taken first."""

import os
import secrets
from datetime import datetime
from pathlib import Path

from actions.reverting.archives import sha256_of
from fleet.actions.plan import Fact, FileWork, Plan, Step
from fleet.errors import RefusedError


def plain(root: Path, text: str) -> Path:
    """A configured path, absolute, its folder resolved; what it names itself may be a link."""
    path = (root / Path(text).expanduser()).absolute()
    return Path(os.path.realpath(path.parent)) / path.name


def stamp(now: datetime) -> str:
    """A moment as it stands in the name of what is kept, and something that tells two of one moment apart."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def own_archive(name: str, source: Path, folder: Path, now: datetime) -> Step:
    """The step that packs `source` into a new archive in `folder`."""
    path = folder / f"{name}-{stamp(now)}.tar.gz"
    work = FileWork(work="archive", path=str(path), source=str(source))
    return Step(title=f"take an archive of {source}", target=str(source), effect=work)


def archive_facts(source: Path, folder: Path) -> tuple[Fact, ...]:
    """Where the own archive goes; bad where it cannot."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return (Fact("own archive", f"{folder} is no folder that can be written to", bad=True),)
    if folder == source or folder.is_relative_to(source):
        return (Fact("own archive", f"{folder} is within {source}, which is what is rolled back", bad=True),)
    return (Fact("own archive", f"goes to {folder}"),)


def back_from_archive(plan: Plan) -> tuple[Step, ...]:
    """The step that restores the archive that `plan` took; none where it took none. Blocking. Raises RefusedError where
    the archive is gone, or is another one than the one that was taken."""
    taken = [one.effect for one in plan.steps if isinstance(one.effect, FileWork) and one.effect.work == "archive"]
    if not taken:
        return ()
    path, root = Path(taken[0].path), taken[0].source
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise RefusedError(f"the archive {path} that was taken before cannot be read: {error.strerror}") from error
    if checksum_beside(path) != digest:
        raise RefusedError(f"the archive {path} is not the one that was taken before: its checksum is another one")
    work = FileWork(work="restore", path=root, source=str(path), sha256=digest, outward=True)
    return (Step(title=f"put back what {path.name} holds", target=root, effect=work),)


def checksum_beside(path: Path) -> str:
    """The checksum in `NAME.sha256`, "" where there is none. Raises OSError."""
    beside = path.with_name(f"{path.name}.sha256")
    if not beside.is_file():
        return ""
    with beside.open(encoding="utf-8", errors="replace") as file:
        words = file.read(200).split()
    return words[0].lower() if words else ""
