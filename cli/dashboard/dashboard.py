"""Opening the dashboard. Its first frame is drawn before the network libraries are imported; the collectors start
behind it and end with it. Without a terminal one plain frame is printed instead."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from cli.dashboard import garbage
from cli.dashboard.saved import Taste, first_style, saved_filters
from cli.interrupts import hear_interrupts
from cli.wishes import Wishes
from fleet.store import Store
from fleet.view_line import VIEWS, parse_view_line
from fleet.views.catalogue import check_view_line
from tui.terminal.capabilities import capabilities, is_dumb
from tui.terminal.profile import decide, prepare

if TYPE_CHECKING:
    from cli.dashboard.behind import ConfigLater
    from config.schema import Config


def open_dashboard(config: "Config", wishes: Wishes) -> None:
    """The dashboard on a configured fleet, until the operator quits."""

    async def at_once() -> "Config":
        return config

    wishes = replace(wishes, read_only=wishes.read_only or config.read_only)
    taste = Taste(filters=config.filters, time=config.time, theme=config.theme, notify=config.notify.wish())
    run(at_once, config.name, wishes, config.path, taste)


def run(
    later: "ConfigLater", name: str, wishes: Wishes, path: Path | None = None, configured: Taste | None = None
) -> None:
    """The dashboard on the fleet whose configuration `later` gives; `path` is where that stands, if it will again, and
    `configured` what is known of it already."""
    asked = parse_view_line(wishes.view_text) if wishes.view_text else None
    if asked is not None:
        check_view_line(asked)
    taste = configured or Taste()
    first_style(wishes.tz, "", taste.time)
    blind = why_not_live(os.environ)
    if blind:
        hear_interrupts()
        _print_frame(later, wishes)
        click.echo(f"fleetdeck: {blind}", err=True)
        return
    forget_empty_no_color()
    terminal = capabilities(os.environ, wishes.ascii)
    profile = decide(os.environ, wishes.slow_link)
    prepare(profile, os.environ)
    garbage.hold()
    from cli.dashboard.live import Live

    live = Live(
        later=later, name=name, path=path, taste=taste, wishes=wishes, asked=asked, terminal=terminal, profile=profile
    )
    live.run()


def forget_empty_no_color() -> None:
    """An empty NO_COLOR means unset (no-color.org); Textual takes it as set."""
    if os.environ.get("NO_COLOR") == "":
        del os.environ["NO_COLOR"]


def why_not_live(environ: Mapping[str, str]) -> str:
    """Why only one frame is shown here, and what would help; "" where nothing stands against a live view."""
    blind = [name for name in ("stdin", "stdout", "stderr") if not getattr(sys, name).isatty()]
    if blind:
        words = f"{', '.join(blind)} {'is' if len(blind) == 1 else 'are'} no terminal"
        return f"{words}, so here is one frame; the live view needs one (ssh -t)"
    if is_dumb(environ):
        words = f"TERM={environ['TERM']} cannot move its cursor"
        return f"{words}, so here is one frame; set TERM to what your terminal is, such as xterm"
    return ""


def _print_frame(later: "ConfigLater", wishes: Wishes) -> None:
    """One plain frame after the first sweep, for pipes and logs."""
    from cli.headless import draw, sweep

    async def first_sweep() -> "tuple[Config, Store]":
        config, store = await later(), Store()
        await sweep(config, store, 10.0)
        return config, store

    config, store = asyncio.run(first_sweep())
    columns, lines = shutil.get_terminal_size((120, 40))
    size = (max(columns, 60), max(lines, 15))
    line = wishes.view_text or VIEWS[0]
    store.times = first_style(wishes.tz, "", config.time)
    saved = saved_filters(config, line)
    check_view_line(parse_view_line(line), saved)
    text, _ = draw(store, config.name, line, size, read_only=wishes.read_only, saved=saved)
    click.echo(text, nl=False)
