"""`fleetdeck config validate|show`: is a configuration right, and where does every value of it come from."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct

from cli.act_notes import act_notes
from cli.kinds import kind_tables
from cli.settings import MESSAGE_CHARS
from config.find import HOW_TO_GET_ONE, find_config
from config.load import Examined, examine
from config.schema import Config
from config.show import rows, text
from config.values import SecretRef
from fleet.errors import ConfigError
from fleet.text import scrub, scrub_json, scrub_lines

WRONG = 2
"""Exit code for a configuration that is invalid, or that is not there."""

_FILE = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group("config")
def config_group() -> None:
    """Check a configuration, or show it with the origin of every value.

    FILE is taken from --config where it is not given, else ./fleetdeck.yaml, else
    $XDG_CONFIG_HOME/fleetdeck/config.yaml.
    """


@config_group.command("validate")
@_FILE
@click.pass_context
def validate(context: click.Context, file: Path | None) -> None:
    """Say whether FILE is right; name every mistake with its line, and exit 2, where it is not."""
    examined = _examined(context, file)
    for note in _missing_secrets(examined.config):
        click.echo(f"note: {scrub(note)}", err=True)
    _check_rules(context, examined.config)
    _check_slos(context, examined.config)
    for note in act_notes(examined.config):
        click.echo(f"note: {scrub(note, MESSAGE_CHARS)}", err=True)
    click.echo(f"ok: {summary(examined.config)}")


@config_group.command("show")
@_FILE
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def show(context: click.Context, file: Path | None, output: str) -> None:
    """Print every value of FILE and where it came from: a line, another key, or a default. Secrets are ***."""
    examined = _examined(context, file)
    if output == "json":
        click.echo(scrub_json(msgspec.json.format(msgspec.json.encode(rows(examined)), indent=2).decode()))
    else:
        click.echo(text(examined), nl=False)


def _examined(context: click.Context, file: Path | None) -> Examined:
    """The configuration that is meant; ends the command with exit code 2 where there is none, or it is wrong."""
    settings = context.find_object(dict) or {}
    path = find_config(file or settings.get("config"), Path.cwd(), os.environ)
    if path is None:
        click.echo(HOW_TO_GET_ONE, err=True, nl=False)
        context.exit(WRONG)
    try:
        return examine(path, kind_tables())
    except ConfigError as error:
        click.echo(scrub_lines(str(error), MESSAGE_CHARS), err=True)
        context.exit(WRONG)


def summary(config: Config) -> str:
    """How many of each there are: `2 discovery sources, 1 queue, 0 backlogs`; of what few have, where there is any."""
    counts: tuple[tuple[int, str], ...] = (
        (len(config.discovery), "discovery source"),
        (len(config.queues), "queue"),
        (len(config.backlog), "backlog"),
    )
    named = (
        (len(config.alerts), "alert source"),
        (len(config.slos), "objective"),
        (len(config.gates), "gate"),
        (len(config.templates), "template"),
        (len(config.rollbacks), "rollback"),
    )
    counts = (*counts, *(one for one in named if one[0]))
    return ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts)


def _check_rules(context: click.Context, config: Config) -> None:
    """Say what is wrong with the rule files that are named; ends the command with exit code 2 where one is wrong."""
    if not (config.rules or config.default_rules):
        return
    from config.rule_files import named_rules

    read = named_rules(config.rules, config.root, defaults=config.default_rules)
    for problem in read.problems:
        click.echo(f"{'note: ' if problem.warning else ''}{problem}", err=True)
    if read.errors:
        context.exit(WRONG)


def _check_slos(context: click.Context, config: Config) -> None:
    """The same of the SLO files."""
    if not config.slo_files:
        return
    from config.slo.files import named_slos

    read = named_slos(config.slo_files, config.root)
    for note in read.notes:
        click.echo(f"note: {scrub(note, MESSAGE_CHARS)}", err=True)
    for problem in read.problems:
        click.echo(scrub(problem, MESSAGE_CHARS), err=True)
    if read.problems:
        context.exit(WRONG)


def _missing_secrets(config: Config) -> Iterator[str]:
    """What keeps secrets from being read here and now. The configuration is right even so."""
    for entry in config.entries:
        for reference in references(entry.options):
            try:
                reference.read(config.root)
            except ConfigError as error:
                yield f"{entry.where}: {error}"


def references(value: Any) -> Iterator[SecretRef]:
    """Every secret that the options of an entry name."""
    if isinstance(value, SecretRef):
        yield value
    elif isinstance(value, Struct):
        yield from references(list(msgspec.structs.asdict(value).values()))
    elif isinstance(value, dict):
        yield from references(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from references(one)
