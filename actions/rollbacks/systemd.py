"""A unit of systemd: restarted as it is, or after the link that it starts from was moved to another release.

What a restart came to is told by the unit itself: it is active, and its main process is another one than before."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from actions.reverting.commands import Runner, missing_programs, program_fact
from actions.reverting.listing import lines_of
from actions.reverting.way import Way, only_whole, read_result
from actions.rollbacks.symlink import SymlinkOptions, SymlinkRolling
from config.kinds import Kind, never
from config.values import FilePath, Regex, Seconds
from fleet.actions.action import Result, StepRead, Verdict
from fleet.actions.plan import Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions
from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from fleet.times import parse_time

RESTART = "restart"
_SHOWN = ("ActiveState", "SubState", "MainPID", "ActiveEnterTimestamp", "LoadState", "InvocationID")


class SystemdOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit, and where it starts from a link, the link and its releases."""

    unit: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,200}$")]
    """The unit, such as `gateway.service`."""
    user: bool = False
    """Whether it is a unit of the user's own manager (`--user`)."""
    program: FilePath = "systemctl"
    """The program that is asked and told; one that takes the same words may stand in."""
    link: FilePath | None = None
    """The symbolic link that the unit starts from; without it there is nothing to choose, and it is restarted."""
    releases: FilePath | None = None
    """The folder whose folders are the releases that the link may point to."""
    match: Regex = Regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,120}")
    """RE2 pattern of the whole name of a release."""
    note: Annotated[str, Meta(max_length=200, pattern=r"^[^/]*$")] = ""
    """Name of a file in each release whose first line says what changed."""
    timeout: Seconds = Seconds(90)
    """How long a restart may take."""

    def __post_init__(self) -> None:
        if (self.link is None) != (self.releases is None):
            raise ValueError("link and releases go together")


class SystemdRolling(Way):
    """Restarts a unit."""

    def __init__(self, options: SystemdOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self._run = Runner(reach, Path("/"), _session() if options.user else {}, options.timeout)
        self._link = _link_of(options, reach)
        self.listed = self._link is not None
        self.target = options.unit

    async def revisions(self) -> Revisions:
        """The releases of the link; without one the unit as it runs, and a restart of it."""
        said = await self._show()
        if self._link is not None:
            return replace(await self._link.revisions(), target=self.target)
        now = Revision(
            id=_process(said),
            name=f"{said['ActiveState']} ({said['SubState']})",
            at=parse_time(_plain_time(said["ActiveEnterTimestamp"])),
            changed=f"main process {said['MainPID']}",
            live=True,
        )
        again = Revision(id=RESTART, name=RESTART, changed="the unit restarted as it is")
        return Revisions(target=self.target, revisions=(now, again), preferred=RESTART)

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The unit as it is, and where its link points."""
        said = await self._show()
        state = f"{said['ActiveState']} ({said['SubState']}), main process {said['MainPID']}"
        facts = [
            program_fact(self._run.planned((self._options.program,)).argv[0]),
            Fact("unit", f"{self._options.unit}: {state}", bad=said["LoadState"] not in ("loaded", "")),
        ]
        if self._link is not None:
            facts += await self._link.facts(to)
        return tuple(facts)

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """The link is moved, the unit is restarted, and asked for its process."""
        only_whole(shares, "a unit")
        before = () if self._link is None else await self._link.steps(to, shares)
        said = await self._show()
        restart = self._run.planned(self._words("restart", "--", self._options.unit))
        show = self._run.planned(self._words("show", f"--property={','.join(_SHOWN)}", "--", self._options.unit))
        return (
            *before,
            Step(title=f"restart {self._options.unit}", target=self.target, effect=restart),
            Step(
                title=f"look whether it is active with another main process than {said['MainPID']}",
                target=self.target,
                effect=show,
            ),
        )

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """A restart has no way back."""
        if self._link is None:
            return ("a restart cannot be taken back: what the process held in memory is lost",)
        return (*self._link.undo(to, live), f"{self._options.unit} is restarted again")

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """The process that is ended."""
        said = await self._show()
        return (f"process {said['MainPID']} of {self._options.unit} is ended, with its connections and its memory",)

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """The last step says which process runs now; one that is still the old one was not restarted."""
        read = read_result(step, result)
        if step != plan.steps[-1] or read.verdict is not Verdict.DONE:
            return read
        said = _properties(result.text)
        old = step.title.rpartition(" ")[2]
        if said["ActiveState"] != "active":
            return StepRead(verdict=Verdict.FAILED, sentence=f"{self._options.unit} is {said['ActiveState']}")
        if not said["MainPID"] or said["MainPID"] in ("0", old):
            return StepRead(verdict=Verdict.FAILED, sentence=f"main process {said['MainPID']} is the one of before")
        return StepRead(verdict=Verdict.DONE, sentence=f"active, main process {said['MainPID']}")

    def in_place(self, plan: Plan) -> str:
        """As `Way.in_place`; of a unit that was only restarted, how that was seen."""
        if self._link is not None:
            return super().in_place(plan)
        return f"{self._options.unit} is active, with another main process than before"

    async def wrong(self, plan: Plan) -> str:
        """Whether the unit is active, with another process than when it was planned."""
        said = await self._show()
        if said["ActiveState"] != "active":
            return f"{self._options.unit} is {said['ActiveState']} ({said['SubState']})"
        old = plan.steps[-1].title.rpartition(" ")[2] if plan.steps else ""
        if said["MainPID"] == old:
            return f"{self._options.unit} still has main process {old}"
        return ""

    async def _show(self) -> dict[str, str]:
        words = self._words("show", f"--property={','.join(_SHOWN)}", "--", self._options.unit)
        said = _properties(await self._run.read(words))
        if said["LoadState"] == "not-found":
            raise OutsideError(Fault.MISSING, f"there is no unit {self._options.unit}")
        if not said["ActiveState"]:
            raise OutsideError(Fault.PAYLOAD, f"{self._options.program} says nothing of {self._options.unit}")
        return said

    def _words(self, *words: str) -> tuple[str, ...]:
        scope = ("--user",) if self._options.user else ()
        return (self._options.program, *scope, "--no-pager", "--no-ask-password", *words)


def _link_of(options: SystemdOptions, reach: ActReach) -> SymlinkRolling | None:
    if options.link is None or options.releases is None:
        return None
    made = SymlinkOptions(link=options.link, releases=options.releases, match=options.match, note=options.note)
    return SymlinkRolling(made, reach)


def _session() -> dict[str, str]:
    """Where the user's own manager is asked: the one folder of the session that `systemctl --user` needs."""
    return {"XDG_RUNTIME_DIR": f"/run/user/{os.getuid()}"}


def _properties(text: str) -> dict[str, str]:
    """`Name=value` lines; "" for what is not said."""
    pairs = (line.partition("=") for line in lines_of(text) if "=" in line)
    said = {name.strip(): scrub(value.strip(), 200) for name, _, value in pairs}
    return {name: said.get(name, "") for name in _SHOWN}


def _process(said: dict[str, str]) -> str:
    return f"{said['ActiveState']}:{said['MainPID']}"


def _plain_time(text: str) -> str:
    """`Sat 2026-11-21 20:11:12 UTC` as it is read: without the day of the week."""
    words = text.split()
    return f"{words[1]}T{words[2]}Z" if len(words) == 4 and words[3] == "UTC" else ""


def _build(options: SystemdOptions, reach: ActReach) -> Rolling:
    return SystemdRolling(options, reach)


def _missing(options: SystemdOptions, root: Path) -> dict[str, str]:
    return missing_programs(root, program=(options.program,))


KIND = Kind[Rolling](name="systemd", options=SystemdOptions, build=_build, staged=never, missing=_missing)
