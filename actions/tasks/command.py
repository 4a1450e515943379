"""Tasks that are a program of this machine: an argument list from the configuration, never a shell.

Its exit code says what became of it, and nothing more is to be followed. Of one that was ended before it could say so
nobody knows what it did.
"""

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from actions.performing.secrets import read_secret
from actions.submission.answers import failed, unanswered
from actions.submission.each import Wanted, step_each
from actions.submission.texts import named_in, secret_name
from config.kinds import Kind, nothing
from config.problems import is_secret_key
from config.values import FilePath, Seconds, SecretRef
from fleet.actions.action import ActionState, Observed, Result, Sent, StepRead, Verdict
from fleet.actions.placeholders import ANY_NAME, fill_argv, fill_word, read_argv, read_pattern, told_text
from fleet.actions.plan import CommandRun, Plan, SecretName, Step
from fleet.actions.ports import ActReach, Submitting
from fleet.errors import ConfigError
from fleet.text import scrub

Variable = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Word = Annotated[str, Meta(max_length=100_000)]

BASE: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
"""The environment of a program beside what the configuration gives it."""
_OWN_NAMES: Final = frozenset({"key", "to"})
_NOBODY_KNOWS: Final = "nobody saw how it ended: look at what it works on"


class CommandOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: command`."""

    argv: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=1000)]
    """The program and its arguments, each a text of its own; `"{name}"` in an argument stands for a field."""
    cwd: FilePath | None = None
    """The folder that it works in; without it, the configuration's."""
    env: dict[Variable, Word] = {}
    """Variables of its environment, with placeholders. Beside them it has `PATH` and `LANG` only."""
    pass_env: tuple[Variable, ...] = ()
    """Variables that it gets from the environment of fleetdeck. They are shown in the plan, but for those whose names
    tell that they are secrets."""
    secrets: dict[Variable, SecretRef] = {}
    """Variables of its environment that are secrets."""
    dash: tuple[str, ...] = ()
    """Fields whose values may begin with `-` where they begin an argument."""
    success: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = (0,)
    """Exit codes that say that it was done."""
    timeout: Seconds = Seconds(60)
    """How long it may take."""
    kill_after: Seconds = Seconds(5)
    """Time between TERM and KILL where it is ended."""
    output_bytes: Annotated[int, Meta(ge=1024, le=1_000_000)] = 1_000_000
    """Bytes of its output that are kept, the first and the last half; of all commands of a batch together as many. On
    disk it is 64,000 characters at most."""

    def __post_init__(self) -> None:
        try:
            read_argv(self.argv, ANY_NAME)
            for text in self.env.values():
                read_pattern(text, ANY_NAME)
        except ConfigError as error:
            raise ValueError(f"argv: {error}") from error
        twice = [*self.env, *self.pass_env, *self.secrets]
        for name in twice:
            if twice.count(name) > 1:
                raise ValueError(f"env: {name} is given twice")


class CommandSubmitting:
    """Implements `fleet.actions.ports.Submitting`. `environ` is where passed variables are looked up."""

    def __init__(self, options: CommandOptions, reach: ActReach, environ: Mapping[str, str]) -> None:
        self._options = options
        self._reach = reach
        self._environ = environ
        self._argv = read_argv(options.argv, ANY_NAME)
        self._env = {name: read_pattern(text, ANY_NAME) for name, text in options.env.items()}
        self.target = options.argv[0]
        self.cancels = False
        self.askable = False
        self.asked_by: tuple[str, ...] = ()

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        patterns = (*self._argv, *self._env.values())
        named = frozenset(name for pattern in patterns for name in pattern.names) | frozenset(self._options.dash)
        return named - _OWN_NAMES

    def undo(self) -> tuple[str, ...]:
        """What taking it back would take."""
        return ("What a program did is not known here, nor how to take it back.",)

    def title(self, values: Mapping[str, Any], untold: Collection[str] = ()) -> str:
        """What is run, in a line."""
        words = (told_text(word, values, {"key", *untold}) for word in self._argv)
        return f"run {scrub(' '.join(filter(None, words)), 120)}"

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """Nothing: what the program takes stands in the configuration."""
        return {}, ()

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """One process an item."""
        return await step_each(items, to, key, self._step)

    def _step(self, one: Wanted) -> Step:
        options, values = self._options, one.values
        argv = fill_argv(self._argv, values, options.dash)
        effect = CommandRun(
            argv=argv,
            cwd=os.path.realpath(self._reach.root / (options.cwd or ".")),
            env=BASE | self._passed() | {name: fill_word(text, values) for name, text in self._env.items()},
            secrets=self._secrets(),
            timeout_s=float(options.timeout),
            kill_after_s=float(options.kill_after),
            output_bytes=options.output_bytes,
        )
        return Step(title=self.title({}), target=values["to"] or self.target, effect=effect, item=one.number)

    def _passed(self) -> dict[str, str]:
        plain = (name for name in self._options.pass_env if not is_secret_key(name))
        return {name: self._environ[name] for name in plain if name in self._environ}

    def _secrets(self) -> dict[str, SecretName]:
        passed = (name for name in self._options.pass_env if is_secret_key(name))
        found = {name: SecretName(env=name) for name in passed if self._environ.get(name)}
        named = {name: secret_name(ref) for name, ref in self._options.secrets.items()}
        return found | {name: one for name, one in named.items() if one is not None}

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """Its folder, its program and its secrets must be there."""
        found: dict[str, None] = {}
        for effect in (step.effect for step in plan.steps if isinstance(step.effect, CommandRun)):
            for sentence in self._missing(effect):
                found[sentence] = None
        return tuple(found)

    def _missing(self, effect: CommandRun) -> list[str]:
        if not Path(effect.cwd).is_dir():
            return [f"there is no folder {scrub(effect.cwd)}"]
        missing = []
        if not _is_there(effect.argv[0], effect.cwd, effect.env.get("PATH")):
            missing.append(_no_program(effect.argv[0]))
        for name in effect.secrets.values():
            try:
                read_secret(name, self._reach.root)
            except ConfigError as error:
                missing.append(str(error))
        return missing

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What its exit code means."""
        silent = unanswered(result)
        if result.sent is not Sent.YES and silent is not None:
            if result.timed_out:
                return StepRead(verdict=Verdict.UNKNOWN, sentence=f"{result.fault}; what it had done by then stays")
            return silent
        found = {"exit": str(result.status)}
        last = _last_line(result.text)
        said = f": {last}" if last else ""
        if result.status in self._options.success:
            return StepRead(verdict=Verdict.DONE, sentence=f"exit code {result.status}{said}", found=found)
        return failed(f"{result.fault or f'exit code {result.status}'}{said}")

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """What is known already: there is nobody to be asked."""
        return {
            number: Observed(state=ActionState.SUCCEEDED, sentence=f"exit code {found['exit']}", final=True)
            if "exit" in found
            else Observed(state=ActionState.UNKNOWN, sentence=_NOBODY_KNOWS, final=True)
            for number, found in items.items()
        }

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """None: one that runs is ended with the act itself."""
        return ()


def _last_line(text: str) -> str:
    for line in reversed(text[-4000:].splitlines()):
        if line.strip():
            return scrub(line.strip(), 160)
    return ""


def _build(options: CommandOptions, reach: ActReach) -> Submitting:
    return CommandSubmitting(options, reach, os.environ)


def _named(options: CommandOptions) -> Mapping[str, frozenset[str]]:
    dash = frozenset(options.dash) - _OWN_NAMES
    return {**named_in(_OWN_NAMES, argv=options.argv, env=options.env), "dash": dash}


def _missing(options: CommandOptions, root: Path) -> Mapping[str, str]:
    folder = os.path.realpath(root / (options.cwd or "."))
    if not Path(folder).is_dir():
        return {"cwd": f"there is no folder {scrub(folder)}"}
    env = BASE | options.env
    return {} if _is_there(options.argv[0], folder, env["PATH"]) else {"argv": _no_program(options.argv[0])}


def _is_there(program: str, folder: str, path: str | None) -> bool:
    return shutil.which(Path(folder) / program if "/" in program else program, path=path) is not None


def _no_program(program: str) -> str:
    return f"there is no program {scrub(program)}, or it must not be run"


KIND = Kind[Submitting](
    name="command", options=CommandOptions, build=_build, named=_named, offers=nothing, missing=_missing
)
