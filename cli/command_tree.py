"""The commands as data, read off the live ones, for the pages that are made from them."""

import inspect
from collections.abc import Iterator

import click
from msgspec import Struct


class CommandFacts(Struct, frozen=True, kw_only=True):
    """A command: `fleetdeck config show`, what follows it, what it does, its options.

    `text` is paragraphs in order; one whose second part is True stands line by line, as examples do.
    """

    name: str
    usage: str
    text: tuple[tuple[str, bool], ...]
    options: tuple[tuple[str, str], ...]


def command_facts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[CommandFacts]:
    """A command and all below it, in the order of their names, without what is hidden."""
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent, **command.context_settings)
    yield CommandFacts(
        name=name,
        usage=" ".join(command.collect_usage_pieces(context)),
        text=tuple(_paragraphs(command.help or "")),
        options=tuple(_options(command, context)),
    )
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None and not below.hidden:
                yield from command_facts(below, f"{name} {word}", context)


def _paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    for part in inspect.cleandoc(text).partition("\f")[0].split("\n\n"):
        as_it_is = part.startswith("\b")
        lines = part.removeprefix("\b").strip("\n")
        yield (lines if as_it_is else " ".join(lines.split())), as_it_is


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """How each is written, and what it does; `--help` is the same everywhere."""
    for param in command.get_params(context):
        record = param.get_help_record(context) if isinstance(param, click.Option) else None
        if record is not None and "--help" not in param.opts:
            yield record[0], " ".join(record[1].split())
