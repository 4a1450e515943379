"""`fleetdeck submit`: a task, or a batch of them, by a template of the configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.acting.complete import complete_receiver, complete_template, complete_value
from cli.acting.options import acting_options, given_by, planning, run_act
from cli.options import config_option, wait_option
from cli.settings import load_config, start_logging
from fleet.actions.template import WHOM
from fleet.errors import RefusedError

if TYPE_CHECKING:
    from fleet.actions.plan import Plan
    from fleet.actions.ports import Acting
    from fleet.store import Store

_MOST_BYTES = 16 * 1024 * 1024


@click.command("submit")
@click.argument("template", shell_complete=complete_template)
@click.option(
    "--to",
    multiple=True,
    metavar="TARGET",
    shell_complete=complete_receiver,
    help="An agent that it goes to; may be given several times.",
)
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=complete_value,
    help="A field of the template; with --items that of every item which does not say it itself.",
)
@click.option(
    "--items",
    type=click.File("rb"),
    metavar="FILE",
    help="A batch: a JSONL file, or one line an item; - reads standard input.",
)
@config_option
@wait_option
@acting_options
@click.pass_context
def submit(
    ctx: click.Context,
    /,
    template: str,
    to: tuple[str, ...],
    pairs: tuple[str, ...],
    items: Any,
    config_path: Path | None,
    wait_s: float,
    **options: Any,
) -> None:
    """Submit a task by TEMPLATE: shown exactly, confirmed, sent once, and followed to its end.

    Exits 0 where it succeeded, 1 where it failed, 2 where it was refused and nothing was sent, 3 where nobody knows:
    then `fleetdeck reconcile` asks the target, and nothing is sent a second time.

    \b
    fleetdeck get templates
    fleetdeck submit ingest --set text='hello' --dry-run
    fleetdeck submit embed --items jobs.jsonl --yes --reason 'backfill'
    """
    start_logging()
    config = load_config(config_path or ctx.obj["config"])
    values = dict(map(_pair, pairs))
    text = _read(items) if items is not None else None

    async def plan(desk: "Acting", store: "Store") -> "Plan":
        row = store.templates.get(template)
        if row is not None and row.for_agents and not to:
            raise RefusedError(f"--to: {WHOM}")
        with planning(template, row.target if row is not None else ""):
            batch = await desk.read_items(template, text) if text is not None else ({},)
            return await desk.plan_submit(template, [{**values, **one} for one in batch], to)

    ctx.exit(run_act(config, wait_s, plan, given_by(options), options))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is no NAME=VALUE", param_hint="--set")
    return name, value


def _read(file: Any) -> str:
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise RefusedError(f"a batch is {_MOST_BYTES:,} bytes at most")
    try:
        return str(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RefusedError(f"the items are not UTF-8 (byte {error.start})") from error
