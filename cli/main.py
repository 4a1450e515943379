"""The `fleetdeck` command. stdout is data, stderr is narration; 0 is success, 1 a failure at run time, 2 a usage error
or an invalid configuration. Heavy imports stand in the commands that need them: `get` never loads Textual."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from cli.complete import complete_columns, complete_filter, complete_preset, complete_sort, complete_view
from cli.interrupts import hear_interrupts
from cli.options import NameChoice, config_option, settle_option, wait_option
from cli.settings import FrontDoor, load_config, start_logging
from cli.wishes import DEMO_AGENTS, DEMO_SEED, Wishes, with_wishes
from config.find import find_config

GET_VIEWS = (
    *("agents", "tasks", "queues", "backlog", "sources", "events", "alerts", "silences", "slos", "gates"),
    *("actions", "templates", "rollbacks"),
)
_EPILOG = (
    "stdout is data, stderr is narration. Exit codes: 0 ok, 1 failure at run time, 2 usage or invalid configuration. "
    "Colours follow NO_COLOR; the files of fleetdeck follow the XDG base directories."
)


class SizeType(click.ParamType[tuple[int, int]]):
    """`120x40` → (120, 40)."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, _, height = str(value).lower().partition("x")
        if not (width.isdigit() and height.isdigit()):
            self.fail(f"{value!r} is no size such as 120x40", param, ctx)
        size = int(width), int(height)
        if not (20 <= size[0] <= 500 and 5 <= size[1] <= 300):
            self.fail("a size is between 20x5 and 500x300", param, ctx)
        return size


@click.group(
    cls=FrontDoor,
    later={
        "audit": "cli.audit_commands:audit_group",
        "config": "cli.config_commands:config_group",
        "cancel": "cli.acting.undo_commands:cancel",
        "check": "cli.check_command:check",
        "doctor": "cli.doctor.command:doctor",
        "freeze": "cli.acting.freeze_commands:freeze",
        "gates": "cli.gates_command:gates",
        "init": "cli.init:init",
        "query": "cli.query_command:query",
        "reconcile": "cli.acting.reconcile_command:reconcile",
        "rollback": "cli.acting.rollback_command:rollback",
        "rules": "cli.rules_commands:rules_group",
        "slo": "cli.slo_commands:slo_group",
        "submit": "cli.acting.submit_command:submit",
        "undo": "cli.acting.undo_commands:undo",
        "unfreeze": "cli.acting.freeze_commands:unfreeze",
        "unlock": "cli.acting.freeze_commands:unlock",
        "why": "cli.why_command:why",
    },
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="fleetdeck")
@config_option
@with_wishes
@click.pass_context
def main(ctx: click.Context, config_path: Path | None, wishes: Wishes) -> None:
    """Watch a fleet of software agents: what they claim, what is observed, what is wrong.

    Without a command it opens the dashboard on the configured fleet. Try `fleetdeck demo` for a fleet that is
    embedded, `fleetdeck get agents` for one look without a dashboard.

    \b
    In the dashboard:  1-9 views   / filter   : command   enter open   ? help   q quit
    """
    ctx.ensure_object(dict).update(config=config_path, read_only=wishes.read_only)
    if ctx.invoked_subcommand is not None:
        hear_interrupts()
        return
    from cli.dashboard.dashboard import open_dashboard, why_not_live

    if find_config(config_path, Path.cwd(), os.environ) is None and not why_not_live(os.environ):
        from cli.dashboard.welcome import welcome

        welcome(wishes)
        return
    config = load_config(config_path)
    start_logging()
    open_dashboard(config, wishes)


@main.command()
@click.option(
    "--agents", default=DEMO_AGENTS, show_default=True, type=click.IntRange(1, 20_000), help="Agents in the fleet."
)
@click.option(
    "--seed", default=DEMO_SEED, show_default=True, type=int, help="The same seed gives the same fleet and script."
)
@with_wishes
@click.option("--serve", is_flag=True, help="Run the fleet alone, without a dashboard, until interrupted.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --serve: where to write the configuration that watches it, once it is ready.",
)
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
def demo(agents: int, seed: int, serve: bool, output: Path | None, until_stdin_closes: bool, wishes: Wishes) -> None:
    """Open the dashboard on an embedded fleet that lives, fails and recovers by a script.

    \b
    fleetdeck demo                         24 agents; the first trouble comes within 20 seconds
    fleetdeck demo --serve -o demo.yaml    the fleet alone; then: fleetdeck --config demo.yaml
    """
    from cli import demo as embedded

    if serve != (output is not None):
        raise click.UsageError("--serve and -o FILE go together")
    if output is not None:
        embedded.serve(agents, seed, output, until_stdin_closes=until_stdin_closes)
        return
    start_logging()
    embedded.watch(agents, seed, wishes)


@main.command()
@click.argument("what", type=NameChoice(GET_VIEWS))
@config_option
@click.option(
    "-o", "--output", type=click.Choice(["table", "json", "jsonl", "csv"]), default="table", show_default=True
)
@click.option(
    "--filter",
    "filter_text",
    default="",
    metavar="EXPR",
    shell_complete=complete_filter,
    help="As / in the dashboard: 'state:down -l env=prod'.",
)
@click.option(
    "--sort",
    default="",
    metavar="COLUMNS",
    shell_complete=complete_sort,
    help="In which order: '-age,name'; - is the greatest first.",
)
@click.option(
    "--columns",
    default="",
    metavar="COLUMNS",
    shell_complete=complete_columns,
    help="Which columns, or fields of json, jsonl and csv.",
)
@click.option("--limit", type=click.IntRange(1), metavar="ROWS", help="How many rows at most.")
@settle_option
@click.pass_context
def get(
    ctx: click.Context,
    what: str,
    *,
    config_path: Path | None,
    output: str,
    filter_text: str,
    sort: str,
    columns: str,
    limit: int | None,
    wait_s: float,
) -> None:
    """Discover, collect one sweep, print, exit.

    \b
    fleetdeck get agents --filter 'state:down (env:prod or team:core)' --sort=-age --limit 10
    fleetdeck get queues -o json | jq '.[] | select(.queued > 100)'
    fleetdeck get alerts --wait 6m         until no alert is pending, six minutes at most
    fleetdeck get sources                  what answered, what did not, and why
    """
    from cli.headless import print_rows
    from fleet.view_line import ViewLine, parse_sort
    from fleet.views.chosen import parse_columns

    start_logging()
    line = ViewLine(view=what, filter=filter_text, sort=parse_sort(sort), columns=parse_columns(columns))
    asked = ctx.get_parameter_source("wait_s") is not click.core.ParameterSource.DEFAULT
    print_rows(load_config(config_path or ctx.obj["config"]), line, output, limit, wait_s, settle=asked)


@main.command()
@click.argument("view_text", metavar="VIEW", shell_complete=complete_view)
@config_option
@click.option("--size", type=SizeType(), default="120x40", show_default=True, help="Columns and lines.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="FILE.svg or FILE.txt; without it text on stdout.",
)
@wait_option
@click.pass_context
def screenshot(
    ctx: click.Context,
    view_text: str,
    config_path: Path | None,
    size: tuple[int, int],
    output: Path | None,
    wait_s: float,
) -> None:
    """Draw one frame of a view after a sweep; no terminal needed.

    \b
    fleetdeck screenshot overview -o overview.svg
    fleetdeck screenshot 'agents state:down' --size 80x24
    """
    from cli.headless import print_frame

    if output is not None and output.suffix not in (".svg", ".txt"):
        raise click.UsageError("-o takes FILE.svg or FILE.txt")
    start_logging()
    print_frame(load_config(config_path or ctx.obj["config"]), view_text, size, output, wait_s)


@main.group(invoke_without_command=True)
@click.option("--preset", "given", type=click.Choice(["default", "vim", "emacs", "tmux-safe"]), help="Of a preset.")
@click.option("-o", "--output", type=click.Choice(["table", "yaml"]), default="table", show_default=True)
@click.pass_context
def keys(ctx: click.Context, given: str | None, output: str) -> None:
    """Print which key does what, by your keys.yaml or by a preset.

    \b
    fleetdeck keys --preset vim                                          a table
    fleetdeck keys -o yaml > ~/.config/fleetdeck/keys.yaml               a file to change
    fleetdeck keys check                                                 is it right?
    """
    if ctx.invoked_subcommand is None:
        from cli.keys_commands import print_keys

        print_keys(given, output)


@keys.command("check")
@click.argument("file", required=False, metavar="[FILE|PRESET]", shell_complete=complete_preset)
def check_keys(file: str | None) -> None:
    """Say whether FILE is right; name every mistake with its line, and exit 2, where it is not.

    Without FILE: $FLEETDECK_KEYS, else $XDG_CONFIG_HOME/fleetdeck/keys.yaml.
    """
    from cli.keys_commands import check_keys as check

    check(file)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    eval "$(fleetdeck completion bash)"                                   in ~/.bashrc
    fleetdeck completion fish > ~/.config/fish/completions/fleetdeck.fish
    """
    from cli.shells import completion_script

    click.echo(completion_script(main, shell, "fleetdeck"), nl=False)


if __name__ == "__main__":
    sys.exit(main(prog_name="fleetdeck"))
