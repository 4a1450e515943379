"""`fleetdeck undo` and `fleetdeck cancel`: what was rolled is taken back, what waits of a submission is cancelled at
its target. Each is a plan of its own, which goes the one way of every act."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.acting.complete import complete_cancelled, complete_undone
from cli.acting.options import acting_options, given_by, planning, run_act
from cli.options import config_option, wait_option
from cli.settings import load_config, start_logging

if TYPE_CHECKING:
    from fleet.actions.plan import Plan
    from fleet.actions.ports import Acting
    from fleet.store import Store

    Planned = Callable[[Acting, str], Awaitable[Plan]]
    """Plans what is done about the action of an id."""


@click.command("undo")
@click.argument("action", shell_complete=complete_undone)
@config_option
@wait_option
@acting_options
@click.pass_context
def undo(ctx: click.Context, /, action: str, config_path: Path | None, wait_s: float, **options: Any) -> None:
    """Take back the rollback, or the undoing, that ACTION is; an id, or how one begins.

    By what was archived where something was, else by rolling to the revision that was live before: shown exactly,
    confirmed, done once, and judged by what is observed afterwards.

    Exits 0 where it succeeded, 1 where it failed, 2 where it was refused and nothing was done, 3 where nobody knows.

    \b
    fleetdeck get actions --filter 'act:rollback' --columns id,title,state
    fleetdeck undo 7f3a --dry-run
    fleetdeck undo 7f3a --yes --reason 'v41 is worse'
    """
    ctx.exit(_done(ctx, action, config_path, wait_s, options, lambda desk, id: desk.plan_undo(id)))


@click.command("cancel")
@click.argument("action", shell_complete=complete_cancelled)
@config_option
@wait_option
@acting_options
@click.pass_context
def cancel(ctx: click.Context, /, action: str, config_path: Path | None, wait_s: float, **options: Any) -> None:
    """Cancel at the target what still waits there of the submission that ACTION is; an id, or how one begins.

    Only where the target can: docs/tasks.md says which do, and what they let go. Shown exactly, confirmed, sent once,
    and judged by whether each task is seen to be gone.

    Exits 0 where it succeeded, 1 where it failed, 2 where it was refused and nothing was sent, 3 where nobody knows.

    \b
    fleetdeck get actions --filter 'act:submit' --columns id,title,state
    fleetdeck cancel 7f3a --dry-run
    fleetdeck cancel 7f3a --yes --reason 'the wrong folder'
    """
    ctx.exit(_done(ctx, action, config_path, wait_s, options, lambda desk, id: desk.plan_cancel(id)))


def _done(
    ctx: click.Context,
    text: str,
    config_path: Path | None,
    wait_s: float,
    options: dict[str, Any],
    planned: "Planned",
) -> int:
    """Plan it about the action that is meant, and carry that out; the exit code."""
    start_logging()
    config = load_config(config_path or ctx.obj["config"])

    async def plan(desk: "Acting", store: "Store") -> "Plan":
        # Whoever asks for the next word of the line does without what tells of acts.
        from cli.acting.outcome import known_id

        id = known_id(store, text)
        done = store.actions[id]
        row = (store.rollbacks if done.rolls else store.templates).get(done.plan.source)
        with planning(done.plan.source, row.target if row is not None else ""):
            return await planned(desk, id)

    return run_act(config, wait_s, plan, given_by(options), options)
