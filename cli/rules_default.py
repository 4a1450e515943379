"""`fleetdeck rules default`: the rules that ship with fleetdeck, to be read, or kept and changed."""

import click

from config.rule_files import DEFAULT_RULES


@click.command("default")
@click.option("--tests", is_flag=True, help="Print their unit tests instead.")
def default_command(*, tests: bool) -> None:
    """Print the rules that `default_rules: true` loads, a Prometheus rule file with a word on each.

    \b
    fleetdeck rules default > fleet.yml
    fleetdeck rules default --tests > fleet_test.yml
    fleetdeck rules test fleet_test.yml
    """
    path = DEFAULT_RULES.with_name("fleet_test.yml") if tests else DEFAULT_RULES
    click.echo(path.read_text(encoding="utf-8"), nl=False)
