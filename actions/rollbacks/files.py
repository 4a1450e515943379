"""Versioned files, or backup archives, in a folder: one is put in the place of a file, or of a whole folder. What is
replaced is kept first."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from actions.reverting.archives import Contents, files_below, sha256_of, too_much
from actions.reverting.commands import Runner, program_fact
from actions.reverting.listing import with_live
from actions.reverting.places import archive_facts, back_from_archive, checksum_beside, own_archive, plain, stamp
from actions.reverting.releases import Release, releases_of
from actions.reverting.way import Way, only_whole
from actions.reverting.words import Word, argv_of, check_argv, values_of
from config.kinds import Kind, never
from config.values import FilePath, Regex, Seconds
from fleet.actions.plan import Fact, FileWork, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions
from fleet.errors import RefusedError


class FilesOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file or a folder, and the folder that holds its versions."""

    path: FilePath
    """What is replaced: a file (`copy`) or a folder (`restore`)."""
    versions: FilePath
    """The folder of versions: files, or archives."""
    match: Regex
    """RE2 pattern of the whole name of a version, such as `routing-[0-9]+[.]yaml` or `.*[.]tar[.]gz`."""
    archive_to: FilePath
    """The folder that what is replaced is kept in; not within `path`."""
    mode: Literal["copy", "restore"] = "restore"
    """`restore`: the content of an archive (tar.gz) takes the place of the folder. `copy`: a file that of the file."""
    checksums: Annotated[str, Meta(max_length=200, pattern=r"^[^/]*$")] = "SHA256SUMS"
    """Name of a file in `versions` as `sha256sum` writes it; `NAME.sha256` beside a version counts, too."""
    checked: bool = False
    """Whether a version without a checksum cannot be rolled to."""
    reload: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    """Program that is run afterwards."""
    timeout: Seconds = Seconds(60)
    """How long that program may take."""

    def __post_init__(self) -> None:
        check_argv(self.reload)


class FilesRolling(Way):
    """Replaces files."""

    def __init__(self, options: FilesOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self.reloads = bool(options.reload)
        self._path = plain(reach.root, options.path)
        self._versions = plain(reach.root, options.versions)
        self._kept = plain(reach.root, options.archive_to)
        self._contents = Contents()
        self._run = Runner(reach, Path("/"), {}, options.timeout)
        self.target = str(self._path)

    async def revisions(self) -> Revisions:
        """The versions, the newest first; live is the one whose content stands there."""
        return await asyncio.to_thread(self._read)

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """What is replaced by what, and where it is kept."""
        return await asyncio.to_thread(self._facts, to)

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """What is there is kept, then it is replaced."""
        only_whole(shares, str(self._path))
        return await asyncio.to_thread(self._steps, to)

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """What was kept is put back."""
        return (f"what the first step keeps in {self._kept} is put back, whole",)

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """The files that are replaced or go."""
        if self._options.mode == "copy":
            return (str(self._path),)
        return await asyncio.to_thread(self._gone, to)

    async def back(self, plan: Plan) -> tuple[Step, ...]:
        """What was kept is put back, and that is noticed, too."""
        back = back_from_archive if self._options.mode == "restore" else _copied_back
        steps = await asyncio.to_thread(back, plan)
        return (*steps, *self._reloading(plan.before)) if steps else ()

    async def wrong(self, plan: Plan) -> str:
        """Whether what was put back is there: of a version, the list says it."""
        if plan.revision:
            return ""
        return await asyncio.to_thread(self._not_back, plan)

    def _not_back(self, plan: Plan) -> str:
        work = next(one.effect for one in plan.steps if isinstance(one.effect, FileWork))
        if work.work == "copy":
            return "" if self._contents.file(self._path) == work.sha256 else f"{self._path} is another one"
        return self._differs(Path(work.source))

    def _differs(self, archive: Path) -> str:
        """What is other than in an archive; a file more counts, too."""
        held = self._contents.archive(archive)
        if held.trouble:
            return f"{archive.name} {held.trouble}"
        different = self._contents.differs(self._path, held)
        if different:
            return different
        return next((f"{name} is not of it" for name in files_below(self._path) if name not in held.files), "")

    def _read(self) -> Revisions:
        found = releases_of(self._versions, self._options.match, files=True)
        sums = self._sums()
        made: list[Revision] = []
        digests: dict[str, str] = {}
        live = ""
        for one in found:
            digest, trouble = self._looked_at(one, sums)
            same = digests.get(digest)
            is_live = not trouble and self._is_live(one, digest)
            if same is not None:
                trouble = trouble or f"has the same content as {same}"
            elif digest:
                digests[digest] = one.name
                live = one.name if is_live and not live else live
            changed = f"{one.size:,} bytes, sha256 {digest[:12]}" if digest else f"{one.size:,} bytes"
            made.append(
                Revision(id=one.name, name=one.name, at=one.at, author=one.owner, changed=changed, trouble=trouble)
            )
        revisions = with_live(made, live)
        if live:
            return Revisions(target=self.target, revisions=revisions)
        unlisted = f"what stands at {self._path} is none of the versions"
        return Revisions(
            target=self.target, revisions=revisions, problems=(unlisted,), warnings=self._not_verified_when_undone()
        )

    def _not_verified_when_undone(self) -> tuple[str, ...]:
        """Of what is no version, only the content itself could tell that it was put back."""
        much = too_much(self._path) if self._options.mode == "restore" else ""
        if not much:
            return ()
        what = f"{self._path} holds {much}"
        return (f"{what}: undoing would put it back, but could not verify that, and would end as failed",)

    def _looked_at(self, one: Release, sums: dict[str, str]) -> tuple[str, str]:
        """(digest, why it cannot be rolled to)."""
        if self._options.mode == "restore":
            held = self._contents.archive(one.path)
            digest, trouble = held.sha256, held.trouble
        else:
            digest, trouble = self._contents.file(one.path), ""
        wanted = sums.get(one.name) or checksum_beside(one.path)
        if wanted and digest and wanted != digest:
            return digest, f"is damaged: its sha256 is {digest[:12]}…, not {wanted[:12]}…"
        if not wanted and self._options.checked:
            trouble = trouble or "has no checksum"
        return digest, trouble

    def _is_live(self, one: Release, digest: str) -> bool:
        if self._options.mode == "copy":
            return bool(digest) and self._contents.file(self._path) == digest
        return not self._differs(one.path)

    def _sums(self) -> dict[str, str]:
        path = self._versions / self._options.checksums
        if not self._options.checksums or not path.is_file():
            return {}
        return dict(_sums_of(path))

    def _facts(self, to: Revision) -> tuple[Fact, ...]:
        folder = self._options.mode == "restore"
        right = self._path.is_dir() if folder else self._path.is_file()
        there = self._path.exists() or self._path.is_symlink()
        odd = self._path.is_symlink() or (there and not right)
        what = "folder" if folder else "file"
        facts = [
            Fact(what, f"{self._path} is no {what}" if odd else str(self._path), bad=odd),
            *archive_facts(self._path, self._kept),
        ]
        if self._path in (Path("/"), Path.home()):
            facts.append(Fact(what, f"{self._path} is never replaced", bad=True))
        if self._versions == self._path or self._versions.is_relative_to(self._path):
            facts.append(Fact("versions", f"{self._versions} is within what is replaced", bad=True))
        digest = sha256_of(self._versions / to.id)
        facts.append(Fact("version", f"{self._versions / to.id}, sha256 {digest}"))
        if self._options.reload:
            facts.append(program_fact(self._run.planned(self._options.reload).argv[0]))
        return tuple(facts)

    def _steps(self, to: Revision) -> tuple[Step, ...]:
        source = self._versions / to.id
        digest = sha256_of(source)
        now = self._reach.clock.now()
        steps: list[Step] = []
        if self._options.mode == "restore":
            if self._path.exists():
                steps.append(own_archive(self._path.name, self._path, self._kept, now))
            work = FileWork(work="restore", path=str(self._path), source=str(source), sha256=digest)
        else:
            if self._path.exists():
                kept = self._kept / f"{self._path.name}-{stamp(now)}"
                digest_now = sha256_of(self._path)
                own = FileWork(work="copy", path=str(kept), source=str(self._path), sha256=digest_now, new=True)
                steps.append(Step(title=f"keep {self._path.name} in {self._kept}", target=self.target, effect=own))
            work = FileWork(work="copy", path=str(self._path), source=str(source), sha256=digest)
        steps.append(Step(title=f"put {to.name} in its place", target=self.target, effect=work))
        return (*steps, *self._reloading(to.id))

    def _reloading(self, to: str) -> tuple[Step, ...]:
        """The program that has it noticed that `to` is there now, "" for what is no version. Raises RefusedError where
        its words name that one."""
        if not self._options.reload:
            return ()
        values = values_of(Revision(id=to, name=to)) if to else {}
        effect = self._run.planned(argv_of(self._options.reload, values))
        return (Step(title=f"run {Path(effect.argv[0]).name}", target=self.target, effect=effect),)

    def _gone(self, to: Revision) -> tuple[str, ...]:
        held = self._contents.archive(self._versions / to.id)
        there = list(files_below(self._path))
        gone = [name for name in there if name not in held.files]
        lines = [f"{len(there):,} files of {self._path} are replaced by {len(held.files):,}"]
        lines += [f"deleted: {name}" for name in gone[:200]]
        return (*lines, *((f"and {len(gone) - 200:,} more are deleted",) if len(gone) > 200 else ()))


def _copied_back(plan: Plan) -> tuple[Step, ...]:
    works = [one.effect for one in plan.steps if isinstance(one.effect, FileWork) and one.effect.work == "copy"]
    if len(works) < 2:
        raise RefusedError("there was no file before, so there is none to put back")
    kept = Path(works[0].path)
    try:
        digest = sha256_of(kept)
    except OSError as error:
        raise RefusedError(f"{kept}, which was kept before, cannot be read: {error.strerror}") from error
    work = FileWork(work="copy", path=works[1].path, source=str(kept), sha256=digest)
    return (Step(title=f"put back {kept.name}", target=works[1].path, effect=work),)


def _sums_of(path: Path) -> list[tuple[str, str]]:
    try:
        text = path.read_text("utf-8", "replace")[:4_000_000]
    except OSError:
        return []
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(pair[1].lstrip("*").strip(), pair[0].lower()) for pair in pairs if len(pair) == 2 and len(pair[0]) == 64]


def _build(options: FilesOptions, reach: ActReach) -> Rolling:
    return FilesRolling(options, reach)


KIND = Kind[Rolling](name="files", options=FilesOptions, build=_build, staged=never)
