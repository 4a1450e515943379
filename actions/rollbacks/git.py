"""A configured git tree: a release tag is checked out, or everything since a commit is reverted by new commits.

Of the tree's own configuration no hooks, no fsmonitor, no editor and no signing are run; no network; and the variables
that git heeds are fixed. Its filters and merge drivers are what its files are made by, so they run, and are shown."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from actions.reverting.commands import Runner, folder_fact, missing_programs, program_fact
from actions.reverting.listing import lines_of
from actions.reverting.way import Way, only_whole
from actions.reverting.words import Word, argv_of, check_argv, checked_id, values_of
from config.kinds import Kind, never
from config.values import FilePath, Seconds
from fleet.actions.plan import CommandRun, Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions
from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from fleet.times import parse_time

_SEP: Final = "\x1f"
_ENV: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "true",
    "GIT_AUTHOR_NAME": "fleetdeck",
    "GIT_AUTHOR_EMAIL": "fleetdeck@localhost",
    "GIT_COMMITTER_NAME": "fleetdeck",
    "GIT_COMMITTER_EMAIL": "fleetdeck@localhost",
}
_SAFE: Final = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "commit.gpgSign=false"),
    *("-c", "protocol.allow=never"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "submodule.recurse=false"),
    *("-c", "advice.detachedHead=false"),
    *("-c", "core.quotePath=true"),
)
_DRIVERS: Final = r"^(filter\..*\.(clean|smudge|process)|merge\..*\.driver)$"
_UNFINISHED: Final = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply")
_GITOPS: Final = {"flux-system": "Flux", "argocd": "Argo CD", ".argocd": "Argo CD"}


class GitOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tree, and how it is rolled back."""

    tree: FilePath
    """The working tree."""
    mode: Literal["checkout", "revert"] = "checkout"
    """`checkout` of a release tag, or `revert`: new commits that undo everything after a commit."""
    tags: Annotated[str, Meta(max_length=200, pattern="^[^-]")] = "*"
    """Which tags are releases, as git matches names (`v*`)."""
    most: Annotated[int, Meta(ge=2, le=200)] = 30
    """How many revisions are listed."""
    reload: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    """Program that is run in the tree afterwards."""
    program: Word = "git"
    """The git program."""
    timeout: Seconds = Seconds(60)
    """How long one of its commands may take."""

    def __post_init__(self) -> None:
        check_argv(self.reload, (self.program,))


class GitRolling(Way):
    """Rolls a tree."""

    def __init__(self, options: GitOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self.reloads = bool(options.reload)
        self._tree = (reach.root / Path(options.tree).expanduser()).absolute()
        self._run = Runner(reach, self._tree, _ENV, options.timeout)
        self._program = self._run.planned((options.program,)).argv[0]
        self.target = str(self._tree)

    async def revisions(self) -> Revisions:
        """The release tags, or the commits of the first line of parents, the newest first."""
        made = await (self._tags() if self._options.mode == "checkout" else self._commits())
        moved = await self._moves()
        shown = tuple(
            Revision(
                id=one.id,
                name=one.name,
                at=one.at,
                author=one.author,
                changed=one.changed,
                live=one.live,
                live_from=moved.get(one.sha),
            )
            for one in made
        )
        problems = () if any(one.live for one in shown) else ("what is checked out is none of the revisions",)
        return Revisions(target=self.target, revisions=shown, problems=problems, warnings=await self._warnings())

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The tree, where its HEAD is, and whether anything in it would be lost."""
        folder = folder_fact("tree", str(self._tree))
        if folder.bad:
            return (folder,)
        top = (await self._git("rev-parse", "--show-toplevel")).strip()
        facts = [
            Fact("tree", top, bad=not _same(top, self._tree)),
            program_fact(self._program),
            await self._head(),
            await self._dirt(),
            *await self._drivers(),
        ]
        facts += await self._unfinished()
        if self._options.mode == "revert":
            facts += await self._range(to)
        if self._options.reload:
            facts.append(program_fact(self._run.planned(self._options.reload).argv[0]))
        return tuple(facts)

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """One command of git, and the program that makes it noticed."""
        only_whole(shares, "a tree")
        checked_id(to.id)
        if self._options.mode == "revert":
            words, title = ["revert", "--no-edit", f"{to.id}..HEAD"], f"revert everything after {to.called}"
        else:
            # By its commit: a tag can be moved between the plan and the act.
            words, title = ["checkout", "--quiet", "--detach", await self._sha(to.id)], f"check out {to.called}"
        steps = [Step(title=title, target=self.target, effect=self._run.planned(self._words(words)))]
        if self._options.reload:
            effect = self._run.planned(argv_of(self._options.reload, values_of(to)))
            steps.append(Step(title=f"run {Path(effect.argv[0]).name}", target=self.target, effect=effect))
        return tuple(steps)

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """As for any, and that the tag still names the commit that was planned."""
        against = await super().guards(plan)
        if against or self._options.mode == "revert":
            return against
        sha = await self._sha(plan.revision)
        planned = any(isinstance(one.effect, CommandRun) and sha in one.effect.argv for one in plan.steps)
        return () if planned else (f"the tag {scrub(plan.revision, 80)} was moved since it was planned, to {sha[:10]}",)

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """What git keeps."""
        if self._options.mode == "revert":
            return ("the reverts are commits: reverting them brings everything back",)
        if live is None:
            return ("what is checked out is no release: git's reflog keeps it (git checkout HEAD@{1})",)
        return (f"checking out {live.called} again; nothing is deleted",)

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """The files that change."""
        said = await self._git("diff", "--no-ext-diff", "--name-status", "--no-renames", "HEAD", self._commit(to))
        lines = [scrub(line.replace("\t", " "), 200) for line in lines_of(said) if line]
        return (*lines[:200], *((f"and {len(lines) - 200:,} more files",) if len(lines) > 200 else ()))

    # ── what git says ──

    async def _git(self, *words: str, right: tuple[int, ...] = (0,)) -> str:
        return await self._run.read(self._words(words), right=right)

    def _words(self, words: Sequence[str]) -> tuple[str, ...]:
        return (self._program, *_SAFE, "-C", str(self._tree), *words)

    def _commit(self, to: Revision) -> str:
        return f"refs/tags/{checked_id(to.id)}^{{commit}}" if self._options.mode == "checkout" else checked_id(to.id)

    async def _sha(self, tag: str) -> str:
        return (await self._git("rev-parse", "--verify", f"refs/tags/{checked_id(tag)}^{{commit}}")).strip()

    async def _tags(self) -> "list[_Found]":
        head = (await self._git("rev-parse", "--verify", "HEAD^{commit}")).strip()
        form = "%1f".join(
            (
                "%(refname:strip=2)",
                "%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)",
                "%(creatordate:unix)",
                "%(if)%(taggername)%(then)%(taggername)%(else)%(authorname)%(end)",
                "%(contents:subject)",
            )
        )
        said = await self._git(
            "for-each-ref",
            f"--count={self._options.most}",
            # The last is the first key: of one moment, the higher version is the newer one.
            "--sort=-version:refname",
            "--sort=-creatordate",
            f"--format={form}",
            f"refs/tags/{self._options.tags}",
        )
        found = [_found(line) for line in lines_of(said) if line.count(_SEP) >= 4]
        live = next((one.id for one in found if one.sha == head), "")
        return [one.told(live=one.id == live) for one in found]

    async def _commits(self) -> "list[_Found]":
        form = "%x1f".join(("%H", "%T", "%at", "%an", "%s"))
        said = await self._git("log", "--first-parent", f"-n{self._options.most}", f"--format={form}")
        lines = [line.split(_SEP, 4) for line in lines_of(said) if line.count(_SEP) >= 4]
        oldest: dict[str, _Found] = {}
        for sha, tree, at, author, subject in lines:
            # A commit with the content of an older one is that one: a revert brings its revision back.
            oldest[tree] = _Found(sha, sha, sha[:10], parse_time(_number(at)), scrub(author, 80), scrub(subject, 200))
        live = oldest[lines[0][1]].id if lines else ""
        made = [one.told(live=one.id == live) for one in oldest.values()]
        order = {line[0]: place for place, line in enumerate(lines)}
        return sorted(made, key=lambda one: order[one.id])

    async def _moves(self) -> dict[str, datetime]:
        """When HEAD last came to each commit, as git's own log of it says."""
        try:
            said = await self._git("log", "-g", "-n200", "--date=unix", "--format=%H%x1f%gd", "HEAD")
        except OutsideError as error:
            if error.fault is Fault.STATUS:
                return {}
            raise
        moved: dict[str, datetime] = {}
        for line in lines_of(said):
            sha, _, at = line.partition(_SEP)
            when = parse_time(_number(at.partition("@{")[2].rstrip("}")))
            if when is not None:
                moved.setdefault(sha, when)
        return moved

    async def _warnings(self) -> tuple[str, ...]:
        said = await self._git("ls-tree", "--name-only", "HEAD")
        found = dict.fromkeys(_GITOPS[name] for name in lines_of(said) if name in _GITOPS)
        return tuple(f"{who} reads this repository: it may put back what is pushed there" for who in found)

    async def _head(self) -> Fact:
        branch = (await self._git("symbolic-ref", "--quiet", "--short", "HEAD", right=(0, 1))).strip()
        commit = (await self._git("rev-parse", "--short", "HEAD")).strip()
        if branch:
            after = "" if self._options.mode == "revert" else "; it will be detached"
            return Fact("HEAD", f"branch {scrub(branch, 100)} at {commit}{after}")
        if self._options.mode == "revert":
            return Fact("HEAD", f"detached at {commit}: reverts would be on no branch", bad=True)
        kept = await self._git(
            "for-each-ref", "--count=1", "--contains", "HEAD", "refs/heads", "refs/tags", "refs/remotes"
        )
        if not kept.strip():
            return Fact("HEAD", f"detached at {commit}, which is on no branch and no tag: it would be lost", bad=True)
        return Fact("HEAD", f"detached at {commit}")

    async def _dirt(self) -> Fact:
        said = await self._git("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none")
        dirty = [line for line in lines_of(said) if line]
        if dirty:
            names = ", ".join(scrub(line, 80) for line in dirty[:5])
            return Fact("changes", f"{len(dirty)} that are not committed: {names}", bad=True)
        return Fact("changes", "none that are not committed")

    async def _drivers(self) -> list[Fact]:
        """The programs of the tree's own configuration by which git makes and reads its files."""
        said = await self._git("config", "--name-only", "--get-regexp", _DRIVERS, right=(0, 1))
        names = [scrub(line, 80) for line in lines_of(said) if line]
        return [Fact("git also runs", f"{', '.join(names[:5])} of the tree's own configuration")] if names else []

    async def _unfinished(self) -> list[Fact]:
        folder = Path((await self._git("rev-parse", "--absolute-git-dir")).strip())
        there = [name for name in _UNFINISHED if (folder / name).exists()]
        return [Fact("unfinished", f"git is in the middle of something: {', '.join(there)}", bad=True)] if there else []

    async def _range(self, to: Revision) -> list[Fact]:
        span = f"{checked_id(to.id)}..HEAD"
        commits = (await self._git("rev-list", "--max-count=1000", span)).split()
        merges = (await self._git("rev-list", "--merges", "--max-count=5", span)).split()
        facts = [Fact("reverted", f"{len(commits):,} commit{'s' if len(commits) != 1 else ''}", bad=not commits)]
        if merges:
            facts.append(Fact("merges", f"{merges[0][:10]} is a merge, which is not reverted from here", bad=True))
        return facts


class _Found(Struct, frozen=True):
    """A tag or a commit."""

    id: str
    sha: str
    name: str
    at: datetime | None
    author: str
    changed: str
    live: bool = False

    def told(self, *, live: bool) -> "_Found":
        """The same, live or not."""
        return _Found(self.id, self.sha, self.name, self.at, self.author, self.changed, live)


def _found(line: str) -> _Found:
    name, sha, at, author, subject = line.split(_SEP, 4)
    return _Found(name, sha, scrub(name, 120), parse_time(_number(at)), scrub(author, 80), scrub(subject, 200))


def _same(path: str, tree: Path) -> bool:
    return Path(path).resolve() == tree.resolve()


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _build(options: GitOptions, reach: ActReach) -> Rolling:
    return GitRolling(options, reach)


def _missing(options: GitOptions, root: Path) -> dict[str, str]:
    return missing_programs(root, program=(options.program,), reload=options.reload)


KIND = Kind[Rolling](name="git", options=GitOptions, build=_build, staged=never, missing=_missing)
