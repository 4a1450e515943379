"""`fleetdeck init`: look at this machine once, and write a configuration that watches what is there."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.settings import Failure
from config.find import FILE_NAME

if TYPE_CHECKING:
    from cli.survey.finds import Finds


@click.command("init")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path(FILE_NAME),
    show_default=True,
    metavar="FILE",
    help="Where to write; - is stdout.",
)
@click.option("--name", metavar="NAME", help="Name of the fleet; without it that of the folder.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Ask the known ports of this host, too. Without it nothing but loopback is asked.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(output: Path, name: str | None, hosts: tuple[str, ...], force: bool) -> None:
    """Look at this machine and write a configuration that watches it.

    Asked are ports on which something listens here and those that agents' servers are known for (GET of a few
    well-known paths), the keys of a Redis, the documents in this folder, and this machine's processes. Only what
    could be read goes into the file.

    \b
    fleetdeck init              writes ./fleetdeck.yaml
    fleetdeck init -o -         shows what it would write
    """
    write(output, name, hosts, force=force)


def write(output: Path, name: str | None = None, hosts: tuple[str, ...] = (), *, force: bool = False) -> None:
    """Look around and write the file. Raises Failure where it is there already, or cannot be written."""
    from cli.kinds import kind_tables
    from cli.survey.survey import look_around
    from cli.survey.text import busy_words, configuration
    from fleet.clock import SystemClock

    to_stdout = str(output) == "-"
    if not to_stdout and not force and os.path.lexists(output):
        raise Failure(f"{output} is there already; --force writes over it, -o FILE writes another")
    base = Path.cwd() if to_stdout else output.absolute().parent
    click.echo("looking at this machine's ports, documents and processes …", err=True)
    finds = asyncio.run(look_around(Path.cwd(), base, kind_tables(), hosts))
    text = configuration(finds, name or Path.cwd().name or "fleet", SystemClock().now())
    if to_stdout:
        click.echo(text, nl=False)
        return
    _write(output, text, force=force)
    click.echo(f"{output}: {_summary(finds)}", err=True)
    if finds.busy:
        click.echo(busy_words(finds), err=True)
    click.echo("next: fleetdeck", err=True)


def _write(output: Path, text: str, *, force: bool) -> None:
    try:
        # "x": who made a file there meanwhile keeps it.
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror or error}") from error


def _summary(finds: "Finds") -> str:
    counts: tuple[tuple[int, str], ...] = (
        (len(finds.agents), "agent"),
        (len(finds.of("discovery")), "more discovery source"),
        (len(finds.of("queues")), "queue"),
        (len(finds.of("backlog")), "backlog"),
    )
    if finds.of("alerts"):
        counts = (*counts, (len(finds.of("alerts")), "alert source"))
    return ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts)
