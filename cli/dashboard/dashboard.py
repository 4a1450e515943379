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
from cli.settings import log_file, operator
from cli.wishes import Wishes
from fleet.clock import SystemClock
from fleet.filters.saved import FilterShelf, SavedFilters
from fleet.store import Store
from fleet.view_line import VIEWS, ViewLine, parse_view_line
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
        _print_frame(later, wishes)
        click.echo(f"fleetdeck: {blind}", err=True)
        return
    forget_empty_no_color()
    look_at = capabilities(os.environ, wishes.ascii)
    profile = decide(os.environ, wishes.slow_link)
    prepare(profile, os.environ)
    garbage.hold()
    from cli.dashboard.behind import Behind
    from cli.dashboard.clipboard import MachineClipboard
    from cli.dashboard.ending import run_app
    from cli.dashboard.last_state import LastState
    from cli.dashboard.late import LateExplainer, LateGraphs, LateQueries, LateSilencer, late_acting
    from cli.dashboard.memory_file import open_memory
    from cli.keys_file import find_keys, key_map
    from tui.app import FleetdeckApp
    from tui.themed import Look
    from tui.timed import CHOICE

    if wishes.keys:
        find_keys(wishes.keys, os.environ)
    kept = open_memory(name, path, fresh=wishes.fresh)
    saved = SavedFilters(taste.filters, dict(kept.memory.filters))
    if asked is not None:
        check_view_line(asked, saved)
    look = Look(terminal=look_at, theme=wishes.theme or "", configured=taste.theme)
    store, clock = Store(), SystemClock()
    store.times = first_style(wishes.tz, kept.memory.choices.get(CHOICE, ""), taste.time)
    last = LastState(name, None if wishes.fresh else path)
    if last.is_small:
        last.recall(store, clock)
    behind = Behind(later, store, clock, last, lasting=path is not None, read_only=wishes.read_only)
    app = FleetdeckApp(
        store,
        fleet_name=name,
        clock=clock,
        view=asked or ViewLine(view=kept.memory.view or VIEWS[0]),
        read_only=wishes.read_only,
        profile=profile,
        on_start=behind.collect,
        collect_now=behind.collect_now,
        reload=behind.reload,
        log_path=log_file(),
        read_keys=lambda: key_map(wishes.keys, os.environ),
        clipboard=MachineClipboard(os.environ),
        memory=kept.memory,
        remember=kept.remember,
        memory_trouble=kept.trouble,
        filters=FilterShelf(saved),
        look=look,
        silencer=LateSilencer(lambda: behind.judgement),
        acting=late_acting(lambda: behind.acting),
        operator=operator(),
        graphing=LateGraphs(lambda: behind.judgement),
        querying=LateQueries(lambda: behind.judgement),
        explain=LateExplainer(lambda: behind.judgement),
        notify=taste.notify,
    )
    behind.attach(app)
    run_app(app)


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
