"""`fleetdeck rollback`: to a revision, all at once or in stages; and `rollback watch`, which follows one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.acting.complete import complete_revision, complete_rollback, complete_watched
from cli.acting.options import acting_options, given_by, planning, run_act
from cli.options import config_option, wait_option
from cli.plain_output import write_data
from cli.settings import load_config, start_logging
from fleet.actions.plan import ActKind
from fleet.errors import RefusedError
from fleet.near import meant

if TYPE_CHECKING:
    from config.schema import Config
    from fleet.actions.action import Action
    from fleet.actions.plan import Plan
    from fleet.actions.ports import Acting
    from fleet.store import Store

WATCH = "watch"
_ELSEWHERE = "fleetdeck: it goes on where it was started"


@click.command("rollback")
@click.argument("target", shell_complete=complete_rollback)
@click.argument("action", required=False, shell_complete=complete_watched)
@click.option(
    "--to",
    "revision",
    default="",
    metavar="REV",
    shell_complete=complete_revision,
    help="The revision; without it the one that is preselected: the last good one where one is known.",
)
@click.option("--stages", is_flag=True, help="In stages, each with its checks, and stopping where one fails.")
@config_option
@wait_option
@acting_options
@click.pass_context
def rollback(
    ctx: click.Context,
    /,
    target: str,
    action: str | None,
    revision: str,
    stages: bool,
    config_path: Path | None,
    wait_s: float,
    **options: Any,
) -> None:
    """Roll TARGET back: shown exactly, confirmed, done once, and judged by what is observed afterwards.

    `rollback watch [ACTION]` follows one that a dashboard or another command started, the latest where none is named.

    Exits 0 where it succeeded, 1 where it failed, 2 where it was refused and nothing was done, 3 where nobody knows.

    \b
    fleetdeck get rollbacks
    fleetdeck rollback mcp-gateway --dry-run
    fleetdeck rollback mcp-gateway --to v41 --stages --yes --reason 'SLO burns'
    """
    start_logging()
    config = load_config(config_path or ctx.obj["config"])
    if target == WATCH:
        if revision or stages or options["dry_run"] or options["yes"]:
            raise click.UsageError(
                "`rollback watch` rolls nothing: --to, --stages, --dry-run and --yes are for a TARGET"
            )
        ctx.exit(_watch(config, action, wait_s, options))
    if action is not None:
        raise click.UsageError(f"{action!r}: only `rollback watch` takes a second word")

    async def plan(desk: "Acting", store: "Store") -> "Plan":
        found = (target,) if target in store.rollbacks else desk.rollbacks_for(target)
        if len(found) > 1:
            raise RefusedError(f"{target} can be rolled back in several ways: {', '.join(found)}; name one of them")
        if not found:
            names = list(store.rollbacks)
            known = meant(target, [*names, WATCH]) or f" (there are: {', '.join(names) or 'none'})"
            raise RefusedError(f"nothing that can be rolled back is called {target!r}{known}")
        with planning(found[0], store.rollbacks[found[0]].target):
            return await desk.plan_rollback(found[0], revision, staged=stages)

    ctx.exit(run_act(config, wait_s, plan, given_by(options), options))


def _watch(config: "Config", id: str | None, wait_s: float, options: dict[str, Any]) -> int:
    # Whoever asks for the next word of the line does without what follows and tells.
    from cli.acting.following import follow
    from cli.acting.outcome import exit_code, known_id, receipt_json, receipt_text
    from cli.acting.session import with_desk

    async def do(desk: "Acting", store: "Store") -> "Action":
        action = await follow(desk, store, known_id(store, id) if id else _latest(store), options["timeout_s"])
        if not action.ended:
            click.echo(_ELSEWHERE, err=True)
        return action

    try:
        action = with_desk(config, wait_s, do)
    except KeyboardInterrupt:
        click.echo(_ELSEWHERE, err=True)
        raise
    write_data(receipt_json(action) if options["output"] == "json" else receipt_text(action), options["output"])
    return exit_code(action)


def _latest(store: "Store") -> str:
    rolled = [id for id, one in store.actions.items() if one.act in (ActKind.ROLLBACK, ActKind.UNDO)]
    if not rolled:
        raise RefusedError("no rollback is on record")
    return max(rolled, key=lambda id: (not store.actions[id].ended, str(store.actions[id].planned_at)))
