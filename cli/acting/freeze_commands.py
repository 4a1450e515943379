"""`fleetdeck freeze`, `unlock`, `unfreeze`: whether any program of this user may write to the fleet. Nothing of the
fleet is looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from cli.acting.options import output_option
from cli.options import DurationType, config_option
from cli.plain_output import write_data
from cli.settings import Failure, load_config, operator, start_logging
from fleet.actions.action import Freeze
from fleet.clock import SystemClock
from fleet.store import Store
from fleet.text import scrub
from fleet.times import rfc3339

if TYPE_CHECKING:
    from actions.freezing import Freezing
    from config.schema import Config

Do = Callable[["Freezing"], Awaitable[Freeze]]
_UNLOCKED_THERE = "the configuration says read_only: that is unlocked where it is needed (:unlock)"

reason_option = click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")


@click.command("freeze")
@config_option
@reason_option
@output_option
@click.pass_context
def freeze(ctx: click.Context, config_path: Path | None, reason: str, output: str) -> None:
    """Have no program of this user write to the fleet any more: no dashboard, and no command.

    It is `R` of the dashboard. What runs goes on. It holds until `fleetdeck unfreeze`, also over a restart of the
    machine. Exits 0 where all programs are frozen, also where that could not be recorded, which is said then.

    \b
    fleetdeck freeze --reason 'INC-7: nobody touches anything'
    """

    async def do(freezing: "Freezing") -> Freeze:
        row = await freezing.freeze(operator(), reason)
        if freezing.is_alone:
            raise Failure(f"not frozen: {row.why}")
        return row

    row = _done(_config(ctx, config_path), do)
    _tell(row, scrub(row.why, 1000), output)


@click.command("unlock")
@config_option
@click.option(
    "--for",
    "for_s",
    type=DurationType(),
    default=None,
    metavar="DURATION",
    help="For how long; without it actions.unlock_for, which is 10m where it is not said.",
)
@reason_option
@output_option
@click.pass_context
def unlock(ctx: click.Context, config_path: Path | None, for_s: float | None, reason: str, output: str) -> None:
    """Let all programs of this user write to a fleet that is frozen, for a while; a reason is wanted.

    What is read-only by `--read-only` or by the configuration stays so. A restart of the machine ends it, and so does
    whoever freezes again. Exits 2 where it was refused.

    \b
    fleetdeck unlock --for 10m --reason 'rolling back the gateway, INC-7'
    """
    config = _config(ctx, config_path, lifts=True)
    wanted = float(config.actions.unlock_for) if for_s is None else for_s
    row = _done(config, lambda freezing: freezing.unlock(operator(), reason, wanted))
    _tell(row, f"unlocked until {rfc3339(row.until)}; then it is frozen again", output)


@click.command("unfreeze")
@config_option
@reason_option
@output_option
@click.pass_context
def unfreeze(ctx: click.Context, config_path: Path | None, reason: str, output: str) -> None:
    """End a freeze, for all programs of this user; a reason is wanted. What is read-only stays so.

    Exits 2 where it was refused.

    \b
    fleetdeck unfreeze --reason 'INC-7 is over'
    """
    row = _done(_config(ctx, config_path, lifts=True), lambda freezing: freezing.unfreeze(operator(), reason))
    _tell(row, "unfrozen", output)


def _config(ctx: click.Context, path: Path | None, *, lifts: bool = False) -> "Config":
    if lifts and ctx.obj["read_only"]:
        raise click.UsageError("with --read-only nothing is unlocked or unfrozen")
    start_logging()
    config = load_config(path or ctx.obj["config"])
    if lifts and config.read_only and config.actions.unlockable:
        click.echo(f"fleetdeck: {_UNLOCKED_THERE}", err=True)
    return config


def _done(config: "Config", do: Do) -> Freeze:
    from cli.acting.books import Books, Keeping

    keeping = Keeping.of(config)
    if config.actions.unlockable:
        # That would be unlocked for this command alone.
        keeping = replace(keeping, read_only="")

    async def done() -> Freeze:
        return await do(Books(config, Store(), keeping, SystemClock()).freezing)

    return asyncio.run(done())


def _tell(row: Freeze, words: str, output: str) -> None:
    if output != "json":
        click.echo(words)
        return
    from cli.acting.outcome import freeze_json

    write_data(freeze_json(row), output)
