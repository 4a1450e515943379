"""`fleetdeck reconcile`: what became of actions whose end nobody knows. It asks, and sends nothing that writes."""

from pathlib import Path

import click

from cli.acting.complete import complete_action
from cli.acting.outcome import UNKNOWN, exit_code, known_id, receipt_json, receipt_text
from cli.options import config_option, wait_option
from cli.plain_output import write_data
from cli.settings import load_config, operator, start_logging
from fleet.actions.action import Action, ActionState
from fleet.actions.ports import Acting
from fleet.store import Store

_OPEN = (ActionState.UNKNOWN, ActionState.TIMED_OUT)


@click.command("reconcile")
@click.argument("action", required=False, shell_complete=complete_action)
@config_option
@wait_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def reconcile(ctx: click.Context, action: str | None, config_path: Path | None, wait_s: float, output: str) -> None:
    """Ask the targets what became of ACTION, or of every action that is unknown or timed out.

    Exits 0 where all of them are known now, 3 where one is not, or has not ended yet; with ACTION as `submit` does.
    """
    start_logging()
    config = load_config(config_path or ctx.obj["config"])

    async def do(desk: Acting, store: Store) -> list[Action]:
        ids = [known_id(store, action)] if action else [id for id, one in store.actions.items() if one.state in _OPEN]
        return [await desk.reconcile(id, operator()) for id in ids]

    from cli.acting.session import with_desk

    told = with_desk(config, wait_s, do)
    if not told:
        click.echo("fleetdeck: no action is unknown", err=True)
    show = receipt_json if output == "json" else receipt_text
    write_data("".join(map(show, told)), output)
    if at_work := sum(not one.ended for one in told):
        click.echo(f"fleetdeck: how {at_work} of {len(told)} will end is not seen yet: reconcile again later", err=True)
    if action and not at_work:
        ctx.exit(exit_code(told[0]))
    ctx.exit(UNKNOWN if any(one.state in _OPEN or not one.ended for one in told) else 0)
