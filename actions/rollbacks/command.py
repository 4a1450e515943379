"""What is rolled back by programs of its own: one lists revisions, one rolls, and where they are given one says which
is live, one verifies and one undoes. Never a shell: words are filled in and given as they are."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from actions.reverting.commands import Runner, folder_fact, missing_programs, program_fact
from actions.reverting.listing import (
    NO_NAMES,
    FieldNames,
    check_lines,
    of_json_lines,
    of_lines,
    revisions_of,
    with_live,
)
from actions.reverting.way import Way, only_whole
from actions.reverting.words import IDS, Word, argv_of, check_argv, check_says_where, percent_of, values_of
from config.kinds import Kind
from config.values import FilePath, Regex, Seconds
from fleet.actions.plan import Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions, of_plan
from fleet.errors import Fault, OutsideError, RefusedError
from fleet.text import scrub

Argv = Annotated[tuple[Word, ...], Meta(max_length=100)]
Plain = Annotated[str, Meta(max_length=4000)]


class CommandOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs, each as a list of words. `{to}` is the id of the revision that is rolled to, `{name}` its name,
    `{live}` the id of the live one, `{share}` the share of a stage (0–1) and `{percent}` the same in percent. In `list`
    and `live` nothing is filled in."""

    list: Annotated[tuple[Plain, ...], Meta(min_length=1, max_length=100)]
    """Prints the revisions: a JSON list, one JSON object a line, or lines that `lines` reads."""
    to: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=100)]
    """Rolls to a revision. Where `{share}` or `{percent}` stands in it, it can be rolled in stages."""
    live: Annotated[tuple[Plain, ...], Meta(max_length=100)] = ()
    """Prints the id of the live revision, where the list does not say it."""
    verify: Argv = ()
    """Ends with 0 where the revision is in place; asked again until it is."""
    undo: Argv = ()
    """Takes a roll back, where that is not rolling to the revision that was live before; `{live}` is that one."""
    lines: Regex | None = None
    """RE2 pattern of a whole line with the named groups `id`, `name`, `at`, `author`, `changed`, `live`."""
    fields: FieldNames = NO_NAMES
    """Where the parts of a revision stand in a JSON record."""
    ids: Regex = Regex(IDS)
    """RE2 pattern of the whole of an id; no other one is put into a command."""
    cwd: FilePath = "."
    """Working folder of the programs."""
    env: dict[str, str] = {}
    """Variables that they get beside a fixed `PATH`, `HOME`, `LC_ALL` and `TZ`."""
    timeout: Seconds = Seconds(120)
    """How long one of them may take."""

    def __post_init__(self) -> None:
        check_argv(self.to, self.verify, self.undo)
        check_says_where("to", list(self.to))
        if self.lines is not None:
            check_lines(self.lines)


class CommandRolling(Way):
    """Rolls by the programs of a definition."""

    def __init__(self, options: CommandOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        folder = (reach.root / Path(options.cwd).expanduser()).absolute()
        self._run = Runner(reach, folder, options.env, options.timeout)
        self.target = self._run.planned(options.to).argv[0]
        self.staged = _staged(options)

    async def revisions(self) -> Revisions:
        """What the program lists."""
        options = self._options
        said = await self._run.read(options.list)
        made, problems = of_lines(said, options.lines) if options.lines else of_json_lines(said, options.fields)
        if options.live:
            live = scrub((await self._run.read(options.live)).strip(), 200)
            if live and all(live not in (one.id, one.name) for one in made):
                problems = (*problems, f"{live} is live, and not in the list")
            made = with_live(made, live)
        return revisions_of(self.target, made, problems)

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The programs as they are resolved, and the folder that they run in."""
        planned = self._run.planned(self._options.to)
        verified = (Fact("verified by", self._verified(to)),) if self._options.verify else ()
        return (program_fact(planned.argv[0]), folder_fact("working folder", planned.cwd), *verified)

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """One run for each stage."""
        if not self.staged:
            only_whole(shares, f"what {Path(self.target).name} rolls")
        live = (await self.revisions()).live
        return tuple(
            Step(
                title=f"roll {percent_of(share)} % to {to.called}" if len(shares) > 1 else f"roll to {to.called}",
                target=self.target,
                effect=self._run.planned(self._words(self._options.to, to, live.id if live else "", share)),
                stage=stage,
            )
            for stage, share in enumerate(shares)
        )

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """By its own program, else by rolling again."""
        if self._options.undo:
            return (f"running {Path(self._options.undo[0]).name} as the definition says",)
        return super().undo(to, live)

    async def back(self, plan: Plan) -> tuple[Step, ...]:
        """One run of the program that undoes."""
        if not self._options.undo:
            return ()
        to = await self.revision_of(plan)
        effect = self._run.planned(self._words(self._options.undo, to, plan.before, 1.0))
        return (Step(title=f"take {of_plan(plan, plan.revision)} back", target=self.target, effect=effect),)

    async def wrong(self, plan: Plan) -> str:
        """What the program that verifies says."""
        if not self._options.verify or not plan.revision:
            return ""
        words = self._words(self._options.verify, await self.revision_of(plan), plan.before, 1.0)
        try:
            await self._run.read(words)
        except OutsideError as error:
            if error.fault is Fault.STATUS:
                return f"not verified: {error.detail}"
            raise
        return ""

    def _verified(self, to: Revision) -> str:
        """The program that verifies, for reading; what is live by then is not known here."""
        verify = self._options.verify
        named = any("{live}" in word for word in verify)
        words = verify if named else argv_of(verify, values_of(to, "", 1.0, str(self._options.ids)))
        return scrub(f"{shlex.join(words)}, which must end with 0", 400)

    def _words(self, argv: Sequence[str], to: Revision, live: str, share: float) -> tuple[str, ...]:
        if not live and any("{live}" in word for word in argv):
            raise RefusedError("which revision is live is not known, and the command names it")
        return argv_of(argv, values_of(to, live, share, str(self._options.ids)))


def _build(options: CommandOptions, reach: ActReach) -> Rolling:
    return CommandRolling(options, reach)


def _staged(options: CommandOptions) -> bool:
    return any("{share}" in word or "{percent}" in word for word in options.to)


def _missing(options: CommandOptions, root: Path) -> dict[str, str]:
    return missing_programs(
        root, list=options.list, to=options.to, live=options.live, verify=options.verify, undo=options.undo
    )


KIND = Kind[Rolling](name="command", options=CommandOptions, build=_build, staged=_staged, missing=_missing)
