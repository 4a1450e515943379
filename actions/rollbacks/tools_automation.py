"""The `rollback.sh` of tools-automation, which must be handled with care.

It takes the parent of its own folder for the project and deletes what is there, but for `logs`, `backups`, `*.log`,
`*.tar.gz` and `rollback.sh`; it ends with 0 even so. An unknown word opens a menu, a server that answers 503 makes it
refuse, without its log folder it dies half-way, and it prints everything twice. So its root is resolved and shown, it
is refused unless that root is the project and nothing else, an archive of our own is taken first, it is only ever
called as `list` and as `rollback PATH true|false`, and what became of it is told by the files, not by the exit code.
"""

import asyncio
import fnmatch
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from actions.reverting.archives import Archive, Contents, size_below
from actions.reverting.asking import Asker
from actions.reverting.commands import Runner, missing_programs, program_fact
from actions.reverting.listing import with_live
from actions.reverting.places import archive_facts, back_from_archive, own_archive, plain
from actions.reverting.releases import releases_of
from actions.reverting.way import Way, only_whole, read_result
from config.kinds import Kind, never
from config.values import FilePath, HttpUrl, Regex, Seconds
from fleet.actions.action import Result, Sent, StepRead, Verdict
from fleet.actions.plan import CommandRun, Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions
from fleet.errors import Fault, OutsideError
from fleet.text import scrub, scrub_lines

MARK: Final = "agent_dashboard_api.py"
"""The file by which the project is known."""
KEPT: Final = ("logs", "backups", "*.log", "*.tar.gz", "rollback.sh")
"""What the script does not delete."""
NAMES: Final = Regex(r"backup_[0-9]{8}_[0-9]{6}_[A-Za-z0-9-]+[.]tar[.]gz")
LEAST_FREE: Final = 1024**3
_SHA256: Final = ", sha256 "
_NAME: Final = re.compile(r"backup_\d{8}_\d{6}_[A-Za-z0-9-]+\.tar\.gz")
_LINE: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - (?:(INFO|WARNING|SUCCESS|ERROR): )?(.*)$")


class ToolsAutomationOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The script, and where its coordinator answers."""

    script: FilePath
    """The `rollback.sh`; what it rolls back is the parent of the folder that it lies in."""
    archive_to: FilePath
    """The folder, outside of that root, where an archive of everything is put first."""
    mcp: HttpUrl = HttpUrl("http://127.0.0.1:5005")
    """The coordinator, whose `/health` must answer before and after."""
    skip_validation: bool = False
    """Hands the script `true`, so that a server which is degraded (503) does not make it refuse."""
    belongs: tuple[Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^/]+$")], ...] = ()
    """Names in the root that belong to the project and may be deleted although the backup does not hold them."""
    timeout: Seconds = Seconds(600)
    """How long the script may take."""


class ToolsAutomationRolling(Way):
    """Calls the script."""

    def __init__(self, options: ToolsAutomationOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self._script = plain(reach.root, options.script)
        self._root = Path(os.path.realpath(self._script.parent.parent))
        self._kept = plain(reach.root, options.archive_to)
        self._contents = Contents()
        self._run = Runner(reach, Path("/"), {}, options.timeout)
        self._ask = Asker(reach, None, 15.0, close=True)
        self.target = str(self._root)

    async def revisions(self) -> Revisions:
        """The backups in `backups` of the root, the newest first; live is the one whose files are all there."""
        return await asyncio.to_thread(self._read)

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The root, what would be deleted, the backup, the disk, and whether the coordinator lets it."""
        return (*await asyncio.to_thread(self._facts, to), *await self._health())

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """An archive of our own, `list` (it makes the log folder), and `rollback`."""
        only_whole(shares, str(self._root))
        skip = "true" if self._options.skip_validation else "false"
        words = (str(self._script), "rollback", str(self._root / "backups" / to.id), skip)
        return (
            own_archive("tools-automation", self._root, self._kept, self._reach.clock.now()),
            Step(
                title="list the backups, which makes the script's log folder",
                target=self.target,
                effect=self._run.planned((str(self._script), "list"), timeout_s=60.0),
            ),
            Step(
                title=f"roll back to {to.called} (skip_validation={skip})",
                target=self.target,
                effect=self._run.planned(words),
            ),
        )

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """The archive that was taken is restored."""
        return (
            f"the archive of {self._root} that is taken first is put back, whole",
            "services that the script stopped are not started by that",
        )

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """What the script deletes, and what it ends."""
        names = await asyncio.to_thread(self._deleted)
        lines = [f"deleted: {self._root / name}" for name in names[:200]]
        if len(names) > 200:
            lines.append(f"and {len(names) - 200:,} more are deleted")
        return (*lines, "services are stopped by the name of their process, on the whole machine (pkill)")

    async def back(self, plan: Plan) -> tuple[Step, ...]:
        """The archive that was taken is restored."""
        return await asyncio.to_thread(back_from_archive, plan)

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """As for any, that the words are the only ones that the script may ever be given, and that the backup is the
        one that was planned."""
        runs = [one.effect for one in plan.steps if isinstance(one.effect, CommandRun)]
        odd = next((one for one in runs if not self._is_allowed(one)), None)
        if odd is not None:
            return (f"{scrub(' '.join(odd.argv), 200)}: the script is never called so",)
        against = await super().guards(plan)
        return against or await asyncio.to_thread(self._replaced, plan)

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """Its exit code says nothing: what it said last is told, and the files are judged. Where it refused before it
        began, which it says, it failed."""
        if not isinstance(step.effect, CommandRun) or result.sent is not Sent.YES or result.timed_out:
            return read_result(step, result)
        if step.effect.argv[1:] == ("list",):
            return read_result(step, result)
        lines = messages(result.text)
        if not lines:
            return StepRead(verdict=Verdict.FAILED, sentence="it printed no message of its own")
        said = next((text for level, text in reversed(lines) if level == "ERROR"), lines[-1][1])
        return StepRead(verdict=Verdict.DONE, sentence=scrub(f"exit code {result.status}; it said: {said}", 300))

    async def wrong(self, plan: Plan) -> str:
        """What the files and the coordinator say."""
        amiss = await asyncio.to_thread(self._not_restored, plan)
        if amiss:
            return amiss
        try:
            status, _ = await self._ask.answer(f"{str(self._options.mcp).rstrip('/')}/health")
        except OutsideError as error:
            return f"the coordinator does not answer: {error}"
        return "" if status == 200 else f"the coordinator's /health answers {status}"

    def _is_allowed(self, effect: CommandRun) -> bool:
        words = effect.argv[1:]
        if effect.argv[0] != str(self._script):
            return False
        if words == ("list",):
            return True
        backups = self._root / "backups"
        return (
            len(words) == 3
            and words[0] == "rollback"
            and Path(words[1]).parent == backups
            and _NAME.fullmatch(Path(words[1]).name) is not None
            and words[2] in ("true", "false")
        )

    def _not_restored(self, plan: Plan) -> str:
        if not (self._root / MARK).is_file():
            return f"{self._root / MARK} is not there"
        if plan.revision:
            held = self._contents.archive(self._root / "backups" / plan.revision)
            return next(iter(self._replaced(plan)), "") or held.trouble or self._contents.differs(self._root, held)
        return ""

    def _replaced(self, plan: Plan) -> tuple[str, ...]:
        """A refusal where the backup of the plan is another file than when it was planned."""
        said = next((fact.value for fact in plan.facts if fact.name == "backup"), "")
        digest = self._contents.archive(self._root / "backups" / plan.revision).sha256
        same = _SHA256 not in said or said.endswith(f"{_SHA256}{digest}")
        return () if same else (f"the backup {plan.revision} is another one than when this was planned",)

    def _read(self) -> Revisions:
        folder = self._root / "backups"
        if not folder.is_dir():
            raise OutsideError(Fault.MISSING, f"{folder} is not there: there are no backups")
        made: list[Revision] = []
        same: dict[str, str] = {}
        live = ""
        for one in releases_of(folder, NAMES, files=True):
            held = self._contents.archive(one.path)
            trouble = held.trouble or ("" if MARK in held.files else f"does not hold {MARK}")
            if not trouble:
                first = same.setdefault(_digest_of(held), one.name)
                trouble = "" if first == one.name else f"has the same content as {first}"
                if not live and not trouble and not self._contents.differs(self._root, held):
                    live = one.name
            _, day, time, kind = one.name.removesuffix(".tar.gz").split("_")
            made.append(
                Revision(
                    id=one.name,
                    name=f"{day}-{time}-{kind}",
                    at=one.at,
                    author=one.owner,
                    changed=f"{kind} backup, {len(held.files):,} files",
                    trouble=trouble,
                )
            )
        problems = () if live else (f"what is in {self._root} is none of the backups",)
        return Revisions(target=self.target, revisions=with_live(made, live), problems=problems)

    def _facts(self, to: Revision) -> tuple[Fact, ...]:
        root = self._root
        mark = root / MARK
        facts = [
            Fact("project root", f"{root} (the parent of {self._script.parent})", bad=_forbidden(root)),
            program_fact(str(self._script)),
            Fact(MARK, str(mark) if mark.is_file() else f"is not in {root}: not the project", not mark.is_file()),
        ]
        if self._script.is_symlink() or self._script.name != "rollback.sh":
            facts.append(Fact("script", f"{self._script} is a link, or another file than rollback.sh", bad=True))
        if mark.is_symlink():
            facts.append(Fact(MARK, "is a symbolic link", bad=True))
        backup = root / "backups" / to.id
        held = self._contents.archive(backup)
        words = held.trouble or f"{backup}: {len(held.files):,} files, {held.size:,} bytes{_SHA256}{held.sha256}"
        facts.append(Fact("backup", words, bad=bool(held.trouble)))
        facts += self._strangers(held)
        facts += archive_facts(root, self._kept)
        facts += self._disk()
        logs = root / "logs"
        facts.append(
            Fact("log folder", str(logs) if logs.is_dir() else f"{logs}: made by `list`, which runs first", bad=False)
        )
        facts.append(Fact("skip_validation", "true" if self._options.skip_validation else "false"))
        return tuple(facts)

    def _strangers(self, held: Archive) -> list[Fact]:
        """What is deleted; bad where some of it is neither restored nor said to belong there."""
        names = self._deleted()
        facts = [Fact("deletes", f"{len(names):,} entries: {', '.join(scrub(name, 60) for name in names[:12])}")]
        lost = [name for name in names if name not in held.top and name not in self._options.belongs]
        if lost:
            shown = ", ".join(scrub(name, 60) for name in lost[:12])
            text = f"{len(lost):,} entries of {self._root} would be deleted, and the backup does not hold them: {shown}"
            facts.append(Fact("not of the project", text, bad=True))
        return facts

    def _deleted(self) -> list[str]:
        try:
            names = sorted(os.listdir(self._root))  # noqa: PTH208  # names are what is wanted
        except OSError as error:
            raise OutsideError(Fault.PERMISSION, f"{self._root}: {error.strerror}") from error
        return [name for name in names if not any(fnmatch.fnmatchcase(name, kept) for kept in KEPT)]

    def _disk(self) -> list[Fact]:
        """Room for the script's own archive of everything and for ours."""
        wanted = max(LEAST_FREE, 2 * size_below(self._root))
        facts = []
        for name, folder in (("disk", self._root), ("disk of archives", self._kept)):
            if folder.is_dir():
                free = shutil.disk_usage(folder).free
                facts.append(Fact(name, f"{free:,} bytes free, {wanted:,} wanted", bad=free < wanted))
        return facts

    async def _health(self) -> tuple[Fact, ...]:
        """Whether the script's validation would let it: it asks the same page, and takes any error for a no."""
        url = f"{str(self._options.mcp).rstrip('/')}/health"
        try:
            status, _ = await self._ask.answer(url)
            said = f"{url} answers {status}"
        except OutsideError as error:
            status, said = 0, f"{url}: {error}"
        if status == 200:
            return (Fact("coordinator", said),)
        if self._options.skip_validation:
            return (Fact("coordinator", f"{said}; validation is skipped"),)
        return (Fact("coordinator", f"{said}: the script would refuse (skip_validation: true lets it)", bad=True),)


def messages(output: str) -> list[tuple[str, str]]:
    """(level, text) of what the script printed: the lines with a time only, since each message comes with and without,
    and each once. The level is INFO, WARNING, SUCCESS, ERROR or ""."""
    found: dict[tuple[str, str, str], None] = {}
    for line in scrub_lines(output, 200_000).splitlines():
        match = _LINE.match(line.strip())
        if match is not None and match.group(2):
            found[(line.strip()[:19], match.group(1) or "", match.group(2))] = None
    return [(level, text) for _, level, text in found]


def _forbidden(root: Path) -> bool:
    return root in (Path("/"), Path(os.path.realpath(Path.home()))) or len(root.parts) < 3


def _digest_of(held: Archive) -> str:
    return "\n".join(f"{name}\0{digest}" for name, digest in sorted(held.files.items()))


def _build(options: ToolsAutomationOptions, reach: ActReach) -> Rolling:
    return ToolsAutomationRolling(options, reach)


def _missing(options: ToolsAutomationOptions, root: Path) -> dict[str, str]:
    return missing_programs(root, script=(options.script,))


KIND = Kind[Rolling](
    name="tools_automation", options=ToolsAutomationOptions, build=_build, staged=never, missing=_missing
)
