"""`fleetdeck query`: one PromQL expression over what a sweep of the fleet brought in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import config_option, wait_option, watch_option
from cli.plain_output import write_data
from cli.settings import load_config, start_logging
from fleet.errors import QueryError
from fleet.text import scrub
from fleet.times import parse_time

if TYPE_CHECKING:
    from config.schema import Config
    from fleet.promql.evaluate import Answer


class TimeType(click.ParamType[datetime]):
    """RFC 3339 or epoch seconds → a moment."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        when = value if isinstance(value, datetime) else parse_time(value)
        if when is None:
            self.fail(f"{value!r} is no time such as 2026-11-21T10:00:00Z or 1795255200", param, ctx)
        return when.astimezone(UTC)


Ask = Callable[[datetime | None], "tuple[Answer, int]"]
"""The answer at a time, now where it is None, and that time in milliseconds. Raises QueryError."""


def _of_the_fleet(config: "Config", expr: str, wait_s: float, watch_s: float) -> Ask:
    """What a sweep brings in, evaluated here. Raises QueryError where the expression is wrong."""
    from cli.observing import observe
    from fleet.promql.evaluate import instant
    from fleet.promql.parse import parse

    asked = parse(expr)
    seen = observe(config, wait_s, wanted=asked.wanted, watch_s=watch_s)

    def ask(at: datetime | None) -> "tuple[Answer, int]":
        at_ms = round((at or seen.now).timestamp() * 1000)
        return instant(asked, seen.samples, at_ms), at_ms

    return ask


def _of_prometheus(config: "Config", expr: str) -> Ask:
    """What the Prometheus of the configuration answers. Raises Failure where there is none, or it does not answer."""
    from cli.asking import ask_prometheus

    return lambda at: ask_prometheus(config, expr, at)


@click.command("query")
@click.argument("expr")
@config_option
@click.option("--time", "at", type=TimeType(), metavar="TIME", help="When: RFC 3339 or epoch seconds; now by default.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--source",
    type=click.Choice(["own", "prometheus"]),
    default="own",
    show_default=True,
    help="What is asked: a sweep of the fleet, or the Prometheus of the configuration.",
)
@wait_option
@watch_option
@click.pass_context
def query(
    ctx: click.Context,
    expr: str,
    config_path: Path | None,
    at: datetime | None,
    output: str,
    source: str,
    wait_s: float,
    watch_s: float,
) -> None:
    """Evaluate a PromQL expression over the fleet: what its agents expose, and what fleetdeck observes of them.

    `-o json` is the envelope of Prometheus's HTTP API. Exits 1 where the expression cannot be answered, 2 where it is
    wrong.

    \b
    fleetdeck query 'count by (state) (fleetdeck_agent_state == 1)'
    fleetdeck query 'sum(rate(agent_tasks_completed_total[1m]))' --watch 1m
    fleetdeck query 'up == 0' -o json | jq '.data.result[].metric.instance'
    """
    from fleet.promql.answer import envelope, error_envelope

    start_logging()
    config = load_config(config_path or ctx.obj["config"])
    ask = _of_prometheus(config, expr) if source == "prometheus" else _of_the_fleet(config, expr, wait_s, watch_s)
    try:
        answer, at_ms = ask(at)
    except QueryError as error:
        if output == "json":
            write_data(json.dumps(error_envelope(error)) + "\n", output)
        else:
            click.echo(f"fleetdeck: {scrub(str(error))}", err=True)
        ctx.exit(1)
    if output == "json":
        write_data(json.dumps(envelope(answer, at_ms)) + "\n", output)
        return
    from cli.query_table import as_lines

    for warning in answer.warnings:
        click.echo(f"fleetdeck: {scrub(warning)}", err=True)
    lines = as_lines(answer.value, at_ms)
    if not lines:
        click.echo("fleetdeck: no series match", err=True)
    write_data("".join(f"{line}\n" for line in lines), output)
