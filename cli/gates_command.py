"""`fleetdeck gates`: do the quality gates hold? Its exit code can block a roll-out."""

from pathlib import Path

import click

from cli.get import FORMATS, rows_of
from cli.options import config_option, wait_option, watch_option
from cli.plain_output import write_data
from cli.settings import load_config, start_logging
from fleet.errors import ConfigError
from fleet.gates.model import GateState

FAIL = 1
NO_DATA = 3
"""Exit codes. One that fails says more than one that is not known."""


@click.command("gates")
@config_option
@click.option(
    "-o", "--output", type=click.Choice(["table", "json", "jsonl", "csv"]), default="table", show_default=True
)
@wait_option
@watch_option
@click.pass_context
def gates(ctx: click.Context, config_path: Path | None, output: str, wait_s: float, watch_s: float) -> None:
    """Evaluate the gates of the configuration: what is claimed beside what is observed, and whether the target holds.

    Exits 0 where all gates pass, 1 where one fails, 3 where none fails but one has no data.

    \b
    fleetdeck gates --watch 2m && ./roll-out
    """
    from cli.observing import observe
    from fleet.filters.filter import parse_filter
    from fleet.filters.saved import NO_FILTERS
    from fleet.time_style import EXACT_STYLE
    from fleet.views.gates import VIEW

    start_logging()
    config = load_config(config_path or ctx.obj["config"])
    if not config.gates:
        raise ConfigError(
            f"{config.path}: gates: there are none (write one, such as 'up: {{expr: ..., target: \">99.9%\"}}')"
        )
    store = observe(config, wait_s, watch_s=watch_s).store
    store.times = EXACT_STYLE
    write_data(FORMATS[output](VIEW, rows_of(store, VIEW, parse_filter("", VIEW, NO_FILTERS))), output)
    states = {row.state for row in store.gates.values()}
    ctx.exit(FAIL if GateState.FAIL in states else NO_DATA if GateState.NO_DATA in states else 0)
