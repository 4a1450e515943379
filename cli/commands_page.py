"""docs/commands.md, made from the live commands: `python -m cli.commands_page`. A test fails where they differ."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.command_tree import CommandFacts, command_facts
from cli.man_page import ENVIRONMENT, EXIT_CODES, FILES

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
_HEAD = """\
# Commands

Made from the program by `python -m cli.commands_page`; the same as a manual page is [fleetdeck.1](fleetdeck.1), which
an installation puts where `man fleetdeck` finds it. stdout is data, stderr is narration.

`eval "$(fleetdeck completion bash)"` has the shell complete commands, options, views, filters with their columns and
values, saved filters, columns, orders, themes, zones, keys and the doctor's topics; zsh and fish have scripts, too.
"""


def commands_page() -> str:
    """The page as it should be."""
    from cli.main import main as command

    parts = [_HEAD]
    parts += ["\n".join(_section(one)) for one in command_facts(command, "fleetdeck")]
    for title, rows in (("Exit codes", EXIT_CODES), ("Environment", ENVIRONMENT), ("Files", FILES)):
        parts.append("\n".join([f"## {title}\n", "| | |", "|---|---|", *_rows(rows), ""]))
    return "\n".join(parts)


def _section(one: CommandFacts) -> Iterator[str]:
    yield f"## {one.name}\n"
    yield f"    {one.name} {one.usage}\n"
    for text, as_it_is in one.text:
        yield "\n".join(f"    {line}" for line in text.split("\n")) if as_it_is else text
        yield ""
    if one.name == "fleetdeck doctor":
        yield from _topics()
    if one.options:
        yield from ("| option | |", "|---|---|", *_rows(one.options), "")


def _topics() -> Iterator[str]:
    from cli.doctor.examination import topics

    yield from ("| topic | |", "|---|---|", *(f"| {one.name} | {one.about} |" for one in topics()), "")


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"| `{_cell(name)}` | {_cell(text)} |" for name, text in rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the page."""
    PAGE.write_text(commands_page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
