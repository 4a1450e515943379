"""A blue/green link: a symbolic link that points to one of the releases in a folder, and is moved in one rename."""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from actions.reverting.commands import Runner, missing_programs, program_fact
from actions.reverting.places import plain
from actions.reverting.releases import Release, releases_of
from actions.reverting.way import Way, only_whole
from actions.reverting.words import Word, argv_of, check_argv, values_of
from config.kinds import Kind, never
from config.values import FilePath, Regex, Seconds
from fleet.actions.plan import Fact, FileWork, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions


class SymlinkOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link, and the folder with the releases that it may point to."""

    link: FilePath
    """The symbolic link, such as `/srv/app/current`."""
    releases: FilePath
    """The folder whose folders are the releases."""
    match: Regex = Regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,120}")
    """RE2 pattern of the whole name of a release."""
    note: Annotated[str, Meta(max_length=200, pattern=r"^[^/]*$")] = ""
    """Name of a file in each release whose first line says what changed."""
    reload: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    """Program that is run after the link was moved, so that it is noticed."""
    timeout: Seconds = Seconds(60)
    """How long that program may take."""

    def __post_init__(self) -> None:
        check_argv(self.reload)


class SymlinkRolling(Way):
    """Moves a link."""

    def __init__(self, options: SymlinkOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self.reloads = bool(options.reload)
        self._link = plain(reach.root, options.link)
        self._releases = Path(os.path.realpath(plain(reach.root, options.releases)))
        self._run = Runner(reach, Path("/"), {}, options.timeout)
        self.target = str(self._link)

    async def revisions(self) -> Revisions:
        """The releases, the newest first. Each is taken to have become live when its folder was made, the live one when
        the link was moved to it."""
        return await asyncio.to_thread(self._read)

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """Where the link points, and will."""
        return await asyncio.to_thread(self._facts, to)

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """One rename, and the program that makes it noticed."""
        only_whole(shares, "a link")
        was = await asyncio.to_thread(self._points_to)
        work = FileWork(work="link", path=str(self._link), source=str(self._releases / to.id), was=was)
        steps = [Step(title=f"point {self._link.name} to {to.name}", target=self.target, effect=work)]
        if self._options.reload:
            effect = self._run.planned(argv_of(self._options.reload, values_of(to)))
            steps.append(Step(title=f"run {Path(effect.argv[0]).name}", target=self.target, effect=effect))
        return tuple(steps)

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """The link is moved back."""
        if live is None:
            return ("where the link points now is none of the releases, so it is not moved back from here",)
        return (f"the link is pointed to {live.name} again, in one rename",)

    def _points_to(self) -> str:
        try:
            return str(self._link.readlink()) if self._link.is_symlink() else ""
        except OSError:
            return ""

    def _live(self) -> str:
        try:
            there = self._link.resolve(strict=True)
            return there.name if there.parent == self._releases.resolve(strict=True) else ""
        except OSError:
            return ""

    def _read(self) -> Revisions:
        live = self._live()
        found = releases_of(self._releases, self._options.match, self._options.note)
        made = tuple(self._revision(one, live) for one in found)
        problems = () if live else (f"{self._link} points to none of the releases",)
        return Revisions(target=self.target, revisions=made, problems=problems)

    def _revision(self, one: Release, live: str) -> Revision:
        is_live = one.name == live
        moved = datetime.fromtimestamp(self._link.lstat().st_mtime, UTC) if is_live else one.at
        return Revision(
            id=one.name,
            name=one.name,
            at=one.at,
            author=one.owner,
            changed=one.note,
            live=is_live,
            live_from=moved,
            trouble="" if one.readable else "its folder cannot be read",
        )

    def _facts(self, to: Revision) -> tuple[Fact, ...]:
        source = self._releases / to.id
        facts = [Fact("link", f"{self._link} → {self._points_to() or 'nothing'}", bad=not self._link.is_symlink())]
        if not self._link.is_symlink() and self._link.exists():
            facts[0] = Fact("link", f"{self._link} is no symbolic link", bad=True)
        facts.append(Fact("release", str(source) if source.is_dir() else f"{source} is no folder", not source.is_dir()))
        if source.is_symlink():
            facts.append(Fact("release", f"{source} is a symbolic link itself", bad=True))
        if self._options.reload:
            facts.append(program_fact(self._run.planned(self._options.reload).argv[0]))
        return tuple(facts)


def _build(options: SymlinkOptions, reach: ActReach) -> Rolling:
    return SymlinkRolling(options, reach)


def _missing(options: SymlinkOptions, root: Path) -> dict[str, str]:
    relative = not options.link.startswith(("/", "~"))
    taken = {"link": f"it is relative, and is taken as {plain(root, options.link)}"} if relative else {}
    return taken | missing_programs(root, reload=options.reload)


KIND = Kind[Rolling](name="symlink", options=SymlinkOptions, build=_build, staged=never, missing=_missing)
