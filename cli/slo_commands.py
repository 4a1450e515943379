"""`fleetdeck slo check|import`: are SLO files right, and which targets does a fleet name already."""

from pathlib import Path

import click

from cli.settings import MESSAGE_CHARS
from cli.slo_import import section
from config.file_text import read_text, shown_path
from config.problems import Problems
from config.slo.files import read_slos
from config.slo.targets import Target, targets_of
from fleet.errors import ConfigError
from fleet.slo.definition import SloDefinition
from fleet.slo.model import Budgeting
from fleet.slo.windows import window_text
from fleet.text import scrub, scrub_lines

_WRONG = 1
"""Exit code where a file is wrong, as that of `rules check`; 2 is a usage error."""
_FILE_BYTES = 16 * 1024 * 1024
_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")


@click.group("slo")
def slo_group() -> None:
    """Check SLO files, or make objectives of the targets that a fleet's own files name."""


@slo_group.command("check")
@_FILES
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...]) -> None:
    """Say what is wrong with SLO files (OpenSLO v1, Pyrra, sloth), each mistake with its line, and what they hold.

    Files are read together, so that one may name what another defines. Exits 0 when all are right, 1 when one is not.

    \b
    fleetdeck slo check slos/*.yaml
    """
    read = read_slos(files)
    for definition in read.definitions:
        click.echo(scrub(_summary(definition), MESSAGE_CHARS))
    for note in read.notes:
        click.echo(f"note: {scrub(note, MESSAGE_CHARS)}", err=True)
    for problem in read.problems:
        click.echo(scrub(problem, MESSAGE_CHARS), err=True)
    right, wrong = len(read.definitions), len(read.problems)
    click.echo(f"{right} {'SLO is' if right == 1 else 'SLOs are'} right, {wrong} problem{'' if wrong == 1 else 's'}")
    context.exit(_WRONG if read.problems else 0)


@slo_group.command("import")
@_FILES
@click.pass_context
def import_targets(context: click.Context, files: tuple[Path, ...]) -> None:
    """Print a `slos:` section made of the targets in FILES: uptime, response times, error rates.

    Reads settings (.json, .yaml), saved metrics pages, and the lists of goals in plans (.md). Nothing is written; look
    at what is printed, then paste it into your configuration.

    \b
    fleetdeck slo import config/alert_config.json plans/*.md
    curl -s localhost:8080/metrics > page.prom; fleetdeck slo import page.prom
    """
    targets: list[Target] = []
    wrong: list[str] = []
    for path in dict.fromkeys(files):
        file, problems = shown_path(path), Problems()
        try:
            targets += targets_of(read_text(path, _FILE_BYTES), file, problems)
        except ConfigError as error:
            wrong.append(str(error))
        wrong += problems.lines(file)
    click.echo(section(targets), nl=False)
    for line in wrong:
        click.echo(scrub_lines(line, MESSAGE_CHARS), err=True)
    context.exit(_WRONG if wrong else 0)


def _summary(definition: SloDefinition) -> str:
    targets = ", ".join(f"{one.target * 100:.6g}%" for one in definition.objectives)
    slices = "" if definition.budgeting is Budgeting.OCCURRENCES else f", {definition.budgeting.value}"
    return f"{definition.place}: {definition.name}: {targets} over {window_text(definition.window)}{slices}"
