"""`fleetdeck reconcile`: what became of actions whose end nobody knows. It asks, and sends nothing that writes; what no
target can say, an operator who knows it can."""

from collections.abc import AsyncIterator
from pathlib import Path

import click

from cli.acting.complete import complete_action
from cli.acting.options import output_option
from cli.acting.outcome import UNKNOWN, exit_code, known_id, receipt_json, receipt_text
from cli.options import config_option, wait_option
from cli.plain_output import write_data
from cli.settings import load_config, operator, start_logging
from fleet.actions.action import DOUBTFUL, Action, ActionState
from fleet.actions.ports import Acting
from fleet.errors import FleetdeckError
from fleet.store import Store
from fleet.text import scrub

_SETTLED = {
    "succeeded": ActionState.SUCCEEDED,
    "failed": ActionState.FAILED,
    "not-done": ActionState.CANCELLED,
}


@click.command("reconcile")
@click.argument("action", required=False, shell_complete=complete_action)
@config_option
@wait_option
@click.option("--settle", type=click.Choice(list(_SETTLED)), help="Say how ACTION ended, where its target cannot.")
@click.option("--reason", default="", metavar="TEXT", help="How you know how it ended; wanted by --settle.")
@output_option
@click.pass_context
def reconcile(
    ctx: click.Context,
    action: str | None,
    config_path: Path | None,
    wait_s: float,
    settle: str | None,
    reason: str,
    output: str,
) -> None:
    """Ask the targets what became of ACTION, or of every action that is unknown or timed out.

    Exits 0 where all of them are known now, 3 where one is not, or has not ended yet; with ACTION as `submit` does.

    --settle asks nobody: it puts on record how ACTION ended, as you say it, with your reason. That is a claim, and
    proves nothing. Exits 0 where it is on record, 2 where it was refused.
    """
    if settle and not action:
        raise click.UsageError("--settle wants the ACTION that it is about")
    if settle and not reason.strip():
        raise click.UsageError("--settle wants a --reason: it goes on the record")
    if reason and not settle:
        raise click.UsageError("--reason is for --settle")
    start_logging()
    config = load_config(config_path or ctx.obj["config"])

    async def do(desk: Acting, store: Store) -> list[Action]:
        if action and settle:
            return [await desk.settle(known_id(store, action), _SETTLED[settle], operator(), reason)]
        if action:
            return [await desk.reconcile(known_id(store, action), operator())]
        return [one async for one in _all(desk, store)]

    from cli.acting.session import with_desk

    told = with_desk(config, wait_s, do)
    if not told:
        click.echo("fleetdeck: no action is unknown", err=True)
    show = receipt_json if output == "json" else receipt_text
    write_data("".join(map(show, told)), output)
    if settle:
        return
    if at_work := sum(not one.ended for one in told):
        click.echo(f"fleetdeck: how {at_work} of {len(told)} will end is not seen yet: reconcile again later", err=True)
    if action and not at_work:
        ctx.exit(exit_code(told[0]))
    ctx.exit(UNKNOWN if any(one.state in DOUBTFUL or not one.ended for one in told) else 0)


async def _all(desk: Acting, store: Store) -> AsyncIterator[Action]:
    """Every action whose end is not known, asked for one after the other; one of which nobody can be asked stays as it
    is, and keeps none of the others from it."""
    for id, action in list(store.actions.items()):
        if action.state in DOUBTFUL:
            try:
                yield await desk.reconcile(id, operator())
            except FleetdeckError as error:
                click.echo(f"fleetdeck: {scrub(action.plan.title, 200)} ({id[:8]}): {error}", err=True)
                yield action
