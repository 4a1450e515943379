"""`fleetdeck rules check|test`: are rule files right, and do their rules do what their tests say."""

from pathlib import Path

import click
import msgspec

from cli.rules_default import default_command
from cli.rules_test import test_command
from cli.settings import MESSAGE_CHARS
from config.file_text import shown_path
from config.rule_files import RuleFiles, read_rules
from fleet.text import scrub, scrub_json

_WRONG = 1
"""Exit code where a file is wrong, as promtool has it; 2 is a usage error."""


@click.group("rules")
def rules_group() -> None:
    """Check Prometheus rule files, or run their tests."""


rules_group.add_command(test_command)
rules_group.add_command(default_command)


@rules_group.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...], output: str) -> None:
    """Say what is wrong with rule files: the line, the group, the rule, and what would be right.

    Exits 0 when all files are right (warnings are no mistakes), 1 when one is not, 2 on wrong usage.

    \b
    fleetdeck rules check alerts.yml recording.yml
    fleetdeck rules check rules/*.yml -o json | jq '.problems[] | {line, rule, text}'
    """
    read = read_rules(files)
    if output == "json":
        click.echo(scrub_json(msgspec.json.format(msgspec.json.encode(_report(files, read)), indent=2).decode()))
    else:
        for path in dict.fromkeys(files):
            _print_file(shown_path(path), read)
        _print_rest({shown_path(path) for path in files}, read)
    context.exit(_WRONG if read.errors else 0)


def _print_file(file: str, read: RuleFiles) -> None:
    """As promtool: `Checking alerts.yml`, then what was found in it; mistakes go to stderr."""
    click.echo(f"Checking {scrub(file, MESSAGE_CHARS)}")
    problems = [problem for problem in read.problems if problem.file == file]
    for problem in problems:
        click.echo(f"  {'warning: ' if problem.warning else ''}{problem}", err=True)
    found = _rules(file, read)
    wrong = sum(not problem.warning for problem in problems)
    if wrong:
        click.echo(f"  FAILED: {wrong} problem{'' if wrong == 1 else 's'}; rules that are right: {found}\n")
    else:
        click.echo(f"  SUCCESS: {found} rules found\n")


def _print_rest(files: set[str], read: RuleFiles) -> None:
    for problem in read.problems:
        if problem.file not in files:
            click.echo(f"{'warning: ' if problem.warning else ''}{problem}", err=True)


def _rules(file: str, read: RuleFiles) -> int:
    return sum(len(group.rules) for group in read.groups if group.file == file)


def _report(files: tuple[Path, ...], read: RuleFiles) -> dict[str, object]:
    """`{files: [{file, rules, groups}], problems: [{file, line, group, rule, text, warning}]}`."""
    names = dict.fromkeys(shown_path(path) for path in files)
    return {
        "files": [
            {"file": name, "groups": sum(group.file == name for group in read.groups), "rules": _rules(name, read)}
            for name in names
        ],
        "problems": read.problems,
    }
