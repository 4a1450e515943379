"""What to call a process: the script, module or program that it runs, and nothing else of its command line.

Arguments hold tokens and passwords often enough that none of them is ever shown; where it cannot be told which one is
the script, the program's own name has to do.
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

_NUMBERED = re.compile(r"[\d.]+$")
_SUFFIXES = frozenset(
    {".py", ".pyw", ".sh", ".bash", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php", ".jar", ".exe"}
)
_NAME = re.compile(r"[\w.@+-]{1,64}", re.ASCII)
_CLUSTER = re.compile(r"-[A-Za-z]+")

_INLINE = {
    **dict.fromkeys(("python", "pypy", "sh", "bash", "dash", "zsh", "ksh", "fish"), "c"),
    **dict.fromkeys(("perl", "ruby"), "e"),
    **dict.fromkeys(("node", "nodejs"), "ep"),
    "php": "r",
    "deno": "",
    "bun": "e",
    "java": "",
    "env": "",
    "uv": "",
    "poetry": "",
}
"""Programs that run something else, and the letters of their options that are followed by code."""

_WITH_VALUE = frozenset(
    {"-W", "-X", "-r", "--require", "--import", "--loader", "-cp", "-classpath", "--class-path", "-I"}
)
_RUN = frozenset({"run", "exec"})


def program_name(argv: Sequence[str]) -> str:
    """The name of what `argv` runs, at most 64 characters: `planner` for `python3 -u /opt/fleet/planner.py --key …`."""
    program = _stem(argv[0]) if argv else ""
    interpreter = _NUMBERED.sub("", program)
    if interpreter not in _INLINE:
        return program
    return _script(interpreter, argv[1:]) or program


def _script(interpreter: str, arguments: Sequence[str]) -> str:
    """The script, module or jar among an interpreter's arguments; empty where it is code, or cannot be told."""
    sure = True
    rest = iter(range(len(arguments)))
    for place in rest:
        argument, after = arguments[place], arguments[place + 1 : place + 2]
        if argument == "-m" and interpreter in ("python", "pypy"):
            return _shown(after[0]) if after else ""
        if argument == "-jar":
            return _stem(after[0]) if after else ""
        if argument == "--eval" or (_CLUSTER.fullmatch(argument) and argument[-1] in _INLINE[interpreter]):
            return ""
        if argument in _WITH_VALUE:
            next(rest, None)
        elif argument.startswith("-"):
            # An option that is not known may be followed by a value, which must not be taken for the script.
            sure = sure and bool("=" in argument or _CLUSTER.fullmatch(argument))
        elif (argument in _RUN and interpreter in ("uv", "deno", "bun", "poetry")) or (
            interpreter == "env" and "=" in argument
        ):
            continue
        elif sure or PurePath(argument).suffix in _SUFFIXES:
            return program_name(arguments[place:])
    return ""


def _stem(path: str) -> str:
    """A program's name without folder and script suffix; a package's `__main__.py` is called like the package."""
    pure = PurePath(path.lstrip("-"))
    if pure.name == "__main__.py":
        return _shown(pure.parent.name)
    return _shown(pure.stem if pure.suffix in _SUFFIXES else pure.name)


def _shown(name: str) -> str:
    return name if _NAME.fullmatch(name) else ""
