"""`fleetdeck rules test`: unit tests of rules, in the format and with the verdicts of `promtool test rules`."""

from pathlib import Path

import click

from config.rule_files import read_rules
from config.rule_tests import read_rule_tests, rule_files_of
from fleet.errors import ConfigError
from fleet.rules.testing.run import failures
from fleet.text import scrub, scrub_lines

_CHARS = 100_000
"""Characters of one difference that are printed."""


@click.command("test")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.pass_context
def test_command(context: click.Context, files: tuple[Path, ...]) -> None:
    """Run unit tests of rules, in promtool's format, and print what does not hold.

    Exits 0 when all hold, 1 when one does not or a file cannot be read, 2 on wrong usage.

    \b
    fleetdeck rules test tests/*.yml
    """
    failed = [not _holds(path) for path in files]
    context.exit(1 if any(failed) else 0)


def _holds(path: Path) -> bool:
    """Run one file and say how it went, as promtool does: names and SUCCESS on stdout, what is wrong on stderr."""
    click.echo(f"Unit Testing:  {scrub(str(path), _CHARS)}")
    wrong = _wrong(path)
    if not wrong:
        click.echo("  SUCCESS\n")
        return True
    click.echo("  FAILED:", err=True)
    for text in wrong:
        click.echo(scrub_lines(text, _CHARS), err=True)
    click.echo()
    return False


def _wrong(path: Path) -> list[str]:
    try:
        tests = read_rule_tests(path)
        paths, missing = rule_files_of(tests, path.parent)
    except ConfigError as error:
        return str(error).splitlines()
    for pattern in missing:
        click.echo(f"  WARNING: no file match pattern {scrub(pattern, _CHARS)}", err=True)
    if not tests.scenarios:
        return []
    rules = read_rules(paths)
    if rules.errors:
        return [str(problem) for problem in rules.errors]
    return failures(tests, rules.groups)
